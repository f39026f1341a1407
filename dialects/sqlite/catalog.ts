/** The queries of introspection, a constant number of them, and what they tell of each table. Read inside one read transaction. */
import { OndeleteError } from '../../src/errors.ts';
import type { Column, Index } from '../../src/model.ts';
import { foldName } from './capabilities.ts';
import type { CatalogSession, Cells } from './connect.ts';
import { plainIndex } from './objects.ts';

/** A column of a key. Keys are numbered from the last one of the text: `id` is n - 1 - k for the k-th of n. */
export type KeyPart = readonly [
  id: number,
  parent: string,
  from: string,
  to: string | null,
  onUpdate: string,
  onDelete: string,
];

/** `hidden`: 2 virtual, 3 stored generated, https://sqlite.org/pragma.html#pragma_table_xinfo */
type ColumnFacts = readonly [
  name: string,
  type: string | null,
  notNull: number,
  hasDefault: number,
  /** From 1; 0 for columns that are not in it. */
  placeInPrimaryKey: number,
  hidden: number,
];

/** A column of an index. `origin`: `c` by CREATE INDEX, `u` by UNIQUE, `pk` by PRIMARY KEY. */
export type IndexPart = readonly [
  index: string,
  unique: number,
  origin: string,
  partial: number,
  column: string | null,
  collation: string | null,
];

/** An index or a trigger; the index of a constraint has no text. */
export interface StoredObject {
  readonly type: 'index' | 'trigger';
  readonly name: string;
  readonly sql: string | null;
}

/** An ordinary table: the virtual ones and their shadows are left out. */
interface StoredTable {
  readonly name: string;
  readonly folded: string;
  readonly withoutRowid: boolean;
  readonly strict: boolean;
  readonly sql: string;
  /** In the order of the pragma; empty also where the table is out of scope. */
  readonly keyParts: readonly KeyPart[];
}

/** `nullable` is what NOT NULL says: the rowid refuses NULL without it. */
export interface Columns {
  readonly columns: readonly Column[];
  /** In its own order. */
  readonly primaryKey: readonly string[];
}

/** A table that takes part in a key. */
export interface InvolvedTable extends StoredTable, Columns {
  readonly objects: readonly StoredObject[];
  /** All of them where they are plain, so that their texts say everything; null where `indexParts` has to be read. */
  readonly plainIndexes: readonly Index[] | null;
  readonly indexParts: readonly IndexPart[];
}

export interface Catalog {
  readonly tables: readonly InvolvedTable[];
  /** Of tables that ANALYZE has seen, by name. */
  readonly estimatedRows: ReadonlyMap<string, number>;
}

/** Reads what the tables at both ends of a key consist of: nothing where no key is in scope. */
export async function readCatalog(session: CatalogSession, inScope: boolean): Promise<Catalog> {
  await session.query('BEGIN');
  try {
    const stored = involvedTables(inScope ? await readTables(session) : []);
    const objects = objectsByTable(await session.rows(objectsQuery, []));
    const columns = new Map<unknown, Columns>();
    for (const row of await session.rows(columnsQuery, [namesOf(stored)]))
      columns.set(row[0], columnsOf(row[1]));
    const tables = stored.map((table): InvolvedTable => {
      const own = objects.get(table.folded) ?? [];
      const { columns: ownColumns, primaryKey } = columns.get(table.name) ?? noColumns;
      return {
        name: table.name,
        folded: table.folded,
        withoutRowid: table.withoutRowid,
        strict: table.strict,
        sql: table.sql,
        keyParts: table.keyParts,
        columns: ownColumns,
        primaryKey,
        objects: own,
        // The primary key of a table without rowid is an index that sqlite_master does not list.
        plainIndexes: table.withoutRowid ? null : plainIndexes(own, ownColumns),
        indexParts: [],
      };
    });
    const indexParts = new Map<unknown, readonly IndexPart[]>();
    const asked = tables.filter((table) => table.plainIndexes === null);
    for (const row of await session.rows(indexesQuery, [namesOf(asked)]))
      indexParts.set(row[0], JSON.parse(text(row[1])) as IndexPart[]);
    const analyzed = (await session.rows(analyzedQuery, [])).length > 0;
    return {
      tables:
        asked.length === 0
          ? tables
          : tables.map((table) => ({ ...table, indexParts: indexParts.get(table.name) ?? [] })),
      estimatedRows: largest(analyzed ? await session.rows(statisticsQuery, []) : []),
    };
  } finally {
    await session.query('ROLLBACK');
  }
}

const kindsQuery = "SELECT name, wr, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table'";

// The schema argument keeps a temporary table of the same name out (measured on 3.40.1). One row for a table and not for
// each key, column and index: handing rows over takes the driver longer than SQLite needs to find them.
const keysQuery = `
  SELECT m.name, m.sql,
         (SELECT json_group_array(json_array(f.id, f."table", f."from", f."to", f.on_update, f.on_delete))
            FROM pragma_foreign_key_list(m.name, 'main') f)
    FROM main.sqlite_master m WHERE m.type = 'table'`;

