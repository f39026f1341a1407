/**
 * Rows that satisfy CHECKs: no expression is read as a language; values that stand in it are tried, and the server says which row it accepts.
 */
import type { Session } from './session.ts';
import type { TableName } from '../../src/core/model.ts';

export interface RowInsert {
  readonly table: TableName;
  readonly columns: readonly string[];
  readonly values: readonly string[];
}

/** A column whose value nobody asked for, and what might satisfy the CHECKs about it, as expressions. */
export interface FreeColumn {
  readonly name: string;
  readonly values: readonly string[];
}

/** Values by column that go in beside those that are asked for. */
export type Additions = ReadonlyMap<string, string>;

/** More rows are not tried. */
const mostRows = 200;

/**
 * @param accepts whether the server takes the row
 * @returns the first row that it takes, with as few additions as possible; null where there is none
 */
export async function additionsFor(
  insert: RowInsert,
  free: readonly FreeColumn[],
  accepts: (insert: RowInsert) => Promise<boolean>,
): Promise<Additions | null> {
  let left = mostRows;
  for (const additions of combinations(free)) {
    if (left-- === 0) return null;
    if (await accepts(withAdditions(insert, additions))) return additions;
  }
  return null;
}

/** None, then each value of one column, then of two. */
function* combinations(free: readonly FreeColumn[]): Generator<Additions> {
  yield new Map();
  for (const one of free) for (const value of one.values) yield new Map([[one.name, value]]);
  for (const [at, one] of free.entries())
    for (const other of free.slice(at + 1))
      for (const value of one.values)
        for (const second of other.values)
          yield new Map([
            [one.name, value],
            [other.name, second],
          ]);
}

export function withAdditions(insert: RowInsert, additions: Additions): RowInsert {
  const values = new Map(insert.columns.map((column, at) => [column, insert.values[at] ?? 'NULL']));
  for (const [column, value] of additions) values.set(column, value);
  return { table: insert.table, columns: [...values.keys()], values: [...values.values()] };
}

/** Takes a row in and out again. @param isKeys whether an error is a foreign key's, which is looked at after the CHECKs */
export async function isAccepted(
  statements: readonly string[],
  query: Session['query'],
  isKeys: (error: unknown) => boolean,
): Promise<boolean> {
  await query('SAVEPOINT one_row');
  try {
    for (const statement of statements) await query(statement);
    return true;
  } catch (error) {
    return isKeys(error);
  } finally {
    await query('ROLLBACK TO SAVEPOINT one_row');
    await query('RELEASE SAVEPOINT one_row');
  }
}

/** The texts and numbers in expressions, the numbers' neighbours, and texts as long as they say. */
export function valuesIn(expressions: readonly string[]): {
  readonly texts: readonly string[];
  readonly numbers: readonly number[];
} {
  const all = expressions.join('\n');
  const texts = [...all.matchAll(/'((?:[^']|'')*)'/g)].map(([, text = '']) => text.replaceAll("''", "'"));
  const numbers = [...all.replace(/'(?:[^']|'')*'/g, '').matchAll(/(?<![\w.])\d+(?![\w.])/g)].map(Number);
  const lengths = numbers.filter((number) => number > 0 && number < 256).map((number) => 'x'.repeat(number));
  return {
    texts: [...new Set([...texts, ...lengths])],
    numbers: [...new Set(numbers.flatMap((number) => [number, number + 1, number - 1]))],
  };
}
