/** Plans in few lines, for every format: the locks per table with their number, steps of a kind together, one statement of each shape. Pure. */
import { groupBy } from '../core/group-by.ts';
import { lockedText } from '../core/locks.ts';
import type { Lock, Plan, StepBody, Step, Operation } from '../core/model.ts';

/** Locks of one kind over all steps. */
interface LockKind {
  readonly lock: Lock;
  /** The table that is locked most often first. */
  readonly tables: readonly { readonly name: string; readonly times: number }[];
}

/** What reads or writes wait for while the plan runs, the strongest first. */
export function lockKinds({ steps }: Plan): readonly LockKind[] {
  const locks = steps
    .flatMap(({ up }) => operationsOf(up))
    .flatMap((operation) => operation.locks)
    .filter(({ blocks }) => blocks === 'reads and writes' || blocks === 'writes');
  const kinds = groupBy(locks, ({ blocks, held, mode }) => `${blocks}\0${mode}\0${held}`);
  return [...kinds]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([, ofKind]) => {
      const tables = [...groupBy(ofKind, lockedText)].map(([name, { length }]) => ({ name, times: length }));
      tables.sort((one, other) => other.times - one.times);
      return ofKind.slice(0, 1).map((lock) => ({ lock, tables }));
    });
}

/** `users 106×, orders 1× and 104 more tables`. */
export function lockedTables({ tables }: LockKind, most: number, nameOf = (name: string) => name): string {
  const named = tables.slice(0, most).map(({ name, times }) => `${nameOf(name)} ${times}×`);
  const rest = tables.length - named.length;
  const more =
    rest === 0 ? '' : ` and ${rest.toLocaleString('en-US')} more ${rest === 1 ? 'table' : 'tables'}`;
  return `${named.join(', ')}${more}`;
}

/** `ACCESS EXCLUSIVE for a moment, blocks reads and writes`. */
export function lockKindText({ lock: { blocks, held, mode } }: LockKind): string {
  return `${mode} ${held}, blocks ${blocks}`;
}

/**
 * Steps of a kind together: on a server that changes table after table, the same few come again and again.
 * Of a title that names its key, what stands after it makes the kind.
 */
export function stepKinds(steps: readonly Step[]): readonly (readonly Step[])[] {
  const kinds = groupBy(steps, ({ alone, slug, title }) =>
    [slug, alone, title.slice(title.lastIndexOf(': ') + 1)].join('\0'),
  );
  return [...kinds.values()];
}

/** What a step does to the keys, without guards, settings and cleanup. */
export function operationsOf(body: StepBody): readonly Operation[] {
  return body.kind === 'nothing'
    ? []
    : [...body.statements, ...body.always].flatMap((statement) => statement.operations);
}

/** Operations with the same statement but for names, texts and numbers: the first, and how many others are like it. */
export function shapesOf(
  operations: readonly Operation[],
): readonly { readonly operation: Operation; readonly others: number }[] {
  return [...groupBy(operations, shapeOf).values()].flatMap((alike) =>
    alike.slice(0, 1).map((operation) => ({ operation, others: alike.length - 1 })),
  );
}

/** On SQLite the actions stand only in texts, so those of the comment belong to the shape. */
function shapeOf(operation: Operation): string {
  const actions = operation.comment.match(actionWords) ?? [];
  return [wordsOf(operation.sql), ...actions, ...modesOf(operation)].join('\0');
}

const actionWords = /CASCADE|SET NULL|SET DEFAULT|RESTRICT|NO ACTION/g;

/** A shape in which the statement and its reverse are alike. */
export function shapeWithoutAction(operation: Operation): string {
  const words = wordsOf(operation.sql).replaceAll(
    / ON DELETE (?:CASCADE|SET NULL|SET DEFAULT|RESTRICT|NO ACTION)(?: \([^)]*\))?/g,
    '',
  );
  return [words, ...modesOf(operation)].join('\0');
}

/** Without names, texts and numbers, and in one line: a statement with long names stands in two. */
function wordsOf(sql: string): string {
  return sql.replace(/"(?:[^"]|"")*"|`(?:[^`]|``)*`|'(?:[^']|'')*'|\d+/g, '?').replace(/\s+/g, ' ');
}

function modesOf({ locks }: Operation): readonly string[] {
  return [...new Set(locks.map((lock) => lock.mode))];
}
