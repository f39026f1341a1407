// What the catalog itself says, asked with plain queries: a defect in the product's own reading must not hide here.
import type { DatabaseUnderTest, Engine, Row } from '../support/database.ts';

/** One key as the catalog has it. */
export interface CatalogKey {
  readonly name: string;
  /** `order_items(order_id) -> orders(id)`. */
  readonly joins: string;
  readonly onDelete: string;
  /** It bears a mark of a change that was begun. */
  readonly halfDone: boolean;
  /** Everything about it that no change of the action may touch, the mark taken off. */
  readonly rest: string;
  /** Of what a half-done key may lack for a while. */
  readonly validated: boolean;
}

export interface Catalog {
  readonly keys: readonly CatalogKey[];
  /** Names of everything else there is: tables, indexes, partition keys, routines, leftovers of copies. */
  readonly objects: readonly string[];
}

export async function readCatalog(query: DatabaseUnderTest['query'], engine: Engine): Promise<Catalog> {
  if (engine === 'postgres') return postgresCatalog(query);
  if (engine === 'sqlite') return sqliteCatalog(query);
  return mysqlCatalog(query, engine);
}

const text = (row: Row | undefined, column: string): string => {
  const value = row?.[column] ?? '';
  return typeof value === 'string' ? value : JSON.stringify(value);
};
const foreign = (name: string): boolean => !name.includes('kysely_migration');

const mark = 'ondelete half-done ';
const actions: Readonly<Record<string, string>> = {
  a: 'NO ACTION',
  r: 'RESTRICT',
  c: 'CASCADE',
  n: 'SET NULL',
  d: 'SET DEFAULT',
};

async function postgresCatalog(query: DatabaseUnderTest['query']): Promise<Catalog> {
  const rows = await query(`
    SELECT k.conname AS name, k.conrelid::regclass::text AS child, k.confrelid::regclass::text AS parent, k.confdeltype AS action,
           k.conparentid <> 0 AS copy, k.convalidated AS validated, coalesce(d.description, '') AS comment, k.conindid::regclass::text AS index,
           concat_ws(' ', k.confupdtype, k.confmatchtype, k.condeferrable, k.condeferred) AS attributes,
           (SELECT string_agg(a.attname, ', ' ORDER BY place) FROM unnest(k.conkey) WITH ORDINALITY AS c (number, place) JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = c.number) AS columns,
           (SELECT string_agg(a.attname, ', ' ORDER BY place) FROM unnest(k.confkey) WITH ORDINALITY AS c (number, place) JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = c.number) AS parent_columns,
           (SELECT string_agg(format('%s %s %s', t.tgrelid::regclass, p.proname, t.tgenabled), ', ') FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE t.tgconstraint = k.oid) AS triggers,
           (SELECT string_agg(format('%s %s %s', c.conrelid::regclass, c.confdeltype, c.conname), ', ' ORDER BY c.conrelid::regclass::text) FROM pg_constraint c WHERE c.conparentid = k.oid) AS copies
      FROM pg_constraint k LEFT JOIN pg_description d ON d.objoid = k.oid AND d.classoid = 'pg_constraint'::regclass
     WHERE k.contype = 'f' ORDER BY 1, 2`);
  const twins = rows.filter((row) => isTwin(row));
  const objects = await query(`
    SELECT format('%s %s', c.relkind, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'
    UNION ALL SELECT 'function ' || p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public'
    UNION ALL SELECT format('constraint %s on %s', conname, conrelid::regclass) FROM pg_constraint WHERE contype <> 'f' AND conrelid <> 0 AND connamespace = 'public'::regnamespace AND contype <> 'n'
    ORDER BY 1`);
  return {
    keys: rows.filter((row) => row['copy'] !== true && !isTwin(row)).map((row) => postgresKey(row, twins)),
    objects: objects.map((row) => text(row, 'name')).filter(foreign),
  };
}

const isTwin = (row: Row): boolean =>
  row['copy'] !== true && text(row, 'name').startsWith('ondelete_second_');

function postgresKey(row: Row, twins: readonly Row[]): CatalogKey {
  const comment = text(row, 'comment');
  const marked = comment.startsWith(mark);
  // a partition is called after its table here
  const ownTwins = twins.filter((twin) => text(twin, 'child').startsWith(`${text(row, 'child')}_`));
  const action = text(row, 'action');
  const copies = text(row, 'copies');
  return {
    name: text(row, 'name'),
    joins: `${text(row, 'child')}(${text(row, 'columns')}) -> ${text(row, 'parent')}(${text(row, 'parent_columns')})`,
    onDelete: actions[action] ?? action,
    halfDone: marked || ownTwins.length > 0,
    validated: row['validated'] === true,
    rest: JSON.stringify({
      comment: marked ? comment.split('\n').slice(1).join('\n') : comment,
      index: row['index'],
      attributes: row['attributes'],
      // which function answers a delete is what changes
      triggers: text(row, 'triggers')
        .replace(/RI_FKey_\w+?_del /g, 'delete ')
        .split(', ')
        .sort(),
      copies: copies.replaceAll(` ${action} `, ' same '),
    }),
  };
}

