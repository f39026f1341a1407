/** A SQLite file of its own, and the three ways in which people run what ondelete writes for it. */
import { schemaIndex } from '../../src/core/schema-index.ts';
import Database from 'better-sqlite3';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadEmitter } from '../../dialects/sqlite/load-emitter.ts';
import { sqlite } from '../../dialects/sqlite/index.ts';
import { rebuildTables } from '../../dialects/sqlite/emitter/rebuild.runtime.ts';
import { messageOf } from '../../src/core/errors.ts';
import type {
  Change,
  ForeignKey,
  Introspection,
  ReferentialAction,
  StepBody,
  Step,
} from '../../src/core/model.ts';
import { change } from '../builders.ts';

const emitter = await loadEmitter();

export type Runner = 'edit' | 'client' | 'bare client' | 'rebuild';
export const runners: readonly Runner[] = ['edit', 'client', 'bare client', 'rebuild'];

export interface Scratch {
  readonly file: string;
  /** Runs a script as an application would, with keys enforced by default. */
  script(sql: string, options?: { foreignKeys: boolean }): void;
  rows(sql: string): readonly unknown[];
  remove(): void;
}

/** Memory where there is a folder for it: a thousand small commits need not reach a disk. */
const fast = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/**
 * The message a promise fails with, or `no error`. Not `rejects.toThrow`: it takes the driver's errors for values from the
 * second test file of a worker on, where they are no `instanceof Error`.
 */
export async function failure(work: Promise<unknown>): Promise<string> {
  return work.then(() => 'no error', messageOf);
}

export function scratch(sql: string, name = 'scratch.db'): Scratch {
  const folder = mkdtempSync(join(fast, 'ondelete-sqlite-'));
  return scratchAt(join(folder, name), sql, () => rmSync(folder, { recursive: true, force: true }));
}

export function copyOf(original: Scratch): Scratch {
  const copy = scratch('');
  copyFileSync(original.file, copy.file);
  return copy;
}

function scratchAt(file: string, sql: string, remove: () => void): Scratch {
  const on = <T>(work: (database: Database.Database) => T, foreignKeys = true): T => {
    const database = new Database(file);
    try {
      database.pragma(`foreign_keys = ${foreignKeys ? 'ON' : 'OFF'}`);
      return work(database);
    } finally {
      database.close();
    }
  };
  const script: Scratch['script'] = (text, options) =>
    on((database) => database.exec(text), options?.foreignKeys);
  const rows: Scratch['rows'] = (text) => on((database) => database.prepare(text).all());
  script(sql, { foreignKeys: false });
  return { file, script, rows, remove };
}

export async function introspected(file: string): Promise<Introspection> {
  const session = await sqlite.connect(`sqlite:${file}`, { timeoutMilliseconds: 1000 });
  try {
    return await session.introspect({ schemas: null });
  } finally {
    await session.close();
  }
}

export const changeOf = (key: ForeignKey, onDelete: ReferentialAction): Change => change(onDelete, key);

/** The steps that give every chosen key this action. */
export async function stepsFor(
  file: string,
  onDelete: ReferentialAction,
  choose: (key: ForeignKey) => boolean = () => true,
  allowed: readonly string[] = [],
  runner = { runsCode: true, commandLineClient: true },
): Promise<readonly Step[]> {
  const { snapshot } = await introspected(file);
  const keys = snapshot.foreignKeys.filter((key) => choose(key) && key.onDelete !== onDelete);
  return emitter.emit(
    keys.map((key) => changeOf(key, onDelete)),
    {
      schema: schemaIndex(snapshot),
      capabilities: sqlite.capabilities(snapshot.server),
      runner,
      wraps: 'nothing',
      plain: false,
      withOperations: true,
      allowed,
    },
  );
}

/** Every stored text of the file, byte for byte. */
export function storedTexts(database: Scratch): readonly unknown[] {
  return database.rows('SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name');
}

/** Every row of every table with its rowid where it has one, and what SQLite keeps of counters and statistics. */
export function allRows(database: Scratch): unknown {
  const tables = database.rows(
    "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name <> 'sqlite_schema' ORDER BY name",
  );
  return (tables as { name: string; wr: number }[]).map(({ name, wr }) => {
    const quoted = `"${name.replaceAll('"', '""')}"`;
    const rowid = wr === 0 && !name.startsWith('sqlite_') ? 'rowid AS "the rowid", ' : '';
    return [name, database.rows(`SELECT ${rowid}* FROM ${quoted} ORDER BY 1, 2`)];
  });
}

/** Runs one direction; throws with the message a person would see. */
export async function run(
  file: string,
  steps: readonly Step[],
  direction: 'up' | 'down',
  runner: Runner,
): Promise<void> {
  const sides =
    direction === 'up'
      ? steps.map((step) => [step, step.up] as const)
      : [...steps].reverse().map((step) => [step, step.down] as const);
  if (runner === 'client' || runner === 'bare client') {
    const result = client(
      file,
      sides.map(([step, side]) => scriptOf(step, side)).join(''),
      runner === 'client' ? head : '',
    );
    if (result.status !== 0) throw new Error(result.text);
    return;
  }
  const database = new Database(file);
  if (runner === 'edit') database.unsafeMode();
  try {
    for (const [step, side] of sides) await runSide(database, step, side);
  } finally {
    database.close();
  }
}

export const head = '.bail on\n.timeout 5000\n.dbconfig defensive off\n';

/** Defensive mode is off in older clients: those tests that need it on say `.dbconfig defensive on` themselves. */
export function client(
  file: string,
  script: string,
  before: string,
): { readonly status: number | null; readonly text: string } {
  const result = spawnSync('sqlite3', ['-batch', file], { input: before + script, encoding: 'utf8' });
  return { status: result.status, text: result.stdout + result.stderr };
}

export function scriptOf(step: Step, side: StepBody): string {
  if (side.kind === 'nothing') return '';
  const { transaction } = step;
  const inside = side.statements.map((statement) => statement.sql);
  const all = transaction === null ? inside : [transaction.begin, ...inside, transaction.commit];
  return [...all, ...side.always.map((statement) => statement.sql)].map((sql) => `${sql};\n`).join('');
}

export function executeOn(database: Database.Database) {
  // eslint-disable-next-line @typescript-eslint/require-await -- as an asynchronous driver would
  return async (sql: string): Promise<readonly Record<string, unknown>[]> => {
    const statement = database.prepare<unknown[], Record<string, unknown>>(sql);
    if (statement.reader) return statement.all();
    statement.run();
    return [];
  };
}

/** As a runner of code does it: the fallback where the probe fails, else the statements. */
export async function runSide(database: Database.Database, step: Step, side: StepBody): Promise<void> {
  if (side.kind === 'nothing') return;
  const execute = executeOn(database);
  const [fallback] = side.fallback;
  try {
    try {
      for (const statement of fallback?.precheck ?? []) await execute(statement);
    } catch (cause) {
      await rebuildTables(execute, fallback?.argument as never, cause);
      return;
    }
    if (step.transaction !== null) await execute(step.transaction.begin);
    for (const statement of side.statements) await execute(statement.sql);
    if (step.transaction !== null) await execute(step.transaction.commit);
  } catch (error) {
    if (step.transaction !== null && database.inTransaction) await execute(step.transaction.rollback);
    throw error;
  } finally {
    for (const statement of side.always) await execute(statement.sql);
  }
}

/** What is read of a file with these tables. */
export async function introspectedSql(sql: string): Promise<Introspection> {
  const database = scratch(sql);
  try {
    return await introspected(database.file);
  } finally {
    database.remove();
  }
}
