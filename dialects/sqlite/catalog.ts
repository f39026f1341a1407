/** The queries of introspection, a constant number of them, and their rows as data. Read inside one read transaction. */
import { OndeleteError } from '../../src/errors.ts';
import type { Session } from '../../src/dialect.ts';

export interface KeyRow {
  readonly child: string;
  /** n - 1 - k for the k-th of n keys in the text. */
  readonly id: number;
  readonly parent: string;
  readonly from: string;
  readonly to: string | null;
  readonly onUpdate: string;
  readonly onDelete: string;
}
export interface ObjectRow {
  readonly type: 'table' | 'index' | 'trigger';
  readonly name: string;
  readonly table: string;
  readonly sql: string | null;
}
export interface ColumnRow {
  readonly name: string;
  readonly type: string;
  readonly notNull: boolean;
  readonly hasDefault: boolean;
  /** Place in the primary key, from 1; 0 for others. */
  readonly primaryKey: number;
  /** https://sqlite.org/pragma.html#pragma_table_xinfo: 1 hidden, 2 virtual, 3 stored generated. */
  readonly hidden: number;
}
export interface IndexRow {
  readonly index: string;
  readonly unique: boolean;
  /** `c` by CREATE INDEX, `u` by UNIQUE, `pk` by PRIMARY KEY. */
  readonly origin: string;
  readonly partial: boolean;
  readonly column: string | null;
  readonly collation: string;
}
export interface StatisticsRow {
  readonly table: string;
  readonly stat: string;
}
export interface Catalog {
  readonly keys: ReadonlyMap<string, readonly KeyRow[]>;
  /** Every ordinary table by name: the virtual ones and their shadows are left out. */
  readonly tables: ReadonlyMap<string, { readonly withoutRowid: boolean; readonly strict: boolean }>;
  readonly objects: readonly ObjectRow[];
  readonly columns: ReadonlyMap<string, readonly ColumnRow[]>;
  readonly indexes: ReadonlyMap<string, readonly IndexRow[]>;
  readonly statistics: readonly StatisticsRow[];
}

type Row = Readonly<Record<string, unknown>>;

/** Reads what the given tables (all that take part in a key, found from the keys) consist of. */
export async function readCatalog(
  session: Session,
  involved: (keys: Catalog['keys'], tables: readonly string[]) => readonly string[],
): Promise<Catalog> {
  await session.query('BEGIN');
  try {
    const list = await session.query(tablesQuery);
    const tables = new Map(
      list.map((row) => [text(row['name']), { withoutRowid: flag(row['wr']), strict: flag(row['strict']) }]),
    );
    const all = await aggregated(session, keyRow, keysQuery);
    const keys = new Map([...all].filter(([table]) => tables.has(table)));
    const wanted = JSON.stringify(involved(keys, [...tables.keys()]));
    const objects = (await session.query(objectsQuery, [wanted])).map(objectRow);
    const columns = await aggregated(session, columnRow, columnsQuery, wanted);
    const indexes = await aggregated(session, indexRow, indexesQuery, wanted);
    const analyzed = (await session.query(analyzedQuery)).length > 0;
    const statistics = analyzed ? (await session.query(statisticsQuery)).map(statisticsRow) : [];
    return { keys, tables, objects, columns, indexes, statistics };
  } finally {
    await session.query('ROLLBACK');
  }
}

const tablesQuery = "SELECT name, wr, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table'";

// The schema argument keeps a temporary table of the same name out (measured on 3.40.1). One row for a table and not for
// each key, column and index: handing rows over takes the driver longer than SQLite needs to find them.
const keysQuery = `
  SELECT m.name AS tbl, json_group_array(json_array(f.id, f."table", f."from", f."to", f.on_update, f.on_delete)) AS facts
    FROM main.sqlite_master m JOIN pragma_foreign_key_list(m.name, 'main') f
   WHERE m.type = 'table' GROUP BY m.rowid`;

// A trigger keeps the table's name as CREATE TRIGGER spelled it.
const objectsQuery = `
  SELECT type, name, tbl_name, sql FROM main.sqlite_master
   WHERE type IN ('table', 'index', 'trigger') AND tbl_name COLLATE NOCASE IN (SELECT value FROM json_each(?))`;

const columnsQuery = `
  SELECT n.value AS tbl, json_group_array(json_array(x.name, x.type, x."notnull", x.dflt_value IS NOT NULL, x.pk, x.hidden)) AS facts
    FROM json_each(?) n JOIN pragma_table_xinfo(n.value, 'main') x GROUP BY n.key`;

const indexesQuery = `
  SELECT n.value AS tbl, json_group_array(json_array(l.name, l."unique", l.origin, l.partial, x.name, x.coll)) AS facts
    FROM json_each(?) n
    JOIN pragma_index_list(n.value, 'main') l
    JOIN pragma_index_xinfo(l.name, 'main') x
   WHERE x.key GROUP BY n.key`;

const analyzedQuery = "SELECT 1 FROM main.sqlite_master WHERE name = 'sqlite_stat1'";
const statisticsQuery = 'SELECT tbl, stat FROM main.sqlite_stat1 WHERE tbl IS NOT NULL AND stat IS NOT NULL';

type Facts = readonly unknown[];

/** The rows of each table, in the order in which the pragma tells them. */
async function aggregated<T>(
  session: Session,
  rowOf: (facts: Facts, table: string) => T,
  sql: string,
  ...parameters: readonly string[]
): Promise<ReadonlyMap<string, readonly T[]>> {
  const groups = new Map<string, readonly T[]>();
  for (const row of await session.query(sql, parameters)) {
    const table = text(row['tbl']);
    groups.set(
      table,
      (JSON.parse(text(row['facts'])) as Facts[]).map((facts) => rowOf(facts, table)),
    );
  }
  return groups;
}

const keyRow = ([id, parent, from, to, onUpdate, onDelete]: Facts, child: string): KeyRow => ({
  child,
  id: Number(id),
  parent: text(parent),
  from: text(from),
  to: textOrNull(to),
  onUpdate: text(onUpdate),
  onDelete: text(onDelete),
});
const objectRow = (row: Row): ObjectRow => {
  const type = text(row['type']);
  return {
    type: type === 'table' || type === 'index' ? type : 'trigger',
    name: text(row['name']),
    table: text(row['tbl_name']),
    sql: textOrNull(row['sql']),
  };
};
const columnRow = ([name, type, notNull, hasDefault, primaryKey, hidden]: Facts): ColumnRow => ({
  name: text(name),
  type: textOrNull(type) ?? '',
  notNull: flag(notNull),
  hasDefault: flag(hasDefault),
  primaryKey: Number(primaryKey),
  hidden: Number(hidden),
});
const indexRow = ([index, unique, origin, partial, column, collation]: Facts): IndexRow => ({
  index: text(index),
  unique: flag(unique),
  origin: text(origin),
  partial: flag(partial),
  column: textOrNull(column),
  collation: textOrNull(collation) ?? 'BINARY',
});
const statisticsRow = (row: Row): StatisticsRow => ({ table: String(row['tbl']), stat: String(row['stat']) });

function text(value: unknown): string {
  if (typeof value !== 'string')
    throw new OndeleteError('INTERNAL', `the catalog holds ${String(value)} where a name belongs`);
  return value;
}
function textOrNull(value: unknown): string | null {
  return value === null ? null : text(value);
}
function flag(value: unknown): boolean {
  return Number(value) !== 0;
}
