// One schema for the copies: types, tables, keys of every kind, with names that break quoting.
import type { ScratchDatabase, ScratchRow } from '../../src/core/contracts/scratch.ts';
import type { Table } from '../../src/core/model.ts';

/** Names that break quoting; the last is as long as a name can be. */
const hostile = [
  `it's "x"`,
  '$ondelete$',
  'x ON ONLY y',
  'dot.ted',
  'select',
  '%s %I',
  'back\\slash',
  '字'.repeat(21),
];
const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const text = (value: string): string => `E'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;

const hostileSchema = hostile
  .map((name) => {
    const id = quote(name);
    const [table, sequence, key, check, index] = ['t', 's', 'k', 'c', 'i'].map((letter) =>
      quote(`${letter}${name}`.slice(0, 21)),
    );
    return `CREATE SCHEMA ${id}; CREATE TYPE ${id}.${id} AS ENUM (${text(name)}); CREATE SEQUENCE ${id}.${sequence};
      CREATE TABLE ${id}.${table} (${id} int CONSTRAINT ${id} PRIMARY KEY DEFAULT nextval(${text(`${id}.${sequence}`)}), kind ${id}.${id} DEFAULT ${text(name)},
        up int CONSTRAINT ${key} REFERENCES ${id}.${table}, CONSTRAINT ${check} CHECK (up > 0)) PARTITION BY RANGE (${id});
      CREATE INDEX ${index} ON ${id}.${table} (up) WHERE up > 1;
      COMMENT ON CONSTRAINT ${key} ON ${id}.${table} IS ${text(name)}`;
  })
  .join(';\n');

/** One column of each type that has values of its own; those of the second list do not compare. */
export const comparing =
  `smallint,bigint,numeric(2,2),numeric(3,0),numeric(12,4),real,money,boolean,"char",char(2),varchar(1),text,name,date,timestamp(0),timestamptz,time(3),timetz,interval,uuid,bytea,jsonb,bit(3),bit varying(4),bit varying,inet,cidr,macaddr,macaddr8,tsvector,tsquery,pg_lsn,int4range,s.span,s.pair,s.mood,s.mood[],int[],text[],ext.citext,oid,s.small,s.mail,lseg,box,circle`.split(
    /,(?![^(]*\))/,
  );
const others = ['json', 'point', 'line', 'path', 'polygon', 'xid8', 'regtype', 'oidvector'];
const columnsOf = (types: readonly string[], letter: string): string =>
  types.map((type, at) => `${letter}${at} ${type} NOT NULL`).join(', ');

/** Tables with every attribute that a copy has to have, and some that it cannot have. */
export const schema = (major: number): string => `
  CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext; CREATE EXTENSION btree_gist SCHEMA ext;
  CREATE SCHEMA s;
  CREATE FUNCTION s.made() RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 7';
  CREATE FUNCTION s.heard() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
  CREATE TYPE s.mood AS ENUM ('glad', 'it''s');
  CREATE TYPE s.inner_pair AS (a s.mood, b numeric(6,2));
  CREATE TYPE s.pair AS (one s.inner_pair, "two" text);
  CREATE DOMAIN s.positive AS int DEFAULT 3 CHECK (VALUE > 0);
  CREATE DOMAIN s.small AS s.positive NOT NULL CONSTRAINT under CHECK (VALUE < 1000000);
  CREATE DOMAIN s.mail AS text CONSTRAINT has_at CHECK (VALUE LIKE '%@%');
  CREATE TYPE s.span AS RANGE (SUBTYPE = numeric);
  CREATE COLLATION s.anycase (PROVIDER = icu, LOCALE = 'und-u-ks-level2', DETERMINISTIC = false);
  CREATE SEQUENCE s.counter AS smallint;
  CREATE TABLE s.parent (
    gone int, id bigint GENERATED ALWAYS AS IDENTITY, code varchar(8) NOT NULL, a int, b int, gone_too int,
    email ext.citext COLLATE s.anycase DEFAULT 'x', feel s.mood DEFAULT 'glad' NOT NULL, feels s.mood[], pair s.pair, sp s.span NOT NULL,
    mail s.mail NOT NULL, n smallint DEFAULT nextval('s.counter'), name text COLLATE "C", price numeric(10,2) NOT NULL, doubled int GENERATED ALWAYS AS (a * 2) STORED,
    made int DEFAULT s.made(), at timestamptz DEFAULT now(), CONSTRAINT parent_key PRIMARY KEY (id), CONSTRAINT pair_key UNIQUE (b, a),
    CONSTRAINT price_is_right CHECK (price < 0), CONSTRAINT late CHECK (made > 1) NO INHERIT,
    CONSTRAINT apart EXCLUDE USING gist (a WITH =, sp WITH &&));
  ALTER TABLE s.parent DROP COLUMN gone, DROP COLUMN gone_too;
  CREATE UNIQUE INDEX by_code ON s.parent (code);
  CREATE INDEX by_name ON s.parent USING hash (name);
  CREATE UNIQUE INDEX by_expression ON s.parent ((lower(code)), made) WHERE a > 1;
  CREATE TABLE s.child (
    id serial PRIMARY KEY, pid bigint CONSTRAINT k_cascade REFERENCES s.parent ON DELETE CASCADE ON UPDATE SET NULL,
    pcode varchar(8) CONSTRAINT k_null REFERENCES s.parent (code) ON DELETE SET NULL,
    strict bigint CONSTRAINT k_restrict REFERENCES s.parent ON DELETE RESTRICT,
    later bigint CONSTRAINT k_deferred REFERENCES s.parent DEFERRABLE INITIALLY DEFERRED,
    can bigint CONSTRAINT k_deferrable REFERENCES s.parent ON DELETE CASCADE DEFERRABLE,
    x int, y int, up int CONSTRAINT k_self REFERENCES s.child ON DELETE CASCADE, amount s.small, ok boolean NOT NULL, tags text[] NOT NULL, bits bit(3) NOT NULL, u uuid NOT NULL, j jsonb NOT NULL, letter varchar(1) NOT NULL,
    CONSTRAINT k_pair FOREIGN KEY (y, x) REFERENCES s.parent (a, b) MATCH FULL ON DELETE SET DEFAULT, CONSTRAINT never CHECK (NOT ok AND ok));
  ALTER TABLE s.child ADD CONSTRAINT k_unchecked FOREIGN KEY (up) REFERENCES s.child ON DELETE SET NULL NOT VALID;
  ALTER TABLE s.child ADD COLUMN idle bigint, ADD CONSTRAINT k_idle FOREIGN KEY (idle) REFERENCES s.parent;
  DO $$ DECLARE t record; BEGIN FOR t IN SELECT tgrelid::regclass AS r, tgname FROM pg_trigger JOIN pg_constraint k ON k.oid = tgconstraint WHERE conname = 'k_idle'
    LOOP EXECUTE format('ALTER TABLE %s ENABLE REPLICA TRIGGER %I', t.r, t.tgname); END LOOP; END $$;
  COMMENT ON CONSTRAINT k_cascade ON s.child IS 'it''s
