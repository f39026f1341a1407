// Runs one direction of a plan while other sessions stand in its way, and tells the metadata locks that the server says it took,
// beside those that its statements declare. ALTER TABLE ends before anybody can look, so it is looked at while it waits.
import { setTimeout as sleep } from 'node:timers/promises';
import { tableId } from '../../src/core/names.ts';
import type { Lock, StepBody, Statement } from '../../src/core/model.ts';
import type { Session } from '../servers/index.ts';
import { impatient, type Lab } from './lab.ts';

/** The servers' own order, weakest first: https://dev.mysql.com/doc/dev/mysql-server/latest/classMDL__key.html */
const modes = [
  'SHARED',
  'SHARED_HIGH_PRIO',
  'SHARED_READ',
  'SHARED_WRITE',
  'SHARED_WRITE_LOW_PRIO',
  'SHARED_UPGRADABLE',
  'SHARED_READ_ONLY',
  'SHARED_NO_WRITE',
  'SHARED_NO_READ_WRITE',
  'EXCLUSIVE',
];

export interface Watched {
  /** `comment: table MODE, …`, one line a statement that locks anything. */
  readonly declared: readonly string[];
  readonly observed: readonly string[];
  /** Tables for which the plan was seen waiting, in no order. */
  readonly waitedFor: readonly string[];
  /** The words behind `ALTER TABLE` that bound what the server may do. */
  readonly clauses: readonly string[];
}

/** Called while a statement holds its locks, or waits for one of them, with a table that it locks. */
export type Trial = (statement: Statement, table: string) => Promise<void>;

export interface Watch {
  /** While a transaction that has read them stands on each of `tables`, until the plan is seen waiting for it. */
  run(side: StepBody, tables: readonly string[], trial: Trial): Promise<Watched>;
}

/** No reader holds it back: seen pending, it is about to be granted (once in a run on two busy cores, MariaDB 10.11). */
const passing = 'SHARED_UPGRADABLE';

/**
 * Of the definition of a table alone, for a moment: they hold back nothing but another ALTER. MariaDB's information_schema opens every table
 * with the second, and a file asks there in which state its keys are; each try of an ALTER takes the first on the parent (seen on 11.8).
 */
const ofDefinitions = "'SHARED', 'SHARED_HIGH_PRIO'";

