// ondelete's commands without a start for each: a hundred rounds ask several of them, and a process costs 300 ms.
import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { CliResult } from '../support/cli.ts';

export type CommandName = 'diff' | 'generate' | 'snapshot';

export interface Request {
  readonly number: number;
  readonly name: CommandName;
  /** Its flags in camel case. */
  readonly args: Readonly<Record<string, unknown>>;
  readonly cwd: string;
}

export interface Commands {
  run(name: CommandName, args: Request['args'], cwd: string): Promise<CliResult>;
  stop(): void;
}

/** Starts the process that runs them. */
export function startCommands(): Commands {
  const child: ChildProcess = fork(join(import.meta.dirname, 'commands.mjs'), {
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  const waiting = new Map<
    number,
    { readonly resolve: (result: CliResult) => void; readonly reject: (error: Error) => void }
  >();
  let next = 0;
  child.on('message', (answer: { readonly number: number; readonly result: CliResult }) => {
    waiting.get(answer.number)?.resolve(answer.result);
    waiting.delete(answer.number);
  });
  child.on('exit', (code) => {
    for (const { reject } of waiting.values())
      reject(new Error(`the process of the commands ended with ${code ?? 'a signal'}`));
  });
  return {
    run: (name, args, cwd) =>
      new Promise((resolve, reject) => {
        const number = (next += 1);
        waiting.set(number, { resolve, reject });
        child.send({ number, name, args, cwd } satisfies Request);
      }),
    stop: () => child.disconnect(),
  };
}