two lines';
  COMMENT ON CONSTRAINT k_null ON s.child IS 'ondelete half-done {"from":["NO ACTION"],"to":["SET NULL"]}
the comment it had';
  CREATE TRIGGER own AFTER DELETE ON s.parent FOR EACH ROW EXECUTE FUNCTION s.heard();
  CREATE TABLE s.q (id int CONSTRAINT older UNIQUE); ALTER TABLE s.q ADD PRIMARY KEY (id); CREATE TABLE s.to_q (id int CONSTRAINT k_on_primary REFERENCES s.q);
  CREATE UNLOGGED TABLE s.up (id int PRIMARY KEY); CREATE UNLOGGED TABLE s.down (id int REFERENCES s.up);
  CREATE TABLE s.parts (id int, at date, pid bigint CONSTRAINT k_parts REFERENCES s.parent ON DELETE CASCADE, note text, CONSTRAINT parts_key PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
  CREATE TABLE s.parts_a PARTITION OF s.parts FOR VALUES FROM ('1990-01-01') TO ('1991-01-01');
  CREATE TABLE s.parts_b (note text, gone int, pid bigint, at date NOT NULL, id int NOT NULL) PARTITION BY LIST (id);
  ALTER TABLE s.parts_b DROP COLUMN gone;
  ALTER TABLE s.parts ATTACH PARTITION s.parts_b FOR VALUES FROM ('1991-01-01') TO ('1992-01-01');
  CREATE TABLE s.parts_b1 PARTITION OF s.parts_b FOR VALUES IN (1, 2);
  ALTER TABLE s.parts_b1 ADD CONSTRAINT k_leaf FOREIGN KEY (pid) REFERENCES s.parent, ADD CHECK (note <> 'x');
  ALTER TABLE s.parts_a ADD CONSTRAINT twin FOREIGN KEY (pid) REFERENCES s.parent ON DELETE SET NULL NOT VALID;
  COMMENT ON CONSTRAINT twin ON s.parts_a IS 'ondelete half-done {"from":["CASCADE"],"to":["SET NULL"],"twinOf":"k_parts"}';
  CREATE INDEX parts_note ON s.parts (note);
  CREATE TABLE s.off (pid bigint CONSTRAINT k_off REFERENCES s.parent) PARTITION BY HASH (pid);
  CREATE TABLE s.off_1 PARTITION OF s.off FOR VALUES WITH (MODULUS 1, REMAINDER 0);
  DO $$ DECLARE t record; BEGIN FOR t IN SELECT tgname FROM pg_trigger JOIN pg_proc p ON p.oid = tgfoid WHERE tgrelid = 's.off_1'::regclass AND proname = 'RI_FKey_check_ins'
    LOOP EXECUTE format('ALTER TABLE s.off_1 DISABLE TRIGGER %I', t.tgname); END LOOP; END $$;
  CREATE TABLE s.types (id text PRIMARY KEY, up text REFERENCES s.types, ${columnsOf(comparing, 'c')}, ${columnsOf(major >= 13 ? others : others.filter((type) => type !== 'xid8'), 'o')});
  CREATE TABLE s.dates (at date PRIMARY KEY); CREATE TABLE s.times (at timestamptz CONSTRAINT k_times REFERENCES s.dates ON DELETE CASCADE);
  CREATE TABLE s.to_parts (id int, at date, CONSTRAINT k_to_parts FOREIGN KEY (id, at) REFERENCES s.parts ON DELETE CASCADE);
  ${major >= 15 ? `CREATE TABLE s.list (a int, b int, CONSTRAINT k_list FOREIGN KEY (a, b) REFERENCES s.parent (a, b) ON DELETE SET NULL (b));` : ''}
  ${
    major >= 18
      ? `CREATE TABLE s.rooms (id int, during daterange, PRIMARY KEY (id, during WITHOUT OVERLAPS));
         CREATE TABLE s.stays (id int, during daterange, v int GENERATED ALWAYS AS (id + 1) VIRTUAL, CONSTRAINT k_period FOREIGN KEY (id, PERIOD during) REFERENCES s.rooms (id, PERIOD during));
         CREATE TABLE s.lax (pid bigint CONSTRAINT k_lax REFERENCES s.parent ON DELETE CASCADE NOT ENFORCED);`
      : ''
  }
  ${hostileSchema}`;

/** What a copy has of tables: no triggers of its own. */
export const comparable = (table: Table): Table => ({ ...table, triggers: [] });

/** Of the database that was made; other tests make theirs on the same server. */
export const nameOf = ({ label }: ScratchDatabase): string => label.slice(label.lastIndexOf('/') + 1);

export const s = (name: string): ScratchRow['table'] => ({ schema: 's', name });
