// Where server binaries and initialised data directories are kept between runs: outside the checkout and
// world-readable, because a server started by root runs as another user.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withLock } from '../../scripts/lock.mjs';

export const isRoot = process.getuid?.() === 0;

function defaultFolder(): string {
  return isRoot
    ? '/var/tmp/ondelete-test-cache'
    : join(tmpdir(), `ondelete-test-cache-${process.getuid?.() ?? 0}`);
}

/** The cache's folder, made when it is not there. */
export function cacheFolder(): string {
  const folder = process.env['ONDELETE_TEST_CACHE'] ?? defaultFolder();
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const owner = statSync(folder).uid;
  // Anybody may make a folder in /var/tmp; what is in this one is executed.
  if (process.getuid && owner !== process.getuid()) {
    throw new Error(`${folder} belongs to user ${owner}; set ONDELETE_TEST_CACHE to a folder of your own`);
  }
  return folder;
}

export interface User {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
}

/** Whom a server runs as when root starts it; undefined for everybody else. Servers refuse to run as root. */
export function serverUser(preferred: string): User | undefined {
  if (!isRoot) return undefined;
  const entries = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const name of [preferred, 'nobody']) {
    const entry = entries.find(([candidate]) => candidate === name);
    if (entry) return { name, uid: Number(entry[2]), gid: Number(entry[3]) };
  }
  throw new Error('no user to run a server as: neither ' + preferred + ' nor nobody');
}

/**
 * Makes `folder` once for all runs: `make` fills `draft`, which is then moved into place.
 * @param folder inside the cache
 * @param draft on the same file system, below something that belongs to the run
 */
export async function once(
  folder: string,
  draft: string,
  make: (draft: string) => Promise<void>,
): Promise<string> {
  if (existsSync(folder)) return folder;
  mkdirSync(dirname(folder), { recursive: true });
  await withLock(`${folder}.lock`, async () => {
    if (existsSync(folder)) return;
    mkdirSync(dirname(draft), { recursive: true });
    await make(draft);
    renameSync(draft, folder);
  });
  return folder;
}

const pausesInSeconds = [5, 20];

/**
 * A download fails once in a while: what fetches is tried three times, each time from nothing.
 * @param clear takes away what a failed try has left
 */
export async function retried<T>(fetching: () => Promise<T>, clear: () => void): Promise<T> {
  for (const seconds of pausesInSeconds) {
    try {
      return await fetching();
    } catch (error) {
      say(`${(error as { message: string }).message}\nonce more in ${seconds} seconds`);
      clear();
      await sleep(seconds * 1_000);
    }
  }
  return fetching();
}

/** Says on stderr that something slow has begun. */
export const say = (text: string): boolean => process.stderr.write(`test servers: ${text}\n`);

/** Runs a command to its end; throws with the end of its output when it fails. */
export async function run(
  command: string,
  args: readonly string[],
  options: { readonly uid?: number; readonly gid?: number; readonly cwd?: string } = {},
): Promise<void> {
  // A group of its own: when this process is killed, its children are found and ended together (runs.ts).
  const child = spawn(command, [...args], {
    cwd: '/',
    ...options,
    env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-4_000)));
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code === 0) return;
  const tail = output.trim().split('\n').slice(-5).join('\n');
  throw new Error(`${command} ${args.join(' ')} failed (${code ?? 'killed'}): ${tail}`);
}

/** @returns the path of the first of these programs that is installed */
export function which(...names: readonly string[]): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return names
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
}

/** Finds a program, or installs its Debian package when this is root on Debian; throws with the way out otherwise. */
export async function need(program: string, debianPackage: string): Promise<string> {
  const found = which(program);
  if (found !== undefined) return found;
  const apt = which('apt-get');
  if (isRoot && apt !== undefined) {
    await withLock(join(cacheFolder(), 'apt.lock'), async () => {
      if (which(program) !== undefined) return;
      say(`installing ${debianPackage} (apt-get install)`);
      await run(apt, ['install', '-y', '--no-install-recommends', debianPackage]).catch(async () => {
        await run(apt, ['update']);
        await run(apt, ['install', '-y', '--no-install-recommends', debianPackage]);
      });
    });
  }
  const installed = which(program);
  if (installed !== undefined) return installed;
  throw new Error(`${program} is not installed (Debian: apt-get install ${debianPackage})`);
}
