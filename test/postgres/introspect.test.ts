// What introspection reads, attribute by attribute, with names that break quoting; what it leaves out; what connecting can fail with.
import { schemaIndex } from '../../src/core/schema-index.ts';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ForeignKey, Snapshot, Table } from '../../src/core/model.ts';
import { postgres } from '../../dialects/postgres/index.ts';
import { foreignKey } from '../builders.ts';
import { describeServers } from '../servers/describe.ts';
import { apply, change, clauseOf, keyNamed, type Lab, openLab } from './lab.ts';

/** 63 bytes is the longest name; those with a dollar sign try to close the block. */
const hostile = [
  `it's`,
  `"double"`,
  '`back`',
  'semi;colon -- ',
  'dot.ted',
  'with space',
  '$ondelete$',
  '$$ondelete_2$',
  '$q$;DROP TABLE x;$q$',
  'select',
  'Ünïcödé',
  '💥',
  'back\\slash',
  '%s %I %',
  ':psql :"psql"',
  'line\nfeed',
  '\nbegins, ends\\',
  '\\\n\\',
  'Case',
  'case',
  'x'.repeat(63),
  '字'.repeat(21),
];
const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const hostileSchema = hostile
  .map((name) => {
    const id = quote(name);
    return `CREATE SCHEMA ${id}; CREATE TABLE ${id}.${quote(name)} (${id} int PRIMARY KEY, up int CONSTRAINT ${id} REFERENCES ${id}.${id});
      COMMENT ON CONSTRAINT ${id} ON ${id}.${id} IS ${quote(name).replaceAll("'", "''").replace(/^"/, "'").replace(/"$/, "'")};
      INSERT INTO ${id}.${id} VALUES (1, NULL), (2, 1)`;
  })
  .join(';\n');

const schema = (major: number): string =>
  `
  CREATE DOMAIN required AS int CHECK (VALUE IS NOT NULL);
  CREATE DOMAIN filled AS int NOT NULL DEFAULT 7;
  CREATE TABLE p (id int PRIMARY KEY, a int, dropped int, b int, UNIQUE (b, a));
  ALTER TABLE p DROP COLUMN dropped;
  CREATE TABLE c (
    plain int CONSTRAINT k_plain REFERENCES p,
    needed int NOT NULL CONSTRAINT k_needed REFERENCES p,
    domained required CONSTRAINT k_domained REFERENCES p,
    "a: b" required CONSTRAINT k_colon REFERENCES p,
    by_default filled CONSTRAINT k_filled REFERENCES p,
    always_id int GENERATED ALWAYS AS IDENTITY CONSTRAINT k_always REFERENCES p,
    stored int GENERATED ALWAYS AS (7) STORED CONSTRAINT k_stored REFERENCES p,
    x int, y int, CHECK (num_nonnulls(plain, x) = 1),
    CONSTRAINT k_pair FOREIGN KEY (y, x) REFERENCES p (a, b) MATCH FULL ON UPDATE CASCADE ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED
    ${major >= 15 ? ', CONSTRAINT k_list FOREIGN KEY (x, y) REFERENCES p (b, a) ON DELETE SET NULL (y)' : ''}
  );
  CREATE INDEX partial ON c (plain, (x + 1)) INCLUDE (y) WHERE plain > 3;
  CREATE TABLE same_name (pid int CONSTRAINT k_plain REFERENCES p);
  CREATE RULE "no deletes" AS ON DELETE TO same_name DO INSTEAD NOTHING;
  CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
  CREATE TRIGGER own AFTER DELETE ON same_name FOR EACH ROW EXECUTE FUNCTION f();
  CREATE TRIGGER unheard AFTER INSERT ON same_name FOR EACH ROW EXECUTE FUNCTION f();
  CREATE UNLOGGED TABLE unlogged (pid int CONSTRAINT k_unlogged REFERENCES unlogged_parent);
  CREATE TABLE parts (pid int CONSTRAINT k_root REFERENCES p) PARTITION BY LIST (pid);
  CREATE TABLE part PARTITION OF parts DEFAULT;
  ALTER TABLE part ADD CONSTRAINT k_own FOREIGN KEY (pid) REFERENCES p ON DELETE CASCADE;
  CREATE TABLE member (pid int CONSTRAINT k_member REFERENCES p);
  ALTER EXTENSION plpgsql ADD TABLE member;
  CREATE TEMPORARY TABLE temporary (id int PRIMARY KEY, up int CONSTRAINT k_temporary REFERENCES temporary);
  CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.c (pid int CONSTRAINT k_elsewhere REFERENCES p)`.replace(
    'CREATE UNLOGGED TABLE unlogged (',
    'CREATE UNLOGGED TABLE unlogged_parent (id int PRIMARY KEY); CREATE UNLOGGED TABLE unlogged (',
  );

