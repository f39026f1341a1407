// Others who want the same tables at the same time.
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { connect, runClient } from '../servers/index.ts';
import { startClient } from './client.ts';
import { type Fault, unclear } from './fault.ts';
import type { Place, Side } from './place.ts';
import { watch } from './sessions.ts';

/** Two clients at the same time, of which either may lose, but only in clear words. */
export const together =
  (second: (side: Side) => Side): Fault['run'] =>
  async (place, side, random) => {
    const looking = await watch(place);
    const one = await startClient(place);
    const other = await startClient(place);
    one.finish(place.file[side].text);
    await sleep(random.fraction() * 0.5 * place.file[side].milliseconds);
    other.finish(place.file[second(side)].text);
    const results = await Promise.all([one.ended, other.ended]);
    return [...(await looking.stop()), ...results.flatMap(unclear)];
  };

/** Another session holds a lock for a while; the file waits within its bound, tries again where it can, or gives up in clear words. */
export const lockHeld: Fault['run'] = async (place, side, random) => {
  const table = random.pick(['orders', 'order_items', 'employees', 'warehouses', 'transfers']);
  const strong = random.fraction() < 0.5;
  const held = 200 + random.below(2_000);
  const work = strong ? `UPDATE ${table} SET id = id WHERE id = 1` : `SELECT count(*) FROM ${table}`;
  const release = await holdLock(place, work);
  const client = await startClient(place);
  const begin = performance.now();
  client.finish(place.file[side].text);
  const free = sleep(held).then(release);
  const result = await client.ended;
  const took = performance.now() - begin;
  await free;
  // 30 s is the longest that a file waits on its own account, and the machine may be slow
  const slow =
    took > held + 60_000 ? [`behind a lock of ${held} ms the file took ${Math.round(took)} ms`] : [];
  return [...slow, ...unclear(result)];
};

async function holdLock(place: Place, work: string): Promise<() => Promise<void>> {
  if (place.server === null) {
    const connection = new Database(place.database.url);
    connection.exec(`BEGIN; ${work}`);
    return () => {
      connection.exec('ROLLBACK');
      connection.close();
      return Promise.resolve();
    };
  }
  const session = await connect(place.server.dialect, place.database.url);
  await session.query('BEGIN');
  await session.query(work);
  return async () => {
    await session.query('ROLLBACK');
    await session.close();
  };
}

/** Two sessions lock parent and child in opposite order, over and over, while the file runs. */
export const deadlock: Fault['run'] = async (place, side, random) => {
  const { server } = place;
  if (server === null) return [];
  const parent = 'UPDATE orders SET note = note WHERE id = 1';
  const child = 'UPDATE order_items SET order_id = order_id, quantity = quantity WHERE id = 1';
  let stopped = false;
  const loop = async (statements: readonly string[], pause: number): Promise<void> => {
    const session = await connect(server.dialect, place.database.url);
    if (server.dialect === 'postgres') await session.query(`SET deadlock_timeout = '20ms'`);
    while (!stopped) {
      await sleep(random.below(60));
      try {
        await session.query('BEGIN');
        for (const statement of statements) {
          await session.query(statement);
          await sleep(pause);
        }
        await session.query('COMMIT');
      } catch {
        // One of the two loses: that is what this fault is about.
        await session.query('ROLLBACK');
      }
    }
    await session.close();
  };
  const loops = [loop([parent, child], 2 + random.below(10)), loop([child, parent], 2 + random.below(10))];
  const result = await runClient(server, place.database.url, place.file[side].text);
  stopped = true;
  await Promise.all(loops);
  return unclear(result);
};
