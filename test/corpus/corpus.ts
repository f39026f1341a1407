// npm run corpus -- DIR: the closed loop over a folder of dumps named NAME.DIALECT.sql, on every server of this run.
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import { type DatabaseUnderTest, type Engine, enginesUnderTest } from '../support/database.ts';
import { compareText } from '../../src/core/names.ts';
import { closeLoop, type LoopResult } from './loop.ts';

const actions = ['cascade', 'set null', 'restrict'] as const;

interface Dump {
  readonly file: string;
  readonly engine: Engine;
}

/** Dumps of a folder. `NAME.mysql.sql` is loaded on MariaDB too unless there is a `NAME.mariadb.sql`. */
export function dumpsIn(folder: string): readonly Dump[] {
  const files = readdirSync(folder).sort();
  return files.flatMap((file): readonly Dump[] => {
    const [, name, dialect] = /^(.+)\.(postgres|mysql|mariadb|sqlite)\.sql$/.exec(file) ?? [];
    if (name === undefined || dialect === undefined) return [];
    const own: Dump = { file, engine: dialect as Engine };
    const isForBoth = dialect === 'mysql' && !files.includes(`${name}.mariadb.sql`);
    return isForBoth ? [own, { file, engine: 'mariadb' }] : [own];
  });
}

interface Line {
  readonly dump: string;
  readonly server: string;
  readonly results: readonly LoopResult[];
  /** Why the dump does not load; null when it does. */
  readonly loading: string | null;
}

/** @returns whether every loop closed; prints a table */
export async function runCorpus(folder: string): Promise<boolean> {
  const tasks = dumpsIn(folder).flatMap((dump) =>
    enginesUnderTest()
      .filter((under) => under.engine === dump.engine)
      .map((under) => ({ dump, under })),
  );
  const lines: Line[] = [];
  const next = tasks.values();
  const worker = async (): Promise<void> => {
    for (const { dump, under } of next) {
      const text = readFileSync(join(folder, dump.file), 'utf8');
      const { database, failure } = await loadDump(() => under.open(), text);
      try {
        lines.push(await loopsOver(database, dump.file, failure));
      } finally {
        await database.drop();
      }
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return report(lines.sort((a, b) => compareText(a.dump, b.dump) || compareText(a.server, b.server)));
}

async function loopsOver(database: DatabaseUnderTest, dump: string, loading: string | null): Promise<Line> {
  const results: LoopResult[] = [];
  for (const action of loading === null ? actions : []) {
    const began = Date.now();
    const result = await closeLoop(database, action);
    const seconds = Math.round((Date.now() - began) / 1000);
    process.stderr.write(
      `${dump} on ${database.id}, ${action}: ${result.failure ?? 'closed'} (${seconds} s)\n`,
    );
    results.push(result);
  }
  return { dump, server: database.id, results, loading };
}

function report(lines: readonly Line[]): boolean {
  const table = new Table({
    head: ['dump', 'server', 'keys to', 'changed', 'kept', 'refused', 'result'],
    style: { head: [], border: [] },
  });
  const failures: string[] = [];
  let closed = 0;
  for (const { dump, server, results, loading } of lines) {
    if (loading !== null) {
      failures.push(`${dump} on ${server}: ${loading}`);
      table.push([dump, server, '', '', '', '', 'does not load']);
    }
    for (const result of results) {
      if (result.failure === null) closed++;
      else failures.push(`${dump} on ${server}, ${result.action}: ${result.failure}`);
      table.push([
        dump,
        server,
        result.action,
        result.changed,
        result.kept,
        result.refused,
        result.failure === null ? 'closed' : 'FAILED',
      ]);
    }
  }
  process.stdout.write(`${table.toString()}\n`);
  for (const failure of failures) process.stdout.write(`\nFAILED ${failure}\n`);
  process.stdout.write(`\n${closed} passed, ${failures.length} failed\n`);
  return failures.length === 0 && closed > 0;
}

interface Loaded {
  readonly database: DatabaseUnderTest;
  /** What the client said where the dump does not load. */
  readonly failure: string | null;
}

/**
 * Loads a dump into an empty database. A dump of MySQL may name the database that it was taken from (`sakila.film`) and
 * cannot be loaded under another name as it stands; then the name in the client's complaint is replaced, and only that one.
 */
export async function loadDump(open: () => Promise<DatabaseUnderTest>, text: string): Promise<Loaded> {
  const database = await open();
  const { code, stderr } = await database.client(text);
  if (code === 0) return { database, failure: null };
  const failure = `the dump does not load: ${stderr.trim().slice(-500)}`;
  const [, named] = /(?:Unknown database '|Table ')([^'.]+)/.exec(stderr) ?? [];
  if (database.engine === 'postgres' || database.engine === 'sqlite' || named === undefined) {
    return { database, failure };
  }
  await database.drop();
  const again = await open();
  const own = new URL(again.url).pathname.slice(1);
  const second = await again.client(
    text.replaceAll(`${named}.`, `${own}.`).replaceAll(`\`${named}\`.`, `\`${own}\`.`),
  );
  return {
    database: again,
    failure: second.code === 0 ? null : `${failure}; as ${own}: ${second.stderr.trim().slice(-300)}`,
  };
}
