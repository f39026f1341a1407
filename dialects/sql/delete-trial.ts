/** An experiment on a scratch database: rows in, some deleted, the rest counted, everything taken back. The same on every engine but for its hooks. */
import type {
  DeleteTrial,
  ScratchDatabase,
  ScratchRow,
  TrialResult,
} from '../../src/core/contracts/scratch.ts';
import { messageOf } from '../../src/core/errors.ts';
import { tableText } from '../../src/core/names.ts';
import type { TableName } from '../../src/core/model.ts';
import type { Ddl, Fragment } from './ddl.ts';

/** What an engine does in its own way. */
export interface TrialHooks {
  readonly ddl: Ddl;
  readonly query: ScratchDatabase['query'];
  /** An expression for the n-th value of a column; values of different n differ. Null where none is known. */
  value(table: TableName, column: string, n: number): string | null;
  /** Columns that must be given a value although nobody asks for one. */
  required(table: TableName): readonly string[];
  /** Statements that put the rows in, which may point to each other in a circle: the engine's keys are looked at when all are in. */
  insertion(inserts: readonly RowInsert[]): readonly string[];
  /** Between the rows and the delete, such as looking at deferred keys from here on. */
  readonly beforeDelete: readonly string[];
  /** Throws as a foreign key does if a deferred one is broken now. */
  checkDeferred(): Promise<void>;
  /** Whether an error is a foreign key's refusal. */
  isRefusal(error: unknown): boolean;
}

export interface RowInsert {
  readonly table: TableName;
  readonly columns: readonly string[];
  readonly values: readonly string[];
}

/** Numbers of values that nobody else asks for begin here. */
const firstOwnNumber = 1000;

/** @returns what became of the rows; never throws for what the database says to them */
export async function runTrial(experiment: DeleteTrial, hooks: TrialHooks): Promise<TrialResult> {
  const inserts: RowInsert[] = [];
  for (const [index, row] of experiment.rows.entries()) {
    const insert = insertOf(row, firstOwnNumber + index, hooks);
    if (typeof insert === 'string') return { kind: 'impossible', why: insert };
    inserts.push(insert);
  }
  const { query } = hooks;
  await query('BEGIN');
  try {
    for (const statement of [...hooks.insertion(inserts), ...hooks.beforeDelete]) await query(statement);
    await query('SAVEPOINT before_delete');
  } catch (error) {
    await query('ROLLBACK').catch(() => []);
    return { kind: 'impossible', why: `the server refuses rows of our making: ${messageOf(error)}` };
  }
  try {
    return await deleteAndLook(experiment, hooks);
  } finally {
    await query('ROLLBACK').catch(() => []);
  }
}

async function deleteAndLook(experiment: DeleteTrial, hooks: TrialHooks): Promise<TrialResult> {
  const { query } = hooks;
  let kind: 'deleted' | 'refused' = 'deleted';
  try {
    for (const statement of deletions(experiment, hooks)) await query(statement);
    await hooks.checkDeferred();
  } catch (error) {
    if (!hooks.isRefusal(error)) {
      return { kind: 'failed', why: messageOf(error) };
    }
    kind = 'refused';
    await query('ROLLBACK TO SAVEPOINT before_delete');
  }
  try {
    const counts: number[] = [];
    for (const row of experiment.expect) counts.push(await countOf(hooks, row));
    return { kind, counts };
  } catch (error) {
    return { kind: 'impossible', why: `the rows cannot be counted: ${messageOf(error)}` };
  }
}

function insertOf(row: ScratchRow, own: number, hooks: TrialHooks): RowInsert | string {
  const cells = new Map(Object.entries(row.cells));
  for (const column of hooks.required(row.table)) if (!cells.has(column)) cells.set(column, own);
  const values: string[] = [];
  for (const [column, n] of cells) {
    const value = n === null ? 'NULL' : hooks.value(row.table, column, n);
    if (value === null) return `no value is known for ${column} of ${tableText(row.table)}`;
    values.push(value);
  }
  return { table: row.table, columns: [...cells.keys()], values };
}

/** `INSERT INTO t (a, b) VALUES (1, 2)`, with `words` between the columns and the values. */
export function insertText(ddl: Ddl, insert: RowInsert, words = ''): string {
  const { table, columns, values } = insert;
  return ddl.text(
    ddl.sql`INSERT INTO ${ddl.table(table)} (${ddl.ids(columns)})${ddl.raw(words)} VALUES (${ddl.raw(values.join(', '))})`,
  );
}

function deletions(experiment: DeleteTrial, hooks: TrialHooks): readonly string[] {
  const { ddl } = hooks;
  const rows = experiment.deleteRows.flatMap((index) => experiment.rows[index] ?? []);
  const [first] = rows;
  if (first === undefined) return [];
  const conditions = rows.map((row) => conditionOf(row, hooks));
  const from = (where: Fragment): string =>
    ddl.text(ddl.sql`DELETE FROM ${ddl.table(first.table)} WHERE ${where}`);
  return experiment.bulk
    ? [
        from(
          ddl.join(
            conditions.map((one) => ddl.sql`(${one})`),
            ' OR ',
          ),
        ),
      ]
    : conditions.map(from);
}

function conditionOf(row: ScratchRow, hooks: TrialHooks): Fragment {
  const { ddl } = hooks;
  const cells = Object.entries(row.cells);
  if (cells.length === 0) return ddl.raw('1 = 1');
  return ddl.join(
    cells.map(([column, n]) =>
      n === null
        ? ddl.sql`${ddl.id(column)} IS NULL`
        : ddl.sql`${ddl.id(column)} = ${ddl.raw(hooks.value(row.table, column, n) ?? 'NULL')}`,
    ),
    ' AND ',
  );
}

async function countOf(hooks: TrialHooks, row: ScratchRow): Promise<number> {
  const { ddl, query } = hooks;
  const [found] = await query(
    ddl.text(ddl.sql`SELECT count(*) AS n FROM ${ddl.table(row.table)} WHERE ${conditionOf(row, hooks)}`),
  );
  return Number(found?.['n']);
}
