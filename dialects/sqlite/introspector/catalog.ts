/** The catalog of a SQLite file, in a constant number of queries inside one read transaction. */
import type { Session } from '../../sql/session.ts';
import { groupBy } from '../../../src/core/group-by.ts';
import type { Column, Index } from '../../../src/core/model.ts';
import { indexPredicate, plainIndexColumns } from '../text/index-and-trigger-text.ts';
import { foldName } from '../text/names.ts';

/** A row of pragma foreign_key_list: one column of a key. */
export interface KeyColumn {
  readonly parent: string;
  readonly from: string;
  /** Null where the text names no parent columns. */
  readonly to: string | null;
  readonly onUpdate: string;
  readonly onDelete: string;
}

export interface CatalogIndex {
  readonly index: Index;
  /** What each column is compared by; not read of indexes that are not unique. */
  readonly collations: readonly string[];
}

/** A row of sqlite_schema about an index or a trigger. */
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
  /** As table_xinfo has them: the rowid may still pass for nullable. */
  readonly columns: readonly Column[];
  /** In its own order; none for a table without one. */
  readonly primaryKey: readonly string[];
  readonly indexes: readonly CatalogIndex[];
  readonly triggers: readonly StoredObject[];
  /** Indexes and triggers that have a text, in the order in which they were made. */
  readonly stored: readonly StoredObject[];
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
         (SELECT json_group_array(json_array(f.id, f."table", f."from", f."to", f.on_update, f.on_delete))
            FROM pragma_foreign_key_list(m.name, 'main') f) AS keys
    FROM main.sqlite_schema m
   WHERE type = 'table' AND rootpage > 0`;

/** The few tables that are something else than ordinary ones: joined to the query above, pragma_table_list takes as long as all keys. */
const kindsQuery = `
  SELECT name, type, wr AS "withoutRowid", strict FROM pragma_table_list
   WHERE schema = 'main' AND (type <> 'table' OR wr OR strict)`;

const columnsQuery = `
  SELECT n.value AS name,
         (SELECT json_group_array(json_array(x.name, x.type, x."notnull", x.dflt_value IS NOT NULL, x.pk, x.hidden))
            FROM pragma_table_xinfo(n.value, 'main') x) AS columns
    FROM json_each(?) n`;

const indexesQuery = `
  SELECT n.value AS "table", l.name AS "index", l."unique", l.origin, l.partial, x.name AS "column", x.coll AS collation
    FROM json_each(?) n JOIN pragma_index_list(n.value, 'main') l JOIN pragma_index_xinfo(l.name, 'main') x
   WHERE x.key`;

const objectsQuery =
  "SELECT type, name, tbl_name AS \"table\", sql FROM main.sqlite_schema WHERE type IN ('index', 'trigger') ORDER BY type, rowid";

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

/** A row of pragma index_xinfo with its index, as pragma index_list has it. */
interface IndexRow {
  readonly table: string;
  readonly index: string;
  readonly unique: number;
  /** `c` by CREATE INDEX, `u` by UNIQUE, `pk` by PRIMARY KEY. */
  readonly origin: string;
  readonly partial: number;
  /** Null for an expression. */
  readonly column: string | null;
  readonly collation: string;
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
      (await rows<ColumnsRow>(columnsQuery, names)).map((row) => [row.name, columnsOf(row.columns)]),
    );
    const objects = await rows<StoredObject>(objectsQuery);
    const byTable = (type: string): ReadonlyMap<string, readonly StoredObject[]> =>
      groupBy(
        objects.filter((object) => object.type === type),
        (object) => foldName(object.table),
      );
    const [stored, triggers] = [byTable('index'), byTable('trigger')];
    const plain = new Map(
      ends.map(({ folded, name }) => [
        name,
        kinds.get(name)?.withoutRowid === 1
          ? null
          : plainIndexes(stored.get(folded) ?? [], columns.get(name)?.columns ?? []),
      ]),
    );
    const asked = ends.map(({ name }) => name).filter((name) => plain.get(name) === null);
    const indexes = groupBy(await rows<IndexRow>(indexesQuery, JSON.stringify(asked)), (row) => row.table);
    const catalogTable = ({ folded, keys, name, sql }: (typeof ends)[number]): CatalogTable => {
      const [indexTexts, ownTriggers] = [stored.get(folded) ?? [], triggers.get(folded) ?? []];
      const own = columns.get(name);
      return {
        name,
        sql,
        withoutRowid: kinds.get(name)?.withoutRowid === 1,
        strict: kinds.get(name)?.strict === 1,
        keys,
        // not spread: fields behind a spread take 7 µs a table (measured)
        columns: own?.columns ?? [],
        primaryKey: own?.primaryKey ?? [],
        indexes: plain.get(name) ?? indexesOf(indexes.get(name) ?? [], indexTexts),
        triggers: ownTriggers,
        stored: [...indexTexts, ...ownTriggers].filter((object) => object.sql !== null),
      };
    };
    const isAnalyzed = (await rows(analyzedQuery)).length > 0;
    return {
      tables: ends.map(catalogTable),
      estimatedRows: rowsByTable(isAnalyzed ? await rows(statisticsQuery) : []),
    };
  } finally {
    await session.query('ROLLBACK');
  }
}

type ColumnTuple = readonly [
  name: string,
  type: string,
  notNull: number,
  hasDefault: number,
  primaryKeyPlace: number,
  hidden: number,
];

function columnsOf(json: string): Pick<CatalogTable, 'columns' | 'primaryKey'> {
  const tuples = JSON.parse(json) as readonly ColumnTuple[];
  return {
    columns: tuples.map(([name, type, notNull, hasDefault, , hidden]) => ({
      name,
      type,
      nullable: notNull === 0,
      hasDefault: hasDefault === 1,
      generated: hidden === 2 ? 'virtual' : hidden === 3 ? 'stored' : null,
      identity: null,
    })),
    primaryKey: tuples
      .filter(([, , , , place]) => place > 0)
      .sort(([, , , , a], [, , , , b]) => a - b)
      .map(([name]) => name),
  };
}

function indexesOf(rows: readonly IndexRow[], stored: readonly StoredObject[]): readonly CatalogIndex[] {
  const texts = new Map(stored.map(({ name, sql }) => [name, sql]));
  return [...groupBy(rows, (row) => row.index)].map(([name, columns]) => ({
    index: {
      name,
      columns: columns.map(({ column }) => column),
      unique: columns[0]?.unique === 1,
      primary: columns[0]?.origin === 'pk',
      predicate: columns[0]?.partial === 1 ? indexPredicate(texts.get(name) ?? '') : null,
      method: 'btree',
    },
    collations: columns.map(({ collation }) => collation),
  }));
}

/** The indexes of a table with a rowid, if their texts say all there is to know of each of them; else null. */
function plainIndexes(
  stored: readonly StoredObject[],
  columns: readonly Column[],
): readonly CatalogIndex[] | null {
  const indexes: CatalogIndex[] = [];
  const names = columns.map((column) => column.name);
  for (const { name, sql } of stored) {
    const plain = sql === null ? null : plainIndexColumns(sql, names);
    if (plain === null) return null;
    indexes.push({
      index: { name, columns: plain, unique: false, primary: false, predicate: null, method: 'btree' },
      collations: [],
    });
  }
  return indexes;
}

type KeyTuple = readonly [
  id: number,
  parent: string,
  from: string,
  to: string | null,
  onUpdate: string,
  onDelete: string,
];

/** The pragma lists the columns of a key one after the other, and the last key of the text first. */
function keysOf(json: string): readonly (readonly KeyColumn[])[] {
  const keys: KeyColumn[][] = [];
  for (const [id, parent, from, to, onUpdate, onDelete] of JSON.parse(json) as readonly KeyTuple[]) {
    const column = { parent, from, to, onUpdate, onDelete };
    const key = keys[id];
    if (key === undefined) keys[id] = [column];
    else key.push(column);
  }
  return keys.reverse();
}

/** The first number of sqlite_stat1.stat is the rows of the index, and so of the table unless the index is partial: the largest wins. */
function rowsByTable(
  rows: readonly { readonly table: string; readonly stat: unknown }[],
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { table, stat } of rows) {
    const count = Number.parseInt(String(stat), 10);
    if (Number.isFinite(count)) counts.set(table, Math.max(count, counts.get(table) ?? count));
  }
  return counts;
}
