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

/**
 * Engines whose keys are read by their documentation and changed by other hands: no migration is written, the statements of what the policy asks
 * for are printed. `settings.printed` of a server names its engine.
 */
export const printedEngines = ['Vitess', 'TiDB before 8.5'] as const;
export type PrintedEngine = (typeof printedEngines)[number];

/** The server’s engine, where that is one of them. */
export function printedEngine({ settings }: Pick<Server, 'settings'>): PrintedEngine | null {
  return printedEngines.find((name) => name === settings['printed']) ?? null;
}

export function isCitusTable(table: Table | null): boolean {
  return table?.options.some((option) => option.startsWith('citus')) === true;
}

/** What reading leaves out there. */
export const leftOut: Readonly<Record<UnprovenEngine | PrintedEngine, string>> = {
  CockroachDB: 'triggers of keys have no counterpart there, and row counts may be missing',
  YugabyteDB: 'its catalog is PostgreSQL’s own',
  Citus: 'connect to the coordinator, because the copies of keys on shards are not read',
  'Aurora DSQL': 'keys whose validation is still running look like keys that are NOT VALID',
  TiDB: 'row counts may be missing, and rights are judged as on MySQL',
  Vitess: 'row counts may be missing, and rights are judged as on MySQL',
  'TiDB before 8.5': 'before 6.6 its keys are listed and not enforced',
};

/** What has to be known before such statements are run. */
export const beforePrinted: Readonly<Record<PrintedEngine, readonly string[]>> = {
  Vitess: [
    'Run them on a branch that holds no rows, where nobody misses a key between two statements, and deploy the branch.',
    'Whether that looks at the rows of the table is not known: look for rows without a parent first.',
    'PlanetScale gives the keys of a table new names with each deploy: these are the names of the branch that was read.',
  ],
  'TiDB before 8.5': [
    'Between two statements a key is not there: let nobody write meanwhile.',
    'Before 8.5 keys are experimental, and before 6.6 they are not enforced: look for rows without a parent first.',
  ],
};

/** Where a key is of such an engine and the server is not, Citus manages its tables. */
export function unprovenName(server: Server): UnprovenEngine {
  return unprovenEngine(server) ?? 'Citus';
}

/** For the head of a file. */
export function unprovenText(server: Server): string {
  const engine = unprovenName(server);
  const how =
    engine === 'Aurora DSQL'
      ? 'with a copy of the tables, run the up files, `ondelete diff --database URL` and the down files'
      : '`ondelete verify --allow UNPROVEN_ENGINE --scratch URL`';
  return `UNPROVEN: ondelete was never run on ${engine}. These statements follow its documentation. Before you run them, prove them on a cluster of your own: ${how}`;
}