export async function openWatch(at: Lab): Promise<Watch> {
  const worker = await at.session();
  const observer = await at.session();
  const [{ thread } = {}] = await worker.query(
    'SELECT THREAD_ID AS thread FROM performance_schema.threads WHERE PROCESSLIST_ID = CONNECTION_ID()',
  );

  const rowsNow = (): ReturnType<Session['query']> =>
    observer.query(
      `SELECT OBJECT_SCHEMA AS s, OBJECT_NAME AS t, LOCK_TYPE AS mode, LOCK_STATUS AS status FROM performance_schema.metadata_locks
        WHERE OWNER_THREAD_ID = ? AND OBJECT_TYPE = 'TABLE' AND OBJECT_SCHEMA NOT IN ('mysql', 'performance_schema', 'information_schema', 'sys')
          AND OBJECT_NAME NOT LIKE '#sql%' AND LOCK_TYPE NOT IN (${ofDefinitions})`,
      [thread],
    );

  /** Adds what is held and waited for to `seen`. @returns the tables waited for */
  async function look(seen: Map<string, string>): Promise<readonly string[]> {
    const rows = await rowsNow();
    for (const row of rows) {
      const mode = String(row['mode']);
      if (!modes.includes(mode)) throw new Error(`a mode that is not known: ${mode}`);
      add(seen, `${String(row['s'])}.${String(row['t'])}`, mode);
    }
    return rows
      .filter((row) => row['status'] === 'PENDING' && row['mode'] !== passing)
      .map((row) => String(row['t']));
  }

  async function whileItWaits(
    statement: Statement,
    tables: readonly string[],
    waitedFor: Set<string>,
    trial: Trial,
  ) {
    const seen = new Map<string, string>();
    const holders = new Map<string, Session>();
    for (const table of tables) {
      const holder = await at.session();
      await holder.query(`START TRANSACTION; SELECT COUNT(*) FROM ${table}`);
      holders.set(table, holder);
    }
    const turn = { ended: false };
    const work = worker.query(withoutCount(impatient(statement.sql))).finally(() => (turn.ended = true));
    // The error is met where the work is awaited.
    work.catch(() => undefined);
    while (!turn.ended) {
      for (const table of await look(seen)) {
        waitedFor.add(table);
        const holder = holders.get(table);
        if (holder === undefined) continue;
        await trial(statement, table);
        holders.delete(table);
        await letGo(holder);
      }
      await sleep(5);
    }
    for (const holder of holders.values()) await letGo(holder);
    await work;
    return seen;
  }

  async function inTransaction(statement: Statement, trial: Trial) {
    const seen = new Map<string, string>();
    await worker.query('START TRANSACTION');
    await worker.query(statement.sql);
    await look(seen);
    for (const table of seen.keys()) await trial(statement, table.split('.')[1] ?? '');
    await worker.query('COMMIT');
    return seen;
  }

  return {
    async run(side, tables, trial) {
      if (side.kind !== 'run') throw new Error('nothing to run');
      const declared: string[] = [];
      const observed: string[] = [];
      const clauses: string[] = [];
      const waitedFor = new Set<string>();
      const note = (comment: string, locks: readonly Lock[], seen: ReadonlyMap<string, string>): void => {
        if (locks.length > 0) declared.push(lineOf(comment, locksOf(locks)));
        if (seen.size > 0) observed.push(lineOf(comment, seen));
      };
      for (const statement of [...side.statements, ...side.always]) {
        const alters = statement.operations.filter(({ sql }) => sql.startsWith('ALTER'));
        clauses.push(...alters.map(({ sql }) => sql.replace(/^.*, (?=ALGORITHM)/s, '')));
        // A block counts and alters; the counts are tried one by one, because a lock that ends at once is not seen from outside.
        for (const work of statement.operations.filter((one) => !alters.includes(one)))
          note(
            work.comment,
            work.locks,
            await inTransaction({ ...statement, sql: work.sql, operations: [work] }, trial),
          );
        const [first] = alters;
        if (first !== undefined) {
          const seen = await whileItWaits({ ...statement, operations: alters }, tables, waitedFor, trial);
          note(
            first.comment,
            alters.flatMap(({ locks }) => locks),
            seen,
          );
        } else if (statement.operations.length === 0) {
          note(statement.comment, [], await inTransaction(statement, trial));
        }
        // The plan gives up after a second; the test lets go when it has seen enough.
        if (statement.sql.includes('SESSION foreign_key_checks = 0'))
          await worker.query('SET SESSION lock_wait_timeout = 60');
      }
      return { declared, observed, waitedFor: [...waitedFor].sort(), clauses };
    },
  };
}

/** A block counts before it alters; the count is tried by itself. */
const withoutCount = (sql: string): string => sql.replace('EXECUTE IMMEDIATE one.progress;', 'DO 0;');

async function letGo(holder: Session): Promise<void> {
  await holder.query('ROLLBACK');
  await holder.close();
}

function add(strongest: Map<string, string>, table: string, mode: string): void {
  const known = strongest.get(table);
  if (known === undefined || modes.indexOf(known) < modes.indexOf(mode)) strongest.set(table, mode);
}

function locksOf(locks: readonly Lock[]): ReadonlyMap<string, string> {
  const strongest = new Map<string, string>();
  for (const { table, mode } of locks)
    if (table !== null && mode.startsWith('metadata '))
      add(strongest, tableId(table).replace('\0', '.'), mode.replace(/^metadata /, ''));
  return strongest;
}

const lineOf = (comment: string, locks: ReadonlyMap<string, string>): string =>
  `${comment} ${[...locks]
    .map(([table, mode]) => `${table} ${mode}`)
    .sort()
    .join(', ')}`;
