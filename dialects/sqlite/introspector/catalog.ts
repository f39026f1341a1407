/** The catalog of a SQLite file, in a constant number of queries inside one read transaction. */
import type { Session } from '../../sql/session.ts';
import { groupBy } from '../../../src/core/group-by.ts';
import { plainIndexColumns } from '../text/index-and-trigger-text.ts';
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

/** An index of a table, its columns in the order of the index. */
export interface CatalogIndex {
  readonly name: string;
  readonly unique: boolean;
  readonly primary: boolean;
  readonly partial: boolean;
  /** The text of CREATE INDEX; null for the index of a UNIQUE or PRIMARY KEY. */
  readonly sql: string | null;
  readonly columns: readonly IndexColumn[];
}

export interface IndexColumn {
  /** Null for an expression. */
  readonly column: string | null;
  /** Null where it is not known, which is so only of indexes that are not unique. */
  readonly collation: string | null;
}

/** A line of sqlite_schema about an index or a trigger. */
export interface StoredObject {
  readonly type: string;
  readonly name: string;
  /** As CREATE INDEX or CREATE TRIGGER spells it. */
  readonly table: string;
  /** Null for the index of a UNIQUE or PRIMARY KEY. */
  readonly sql: string | null;
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
  readonly indexes: readonly CatalogIndex[];
  readonly triggers: readonly StoredObject[];
}

export interface Catalog {
  readonly tables: readonly CatalogTable[];
  /** Of tables that ANALYZE has seen, by name. */
  readonly estimatedRows: ReadonlyMap<string, number>;
}

// The pragmas' schema argument keeps a temporary table of the same name out (measured on 3.40.1). One row for each table, with its
// keys or columns as JSON: with a row for each of those, handing them over takes the driver twice as long as finding them.
// A virtual table has no root page, and asking for its keys would load its module.
const tablesQuery = `
  SELECT name, sql,
         (SELECT json_group_array(json_object('id', f.id, 'parent', f."table", 'from', f."from", 'to', f."to", 'onUpdate', f.on_update, 'onDelete', f.on_delete))
            FROM pragma_foreign_key_list(m.name, 'main') f) AS keys
    FROM main.sqlite_schema m
   WHERE type = 'table' AND rootpage > 0`;

/** The few tables that are something else than ordinary ones: joined to the query above, pragma_table_list takes as long as all keys. */
const kindsQuery = `
  SELECT name, type, wr AS "withoutRowid", strict FROM pragma_table_list
   WHERE schema = 'main' AND (type <> 'table' OR wr OR strict)`;

const columnsQuery = `
  SELECT n.value AS name,
         (SELECT json_group_array(json_object('name', x.name, 'type', x.type, 'notNull', x."notnull", 'hasDefault', x.dflt_value IS NOT NULL, 'primaryKeyPlace', x.pk, 'hidden', x.hidden))
            FROM pragma_table_xinfo(n.value, 'main') x) AS columns
    FROM json_each(?) n`;

const indexesQuery = `
  SELECT n.value AS "table", l.name AS "index", l."unique", l.origin, l.partial, x.name AS "column", x.coll AS collation
    FROM json_each(?) n JOIN pragma_index_list(n.value, 'main') l JOIN pragma_index_xinfo(l.name, 'main') x
   WHERE x.key`;

const objectsQuery =
  "SELECT type, name, tbl_name AS \"table\", sql FROM main.sqlite_schema WHERE type IN ('index', 'trigger')";

const analyzedQuery = "SELECT 1 FROM main.sqlite_schema WHERE name = 'sqlite_stat1'";
const statisticsQuery =
  'SELECT tbl AS "table", stat FROM main.sqlite_stat1 WHERE tbl IS NOT NULL AND stat IS NOT NULL';

interface TableRow {
  readonly name: string;
  readonly sql: string;
  readonly keys: string;
}

interface KindRow {
  readonly name: string;
  readonly type: string;
  readonly withoutRowid: number;
  readonly strict: number;
}

interface ColumnsRow {
  readonly name: string;
  readonly columns: string;
}

