// Runs: who started which servers, and how a run's servers are found again and ended, by the run or after its death.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isAlive } from '../../scripts/lock.mjs';
import { cacheFolder } from './cache.ts';

const OURS = new Set([
  'postgres',
  'initdb',
  'pgbouncer',
  'mysqld',
  'mariadbd',
  'mariadb-install-db',
  'debootstrap',
  'chroot',
]);

export const runFolder = (runId: string): string => join(cacheFolder(), 'runs', runId);
export const runFile = (runId: string): string => join(runFolder(runId), 'run.json');
export const rootsFolder = (): string => join(cacheFolder(), 'roots');
/** A run's folder inside a Debian root, as seen from inside. */
export const folderInRoot = (runId: string): string => `/srv/${runId}`;

/** A pid may be given to another process later; with the time it began it is unique. */
const beganAt = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')')).split(' ')[20];
  } catch {
    return undefined;
  }
};

/** Registers a run of this process. */
export function beginRun(): string {
  const runId = `od${randomBytes(5).toString('hex')}`;
  mkdirSync(runFolder(runId), { recursive: true, mode: 0o755 });
  const owner = { pid: process.pid, beganAt: beganAt(process.pid) };
  writeFileSync(join(runFolder(runId), 'owner.json'), JSON.stringify(owner));
  return runId;
}

/** Ends what runs of dead processes left behind. @returns their ids */
export function reapDeadRuns(): readonly string[] {
  const folder = join(cacheFolder(), 'runs');
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const dead = readdirSync(folder).filter((runId) => {
    const file = join(folder, runId, 'owner.json');
    // Without an owner it was cut short while beginning or ending.
    if (!existsSync(file)) return Date.now() - statSync(join(folder, runId)).mtimeMs > 60_000;
    const owner = JSON.parse(readFileSync(file, 'utf8')) as { pid: number; beganAt?: string };
    return !isAlive(owner.pid) || beganAt(owner.pid) !== owner.beganAt;
  });
  for (const runId of dead) endRun(runId);
  return dead;
}

function commandLines(): readonly (readonly [pid: number, argv: readonly string[]])[] {
  if (existsSync('/proc/self/cmdline')) {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => {
        try {
          return [Number(name), readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0')] as const;
        } catch {
          return [Number(name), []] as const;
        }
      });
  }
  const { stdout } = spawnSync('ps', ['-axww', '-o', 'pid=,command='], { encoding: 'utf8' });
  return stdout.split('\n').map((line) => {
    const [pid = '', ...argv] = line.trim().split(/\s+/);
    return [Number(pid), argv] as const;
  });
}

/** True when this process's command line proves that it is a server of that run. */
const isOurs = (argv: readonly string[], runId: string): boolean =>
  argv.slice(0, 2).some((word) => OURS.has(basename(word))) &&
  argv.some((word) => word.includes(`/${runId}/`));

/** True once a process has let go of its files and ports; its command line is empty a little earlier. */
export function hasEnded(pid: number): boolean {
  try {
    const state = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.charAt(0);
    // A zombie whose other threads still run has not let go yet.
    return state === 'Z' && readdirSync(`/proc/${pid}/task`).length <= 1;
  } catch {
    return !isAlive(pid);
  }
}

/** @returns whether that process is a server of that run */
export const provenOurs = (pid: number, runId: string): boolean =>
  commandLines().some(([candidate, argv]) => candidate === pid && isOurs(argv, runId));

function signal(pid: number, name: NodeJS.Signals): void {
  // Each was started as the leader of a group of its own, so that its children go with it.
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, name);
    } catch {
      // Gone already.
    }
  }
}

/** Unmounts what a process cut short left mounted below a folder: removing the folder would reach into it. */
function unmountBelow(folder: string): void {
  if (!existsSync('/proc/self/mounts')) return;
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  for (const path of mounts.map((line) => line.split(' ')[1] ?? '').reverse()) {
    if (path.startsWith(`${folder}/`)) spawnSync('umount', ['--lazy', path]);
  }
}

/** Kills a run's processes and removes its data. Synchronous, so that it also works while the process exits. */
export function endRun(runId: string): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const told = new Set<number>();
  for (let tries = 0; tries < 200; tries++) {
    const left = commandLines().filter(([pid, argv]) => pid !== process.pid && isOurs(argv, runId));
    if (left.length === 0 && [...told].every(hasEnded)) break;
    for (const [pid, argv] of left) {
      told.add(pid);
      // PostgreSQL on SIGQUIT takes its children and its shared memory along; the others have neither.
      const gentle = basename(argv[0] ?? '') === 'postgres' && tries < 100;
      if (!gentle || tries === 0) signal(pid, gentle ? 'SIGQUIT' : 'SIGKILL');
    }
    Atomics.wait(pause, 0, 0, 20);
  }
  const roots = existsSync(rootsFolder()) ? readdirSync(rootsFolder()) : [];
  for (const root of roots) {
    rmSync(join(rootsFolder(), root, folderInRoot(runId)), { recursive: true, force: true });
  }
  removeMounted(runFolder(runId));
}

/** Removes a folder in which something may be mounted. */
export function removeMounted(folder: string): void {
  unmountBelow(folder);
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
