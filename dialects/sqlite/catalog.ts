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
  readonly table: string;
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
  readonly table: string;
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
  readonly keys: readonly KeyRow[];
  /** Every ordinary table by name: the virtual ones and their shadows are left out. */
  readonly tables: ReadonlyMap<string, { readonly withoutRowid: boolean; readonly strict: boolean }>;
  readonly objects: readonly ObjectRow[];
  readonly columns: readonly ColumnRow[];
  readonly indexes: readonly IndexRow[];
  readonly statistics: readonly StatisticsRow[];
}

type Row = Readonly<Record<string, unknown>>;

/** Reads what the given tables (all that take part in a key, found from the keys) consist of. */
export async function readCatalog(
  session: Session,
  involved: (keys: readonly KeyRow[], tables: readonly string[]) => readonly string[],
): Promise<Catalog> {
  await session.query('BEGIN');
  try {
    const list = await session.query(
      "SELECT name, wr, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table'",
    );
    const tables = new Map(
      list.map((row) => [text(row, 'name'), { withoutRowid: flag(row, 'wr'), strict: flag(row, 'strict') }]),
    );
    // The schema argument keeps a temporary table of the same name out (measured on 3.40.1).
    const keys = (await session.query(keysQuery)).map(keyRow).filter((row) => tables.has(row.child));
    const wanted = JSON.stringify(involved(keys, [...tables.keys()]));
    const objects = (await session.query(objectsQuery, [wanted])).map(objectRow);
    const columns = (await session.query(columnsQuery, [wanted])).map(columnRow);
    const indexes = (await session.query(indexesQuery, [wanted])).map(indexRow);
    const analyzed =
      (await session.query("SELECT 1 FROM main.sqlite_master WHERE name = 'sqlite_stat1'")).length > 0;
    const statistics = analyzed ? (await session.query(statisticsQuery)).map(statisticsRow) : [];
    return { keys, tables, objects, columns, indexes, statistics };
  } finally {
    await session.query('ROLLBACK');
  }
}

const keysQuery = `
  SELECT m.name AS child, f.id, f."table" AS parent, f."from", f."to", f.on_update, f.on_delete
    FROM main.sqlite_master m JOIN pragma_foreign_key_list(m.name, 'main') f
   WHERE m.type = 'table'`;

// A trigger keeps the table's name as CREATE TRIGGER spelled it.
const objectsQuery = `
  SELECT type, name, tbl_name, sql FROM main.sqlite_master
   WHERE type IN ('table', 'index', 'trigger') AND tbl_name COLLATE NOCASE IN (SELECT value FROM json_each(?))`;

const columnsQuery = `
  SELECT n.value AS tbl, x.name, x.type, x."notnull", x.dflt_value IS NOT NULL AS has_default, x.pk, x.hidden
    FROM json_each(?) n JOIN pragma_table_xinfo(n.value, 'main') x`;

const indexesQuery = `
  SELECT n.value AS tbl, l.name AS idx, l."unique", l.origin, l.partial, x.name AS col, x.coll
    FROM json_each(?) n
    JOIN pragma_index_list(n.value, 'main') l
    JOIN pragma_index_xinfo(l.name, 'main') x
   WHERE x.key`;

const statisticsQuery = 'SELECT tbl, stat FROM main.sqlite_stat1 WHERE tbl IS NOT NULL AND stat IS NOT NULL';

const keyRow = (row: Row): KeyRow => ({
  child: text(row, 'child'),
  id: number(row, 'id'),
  parent: text(row, 'parent'),
  from: text(row, 'from'),
  to: textOrNull(row, 'to'),
  onUpdate: text(row, 'on_update'),
  onDelete: text(row, 'on_delete'),
});
const objectRow = (row: Row): ObjectRow => {
  const type = text(row, 'type');
  return {
    type: type === 'table' || type === 'index' ? type : 'trigger',
    name: text(row, 'name'),
    table: text(row, 'tbl_name'),
    sql: textOrNull(row, 'sql'),
  };
};
const columnRow = (row: Row): ColumnRow => ({
  table: text(row, 'tbl'),
  name: text(row, 'name'),
  type: textOrNull(row, 'type') ?? '',
  notNull: flag(row, 'notnull'),
  hasDefault: flag(row, 'has_default'),
  primaryKey: number(row, 'pk'),
  hidden: number(row, 'hidden'),
});
const indexRow = (row: Row): IndexRow => ({
  table: text(row, 'tbl'),
  index: text(row, 'idx'),
  unique: flag(row, 'unique'),
  origin: text(row, 'origin'),
  partial: flag(row, 'partial'),
  column: textOrNull(row, 'col'),
  collation: textOrNull(row, 'coll') ?? 'BINARY',
});
const statisticsRow = (row: Row): StatisticsRow => ({ table: String(row['tbl']), stat: String(row['stat']) });

function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string')
    throw new OndeleteError('INTERNAL', `${column} is no text: ${String(value)}`);
  return value;
}
function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}
function number(row: Row, column: string): number {
  return Number(row[column]);
}
function flag(row: Row, column: string): boolean {
  return number(row, column) !== 0;
}
