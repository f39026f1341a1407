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
import {
  type Additions,
  additionsFor,
  type FreeColumn,
  isAccepted,
  type RowInsert,
  withAdditions,
} from './acceptable-row.ts';
import type { Ddl, Fragment } from './ddl.ts';

/** What an engine does in its own way. */
export interface TrialHooks {
  readonly ddl: Ddl;
  readonly query: ScratchDatabase['query'];
  /** Begins a transaction. */
  readonly begin: string;
  /** An expression for the n-th value of a column; values of different n differ. Null where none is known. */
  value(table: TableName, column: string, n: number): string | null;
  /** Columns that must be given a value although nobody asks for one. */
  required(table: TableName): readonly string[];
  /** Statements in front of all rows. */
  room(tables: readonly TableName[]): readonly string[];
  /** Columns that CHECKs of the table are about, where a delete may break one; empty where the rows need not satisfy them. */
  free(table: TableName): readonly FreeColumn[];
  /** What the server accepted so far, by the columns that were given; null where it accepted nothing. */
  readonly accepted: Map<string, Additions | null>;
  /** Statements that put rows in although they break a CHECK; null where the server has no such thing. */
  readonly ignoreChecks: readonly string[] | null;
  /** Statements that put the rows in, which may point to each other in a circle: the engine's keys are looked at when all are in. */
  insertion(inserts: readonly RowInsert[]): readonly string[];
  /** Between the rows and the delete, such as looking at deferred keys from here on. */
  readonly beforeDelete: readonly string[];
  /** Throws as a foreign key does if a deferred one is broken now. */
  checkDeferred(): Promise<void>;
  /** Whether an error is a foreign key's refusal. */
  isRefusal(error: unknown): boolean;
}

/** Numbers of values that nobody else asks for begin here. */
const firstOwnNumber = 1000;

/** @returns what became of the rows; never throws for what the database says to them */
export async function runTrial(experiment: DeleteTrial, hooks: TrialHooks): Promise<TrialResult> {
  const inserts: RowInsert[] = [];
  for (const [index, row] of experiment.rows.entries()) {
    const insert = insertOf(row, firstOwnNumber + index, hooks);
    if (typeof insert === 'string') return { kind: 'impossible', why: insert, row: null };
    inserts.push(insert);
  }
  const { query } = hooks;
  let refused: number | null = null;
  await query(hooks.begin);
  try {
    for (const statement of hooks.room(inserts.map((insert) => insert.table))) await query(statement);
    const rows: RowInsert[] = [];
    for (const [index, insert] of inserts.entries()) {
      const additions = await additionsOf(insert, experiment.rows[index], hooks);
      if (additions === null) refused ??= index;
      rows.push(withAdditions(insert, additions ?? new Map()));
    }
    const ignoring = refused === null ? [] : (hooks.ignoreChecks ?? []);
    for (const statement of [...ignoring, ...hooks.insertion(rows), ...hooks.beforeDelete])
      await query(statement);
    await query('SAVEPOINT before_delete');
  } catch (error) {
    await query('ROLLBACK').catch(() => []);
    const why = `the server refuses rows of our making: ${messageOf(error)}`;
    return { kind: 'impossible', why, row: refused };
  }
  try {
    const result = await deleteAndLook(experiment, hooks);
    if (result.kind !== 'failed' || refused === null) return result;
    const why = `no row was found that satisfies the CHECKs, and with others the delete fails: ${result.why}`;
    return { kind: 'impossible', why, row: refused };
  } finally {
    await query('ROLLBACK').catch(() => []);
  }
}

/** What has to stand in the columns that nobody asks for; null where the server accepts no such row. */
async function additionsOf(
  insert: RowInsert,
  row: ScratchRow | undefined,
  hooks: TrialHooks,
): Promise<Additions | null> {
  const cells = row?.cells ?? {};
  const free = hooks.free(insert.table).filter(({ name }) => !Object.hasOwn(cells, name));
  if (hooks.free(insert.table).length === 0) return new Map();
  const shape = JSON.stringify([insert.table, Object.entries(cells).map(([name, n]) => [name, n === null])]);
  const known = hooks.accepted.get(shape);
  if (known !== undefined) return known;
  const found = await additionsFor(insert, free, (one) =>
    isAccepted(hooks.insertion([one]), hooks.query, (error) => hooks.isRefusal(error)),
  );
  hooks.accepted.set(shape, found);
  return found;
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
    return { kind: 'impossible', why: `the rows cannot be counted: ${messageOf(error)}`, row: null };
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
