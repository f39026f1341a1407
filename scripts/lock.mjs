// One process at a time: a lock is a folder that holds its owner's pid; a dead owner's lock is taken over.
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** @param {unknown} error @returns {string | undefined} the system's error code */
export const codeOf = (error) =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : undefined;

/** @param {number} pid */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** @param {string} folder */
function tryAcquire(folder) {
  try {
    mkdirSync(dirname(folder), { recursive: true });
    mkdirSync(folder);
    writeFileSync(join(folder, 'pid'), String(process.pid));
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** @param {string} folder */
function isStale(folder) {
  try {
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
    return pid > 0 && !isAlive(pid);
  } catch {
    // No pid yet: the owner is between mkdir and write, unless it died there.
    try {
      return Date.now() - statSync(folder).mtimeMs > 10_000;
    } catch {
      return false;
    }
  }
}

/** @param {string} folder */
function takeAway(folder) {
  const aside = `${folder}.stale-${process.pid}-${Date.now()}`;
  try {
    // The rename decides between two that found the same dead owner.
    renameSync(folder, aside);
    rmSync(aside, { recursive: true, force: true });
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

/**
 * Runs `work` while holding the lock.
 * @template T
 * @param {string} folder
 * @param {() => T | Promise<T>} work
 * @param {(folder: string) => void} [onWait] called once when somebody else holds it
 * @returns {Promise<T>}
 */
export async function withLock(folder, work, onWait) {
  for (let waited = false; !tryAcquire(folder);) {
    if (isStale(folder)) {
      takeAway(folder);
      continue;
    }
    if (!waited) onWait?.(folder);
    waited = true;
    await sleep(100);
  }
  try {
    return await work();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