const columnsQuery = `
  SELECT n.value,
         (SELECT json_group_array(json_array(x.name, x.type, x."notnull", x.dflt_value IS NOT NULL, x.pk, x.hidden))
            FROM pragma_table_xinfo(n.value, 'main') x)
    FROM json_each(?) n`;

// Every one: picking those of the tables concerned takes SQLite longer than handing over all.
const objectsQuery =
  "SELECT tbl_name, type, name, sql FROM main.sqlite_master WHERE type IN ('index', 'trigger')";

const indexesQuery = `
  SELECT n.value,
         (SELECT json_group_array(json_array(l.name, l."unique", l.origin, l.partial, x.name, x.coll))
            FROM pragma_index_list(n.value, 'main') l JOIN pragma_index_xinfo(l.name, 'main') x WHERE x.key)
    FROM json_each(?) n`;

const analyzedQuery = "SELECT 1 FROM main.sqlite_master WHERE name = 'sqlite_stat1'";
const statisticsQuery = 'SELECT tbl, stat FROM main.sqlite_stat1 WHERE tbl IS NOT NULL AND stat IS NOT NULL';

async function readTables(session: CatalogSession): Promise<readonly StoredTable[]> {
  const kinds = new Map<unknown, Cells>();
  for (const row of await session.rows(kindsQuery, [])) kinds.set(row[0], row);
  const tables: StoredTable[] = [];
  for (const row of await session.rows(keysQuery, [])) {
    const kind = kinds.get(row[0]);
    if (kind === undefined) continue;
    const name = text(row[0]);
    tables.push({
      name,
      folded: foldName(name),
      withoutRowid: kind[1] === 1,
      strict: kind[2] === 1,
      sql: typeof row[1] === 'string' ? row[1] : '',
      keyParts: JSON.parse(text(row[2])) as KeyPart[],
    });
  }
  return tables;
}

function involvedTables(tables: readonly StoredTable[]): readonly StoredTable[] {
  const parents = new Set<string>();
  for (const { keyParts } of tables) for (const part of keyParts) parents.add(foldName(part[1]));
  return tables.filter((table) => table.keyParts.length > 0 || parents.has(table.folded));
}

function namesOf(tables: readonly StoredTable[]): string {
  return JSON.stringify(tables.map((table) => table.name));
}

const noColumns: Columns = { columns: [], primaryKey: [] };

function columnsOf(json: unknown): Columns {
  const columns: Column[] = [];
  const primaryKey: ColumnFacts[] = [];
  for (const facts of JSON.parse(text(json)) as ColumnFacts[]) {
    columns.push({
      name: facts[0],
      type: facts[1] ?? '',
      nullable: facts[2] === 0,
      hasDefault: facts[3] !== 0,
      generated: facts[5] === 2 ? 'virtual' : facts[5] === 3 ? 'stored' : null,
      identity: null,
    });
    if (facts[4] > 0) primaryKey.push(facts);
  }
  return { columns, primaryKey: primaryKey.sort((a, b) => a[4] - b[4]).map((facts) => facts[0]) };
}

/** Null unless each is a plain one over columns of the table: another name may mean the rowid. */
function plainIndexes(objects: readonly StoredObject[], columns: readonly Column[]): readonly Index[] | null {
  const indexes: Index[] = [];
  for (const { type, name, sql } of objects) {
    if (type === 'trigger') continue;
    const spelled: string[] = [];
    for (const given of plainIndex(sql ?? '')) {
      const column = columnNamed(given, columns);
      if (column === null) return null;
      spelled.push(column);
    }
    if (spelled.length === 0) return null;
    indexes.push({ name, columns: spelled, unique: false, primary: false, predicate: null, method: 'btree' });
  }
  return indexes;
}

/** The column that a name means, as it is spelled in the table. */
export function columnNamed(name: string, columns: readonly Column[]): string | null {
  for (const column of columns) if (column.name === name) return column.name;
  const folded = foldName(name);
  return columns.find((column) => foldName(column.name) === folded)?.name ?? null;
}

/** By folded name: a trigger keeps the table's name as CREATE TRIGGER spelled it. */
function objectsByTable(rows: readonly Cells[]): ReadonlyMap<string, readonly StoredObject[]> {
  const objects = new Map<string, StoredObject[]>();
  for (const row of rows) {
    const sql = row[3];
    const object: StoredObject = {
      type: row[1] === 'index' ? 'index' : 'trigger',
      name: text(row[2]),
      sql: typeof sql === 'string' ? sql : null,
    };
    const table = foldName(text(row[0]));
    const known = objects.get(table);
    if (known === undefined) objects.set(table, [object]);
    else known.push(object);
  }
  return objects;
}

/** The first number of sqlite_stat1.stat is the rows of the index, and so of the table unless the index is partial: the largest wins. */
function largest(rows: readonly Cells[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [table, stat] of rows) {
    const count = Number.parseInt(String(stat), 10);
    const name = String(table);
    if (Number.isFinite(count)) counts.set(name, Math.max(count, counts.get(name) ?? count));
  }
  return counts;
}

function text(value: unknown): string {
  if (typeof value !== 'string')
    throw new OndeleteError('INTERNAL', `the catalog holds ${String(value)} where a name belongs`);
  return value;
}
