// Lines that people paste, run in bash with programs of the test's own in front of the PATH.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientCommand, type TestServer } from '../servers/index.ts';
import { type CliOptions, type CliResult, run } from './cli.ts';

export interface Program {
  /** The program and what comes before its arguments. */
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
}
export type Programs = Readonly<Record<string, Program>>;

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Puts programs of these names into a folder. */
export function writePrograms(bin: string, programs: Programs): void {
  mkdirSync(bin, { recursive: true });
  for (const [name, { command, env = {} }] of Object.entries(programs)) {
    const set = Object.entries(env).map(([key, value]) => `export ${key}=${quoted(value ?? '')}\n`);
    const file = join(bin, name);
    writeFileSync(file, `#!/bin/sh\n${set.join('')}exec ${command.map(quoted).join(' ')} "$@"\n`);
    chmodSync(file, 0o755);
  }
}

/** The engine's own client, which knows the server's address and user; psql is given the URL. */
export async function clientPrograms(server: TestServer, url: string): Promise<Programs> {
  const { args, command, env } = await clientCommand(server, url);
  if (server.dialect === 'postgres') return { psql: { command: [command] } };
  const password = env['MYSQL_PWD'];
  const program = { command: [command, ...args.slice(0, -1)] };
  return {
    [server.dialect]: password === undefined ? program : { ...program, env: { MYSQL_PWD: password } },
  };
}

/** Runs one line, or several. @param bin the folder of the test's programs */
export function paste(text: string, bin: string, { cwd, env }: CliOptions): Promise<CliResult> {
  // Its input is a socket, which bash takes for a remote shell, whose settings it would read.
  return run('bash', ['--norc', '-ec', text], {
    cwd,
    env: { ...env, PATH: `${bin}:${process.env['PATH'] ?? ''}` },
  });
}
