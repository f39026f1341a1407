/** The Snapshot of a PostgreSQL database: queries.ts says what is read, this file joins it by oid. Reads only. */
import type { Scope } from '../../../src/core/contracts/connection.ts';
import { compareKeys, compareTables } from '../../../src/core/names.ts';
import type { Introspection, Server } from '../../../src/core/model.ts';
import type { PostgresSession, ReadRows } from '../connection/connect.ts';
import { halfDoneKeys } from './half-done.ts';
import { foreignKey } from './keys.ts';
import { partitionLosses } from './partition-losses.ts';
import * as queries from './queries.ts';
import { type CatalogTable, catalogTables, type TableRows } from './tables.ts';
import { triggerStates } from './triggers.ts';

/**
 * Every key whose child is in scope, with the tables on both ends. Keys of system schemas, of temporary tables and of tables that an
 * extension owns are left out, and so are the copies of a key on partitions: they follow their root. The catalog shows every key
 * to everybody, so the list is never shorter than the truth. Two round trips in one consistent read-only view.
 * Throws QUERY_FAILED, UNREACHABLE or INSUFFICIENT_PRIVILEGE.
 */
export async function introspect(
  session: PostgresSession,
  server: Server,
  scope: Scope,
): Promise<Introspection> {
  const { keys, rows } = await session.consistently((read) => readCatalog(read, server));
  const tables = catalogTables(rows, server);
  const states = triggerStates(rows.triggers, keys);
  const halfDone = halfDoneKeys(keys, tables);
  const { secondKeys, progress } = halfDone;
  const losses = partitionLosses(keys, tables, halfDone);
  const inScope = scope.schemas ?? (() => true);
  const ends = new Set<CatalogTable>();
  const foreignKeys = keys.flatMap((key) => {
    const child = tables.get(key.child);
    const parent = tables.get(key.parent);
    if (child === undefined || parent === undefined || child.ofExtension || !inScope(child.table.schema))
      return [];
    if (key.copyOf !== 0) return [];
    ends.add(child).add(parent);
    if (secondKeys.has(key.oid)) return [];
    const own = progress.get(key.oid) ?? { comment: null, halfDone: null };
    const made = foreignKey(key, child, parent, own, states.get(key.oid) ?? []);
    const lost = losses.get(key.oid);
    return [lost === undefined ? made : { ...made, lostOnPartitions: lost }];
  });
  const seen = [...ends].toSorted((a, b) => compareTables(a.table, b.table));
  return {
    snapshot: {
      version: 2,
      server,
      tables: seen.map(({ table }) => table),
      foreignKeys: foreignKeys.toSorted(compareKeys),
    },
    statistics: seen.map(({ statistics }) => statistics),
  };
}

async function readCatalog(
  read: ReadRows,
  server: Server,
): Promise<{ readonly keys: readonly queries.KeyRow[]; readonly rows: TableRows }> {
  const { keys } = await read<{ keys: readonly queries.KeyRow[] }>({
    keys: queries.keysQuery(server.version[0] ?? 0),
  });
  const ends = [...new Set(keys.flatMap((key) => [key.child, key.parent]))];
  const rows = await read<TableRows>({
    tables: queries.tablesQuery(ends),
    columns: queries.columnsQuery(ends),
    indexes: queries.indexesQuery(ends),
    triggers: queries.triggersQuery,
    checks: queries.checksQuery(ends),
    rules: queries.rulesQuery,
    citus: queries.citusQuery(server.settings['citus'] !== undefined),
  });
  return { keys, rows };
}
