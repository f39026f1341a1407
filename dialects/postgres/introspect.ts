/** The Snapshot of a PostgreSQL database: catalog.ts reads, this file joins by oid. Reads only. */
import type { Scope, Session } from '../../src/dialect.ts';
import {
  compareKeys,
  compareTables,
  type ForeignKey,
  type Introspection,
  type ReferentialAction,
  type Server,
  type TableStatistics,
} from '../../src/model.ts';
import * as catalog from './catalog.ts';
import { postgresSession, type ReadRows } from './connect.ts';
import { halfDoneKeys, type KeyRow } from './half-done.ts';
import { recreatedIndex } from './indexes.ts';
import { listOf } from './lists.ts';
import {
  assembleTables,
  columnsByTable,
  indexesByTable,
  listColumns,
  typesOf,
  type CatalogTable,
  type IndexRow,
  type TableColumns,
} from './tables.ts';
import { triggerStates } from './trigger-states.ts';

/**
 * Every key whose child is in scope, with the tables on both ends. Keys of system schemas, of temporary tables and of tables that an
 * extension owns are left out, and so are the copies of a key on partitions: they follow their root. The catalog shows every key
 * to everybody, so the list is never shorter than the truth. Four round trips, five with Citus, in one consistent read-only view.
 * Throws QUERY_FAILED, UNREACHABLE or INSUFFICIENT_PRIVILEGE.
 */
export async function introspect(session: Session, server: Server, scope: Scope): Promise<Introspection> {
  return postgresSession(session).consistently(async (read) => {
    const catalogRows = await readCatalog(read, server);
    const tables = assembleTables(catalogRows, server);
    const keys = keysInScope(catalogRows.keys, tables, scope);
    const ends = endsOf(keys);
    const seen = [...tables.values()]
      .filter((table) => ends.has(table.oid))
      .toSorted((a, b) => compareTables(a.table, b.table));
    const foreignKeys = assembleKeys(keys, catalogRows, tables).toSorted(compareKeys);
    return {
      snapshot: { version: 1, server, tables: seen.map((table) => table.table), foreignKeys },
      statistics: seen.map((table): TableStatistics => table.statistics),
    };
  });
}

export type Row = readonly (string | null)[];

export interface CatalogRows {
  readonly keys: readonly KeyRow[];
  readonly tables: readonly Row[];
  readonly columns: ReadonlyMap<number, TableColumns>;
  readonly indexes: ReadonlyMap<number, readonly IndexRow[]>;
  readonly triggers: readonly Row[];
  readonly checks: readonly Row[];
  readonly citus: readonly Row[];
}

/** Each answer is put in order here while the server works on the next query already. */
async function readCatalog(read: ReadRows, server: Server): Promise<CatalogRows> {
  const [keyRows] = await read(catalog.keysQuery(server.version[0] ?? 0));
  const numbers = new Map<string, readonly number[]>();
  const keys = keyRows.map((row) => keyRow(row, numbers));
  const ends = [...endsOf(keys)];
  const [columnRows] = await read(catalog.columnsQuery(ends));
  const answer = read(
    catalog.indexesQuery(ends),
    catalog.tablesQuery(ends),
    catalog.triggersQuery,
    catalog.checksQuery(ends),
  );
  const columnLists = listColumns(columnRows);
  const [indexRows, tables, triggers, checks] = await answer;
  const typeAnswer = read(catalog.typesQuery(typesOf(columnLists)));
  const indexes = indexesByTable(indexRows);
  const [typeRows] = await typeAnswer;
  const [citus] = server.settings['citus'] === undefined ? [[]] : await read(catalog.citusQuery);
  return { keys, columns: columnsByTable(columnLists, typeRows), indexes, tables, triggers, checks, citus };
}

function endsOf(keys: readonly KeyRow[]): ReadonlySet<number> {
  const ends = new Set<number>();
  for (const { childOid, parentOid } of keys) ends.add(childOid).add(parentOid);
  return ends;
}

type Tables = ReturnType<typeof assembleTables>;