async function mysqlCatalog(query: DatabaseUnderTest['query'], engine: Engine): Promise<Catalog> {
  const { columns, rules } = await oneMoment(query);
  const inner = engine === 'mariadb' ? 'INNODB_SYS_TABLES' : 'INNODB_TABLES';
  const objects = await query(
    `SELECT CONCAT('index ', TABLE_NAME, ' ', INDEX_NAME, ' ', COLUMN_NAME) AS name FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE()
     UNION ALL SELECT CONCAT('table ', TABLE_NAME) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()
     UNION ALL SELECT CONCAT('routine ', ROUTINE_NAME) FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()
     UNION ALL SELECT CONCAT('inner ', NAME) FROM information_schema.${inner} WHERE NAME LIKE CONCAT(DATABASE(), '/#%') ORDER BY 1`,
  );
  const keys = rules.map((rule): CatalogKey => {
    const own = columns.filter((column) => column['name'] === rule['name']);
    const list = (column: string): string => own.map((row) => text(row, column)).join(', ');
    const full = text(rule, 'name');
    const name = full.replace(/__od_[0-9a-f]{8}$/, '');
    return {
      name,
      joins: `${text(own[0], 'child')}(${list('col')}) -> ${text(own[0], 'parent')}(${list('parent_col')})`,
      onDelete: text(rule, 'action'),
      halfDone: name !== full,
      validated: true,
      rest: JSON.stringify([rule['update_rule'], rule['ix']]),
    };
  });
  return { keys, objects: objects.map((row) => text(row, 'name')).filter(foreign) };
}

/** Two views are two moments: asked again until no swap fell between them. */
async function oneMoment(
  query: DatabaseUnderTest['query'],
): Promise<{ readonly columns: readonly Row[]; readonly rules: readonly Row[] }> {
  const names = (rows: readonly Row[]): string =>
    JSON.stringify([...new Set(rows.map((row) => text(row, 'name')))].sort());
  for (let tries = 1; ; tries += 1) {
    const columns = await query(
      `SELECT CONSTRAINT_NAME AS name, TABLE_NAME AS child, COLUMN_NAME AS col, REFERENCED_TABLE_NAME AS parent, REFERENCED_COLUMN_NAME AS parent_col
         FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME IS NOT NULL ORDER BY CONSTRAINT_NAME, ORDINAL_POSITION`,
    );
    const rules = await query(
      `SELECT CONSTRAINT_NAME AS name, DELETE_RULE AS action, UPDATE_RULE AS update_rule, UNIQUE_CONSTRAINT_NAME AS ix
         FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE() ORDER BY 1`,
    );
    if (names(columns) === names(rules) || tries === 50) return { columns, rules };
  }
}

async function sqliteCatalog(query: DatabaseUnderTest['query']): Promise<Catalog> {
  const rows = await query(
    `SELECT m.name AS child, k.id, k.seq, k."from" AS col, k."table" AS parent, k."to" AS parent_col, k.on_delete AS action, k.on_update AS update_rule
       FROM sqlite_master m, pragma_foreign_key_list(m.name) k WHERE m.type = 'table' ORDER BY m.name, k.id, k.seq`,
  );
  const ids = [...new Set(rows.map((row) => `${text(row, 'child')} ${text(row, 'id')}`))];
  const keys = ids.map((id): CatalogKey => {
    const own = rows.filter((row) => `${text(row, 'child')} ${text(row, 'id')}` === id);
    const list = (column: string): string => own.map((row) => text(row, column)).join(', ');
    const [first] = own;
    return {
      name: '',
      joins: `${text(first, 'child')}(${list('col')}) -> ${text(first, 'parent')}(${list('parent_col')})`,
      onDelete: text(first, 'action'),
      halfDone: false,
      validated: true,
      rest: text(first, 'update_rule'),
    };
  });
  const objects = await query("SELECT type || ' ' || name AS name FROM sqlite_master ORDER BY 1");
  const [integrity] = await query('PRAGMA integrity_check');
  const broken = await query('PRAGMA foreign_key_check');
  return {
    keys,
    objects: [
      ...objects.map((row) => text(row, 'name')).filter(foreign),
      `integrity ${JSON.stringify(integrity)}`,
      `rows without a parent ${broken.length}`,
    ],
  };
}
