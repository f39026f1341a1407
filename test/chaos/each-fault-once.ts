// Every fault once per server, always drawn the same, as `npm test` runs them; `npm run chaos` does more.
import { expect, test } from '@jest/globals';
import { describeServers } from '../servers/describe.ts';
import { ownServer, type ServerDialect, type TestServer } from '../servers/index.ts';
import { faultsFor, playChaos, type Target } from './chaos.ts';

const seed = 20_261_122;
const patience = 600_000;

/** One block per server of the dialect. Kills need a server of its own; where none can be started here, its name says that they are left out. */
export function chaosOnServers(dialect: ServerDialect): void {
  describeServers(dialect, (server) => {
    const kills = server.ownedByThisRun;
    test(
      `keeps its promises under ${kills ? 'kills of client, session and server' : `kills of client and session (${server.origin}: the server must not be killed)`}`,
      () => (kills ? withServerOfItsOwn(server.id, (own) => faultsOn(own, true)) : faultsOn(server, false)),
      patience,
    );
  });
}

async function withServerOfItsOwn(id: string, work: (server: TestServer) => Promise<void>): Promise<void> {
  const { server, stop } = await ownServer(id);
  try {
    await work(server);
  } finally {
    await stop();
  }
}

const faultsOn = (server: TestServer, mayKillServer: boolean): Promise<void> =>
  play({ kind: 'server', server }, mayKillServer);

/** The same for SQLite, with one of its journals. */
export function chaosOnSqlite(journal: 'delete' | 'wal'): void {
  test(
    `keeps its promises under kills and a full disk (journal_mode ${journal})`,
    () => play({ kind: 'sqlite', journal }, false),
    patience,
  );
}

/** Every fault once. */
async function play(target: Target, mayKillServer: boolean): Promise<void> {
  const rounds = faultsFor(target, { mayKillServer }).length;
  const played = await playChaos(target, { rounds, seed, mayKillServer });
  expect(played.filter(({ violations }) => violations.length > 0)).toEqual([]);
  expect(played).toHaveLength(rounds);
}
