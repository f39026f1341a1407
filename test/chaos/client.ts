// The engine's own client as a child process that can be stopped between two statements, and killed at any moment.
import { spawn } from 'node:child_process';
import { clientCommand } from '../servers/index.ts';
import { need } from '../servers/cache.ts';
import type { CliResult } from '../support/cli.ts';
import type { Place } from './place.ts';

export interface RunningClient {
  send(text: string): void;
  /** No more input. */
  finish(text?: string): void;
  kill(): void;
  /** Resolves once the client has run everything sent so far; false when it has ended instead. */
  reached(): Promise<boolean>;
  readonly ended: Promise<CliResult>;
}

const marker = 'ondelete-chaos-reached';

/** Starts the client. @param shell words that run before it in the same process, such as a limit */
export async function startClient(place: Place, shell?: string): Promise<RunningClient> {
  const { command, args, env } = await commandOf(place);
  const limited = ['-c', `${shell ?? ''}\nexec "$0" "$@"`, command, ...args];
  const child = spawn(shell === undefined ? command : 'sh', shell === undefined ? args : limited, {
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  let told: () => void = () => undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    if (stdout.includes(marker)) told();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // A client that has ended no longer reads.
  child.stdin.on('error', () => undefined);
  const ended = new Promise<CliResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return {
    send: (text) => void child.stdin.write(text),
    finish: (text = '') => child.stdin.end(text),
    kill: () => void child.kill('SIGKILL'),
    ended,
    async reached() {
      const here = new Promise<boolean>((resolve) => (told = () => resolve(true)));
      child.stdin.write(tells[place.engine]);
      return Promise.race([here, ended.then(() => false)]);
    },
  };
}

const tells = {
  postgres: `\\! echo ${marker}\n`,
  mysql: `SELECT '${marker}';\n`,
  mariadb: `SELECT '${marker}';\n`,
  sqlite: `.shell echo ${marker}\n`,
};

async function commandOf(place: Place): Promise<{ command: string; args: string[]; env: NodeJS.ProcessEnv }> {
  if (place.server === null)
    return {
      command: await need('sqlite3', 'sqlite3'),
      args: ['-batch', place.database.url],
      env: process.env,
    };
  const { command, args, env } = await clientCommand(place.server, place.database.url);
  // Results at once, not at the end: else nobody could tell where the client is.
  const words = args.flatMap((word) => (word === '--no-defaults' ? [word, '--unbuffered'] : [word]));
  return { command, args: words, env };
}

/** Where a file can be cut: behind every statement. */
export function cutsOf(file: string): readonly number[] {
  const cuts: number[] = [];
  let at = 0;
  let inBlock = false;
  // psql takes no words behind an \if that does not hold
  let inIf = false;
  let delimiter = ';';
  for (const line of file.split('\n')) {
    at += line.length + 1;
    if (line.startsWith('DELIMITER ')) {
      delimiter = line.slice('DELIMITER '.length);
      if (delimiter === ';') cuts.push(at);
      continue;
    }
    if (line.startsWith('\\if')) inIf = true;
    if (line.startsWith('\\endif')) inIf = false;
    if (line.split(/\$\w*\$/).length % 2 === 0) inBlock = !inBlock;
    if (!inBlock && !inIf && delimiter === ';' && !line.startsWith('--') && line.endsWith(';')) cuts.push(at);
  }
  if (cuts.length < 3) throw new Error('the statements of this file are not told apart');
  return cuts;
}
