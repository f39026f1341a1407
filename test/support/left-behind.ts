// Scratch databases that a rehearsal has left on a server. Other tests make and drop some on the same server meanwhile: theirs have sessions,
// or get one, or go, in a moment.
import { setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseUnderTest } from './database.ts';

const unused = {
  postgres: `SELECT datname AS name FROM pg_database AS d WHERE datname LIKE 'ondelete_scratch%'
    AND NOT EXISTS (SELECT 1 FROM pg_stat_activity AS a WHERE a.datname = d.datname)`,
  mysql: `SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 'ondelete_scratch%'
    AND NOT EXISTS (SELECT 1 FROM information_schema.PROCESSLIST AS p WHERE p.DB = SCHEMA_NAME)`,
} as const;

/** @returns the names of those that stay for half a minute without a session */
export async function leftBehind(database: DatabaseUnderTest): Promise<readonly string[]> {
  const { engine } = database;
  if (engine === 'sqlite') return [];
  const now = async (): Promise<readonly string[]> =>
    (await database.query(unused[engine === 'postgres' ? 'postgres' : 'mysql'])).map((row) =>
      String(row['name']),
    );
  let suspects = await now();
  for (let tries = 0; suspects.length > 0 && tries < 300; tries++) {
    await sleep(100);
    const still = new Set(await now());
    suspects = suspects.filter((name) => still.has(name));
  }
  return suspects;
}
