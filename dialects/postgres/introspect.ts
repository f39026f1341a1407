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
import { assembleTables, type CatalogTable } from './tables.ts';
import { triggerStates } from './trigger-states.ts';

/**
 * Every key whose child is in scope, with the tables on both ends. Keys of system schemas, of temporary tables and of tables that an
 * extension owns are left out, and so are the copies of a key on partitions: they follow their root. The catalog shows every key
 * to everybody, so the list is never shorter than the truth. Six queries, seven with Citus, in one consistent read-only view.
 * Throws QUERY_FAILED, UNREACHABLE or INSUFFICIENT_PRIVILEGE.
 */
export async function introspect(session: Session, server: Server, scope: Scope): Promise<Introspection> {
  return postgresSession(session).consistently(async (read) => {
    const rows = await readCatalog(read, server);
    const tables = assembleTables(rows, server);
    const foreignKeys = assembleKeys(rows, tables, scope);
    const named = new Set(foreignKeys.flatMap((key) => [tables.oidOf(key.child), tables.oidOf(key.parent)]));
    const seen = [...tables.byOid.values()].filter((table) => named.has(table.oid));
    return {
      snapshot: {
        version: 1,
        server,
        tables: seen.map((table) => table.table).toSorted(compareTables),
        foreignKeys,
      },
      statistics: seen.map((table): TableStatistics => table.statistics).toSorted(compareTables),
    };
  });
}

export type Row = readonly (string | null)[];

export interface CatalogRows {
  readonly keys: readonly Row[];
  readonly tables: readonly Row[];
  readonly columns: readonly Row[];
  readonly indexes: readonly Row[];
  readonly triggers: readonly Row[];
  readonly checks: readonly Row[];
  readonly citus: readonly Row[];
}

async function readCatalog(read: ReadRows, server: Server): Promise<CatalogRows> {
  return {
    keys: await read(catalog.keysQuery(server.version[0] ?? 0)),
    tables: await read(catalog.tablesQuery),
    columns: await read(catalog.columnsQuery),
    indexes: await read(catalog.indexesQuery),
    triggers: await read(catalog.triggersQuery),
    checks: await read(catalog.checksQuery),
    citus: server.settings['citus'] === undefined ? [] : await read(catalog.citusQuery),
  };
}

function assembleKeys(
  rows: CatalogRows,
  tables: ReturnType<typeof assembleTables>,
  scope: Scope,
): readonly ForeignKey[] {
  const keys = rows.keys.map(keyRow);
  const states = triggerStates(rows.triggers, keys);
  const half = halfDoneKeys(keys, tables.byOid);
  const inScope = scope.schemas ?? (() => true);
  return keys
    .filter((key) => key.parentKey === '0' && !half.twins.has(key.oid))
    .flatMap((key) => {
      const child = tables.byOid.get(key.childOid);
      const parent = tables.byOid.get(key.parentOid);
      if (child === undefined || parent === undefined || child.ofExtension || !inScope(child.table.schema))
        return [];
      return [{ ...assemble(key, child, parent), ...half.of(key), triggers: states.get(key.oid) ?? [] }];
    })
    .toSorted(compareKeys);
}

function assemble(
  row: KeyRow,
  child: CatalogTable,
  parent: CatalogTable,
): Omit<ForeignKey, 'comment' | 'halfDone' | 'triggers'> {
  const parentColumns = row.parentNumbers.map((number) => parent.columnName(number));
  const referencedIndex = parent.indexes.find((index) => index.oid === Number(row.indexOid))?.name ?? null;
  return {
    name: row.name,
    child: { schema: child.table.schema, name: child.table.name },
    columns: row.numbers.map((number) => child.columnName(number)),
    parent: { schema: parent.table.schema, name: parent.table.name },
    parentColumns,
    parentColumnsImplied: false,
    onDelete: row.onDelete,
    onDeleteColumns:
      row.onDeleteNumbers === null ? null : row.onDeleteNumbers.map((number) => child.columnName(number)),
    onUpdate: row.onUpdate,
    match: row.match,
    deferrability: row.deferrability,
    validated: row.validated,
    enforced: row.enforced,
    period: row.period,
    referencedIndex,
    // a temporal key rests on an index WITHOUT OVERLAPS, of which there can be several; its action cannot change anyway
    recreatedIndex: row.period
      ? referencedIndex
      : recreatedIndex(referencedIndex, parentColumns, parent.indexes),
    childPartitioned: child.table.partitioned,
    parentPartitioned: parent.table.partitioned,
  };
}

const actions: Readonly<Record<string, ReferentialAction>> = {
  a: 'NO ACTION',
  r: 'RESTRICT',
  c: 'CASCADE',
  n: 'SET NULL',
  d: 'SET DEFAULT',
};

/** The columns of catalog.keysQuery, in its order. */
function keyRow(row: Row): KeyRow {
  const [
    oid,
    name,
    child,
    parent,
    index,
    parentKey,
    del,
    upd,
    match,
    deferrable,
    deferred,
    valid,
    columns,
    parents,
    comment,
    set,
    enforced,
    period,
  ] = row;
  return {
    oid: oid ?? '',
    name: name ?? '',
    childOid: child ?? '',
    parentOid: parent ?? '',
    indexOid: index ?? '',
    parentKey: parentKey ?? '0',
    onDelete: actions[del ?? ''] ?? 'NO ACTION',
    onUpdate: actions[upd ?? ''] ?? 'NO ACTION',
    match: match === 'f' ? 'FULL' : match === 'p' ? 'PARTIAL' : 'SIMPLE',
    deferrability:
      deferrable !== 't' ? 'NOT DEFERRABLE' : deferred === 't' ? 'INITIALLY DEFERRED' : 'INITIALLY IMMEDIATE',
    validated: valid === 't',
    numbers: numbersOf(columns),
    parentNumbers: numbersOf(parents),
    comment: comment ?? null,
    onDeleteNumbers: set === null || set === undefined ? null : numbersOf(set),
    enforced: enforced !== 'f',
    period: period === 't',
  };
}

/** `{1,2}`: the text of an int2 array. */
function numbersOf(array: string | null | undefined): readonly string[] {
  const inside = (array ?? '{}').slice(1, -1);
  return inside === '' ? [] : inside.split(',');
}
