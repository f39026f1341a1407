// One describe block per server, named after it, so that the closing table can count what ran where.
import { describe } from '@jest/globals';
import { testServers } from './index.ts';
import type { ServerDialect, TestServer } from './types.ts';

/**
 * Declares `suite` once per server of the run, or one skipped block when there is none (the quick mode).
 * @param dialect only servers of this dialect; undefined for all
 */
export function describeServers(
  dialect: ServerDialect | undefined,
  suite: (server: TestServer) => void,
): void {
  const servers = testServers(dialect);
  for (const server of servers) describe(server.id, () => suite(server));
  if (servers.length === 0) {
    // The suite only has to be countable here: no test in it runs.
    const nowhere = dialect ?? 'postgres';
    const none = {
      id: 'none',
      dialect: nowhere,
      version: '',
      url: '',
      origin: 'none',
      ownedByThisRun: false,
    };
    describe.skip(`no ${dialect ?? 'server'} in this run`, () => suite(none));
  }
}
