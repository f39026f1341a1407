/** The queries of introspection, a constant number of them, and what they tell of each table. Read inside one read transaction. */
import { OndeleteError } from '../../../src/core/errors.ts';
import type { Column, Index, TableName } from '../../../src/core/model.ts';
import { foldName } from '../checks/capabilities.ts';
import { columnNamed, columnsOf, type ColumnFacts, type Columns } from './columns.ts';
import type { CatalogSession, Cells } from '../connection/connect.ts';
import { main, partsOfKeys } from './keys.ts';
import { plainIndex, triggerEvent } from './index-and-trigger-text.ts';
import { textReader, type TableText, type TextReader } from './tables.ts';

/** A column of a key. Keys are numbered from the last one of the text: `id` is n - 1 - k for the k-th of n. */
export type KeyPart = readonly [
  id: number,
  parent: string,
  from: string,
  to: string | null,
  onUpdate: string,
  onDelete: string,
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

/** A table that takes part in a key. */
export interface InvolvedTable extends StoredTable, Columns {
  readonly tableName: TableName;
  /** The parts of each key, in the order of the text. */
  readonly keys: readonly (readonly KeyPart[])[];
  /** Null where it is not understood, or does not say what the pragma says of the keys. */
  readonly text: TableText | null;
  /** All of them where they are plain, so that their texts say everything; null where `indexParts` has to be read. */
  readonly plainIndexes: readonly Index[] | null;
  readonly indexParts: readonly IndexPart[];
  /** The texts of indexes that are not plain, by name. */
  readonly indexTexts: ReadonlyMap<string, string>;
  /** Those that fire when a row is deleted or updated. */
  readonly triggers: readonly string[];
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
    const drafts = involvedTables(inScope ? await readTables(session) : []).map(draftOf(textReader()));
    await readColumns(session, drafts);
    await readObjects(session, new Map(drafts.map((draft) => [draft.folded, draft])));
    await readIndexParts(session, drafts);
    const analyzed = (await session.rows(analyzedQuery, [])).length > 0;
    return {
      tables: drafts,
      estimatedRows: largest(analyzed ? await session.rows(statisticsQuery, []) : []),
    };
  } finally {
    await session.query('ROLLBACK');
  }
}

/** A table of which one thing is read after the other. */
interface Draft extends InvolvedTable {
  columns: readonly Column[];
  primaryKey: readonly string[];
  plainIndexes: readonly Index[] | null;
  indexParts: readonly IndexPart[];
  indexTexts: ReadonlyMap<string, string>;
  triggers: readonly string[];
}

function draftOf(readText: TextReader): (table: StoredTable) => Draft {
  return ({ name, folded, withoutRowid, strict, sql, keyParts }) => {
    const keys = partsOfKeys(keyParts);
    const text = readText(sql, keys);
    const { columns, primaryKey } = (withoutRowid || strict ? null : text?.columns) ?? noColumns;
    return {
      name,
      folded,
      withoutRowid,
      strict,
      sql,
      keyParts,
      tableName: main(name),
      keys,
      text,
      columns,
      primaryKey,
      // The primary key of a table without rowid is an index that sqlite_master does not list.
      plainIndexes: withoutRowid ? null : [],
      indexParts: none,
      indexTexts: noTexts,
      triggers: none,
    };
  };
}

const none: readonly [] = [];
const noTexts: ReadonlyMap<string, string> = new Map();
const noColumns: Columns = { columns: none, primaryKey: none };

const kindsQuery = "SELECT name, wr, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table'";

