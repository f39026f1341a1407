/**
 * Engines that ondelete reads and writes for by their documentation alone: no test has run on them. `settings.unproven` of a server names its
 * engine; Citus is told by the options of its tables.
 */
import type { Server, Table } from './model.ts';

export const unprovenEngines = ['CockroachDB', 'YugabyteDB', 'Citus', 'Aurora DSQL', 'TiDB'] as const;
export type UnprovenEngine = (typeof unprovenEngines)[number];

/** The server’s engine, where that is one of them. */
export function unprovenEngine({ settings }: Pick<Server, 'settings'>): UnprovenEngine | null {
  return unprovenEngines.find((name) => name === settings['unproven']) ?? null;
}

export function isCitusTable(table: Table | null): boolean {
  return table?.options.some((option) => option.startsWith('citus')) === true;
}

/** What reading leaves out there. */
export const leftOut: Readonly<Record<UnprovenEngine, string>> = {
  CockroachDB: 'triggers of keys have no counterpart there, and row counts may be missing',
  YugabyteDB: 'its catalog is PostgreSQL’s own',
  Citus: 'connect to the coordinator, because the copies of keys on shards are not read',
  'Aurora DSQL': 'keys whose validation is still running look like keys that are NOT VALID',
  TiDB: 'row counts may be missing, and rights are judged as on MySQL',
};

/** For the head of a file. */
export function unprovenText(server: Server): string {
  const engine = unprovenEngine(server) ?? 'Citus';
  return `UNPROVEN: ondelete was never run on ${engine}. These statements follow its documentation. Before you run them, prove them on a cluster of your own: \`ondelete verify --allow UNPROVEN_ENGINE --scratch URL\``;
}
