/** Files for Kysely's own Migrator: `NAME.ts` with `up` and `down`, importing nothing but kysely. */
import {
  type CodeFallback,
  type EngineName,
  engineNames,
  type JsonValue,
  type Retry,
  type StepBody,
  type Statement,
  type Direction,
  type Step,
} from '../../src/core/model.ts';
import { oncePerFile } from '../shared/commands.ts';
import { jsComment, jsString } from '../shared/javascript.ts';
import { stampedNames } from '../shared/names.ts';
import type { Migration, Template } from '../../src/core/contracts/template.ts';
import { stepsInOrder, nothingToDo } from '../shared/sections.ts';

export const kysely: Template = {
  name: 'kysely',
  title: 'Kysely',
  engines: engineNames,
  description: {
    files: '`NAME.ts` with `up` and `down`, importing nothing but kysely',
    order: 'By name, in the form of the last file.',
    applied: '`kysely_migration`, one row per file.',
    transactions:
      'On PostgreSQL one around all pending files, unless the Migrator is made with `disableTransactions: true`; elsewhere none. There are two files on PostgreSQL, swap and validate.',
    down: '`migrateDown()`, one file at a time.',
    failure:
      'On PostgreSQL nothing is kept; elsewhere what was done stays done. The file does not count as applied; run it again.',
    notes: [],
    oneTransaction:
      'where the tables of a change are larger than 8 MB together, call `migrateUp()` once per file or set `disableTransactions: true`; both files in one transaction stop before their first lock',
  },
  history: {
    query: () => 'SELECT name FROM kysely_migration',
    names: (rows) => rows.map((row) => String(row['name'])),
  },
  runner: { runsCode: true, commandLineClient: false },
  /** kysely 0.28 and 0.29, migrator.js: one transaction around all pending migrations where the dialect has transactional DDL. */
  wraps: (flavor) => (flavor === 'postgres' ? 'all pending files' : 'nothing'),
  commands: (flavor, target) => ({
    up:
      flavor === 'postgres'
        ? 'await migrator.migrateUp()   // once per file, or migrateToLatest() with disableTransactions: true'
        : 'await migrator.migrateToLatest()',
    down: oncePerFile('await migrator.migrateDown()', target, '; '),
  }),
  migrationName: (path) =>
    /\.d\.m?ts$/.test(path) ? null : (/^([^/]+)\.(?:ts|js|mts|mjs)$/.exec(path)?.[1] ?? null),
  holdsUp: () => true,
  names: (request) => stampedNames(request),
  render: (migrations) =>
    migrations.map((migration) => ({ path: `${migration.name}.ts`, content: file(migration) })),
  replay: async (files, stage) => (await import('./replay.ts')).replay(files, stage),
};

function file(migration: Migration): string {
  const bodies = migration.steps.flatMap((step) => [step.up, step.down]);
  const runs = bodies.filter((body) => body.kind === 'run');
  const fallbacks = new Map(
    runs.flatMap((body) => body.fallback).map((fallback) => [fallback.name, fallback]),
  );
  return [
    ...migration.head.map(jsComment),
    '',
    `import { sql, type Kysely } from 'kysely';`,
    '',
    ...functionFor('up', migration),
    '',
    ...migration.downHead.map(jsComment),
    ...functionFor('down', migration),
    ...(runs.length === 0 ? [] : ['', runtime(migration.flavor, fallbacks.size > 0)]),
    ...[...fallbacks.values()].map((fallback) => `\n${fallback.code.trim()}`),
    '',
    jsComment(migration.record),
    '',
  ].join('\n');
}

/** `up` or `down`, with a call per step; Kysely requires both to return a promise. */
function functionFor(name: Direction, migration: Migration): readonly string[] {
  const steps = stepsInOrder(migration.steps, name);
  const idle = steps.every((step) => step[name].kind === 'nothing');
  return [
    idle
      ? `export function ${name}(): Promise<void> {`
      : `export async function ${name}(db: Kysely<unknown>): Promise<void> {`,
    ...steps.flatMap((step) => call(step, step[name])),
    ...(idle ? ['  return Promise.resolve();'] : []),
    '}',
  ];
}

function call(step: Step, body: StepBody): readonly string[] {
  if (body.kind === 'nothing') return [`  ${jsComment(nothingToDo(step, body.reason))}`];
  const { transaction } = step;
  return [
    `  ${jsComment(step.title)}`,
    '  await run(db, {',
    transaction === null
      ? '    transaction: null,'
      : `    transaction: [${[transaction.begin, transaction.commit, transaction.rollback].map(jsString).join(', ')}],`,
    ...list('statements', body.statements),
    ...list('always', body.always),
    `    retry: ${retryText(body.retry)},`,
    ...(body.fallback.length === 0 ? [] : fallbackText(body.fallback)),
    '  });',
  ];
}

