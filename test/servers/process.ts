// Starting one prepared server and waiting until it answers.
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, openSync, closeSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from './sql.ts';
import type { ServerSpec } from './matrix.ts';
import type { Launch, ServerDialect, TestServer } from './types.ts';

/** A data directory of this run, and how to start a server on it at a port. */
export interface Prepared {
  readonly home: string;
  readonly dataDir: string;
  readonly origin: string;
  readonly clientRoot?: string;
  readonly url: (port: number) => string;
  readonly launch: (port: number) => Launch;
}

const START_TIMEOUT_MS = 60_000;

/** Ports that this process has named already. */
const named = new Set<number>();

/**
 * Of the ports below 32768, which Linux does not give to outgoing connections: between the question and its use, and while a server starts
 * again, none of those can take it.
 * @returns a port of 127.0.0.1 that is free now
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_768);
    if (named.has(port) || !(await isFree(port))) continue;
    named.add(port);
    return port;
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer().on('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });

/** @returns the pid that the server itself wrote, or undefined when there is none (yet) */
export function pidIn(launch: Launch): number | undefined {
  if (!existsSync(launch.pidFile)) return undefined;
  const pid = Number.parseInt(readFileSync(launch.pidFile, 'utf8'), 10);
  return Number.isNaN(pid) ? undefined : pid;
}

const lastLines = (file: string): string =>
  existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').slice(-4).join('\n') : '';

/** Starts the server and returns its version once it answers at `url`; throws with the end of its log otherwise. */
export async function launchServer(launch: Launch, dialect: ServerDialect, url: string): Promise<string> {
  const log = openSync(launch.logFile, 'a');
  const child = spawn(launch.command, [...launch.args], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log],
    ...(launch.uid !== undefined && { uid: launch.uid }),
    ...(launch.gid !== undefined && { gid: launch.gid }),
  });
  closeSync(log);
  let ended: string | undefined;
  child.on('error', (error) => {
    ended = error.message;
  });
  child.on('exit', (code, signalName) => {
    ended = `ended with ${signalName ?? code}`;
  });
  child.unref();
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (let problem = ''; ;) {
    if (ended !== undefined || Date.now() > deadline) {
      throw new Error(`the server ${ended ?? `did not answer: ${problem}`}\n${lastLines(launch.logFile)}`);
    }
    try {
      return await versionAt(dialect, url);
    } catch (error) {
      problem = (error as { message: string }).message;
    }
    await sleep(50);
  }
}

/** @returns the version that the server at `url` states */
export async function versionAt(dialect: ServerDialect, url: string): Promise<string> {
  const session = await connect(dialect, url);
  try {
    const rows = await session.query(
      dialect === 'postgres' ? 'SHOW server_version' : 'SELECT version() AS server_version',
    );
    return String(rows[0]?.['server_version']);
  } finally {
    await session.close();
  }
}

const PORT_TRIES = 3;

/** Starts a server of this run. @returns it, once it answers */
export async function startPrepared(spec: ServerSpec, prepared: Prepared): Promise<TestServer> {
  for (let tries = 1; ; tries++) {
    const port = await freePort();
    const launch = prepared.launch(port);
    const url = prepared.url(port);
    try {
      const version = await launchServer(launch, spec.dialect, url);
      const pid = pidIn(launch);
      const { dataDir, origin, clientRoot } = prepared;
      return {
        id: spec.id,
        dialect: spec.dialect,
        version,
        url,
        origin,
        ownedByThisRun: true,
        dataDir,
        launch,
        ...(pid !== undefined && { pid }),
        ...(clientRoot && { clientRoot }),
      };
    } catch (error) {
      // Somebody may have taken the port between the question and its use.
      if (tries === PORT_TRIES) throw error;
    }
  }
}
