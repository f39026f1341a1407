// A server's programs and data directory, from where matrix.ts says.
import type { ServerSpec } from './matrix.ts';
import { prepareMysql } from './mysql.ts';
import { preparePostgres } from './postgres.ts';
import type { Prepared } from './process.ts';

/** Fetches what is not in the cache. @throws Error where it cannot be had */
export function prepare(spec: ServerSpec, runId: string): Promise<Prepared> {
  const { source } = spec;
  if (source.kind === 'npm') return preparePostgres(spec, source, runId);
  if (source.kind === 'debian') return prepareMysql(spec, source, runId);
  return Promise.reject(new Error('there are no binaries of it to run without Docker'));
}