function list(name: string, statements: readonly Statement[]): readonly string[] {
  if (statements.length === 0) return [`    ${name}: [],`];
  return [
    `    ${name}: [`,
    ...statements.flatMap((statement) => [
      ...(statement.comment === '' ? [] : [`      ${jsComment(statement.comment)}`]),
      `      ${jsString(statement.sql)},`,
    ]),
    '    ],',
  ];
}

function retryText(retry: Retry | null): string {
  if (retry === null) return 'null';
  const [least, most] = retry.pauseMilliseconds;
  return `{ codes: [${retry.codes.map(jsString).join(', ')}], attempts: ${retry.attempts}, pause: [${least}, ${most}] }`;
}

function fallbackText(fallbacks: readonly CodeFallback[]): readonly string[] {
  return [
    `    probe: [${(fallbacks[0]?.precheck ?? []).map(jsString).join(', ')}],`,
    '    fallback: async (execute, cause) => {',
    ...fallbacks.map((one) => `      await ${one.name}(execute, ${literal(one.argument)}, cause);`),
    '    },',
  ];
}

/** A JSON value in TypeScript. */
function literal(value: JsonValue): string {
  if (typeof value === 'string') return jsString(value);
  if (Array.isArray(value)) return `[${value.map((one: JsonValue) => literal(one)).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `{ ${Object.entries(value)
    .map(([name, one]) => `${name}: ${literal(one)}`)
    .join(', ')} }`;
}

/**
 * The code that every file contains, because it may import nothing but kysely.
 * A pool may run each query on another connection, so a step keeps one. A connection whose settings cannot be restored must
 * not return to the pool, so on MySQL it is closed.
 */
function runtime(flavor: EngineName, withFallback: boolean): string {
  const restore =
    flavor === 'mysql'
      ? `await execute(statement).catch(() => execute('KILL CONNECTION_ID()').catch(() => []));`
      : `await execute(statement).catch(() => []);`;
  const fallbackMembers = `
  readonly probe?: readonly string[];
  readonly fallback?: (execute: Execute, cause: unknown) => Promise<void>;`;
  const askFallback = `    const cause = await refusal(execute, step);
    if (cause !== null && step.fallback !== undefined) return await step.fallback(execute, cause);
`;
  const refusal = `

/** The error that the probe met, or null where the step's statements can work on this connection. */
async function refusal(execute: Execute, step: Step): Promise<unknown> {
  if (step.probe === undefined) return null;
  try {
    for (const statement of step.probe) await execute(statement);
    return null;
  } catch (error) {
    return error;
  }
}`;
  return `type Execute = (statement: string) => Promise<readonly Record<string, unknown>[]>;

interface Step {
  readonly transaction: readonly [begin: string, commit: string, rollback: string] | null;
  readonly statements: readonly string[];
  readonly always: readonly string[];
  readonly retry: { readonly codes: readonly string[]; readonly attempts: number; readonly pause: readonly [number, number] } | null;${withFallback ? fallbackMembers : ''}
}

/** Runs a step on one connection, in a transaction of its own unless the migrator has opened one. */
async function run(db: Kysely<unknown>, step: Step): Promise<void> {
  if (db.isTransaction) return runOn(db, { ...step, transaction: null });
  await db.connection().execute((connection) => runOn(connection, step));
}

async function runOn(connection: Kysely<unknown>, step: Step): Promise<void> {
  const execute: Execute = async (statement) =>
    (await sql.raw<Record<string, unknown>>(statement).execute(connection)).rows;
  const { statements, transaction } = step;
  try {
${withFallback ? askFallback : ''}    if (transaction === null) for (const statement of statements) await again(step, () => execute(statement));
    else await again(step, () => inTransaction(execute, transaction, statements));
  } finally {
    for (const statement of step.always) {
      ${restore}
    }
  }
}

async function inTransaction(
  execute: Execute,
  [begin, commit, rollback]: NonNullable<Step['transaction']>,
  statements: readonly string[],
): Promise<void> {
  try {
    await execute(begin);
    for (const statement of statements) await execute(statement);
    await execute(commit);
  } catch (error) {
    await execute(rollback).catch(() => []);
    throw error;
  }
}

/** Repeats the work while it fails for want of a lock. */
async function again({ retry }: Step, work: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await work();
      return;
    } catch (error) {
      const { code, errno } = error as { code?: unknown; errno?: unknown };
      const canRetry = retry?.codes.some((one) => one === String(code) || one === String(errno)) ?? false;
      if (retry === null || !canRetry || attempt >= retry.attempts) throw error;
      const [least, most] = retry.pause;
      await new Promise((resolve) => setTimeout(resolve, least + Math.random() * (most - least)));
    }
  }
}${withFallback ? refusal : ''}`;
}
