// An application at work on every node of a topology while its keys are changed, and what came of it.
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { startProcess } from '../../bench/processes.mjs';
import { aliveSql, keys, lostSql, orphansSql } from '../chaos/load/schema.mjs';
import { connect, type Row, runClient, type Session, type TestServer } from '../servers/index.ts';
import { urlOfDatabase } from '../servers/scratch.ts';
import type { CliResult } from '../support/cli.ts';
import { openProject, type Project } from '../support/project.ts';

/** One database on one node. */
export interface Node {
  readonly server: TestServer;
  readonly url: string;
}

export const nodeOf = (server: TestServer, database: string): Node => ({
  server,
  url: urlOfDatabase(server, database),
});

/** That database on the first two nodes. */
export function nodesOf([first, second]: readonly TestServer[], database: string): [Node, Node] {
  if (first === undefined || second === undefined) throw new Error('a node is missing');
  return [nodeOf(first, database), nodeOf(second, database)];
}

export const open = ({ server, url }: Node): Promise<Session> => connect(server.dialect, url);

/** Runs statements in a session of their own. @returns the rows of the last one */
export async function ask(node: Node, sql: string): Promise<readonly Row[]> {
  const session = await open(node);
  try {
    return await session.query(sql);
  } finally {
    await session.close();
  }
}

/** Asks until the answer is that, for half a minute. */
export async function until(node: Node, sql: string, expected: unknown): Promise<void> {
  const session = await open(node);
  try {
    let answer: unknown;
    for (let tries = 0; tries < 300; tries++) {
      answer = Object.values((await session.query(sql))[0] ?? {})[0];
      if (String(answer) === String(expected)) return;
      await sleep(100);
    }
    throw new Error(`${node.server.id}: ${sql} is ${String(answer)}, not ${String(expected)}`);
  } finally {
    await session.close();
  }
}

/** A folder with a policy that wants CASCADE for every key. */
export function cascadeProject(): Project {
  const project = openProject();
  const rules = keys.map(
    ({ child, parent }) => `    - { match: '${child} -> ${parent}', onDelete: cascade }`,
  );
  project.write('ondelete.config.yaml', `policy:\n  default: keep\n  rules:\n${rules.join('\n')}\n`);
  return project;
}

export interface Files {
  readonly up: string;
  readonly down: string;
  /** What the user was told, on one line. */
  readonly told: string;
}

const flat = (text: string): string => text.replaceAll(/[\s│]+/g, ' ');

/** What `generate` writes for that node, and says. */
export async function generate(project: Project, { url }: Node): Promise<Files> {
  const preview = await project.run(['generate', 'change', '--dry-run', '-d', url]);
  const result = await project.run(['generate', 'change', '-d', url]);
  expect(`${result.stderr}${result.code}`).toMatch(/0$/);
  const names = readdirSync(project.path('migrations'));
  const read = (end: string): string =>
    readFileSync(project.path(`migrations/${names.find((name) => name.endsWith(end)) ?? ''}`), 'utf8');
  return {
    up: read('.up.sql'),
    down: read('.down.sql'),
    told: flat(preview.stdout + preview.stderr + result.stdout + result.stderr),
  };
}

/** `diff` on a node: its exit code, and what it says on one line. */
export async function diff(
  project: Project,
  { url }: Node,
): Promise<{ readonly code: number | null; readonly text: string }> {
  const { code, stdout, stderr } = await project.run(['diff', '-d', url]);
  return { code, text: flat(stdout + stderr) };
}

/** 0: every key is as the policy wants it; 1: some are not. */
export async function expectDiff(project: Project, node: Node, expected: 0 | 1): Promise<void> {
  const { code, text } = await diff(project, node);
  expect(`${node.server.id}: ${text} exit ${code ?? ''}`).toMatch(new RegExp(`exit ${expected}$`));
}

/** What the engine's own client says of a file. */
export const runFile = ({ server, url }: Node, file: string): Promise<CliResult> =>
  runClient(server, url, file);

/** Files one after the other; a file of MySQL that met a lock (error 1205) is run again, as its user would. */
export async function runAgainst(node: Node, files: readonly string[]): Promise<void> {
  for (const file of files) {
    for (let run = 1; ; run++) {
      const { code, stderr } = await runFile(node, file);
      if (code === 0) break;
      if (run === 20 || !/ERROR 1205|ERROR 1213/.test(stderr))
        throw new Error(`${node.server.id}: ${stderr}`);
    }
  }
}

/** An application's transaction that was rolled back for the change, or for another node's write. */
export const isDeadlock = (message: string): boolean =>
  /^(Deadlock found|Plugin instructed the server to rollback|Got error 149 - 'Lock deadlock)/.test(message);

/** The whole snapshot without what a server says of itself. */
export async function schemaOn(project: Project, { url }: Node): Promise<unknown> {
  const { stdout, stderr } = await project.run(['snapshot', '-d', url]);
  if (stdout === '') throw new Error(stderr);
  return { ...(JSON.parse(stdout) as object), server: null };
}

export interface Worker {
  readonly node: Node;
  readonly kind: 'read' | 'write';
  /** What people are told that this client may see. */
  readonly told?: (message: string) => boolean;
}

export interface Work {
  readonly rounds: number;
  /** What the clients saw and were not told of, each message once. */
  readonly errors: readonly string[];
  /** Users of the writers that have to be there at the end. */
  readonly alive: number;
}

let started = 0;

/** Every writer has rows of its own, so none is in another's way whatever node it works on. */
export async function underWork(workers: readonly Worker[], act: () => Promise<void>): Promise<Work> {
  const clients = [];
  for (const { node, kind, told } of workers)
    clients.push({
      told,
      ...(await startProcess('test/chaos/load/client.mjs', [node.url, kind, String(++started)])),
    });
  const errors = new Set<string>();
  let [rounds, alive] = [0, 0];
  try {
    await act();
  } finally {
    for (const client of clients) {
      const found = (await client.stop()) as { count: number; errors: Record<string, number>; alive: number };
      rounds += found.count;
      alive += found.alive;
      for (const message of Object.keys(found.errors))
        if (client.told?.(message) !== true) errors.add(message);
    }
  }
  return { rounds, errors: [...errors], alive };
}

/** On a node that has caught up: no row is lost, none is without a parent, and of the writers' users as many are there as they left. */
export async function expectWhole(node: Node, alive: number): Promise<void> {
  const session = await open(node);
  const sum = async (queries: readonly string[]): Promise<number> => {
    let all = 0;
    for (const sql of queries) all += Number((await session.query(sql))[0]?.['n']);
    return all;
  };
  try {
    expect({
      node: node.server.id,
      lost: await sum(lostSql),
      orphans: await sum(orphansSql),
      alive: await sum([aliveSql]),
    }).toEqual({ node: node.server.id, lost: 0, orphans: 0, alive });
  } finally {
    await session.close();
  }
}
