// Who else is in the database: to end them, to wait until they are gone, and to look on while they work.
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../servers/index.ts';
import { readCatalog } from './catalog.ts';
import type { Place } from './place.ts';
import { keysStand } from './invariants.ts';

/** Every session of the database but those that ask. */
function others(place: Place, except: readonly number[]): string {
  const list = [0, ...except].join(', ');
  return place.engine === 'postgres'
    ? `SELECT pid AS id FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND pid NOT IN (${list}) AND backend_type = 'client backend'`
    : `SELECT id AS id FROM information_schema.PROCESSLIST WHERE db = DATABASE() AND id <> CONNECTION_ID() AND id NOT IN (${list})`;
}

/** What ends a session, or what it runs. */
export async function strike(
  place: Place,
  what: 'session' | 'statement',
  except: readonly number[] = [],
): Promise<void> {
  const rows = await place.query(others(place, except));
  for (const row of rows) {
    const id = String(row['id']);
    const postgres = `SELECT ${what === 'session' ? 'pg_terminate_backend' : 'pg_cancel_backend'}(${id})`;
    const mysql = what === 'session' ? `KILL ${id}` : `KILL QUERY ${id}`;
    // It may have gone by itself.
    await place.query(place.engine === 'postgres' ? postgres : mysql).catch(() => undefined);
  }
}

/** A killed client's statement goes on at the server for a while: it must come to an end by itself. */
export async function waitUntilAlone(place: Place): Promise<readonly string[]> {
  if (place.server === null) return [];
  const deadline = Date.now() + 30_000;
  while ((await place.query(others(place, []))).length > 0) {
    if (Date.now() > deadline) return ['30 s later somebody is still at work in the database'];
    await sleep(10);
  }
  return [];
}

export interface Watch {
  /** The watcher's own session, which nobody may end. */
  readonly id: number;
  /** Stops looking. @returns what was not as promised at some moment */
  stop(): Promise<readonly string[]>;
}

/** Looks at the keys over and over while others work: at every moment each is there, with the old or the new action. */
export async function watch(place: Place): Promise<Watch> {
  if (place.server === null) return { id: 0, stop: () => Promise.resolve([]) };
  const session = await connect(place.server.dialect, place.database.url);
  const [row] = await session.query(
    `SELECT ${place.engine === 'postgres' ? 'pg_backend_pid()' : 'CONNECTION_ID()'} AS id`,
  );
  const seen = new Set<string>();
  let stopped = false;
  const look = async (): Promise<void> => {
    while (!stopped) {
      for (const violation of keysStand(place, await readCatalog((sql) => session.query(sql), place.engine)))
        seen.add(`meanwhile ${violation}`);
      await sleep(3);
    }
  };
  // A killed server ends the watch; that is no violation.
  const looking = look().catch(() => undefined);
  return {
    id: Number(row?.['id']),
    async stop() {
      stopped = true;
      await looking;
      await session.close().catch(() => undefined);
      return [...seen];
    },
  };
}
