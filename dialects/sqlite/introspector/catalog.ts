/** The catalog of a SQLite file, in a constant number of queries inside one read transaction. */
import type { Session } from '../../sql/session.ts';
import { groupBy } from '../../../src/core/group-by.ts';
import { foldName } from '../text/names.ts';

/** A line of pragma foreign_key_list: one column of a key. */
export interface KeyColumn {
  /** Keys are numbered from the last one of the text: n - 1 - k for the k-th of n. */
  readonly id: number;
  readonly parent: string;
  readonly from: string;
  /** Null where the text names no parent columns. */
  readonly to: string | null;
  readonly onUpdate: string;
  readonly onDelete: string;
}

/** A line of pragma table_xinfo. */
export interface CatalogColumn {
  readonly name: string;
  readonly type: string;
  readonly notNull: number;
  readonly hasDefault: number;
  /** Its place in the primary key, from 1; 0 for a column that is not in it. */
  readonly primaryKeyPlace: number;
  /** 2 virtual, 3 stored generated: https://sqlite.org/pragma.html#pragma_table_xinfo */
  readonly hidden: number;
}

/** A line of pragma index_xinfo, with the index that it belongs to. */
export interface IndexColumn {
  readonly index: string;
  readonly unique: number;
  /** `c` by CREATE INDEX, `u` by UNIQUE, `pk` by PRIMARY KEY. */
  readonly origin: string;
  readonly partial: number;
  /** Null for an expression. */
  readonly column: string | null;
  readonly collation: string | null;
}

/** A line of sqlite_schema about an index or a trigger. */
export interface StoredObject {
  readonly type: string;
  readonly name: string;
  /** As CREATE INDEX or CREATE TRIGGER spells it. */
  readonly table: string;
  readonly sql: string;
}

/** A table that takes part in a key. */
export interface CatalogTable {
  readonly name: string;
  readonly sql: string;
  readonly withoutRowid: boolean;
  readonly strict: boolean;
  /** The columns of each key, in the order of the text. */
  readonly keys: readonly (readonly KeyColumn[])[];
  readonly columns: readonly CatalogColumn[];
  readonly indexes: readonly IndexColumn[];
  /** Its indexes and triggers that have a text. */
  readonly objects: readonly StoredObject[];
}

export interface Catalog {
  readonly tables: readonly CatalogTable[];
  /** Of tables that ANALYZE has seen, by name. */
  readonly estimatedRows: ReadonlyMap<string, number>;
}

// The pragmas' schema argument keeps a temporary table of the same name out (measured on 3.40.1). One row for each table, with its
// keys, columns and indexes as JSON: with a row for each of those, handing them over takes the driver twice as long as finding them.
const tablesQuery = `
  SELECT m.name, m.sql, l.wr AS "withoutRowid", l.strict,
         (SELECT json_group_array(json_object('id', f.id, 'parent', f."table", 'from', f."from", 'to', f."to", 'onUpdate', f.on_update, 'onDelete', f.on_delete))
            FROM pragma_foreign_key_list(m.name, 'main') f) AS keys
    FROM main.sqlite_schema m JOIN pragma_table_list l ON l.name = m.name
   WHERE m.type = 'table' AND l.schema = 'main' AND l.type = 'table'`;

const columnsQuery = `
  SELECT n.value AS name,
         (SELECT json_group_array(json_object('name', x.name, 'type', x.type, 'notNull', x."notnull", 'hasDefault', x.dflt_value IS NOT NULL, 'primaryKeyPlace', x.pk, 'hidden', x.hidden))
            FROM pragma_table_xinfo(n.value, 'main') x) AS columns,
         (SELECT json_group_array(json_object('index', l.name, 'unique', l."unique", 'origin', l.origin, 'partial', l.partial, 'column', x.name, 'collation', x.coll))
            FROM pragma_index_list(n.value, 'main') l JOIN pragma_index_xinfo(l.name, 'main') x WHERE x.key) AS indexes
    FROM json_each(?) n`;

const objectsQuery =
  "SELECT type, name, tbl_name AS \"table\", sql FROM main.sqlite_schema WHERE type IN ('index', 'trigger') AND sql IS NOT NULL";

const analyzedQuery = "SELECT 1 FROM main.sqlite_schema WHERE name = 'sqlite_stat1'";
const statisticsQuery =
  'SELECT tbl AS "table", stat FROM main.sqlite_stat1 WHERE tbl IS NOT NULL AND stat IS NOT NULL';

interface TableRow {
  readonly name: string;
  readonly sql: string;
  readonly withoutRowid: number;
  readonly strict: number;
  readonly keys: string;
}

interface ColumnsRow {
  readonly name: string;
  readonly columns: string;
  readonly indexes: string;
}

/** Reads the tables at both ends of a key. */
export async function readCatalog(session: Session): Promise<Catalog> {
  const rows = async <T>(sql: string, ...parameters: readonly unknown[]): Promise<readonly T[]> =>
    (await session.query(sql, parameters)) as readonly T[];
  await session.query('BEGIN');
  try {
    const all = (await rows<TableRow>(tablesQuery)).map((row) => ({ ...row, keys: keysOf(row.keys) }));
    const parents = new Set(all.flatMap(({ keys }) => keys.flat().map((key) => foldName(key.parent))));
    const ends = all.filter(({ name, keys }) => keys.length > 0 || parents.has(foldName(name)));
    const names = JSON.stringify(ends.map((table) => table.name));
    const parts = new Map((await rows<ColumnsRow>(columnsQuery, names)).map((row) => [row.name, row]));
    const objects = groupBy(await rows<StoredObject>(objectsQuery), (object) => foldName(object.table));
    const isAnalyzed = (await rows(analyzedQuery)).length > 0;
    return {
      tables: ends.map(({ name, sql, withoutRowid, strict, keys }) => ({
        name,
        sql,
        withoutRowid: withoutRowid === 1,
        strict: strict === 1,
        keys,
        columns: JSON.parse(parts.get(name)?.columns ?? '[]') as CatalogColumn[],
        indexes: JSON.parse(parts.get(name)?.indexes ?? '[]') as IndexColumn[],
        objects: objects.get(foldName(name)) ?? [],
      })),
      estimatedRows: largest(isAnalyzed ? await rows(statisticsQuery) : []),
    };
  } finally {
    await session.query('ROLLBACK');
  }
}

function keysOf(json: string): readonly (readonly KeyColumn[])[] {
  const columns = JSON.parse(json) as KeyColumn[];
  const keys = [...groupBy(columns, (column) => column.id)];
  return keys.sort(([a], [b]) => b - a).map(([, key]) => key);
}

/** The first number of sqlite_stat1.stat is the rows of the index, and so of the table unless the index is partial: the largest wins. */
function largest(
  rows: readonly { readonly table: string; readonly stat: unknown }[],
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { table, stat } of rows) {
    const count = Number.parseInt(String(stat), 10);
    if (Number.isFinite(count)) counts.set(table, Math.max(count, counts.get(table) ?? count));
  }
  return counts;
}