/** Keys that are not a copy of another one; with the twins of half-done keys, which assembleKeys folds. */
function keysInScope(keys: readonly KeyRow[], tables: Tables, scope: Scope): readonly KeyRow[] {
  const inScope = scope.schemas ?? (() => true);
  return keys.filter((key) => {
    const child = tables.get(key.childOid);
    return (
      key.parentKey === 0 &&
      child?.ofExtension === false &&
      tables.has(key.parentOid) &&
      inScope(child.table.schema)
    );
  });
}

function assembleKeys(keys: readonly KeyRow[], rows: CatalogRows, tables: Tables): readonly ForeignKey[] {
  const states = triggerStates(rows.triggers, rows.keys);
  const half = halfDoneKeys(rows.keys, tables);
  return keys.flatMap((key) => {
    const child = tables.get(key.childOid);
    const parent = tables.get(key.parentOid);
    if (child === undefined || parent === undefined || half.twins.has(key.oid)) return [];
    return [assemble(key, child, parent, half.of(key), states.get(key.oid) ?? [])];
  });
}

function assemble(
  row: KeyRow,
  child: CatalogTable,
  parent: CatalogTable,
  half: Pick<ForeignKey, 'comment' | 'halfDone'>,
  triggers: ForeignKey['triggers'],
): ForeignKey {
  const parentColumns = row.parentNumbers.map(parent.columnName);
  const referencedIndex = parent.indexes.find(({ oid }) => oid === row.indexOid)?.index.name ?? null;
  return {
    name: row.name,
    child: child.named,
    columns: row.numbers.map(child.columnName),
    parent: parent.named,
    parentColumns,
    parentColumnsImplied: false,
    onDelete: row.onDelete,
    onDeleteColumns: row.onDeleteNumbers === null ? null : row.onDeleteNumbers.map(child.columnName),
    onUpdate: row.onUpdate,
    match: row.match,
    deferrability: row.deferrability,
    validated: row.validated,
    enforced: row.enforced,
    period: row.period,
    comment: half.comment,
    referencedIndex,
    // a temporal key rests on an index WITHOUT OVERLAPS, of which there can be several; its action cannot change anyway
    recreatedIndex: row.period
      ? referencedIndex
      : recreatedIndex(referencedIndex, parentColumns, parent.indexes),
    triggers,
    childPartitioned: child.table.partitioned,
    parentPartitioned: parent.table.partitioned,
    halfDone: half.halfDone,
  };
}

const actions: Readonly<Record<string, ReferentialAction>> = {
  a: 'NO ACTION',
  r: 'RESTRICT',
  c: 'CASCADE',
  n: 'SET NULL',
  d: 'SET DEFAULT',
};

/** A row of catalog.keysQuery. Lists of attribute numbers are few and repeat, so `lists` keeps those that were read. */
function keyRow([packed, name, comment]: Row, lists: Map<string, readonly number[]>): KeyRow {
  const [oid, child, parent, index, parentKey, letters = '', columns, parents, set] = (packed ?? '').split(
    ' ',
  );
  const [del = '', upd = '', match, deferrable, deferred, valid, enforced, period] = letters;
  return {
    oid: Number(oid),
    name: name ?? '',
    childOid: Number(child),
    parentOid: Number(parent),
    indexOid: Number(index),
    parentKey: Number(parentKey),
    onDelete: actions[del] ?? 'NO ACTION',
    onUpdate: actions[upd] ?? 'NO ACTION',
    match: match === 'f' ? 'FULL' : match === 'p' ? 'PARTIAL' : 'SIMPLE',
    deferrability:
      deferrable !== 't' ? 'NOT DEFERRABLE' : deferred === 't' ? 'INITIALLY DEFERRED' : 'INITIALLY IMMEDIATE',
    validated: valid === 't',
    enforced: enforced !== 'f',
    period: period === 't',
    numbers: listFrom(lists, columns),
    parentNumbers: listFrom(lists, parents),
    comment: comment ?? null,
    onDeleteNumbers: set === undefined ? null : listFrom(lists, set),
  };
}

function listFrom(lists: Map<string, readonly number[]>, text = '{}'): readonly number[] {
  const known = lists.get(text);
  if (known !== undefined) return known;
  const list = listOf(text).map(Number);
  lists.set(text, list);
  return list;
}