/** A line of pragma index_xinfo with its index, as pragma index_list has it. */
interface IndexRow extends IndexColumn {
  readonly table: string;
  readonly index: string;
  readonly unique: number;
  /** `c` by CREATE INDEX, `u` by UNIQUE, `pk` by PRIMARY KEY. */
  readonly origin: string;
  readonly partial: number;
}

/** Reads the tables at both ends of a key. */
export async function readCatalog(session: Session): Promise<Catalog> {
  const rows = async <T>(sql: string, ...parameters: readonly unknown[]): Promise<readonly T[]> =>
    (await session.query(sql, parameters)) as readonly T[];
  await session.query('BEGIN');
  try {
    const kinds = new Map((await rows<KindRow>(kindsQuery)).map((row) => [row.name, row]));
    const all = (await rows<TableRow>(tablesQuery))
      .filter(({ name }) => (kinds.get(name)?.type ?? 'table') === 'table')
      .map(({ name, sql, keys }) => ({ name, folded: foldName(name), sql, keys: keysOf(keys) }));
    const parents = new Set(all.flatMap(({ keys }) => keys.map(([first]) => foldName(first?.parent ?? ''))));
    const ends = all.filter(({ folded, keys }) => keys.length > 0 || parents.has(folded));
    const names = JSON.stringify(ends.map((table) => table.name));
    const columns = new Map(
      (await rows<ColumnsRow>(columnsQuery, names)).map((row) => [
        row.name,
        JSON.parse(row.columns) as CatalogColumn[],
      ]),
    );
    const objects = groupBy(await rows<StoredObject>(objectsQuery), (object) => foldName(object.table));
    const storedOf = (folded: string, type: string): readonly StoredObject[] =>
      (objects.get(folded) ?? []).filter((object) => object.type === type);
    const plain = ends.map(({ folded, name }) =>
      kinds.get(name)?.withoutRowid === 1
        ? null
        : plainIndexes(storedOf(folded, 'index'), columns.get(name) ?? []),
    );
    const asked = ends.filter((_, at) => plain[at] === null).map(({ name }) => name);
    const indexes = groupBy(await rows<IndexRow>(indexesQuery, JSON.stringify(asked)), (row) => row.table);
    const isAnalyzed = (await rows(analyzedQuery)).length > 0;
    return {
      tables: ends.map(({ folded, keys, name, sql }, at) => ({
        name,
        sql,
        withoutRowid: kinds.get(name)?.withoutRowid === 1,
        strict: kinds.get(name)?.strict === 1,
        keys,
        columns: columns.get(name) ?? [],
        indexes: plain[at] ?? indexesOf(indexes.get(name) ?? [], storedOf(folded, 'index')),
        triggers: storedOf(folded, 'trigger'),
      })),
      estimatedRows: largest(isAnalyzed ? await rows(statisticsQuery) : []),
    };
  } finally {
    await session.query('ROLLBACK');
  }
}

function indexesOf(rows: readonly IndexRow[], stored: readonly StoredObject[]): readonly CatalogIndex[] {
  const texts = new Map(stored.map(({ name, sql }) => [name, sql]));
  return [...groupBy(rows, (row) => row.index)].map(([name, columns]) => ({
    name,
    unique: columns[0]?.unique === 1,
    primary: columns[0]?.origin === 'pk',
    partial: columns[0]?.partial === 1,
    sql: texts.get(name) ?? null,
    columns,
  }));
}

/** The indexes of a table with a rowid, if their texts say all there is to know of each of them; else null. */
function plainIndexes(
  stored: readonly StoredObject[],
  columns: readonly CatalogColumn[],
): readonly CatalogIndex[] | null {
  const indexes: CatalogIndex[] = [];
  const names = columns.map((column) => column.name);
  for (const { name, sql } of stored) {
    const plain = sql === null ? null : plainIndexColumns(sql, names);
    if (plain === null) return null;
    indexes.push({
      name,
      unique: false,
      primary: false,
      partial: false,
      sql,
      columns: plain.map((column) => ({ column, collation: null })),
    });
  }
  return indexes;
}

function keysOf(json: string): readonly (readonly KeyColumn[])[] {
  if (json === '[]') return [];
  const keys = [...groupBy(JSON.parse(json) as KeyColumn[], (column) => column.id)];
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