// The schema argument keeps a temporary table of the same name out (measured on 3.40.1). One row for a table and not for
// each key, column and index: handing rows over takes the driver longer than SQLite needs to find them. The root page of a
// virtual table is 0: https://sqlite.org/schematab.html
const keysQuery = `
  SELECT m.name, m.sql, m.rootpage = 0,
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
  "SELECT tbl_name, type = 'trigger', name, sql FROM main.sqlite_master WHERE type IN ('index', 'trigger')";

const indexesQuery = `
  SELECT n.value,
         (SELECT json_group_array(json_array(l.name, l."unique", l.origin, l.partial, x.name, x.coll))
            FROM pragma_index_list(n.value, 'main') l JOIN pragma_index_xinfo(l.name, 'main') x WHERE x.key)
    FROM json_each(?) n`;

const analyzedQuery = "SELECT 1 FROM main.sqlite_master WHERE name = 'sqlite_stat1'";
const statisticsQuery = 'SELECT tbl, stat FROM main.sqlite_stat1 WHERE tbl IS NOT NULL AND stat IS NOT NULL';

async function readTables(session: CatalogSession): Promise<readonly StoredTable[]> {
  const tables: StoredTable[] = [];
  const unusual: string[] = [];
  for (const row of await session.rows(keysQuery, [])) {
    const [cell, sql, , keys] = row;
    const name = text(cell);
    if (!isOrdinary(row)) unusual.push(name);
    tables.push({
      name,
      folded: foldName(name),
      withoutRowid: false,
      strict: false,
      sql: typeof sql === 'string' ? sql : '',
      keyParts: keys === '[]' ? none : (JSON.parse(text(keys)) as KeyPart[]),
    });
  }
  if (unusual.length === 0) return tables;
  const kinds = new Map<unknown, Cells>();
  for (const row of await session.rows(kindsQuery, [])) kinds.set(row[0], row);
  return tables.flatMap((table) => {
    const kind = kinds.get(table.name);
    return kind === undefined ? [] : [{ ...table, withoutRowid: kind[1] === 1, strict: kind[2] === 1 }];
  });
}

/**
 * Whether a table's row alone says that it has a rowid, is not STRICT and not virtual: then there are no shadow tables either. The stored
 * text ends with the last word of CREATE TABLE (build.c, sqlite3EndTable); with a comment in it, that word may be none of the table's options.
 */
function isOrdinary([, sql, isVirtual]: Cells): boolean {
  return (
    isVirtual === 0 &&
    typeof sql === 'string' &&
    sql.endsWith(')') &&
    !sql.includes('--') &&
    !sql.includes('/*')
  );
}

function involvedTables(tables: readonly StoredTable[]): readonly StoredTable[] {
  const parents = new Set<string>();
  for (const { keyParts } of tables) for (const part of keyParts) parents.add(foldName(part[1]));
  return tables.filter((table) => table.keyParts.length > 0 || parents.has(table.folded));
}

function namesOf(tables: readonly StoredTable[]): string {
  return JSON.stringify(tables.map((table) => table.name));
}

/** Asks table_xinfo about the tables whose text does not tell it. */
async function readColumns(session: CatalogSession, drafts: readonly Draft[]): Promise<void> {
  const asked = drafts.filter((draft) => draft.columns.length === 0);
  if (asked.length === 0) return;
  const byName = new Map<unknown, Draft>(asked.map((draft) => [draft.name, draft]));
  for (const [name, lines] of await session.rows(columnsQuery, [namesOf(asked)])) {
    const draft = byName.get(name);
    if (draft !== undefined) Object.assign(draft, columnsOf(JSON.parse(text(lines)) as ColumnFacts[]));
  }
}

/** Indexes and triggers. A trigger keeps the table's name as CREATE TRIGGER spelled it. */
async function readObjects(session: CatalogSession, drafts: ReadonlyMap<string, Draft>): Promise<void> {
  for (const [table, isTrigger, cell, sql] of await session.rows(objectsQuery, [])) {
    const spelled = text(table);
    const draft = drafts.get(spelled) ?? drafts.get(foldName(spelled));
    if (draft === undefined) continue;
    const name = text(cell);
    const written = typeof sql === 'string' ? sql : '';
    if (isTrigger === 1) {
      if (triggerEvent(written) !== 'INSERT') draft.triggers = [...draft.triggers, name];
      continue;
    }
    const columns = spelledColumns(plainIndex(written), draft.columns);
    if (columns !== null) {
      const index = { name, columns, unique: false, primary: false, predicate: null, method: 'btree' };
      // Not pushed: a list that grows keeps room for seventeen.
      if (draft.plainIndexes !== null) draft.plainIndexes = [...draft.plainIndexes, index];
      continue;
    }
    draft.plainIndexes = null;
    draft.indexTexts = new Map([...draft.indexTexts, [name, written]]);
  }
}

/** Null where there is none, or one is not a column of the table: another name may mean the rowid. */
function spelledColumns(names: readonly string[], columns: readonly Column[]): readonly string[] | null {
  if (names.length === 0) return null;
  const spelled = names.map((name) => columnNamed(name, columns));
  return spelled.every((column) => column !== null) ? spelled : null;
}

async function readIndexParts(session: CatalogSession, drafts: readonly Draft[]): Promise<void> {
  const asked = drafts.filter((draft) => draft.plainIndexes === null);
  if (asked.length === 0) return;
  const byName = new Map<unknown, Draft>(asked.map((draft) => [draft.name, draft]));
  for (const [name, parts] of await session.rows(indexesQuery, [namesOf(asked)])) {
    const draft = byName.get(name);
    if (draft !== undefined) draft.indexParts = JSON.parse(text(parts)) as IndexPart[];
  }
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
