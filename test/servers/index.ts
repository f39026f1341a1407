// What tests import to get at real servers.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { need, which } from './cache.ts';
import { runOf } from './lifecycle.ts';
import { makeScratchDatabase, type ScratchDatabase } from './scratch.ts';
import { startServers } from './start.ts';
import type { Run, ServerDialect, TestServer, Topology } from './types.ts';

export type { Row, Session } from './sql.ts';
export { kill, pidOf, restart } from './lifecycle.ts';
export { connect } from './sql.ts';
export type { ScratchDatabase } from './scratch.ts';
export type { ServerDialect, TestServer, Topology } from './types.ts';

/** The run that jest's global set-up or scripts/with-servers.mjs started; undefined in the quick mode. */
export function currentRun(): Run | undefined {
  const file = process.env['ONDELETE_TEST_RUN_FILE'];
  return file ? (JSON.parse(readFileSync(file, 'utf8')) as Run) : undefined;
}

/** @returns the servers of this run, all or those of one dialect; none in the quick mode */
export function testServers(dialect?: ServerDialect): readonly TestServer[] {
  const servers = currentRun()?.servers ?? [];
  return dialect ? servers.filter((server) => server.dialect === dialect) : servers;
}

/** @returns the topologies of this run, as they were asked for */
export const testTopologies = (): readonly Topology[] => currentRun()?.topologies ?? [];

/** Makes an empty database; the caller drops it. */
export function scratchDatabase(server: TestServer): Promise<ScratchDatabase> {
  return makeScratchDatabase(server, runOf(server) ?? currentRun()?.id ?? 'od0000000000');
}

/** Starts one more server, for a test that kills or reconfigures it. @returns it, and how to stop it */
export async function ownServer(
  id: string,
): Promise<{ readonly server: TestServer; stop: () => Promise<void> }> {
  const run = await startServers(id);
  const [server] = run.servers;
  if (server?.ownedByThisRun) return { server, stop: () => run.stop() };
  await run.stop();
  throw new Error(run.missing[0]?.why ?? `${id} is not started by the tests here, and must not be killed`);
}

export interface ClientCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** @returns how to run a .sql file given on stdin with the engine's own client; it stops at the first error */
export async function clientCommand(server: TestServer, databaseUrl: string): Promise<ClientCommand> {
  if (server.dialect === 'postgres') {
    const command = await need('psql', 'postgresql-client');
    const args = ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', databaseUrl, '-f', '-'];
    return { command, args, env: process.env };
  }
  const { hostname, port, username, password, pathname } = new URL(databaseUrl);
  const args = ['--no-defaults', '--protocol=tcp', '-h', hostname, '-P', port || '3306', '-u', username];
  // Since 11.4 the client wants a certificate that it can verify, which a password-less account cannot give it.
  if (server.dialect === 'mariadb') args.push('--skip-ssl');
  args.push('--default-character-set=utf8mb4', decodeURIComponent(pathname.slice(1)));
  const env = { ...process.env, MYSQL_PWD: decodeURIComponent(password) };
  const program = server.dialect === 'mysql' ? 'mysql' : 'mariadb';
  if (server.clientRoot) {
    return { command: which('chroot') ?? 'chroot', args: [server.clientRoot, program, ...args], env };
  }
  const command = which(program, 'mariadb', 'mysql') ?? (await need('mariadb', 'mariadb-client'));
  return { command, args, env };
}

export interface ClientResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs SQL text through the engine's own client. @param options for the client @returns its exit code and what it printed */
export async function runClient(
  server: TestServer,
  databaseUrl: string,
  sql: string,
  options: readonly string[] = [],
): Promise<ClientResult> {
  const { command, args, env } = await clientCommand(server, databaseUrl);
  const child = spawn(command, [...args, ...options], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // A client that stops at an error closes its input before all is written.
  child.stdin.on('error', () => undefined);
  child.stdin.end(sql);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}
