// Ending a server of a run, and starting it again.
import { setTimeout as sleep } from 'node:timers/promises';
import { launchServer, pidIn } from './process.ts';
import { hasEnded, provenOurs } from './runs.ts';
import type { Launch, TestServer } from './types.ts';

/** A server that a test started for itself belongs to another run than the others. */
export const runOf = (server: TestServer): string | undefined =>
  /\/(od[0-9a-f]{10})\//.exec(server.dataDir ?? '')?.[1];

function launchOf(server: TestServer): Launch {
  if (server.launch) return server.launch;
  throw new Error(`${server.id} (${server.origin}) was not started by this run: it must not be stopped`);
}

/** @returns the pid of a server of this run, now; undefined when it is down */
export function pidOf(server: TestServer): number | undefined {
  const pid = pidIn(launchOf(server));
  return pid !== undefined && provenOurs(pid, runOf(server) ?? '') ? pid : undefined;
}

async function end(server: TestServer, signal: NodeJS.Signals): Promise<void> {
  const pid = pidOf(server);
  if (pid === undefined) return;
  process.kill(pid, signal);
  for (let tries = 0; !hasEnded(pid); tries++) {
    if (tries > 1_200) throw new Error(`${server.id} (pid ${pid}) does not end on ${signal}`);
    await sleep(50);
  }
}

const SIGNALS = {
  immediate: { postgres: 'SIGQUIT', mysql: 'SIGKILL', mariadb: 'SIGKILL' },
  shutdown: { postgres: 'SIGINT', mysql: 'SIGTERM', mariadb: 'SIGTERM' },
} as const;

/** Ends a server of this run: `immediate` as a crash would, `shutdown` in good order. */
export const kill = (server: TestServer, how: 'immediate' | 'shutdown'): Promise<void> =>
  end(server, SIGNALS[how][server.dialect]);

/** Shuts a server of this run down in good order (if it is up) and starts it again: same data, same port. */
export async function restart(server: TestServer): Promise<void> {
  await kill(server, 'shutdown');
  await launchServer(launchOf(server), server.dialect, server.url);
}
