/** A session in which tables can be made as they are elsewhere, whatever this server demands of new ones. */
import type { ScratchDatabase } from '../../../src/core/contracts/scratch.ts';
import { messageOf, OndeleteError } from '../../../src/core/errors.ts';
import { serverError } from '../connection/errors.ts';

type Query = ScratchDatabase['query'];

/** What a server may demand of new tables, and the error with which it refuses others; MariaDB has no such demands. */
const demands = [
  { setting: 'sql_require_primary_key', error: 3750 },
  { setting: 'restrict_fk_on_non_standard_key', error: 6125 },
] as const;
type Demand = (typeof demands)[number];

/** Work in a plain sql_mode and without the server's demands; then the session is as before. */
export async function inPlainSession<T>(
  query: Query,
  work: (run: ScratchDatabase['run']) => Promise<T>,
): Promise<T> {
  const [before] = await query('SELECT @@SESSION.sql_mode AS mode');
  await query("SET SESSION sql_mode = ''");
  try {
    return await withoutDemands(query, work);
  } finally {
    await query('SET SESSION sql_mode = ?', [before?.['mode']]);
  }
}

async function withoutDemands<T>(
  query: Query,
  work: (run: ScratchDatabase['run']) => Promise<T>,
): Promise<T> {
  const names = demands.map(({ setting }) => `'${setting}'`).join(', ');
  const rows = await query(`SHOW SESSION VARIABLES WHERE Variable_name IN (${names}) AND Value = 'ON'`);
  const made = demands.filter(({ setting }) => rows.some((row) => row['Variable_name'] === setting));
  const standing: Demand[] = [];
  for (const one of made) await query(`SET SESSION ${one.setting} = 0`).catch(() => standing.push(one));
  const run = async (sql: string): Promise<void> => {
    await query(sql).catch((error: unknown) => {
      const demand = standing.find((one) => one.error === serverError(error));
      throw demand === undefined ? error : notAllowed(demand, error);
    });
  };
  try {
    return await work(run);
  } finally {
    for (const one of made.filter((each) => !standing.includes(each)))
      await query(`SET SESSION ${one.setting} = 1`);
  }
}

function notAllowed({ setting }: Demand, error: unknown): OndeleteError {
  return new OndeleteError(
    'INSUFFICIENT_PRIVILEGE',
    `${messageOf(error)} (${setting} is ON on the scratch server, and this user may not switch it off for a session)`,
    'Grant SESSION_VARIABLES_ADMIN, or name another server with --scratch.',
    error,
  );
}