describeServers('postgres', (server) => {
  let lab: Lab;
  let snapshot: Snapshot;
  beforeAll(async () => {
    lab = await openLab(server);
    await lab.sql(schema(lab.major));
    snapshot = await lab.snapshot();
  });
  afterAll(async () => {
    await lab.sql('ALTER EXTENSION plpgsql DROP TABLE member');
    await lab.close();
  });
  const table = (name: string): Table | undefined =>
    snapshot.tables.find((one) => one.schema === 'public' && one.name === name);
  const hazards = (name: string, to: ForeignKey['onDelete']): readonly string[] =>
    postgres
      .checkChange(
        keyNamed(snapshot, name),
        { onDelete: to, onDeleteColumns: null },
        schemaIndex(snapshot),
        postgres.capabilities(snapshot.server),
      )
      .map((one) => one.code);

  test('keys of extensions and temporary tables and copies on partitions are left out; a partition’s own key is a key', () => {
    const names = snapshot.foreignKeys.map((key) => key.name);
    expect(names).toEqual(expect.arrayContaining(['k_root', 'k_own', 'k_elsewhere', 'k_plain']));
    expect(
      names.filter((name) => name === 'k_root' || name === 'k_member' || name === 'k_temporary'),
    ).toEqual(['k_root']);
    expect(names.filter((name) => name === 'k_plain')).toHaveLength(2);
  });

  test('every attribute of a key', () => {
    expect(keyNamed(snapshot, 'k_pair')).toEqual(
      foreignKey({
        name: 'k_pair',
        child: { schema: 'public', name: 'c' },
        columns: ['y', 'x'],
        parent: { schema: 'public', name: 'p' },
        parentColumns: ['a', 'b'],
        onDelete: 'RESTRICT',
        onUpdate: 'CASCADE',
        match: 'FULL',
        deferrability: 'INITIALLY DEFERRED',
        referencedIndex: 'p_b_a_key',
        recreatedIndex: 'p_b_a_key',
      }),
    );
    expect(keyNamed(snapshot, 'k_root').childPartitioned).toBe(true);
    if (lab.major >= 15)
      expect(keyNamed(snapshot, 'k_list')).toMatchObject({ onDelete: 'SET NULL', onDeleteColumns: ['y'] });
  });

  test('columns, indexes, triggers and notes of a table', () => {
    const column = (name: string): unknown => table('c')?.columns.find((one) => one.name === name);
    expect(column('plain')).toEqual({
      name: 'plain',
      type: 'integer',
      nullable: true,
      hasDefault: false,
      generated: null,
      identity: null,
    });
    expect(column('needed')).toMatchObject({ nullable: false });
    expect(column('by_default')).toMatchObject({ type: 'public.filled', nullable: false, hasDefault: true });
    expect(column('always_id')).toMatchObject({ nullable: false, identity: 'always', hasDefault: false });
    expect(column('stored')).toMatchObject({ generated: 'stored', hasDefault: false });
    expect(table('c')?.indexes).toContainEqual({
      name: 'partial',
      columns: ['plain', null],
      unique: false,
      primary: false,
      predicate: '(plain > 3)',
      method: 'btree',
    });
    expect(table('c')?.checks).toEqual([
      { expression: '(num_nonnulls(plain, x) = 1)', domainOf: null },
      { expression: '(VALUE IS NOT NULL)', domainOf: 'a: b' },
      { expression: '(VALUE IS NOT NULL)', domainOf: 'domained' },
    ]);
    expect(table('same_name')).toMatchObject({
      triggers: ['own'],
      insteadRules: [{ event: 'DELETE', name: 'no deletes' }],
    });
    expect(table('unlogged')?.options).toEqual(['unlogged']);
    expect(table('p')?.columns.map((one) => one.name)).toEqual(['id', 'a', 'b']);
  });

  test('what the server takes and every delete would fail on is refused', () => {
    expect(hazards('k_domained', 'SET NULL')).toEqual(['SET_NULL_ON_CHECK']);
    expect(hazards('k_colon', 'SET NULL')).toEqual(['SET_NULL_ON_CHECK']);
    expect(hazards('k_pair', 'SET NULL')).toEqual(['SET_NULL_ON_CHECK']);
    expect(hazards('k_needed', 'SET DEFAULT')).toEqual(['SET_DEFAULT_WITHOUT_DEFAULT']);
    expect(hazards('k_filled', 'SET DEFAULT')).toEqual([]);
    // the next number of its sequence
    expect(hazards('k_always', 'SET DEFAULT')).toEqual([]);
    // k_own of its partition would be taken for a part of it
    expect(hazards('k_root', 'CASCADE')).toEqual([
      ...(lab.major < 18 ? ['TWO_KEYS_WINDOW'] : []),
      'NOT_AVAILABLE_HERE',
    ]);
    const ruled = snapshot.foreignKeys.find((key) => key.child.name === 'same_name');
    const judged =
      ruled &&
      postgres.checkChange(
        ruled,
        { onDelete: 'CASCADE', onDeleteColumns: null },
        schemaIndex(snapshot),
        postgres.capabilities(snapshot.server),
      );
    expect(judged?.map((one) => one.code)).toEqual(['RULE_INSTEAD']);
    const pair = keyNamed(snapshot, 'k_pair');
    const list = { onDelete: 'SET NULL', onDeleteColumns: ['y'] } as const;
    const codes = postgres
      .checkChange(pair, list, schemaIndex(snapshot), postgres.capabilities(snapshot.server))
      .map((one) => one.code);
    expect(codes).toEqual(
      lab.major < 15
        ? ['COLUMN_LIST_UNSUPPORTED', 'SET_NULL_SUBSET_MATCH_FULL']
        : ['SET_NULL_SUBSET_MATCH_FULL'],
    );
  });

  test('a scope leaves keys of other schemas out and keeps the parents', async () => {
    const scoped = await lab.reader.introspect({
      schemas: (name) => name === 'elsewhere',
    });
    expect(scoped.snapshot.foreignKeys.map((key) => key.name)).toEqual(['k_elsewhere']);
    expect(scoped.snapshot.tables.map((one) => `${one.schema}.${one.name}`)).toEqual([
      'elsewhere.c',
      'public.p',
    ]);
  });

  test('figures of tables that were never analysed are unknown, and the same schema reads the same', async () => {
    const first = await lab.introspect();
    expect(first.statistics.find((one) => one.name === 'p')).toEqual({
      schema: 'public',
      name: 'p',
      estimatedRows: null,
      bytes: null,
    });
    expect(JSON.stringify((await lab.introspect()).snapshot)).toBe(JSON.stringify(first.snapshot));
    expect(await (await lab.reader.probe()).rows([{ schema: 'public', name: 'p' }], 20_000)).toEqual([
      { known: true, value: 0 },
    ]);
  });

  test('hostile names: there and back', async () => {
    const other = await openLab(server, hostileSchema);
    try {
      const before = await other.snapshot();
      expect(before.foreignKeys.map((key) => key.name).toSorted()).toEqual(hostile.toSorted());
      expect(before.tables.flatMap((table) => table.columns.map((column) => column.name)).toSorted()).toEqual(
        hostile.flatMap((name) => [name, 'up']).toSorted(),
      );
      const steps = await other.plan(before.foreignKeys.map((key) => change(key, 'CASCADE')));
      const session = await other.session();
      await apply(session, steps, 'up');
      const cascade = clauseOf({ onDelete: 'CASCADE', onDeleteColumns: null });
      expect(await other.snapshot()).toEqual({
        ...before,
        foreignKeys: before.foreignKeys.map((key) => ({ ...key, ...cascade })),
      });
      await apply(session, steps, 'down');
      expect(await other.snapshot()).toEqual(before);
    } finally {
      await other.close();
    }
  });

  test('the session cannot write, and takes one statement at a time', async () => {
    await expect(lab.reader.query('CREATE TABLE no (id int)')).rejects.toMatchObject({
      code: 'QUERY_FAILED',
      message: expect.stringContaining('read-only'),
    });
    await expect(lab.reader.query('SELECT 1; COMMIT; CREATE TABLE no (id int)')).rejects.toMatchObject({
      code: 'QUERY_FAILED',
    });
    expect(await lab.reader.query('SELECT $1::int AS n', [7])).toEqual([{ n: 7 }]);
  });

  test('a connection that breaks is told by the next query, and does not end the process', async () => {
    const reader = await postgres.connect(lab.url, { timeoutMilliseconds: 5000 });
    const [row] = await reader.query('SELECT pg_backend_pid() AS pid');
    await lab.sql(`SELECT pg_terminate_backend(${Number(row?.['pid'])})`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await expect(reader.query('SELECT 1')).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await reader.close();
  });

  test('connecting fails by name', async () => {
    const to = (edit: (url: URL) => void): Promise<unknown> => {
      const url = new URL(lab.url);
      edit(url);
      return postgres.connect(url.href, { timeoutMilliseconds: 3000 });
    };
    await expect(to((url) => (url.port = '1'))).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await expect(to((url) => (url.hostname = 'no.such.host.invalid'))).rejects.toMatchObject({
      code: 'UNREACHABLE',
    });
    await expect(to((url) => (url.pathname = '/no such'))).rejects.toMatchObject({
      code: 'DATABASE_NOT_FOUND',
    });
    await expect(to((url) => (url.username = 'nobody_here'))).rejects.toMatchObject({
      code: 'AUTHENTICATION_FAILED',
    });
    await expect(to((url) => (url.search = '?sslmode=require'))).rejects.toMatchObject({
      code: 'TLS_REQUIRED',
    });
    await expect(to((url) => (url.search = '?sslmode=odd'))).rejects.toMatchObject({ code: 'USAGE' });
    const secret = await postgres
      .connect('postgres://u:pa55word@[bad', { timeoutMilliseconds: 1000 })
      .catch((error: unknown) => String(error));
    expect(secret).toContain('cannot be read');
    expect(secret).not.toContain('pa55word');
  });
});
