// A whole process, timed: what it prints goes into files, so that nobody waits for us to read it.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {{ program: string, args: readonly string[], env?: Readonly<Record<string, string>>, cwd?: string, before?: () => void }} Command
 * `cwd` is below the folder; `before` is not timed
 * @typedef {{ seconds: number, code: number | null, isOver: boolean, output: string }} Ended `isOver`: it was ended at the limit
 */

/** @param {Command} command @param {string} folder @param {number} limit in seconds @returns {Promise<Ended>} */
export async function timed({ program, args, env, cwd = '.', before }, folder, limit) {
  before?.();
  const files = [join(folder, 'stdout.txt'), join(folder, 'stderr.txt')];
  const [out, err] = files.map((file) => openSync(file, 'w'));
  const begin = performance.now();
  const child = spawn(program, [...args], {
    cwd: join(folder, cwd),
    env: { ...process.env, ...env },
    stdio: ['ignore', out, err],
    detached: true,
  });
  let isOver = false;
  const timer = setTimeout(() => {
    isOver = true;
    // With the processes that it has started.
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }, limit * 1000);
  try {
    /** @type {number | null} */
    const code = await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', resolve);
    });
    const seconds = (performance.now() - begin) / 1000;
    return { seconds, code, isOver, output: files.map((file) => readFileSync(file, 'utf8')).join('\n') };
  } finally {
    clearTimeout(timer);
    for (const one of [out, err]) if (one !== undefined) closeSync(one);
  }
}

/** For what a tool itself prepares, which is a part of what it does when it is timed: it has to end well. @param {Command} command @param {string} folder @param {number} limit */
export async function prepared(command, folder, limit) {
  const { code, isOver, output, seconds } = await timed(command, folder, limit);
  if (isOver) throw Object.assign(new Error(`not prepared in ${limit} s`), { isOver });
  if (code !== 0) throw new Error(`not prepared: ${lastLine(output) || `exit ${code}`}`);
  return { output, seconds };
}

/** What a tool says of its failure: the first line with a word for it, or else the last one. @param {string} output */
export function lastLine(output) {
  const lines = output
    .replace(/\x1b\[[\d;?]*[a-zA-Z]/g, '')
    .split('\n')
    .map((line) => line.trim());
  const said = lines.filter((line) => /[a-z]/i.test(line) && !line.startsWith('at '));
  return (said.find((line) => /error|fail|abort/i.test(line)) ?? said.at(-1) ?? '').slice(0, 160);
}
