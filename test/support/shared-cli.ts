// The built command line in a child process that takes one call after the other: loading it is most of what a call costs. For tests of what
// `ondelete` finds and writes; what belongs to a process (signals, exits, input, what is loaded) is tested with cli.ts.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { ondelete as alone, type CliOptions, type CliResult, environmentFor } from './cli.ts';

export type { CliOptions, CliResult } from './cli.ts';

const HOST = join(import.meta.dirname, 'cli-host.mjs');

let host: Promise<ChildProcess> | undefined;
/** The last call: one runs at a time. */
let last: Promise<unknown> = Promise.resolve();

afterAll(async () => {
  const child = await host;
  if (child === undefined || child.exitCode !== null) return;
  child.disconnect();
  await once(child, 'exit');
});

/** Runs `ondelete …` as `ondelete` of cli.ts does; what is to be interrupted has a process of its own. */
export function ondelete(words: readonly string[], options: CliOptions): Promise<CliResult> {
  if (options.onStart !== undefined) return alone(words, options);
  const { cwd, env } = options;
  const call = last.then(async () => {
    host ??= started();
    return answered(await host, { words, cwd, env: environmentFor(env) });
  });
  last = call.catch(() => undefined);
  return call;
}

async function started(): Promise<ChildProcess> {
  const child = fork(HOST, { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  await answered(child, null);
  return child;
}

/** @param call null: what it says when it is ready */
function answered(child: ChildProcess, call: object | null): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const ended = (): void => {
      host = undefined;
      reject(new Error('the process of the command line has ended'));
    };
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      const answer = message as CliResult & { readonly failure?: string };
      if (answer.failure === undefined) resolve(answer);
      else reject(new Error(answer.failure));
    });
    if (call !== null) child.send(call);
  });
}
