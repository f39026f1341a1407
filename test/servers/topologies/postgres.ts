// PostgreSQL: a hot standby that streams from its primary, and a server that subscribes to what another publishes.
import type { TestServer } from '../types.ts';
import type { StartNode } from './index.ts';

/** Both begin from the same data directory, as a base backup of a stopped server would; the standby reads all that was written since. */
export async function startStandby(start: StartNode): Promise<readonly TestServer[]> {
  const primary = await start('primary', { flags: ['wal_keep_size=512MB'] });
  const { port } = new URL(primary.url);
  const conninfo = `primary_conninfo=host=127.0.0.1 port=${port} user=postgres`;
  return [primary, await start('standby', { flags: [conninfo], files: { 'standby.signal': '' } })];
}

/** What is published and subscribed is the test's business: it belongs to a database. */
export async function startSubscriber(start: StartNode): Promise<readonly TestServer[]> {
  return [await start('publisher'), await start('subscriber')];
}
