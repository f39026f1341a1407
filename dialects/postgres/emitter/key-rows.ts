/** The keys of a file as data: one row of texts per key. Columns that no key of the file needs are left out. */
import type { Change, DeleteClause, ForeignKey } from '../../../src/core/model.ts';
import { action, ddl, head, nameOf, rest, written } from '../key-sql.ts';

export type Direction = 'up' | 'down';

/** A key on its way from one action to another. */
export interface Way {
  readonly key: ForeignKey;
  readonly from: DeleteClause;
  readonly to: DeleteClause;
  /** The action that an interrupted change of the key came from; null for a key that was not half done. */
  readonly begun: DeleteClause | null;
  /** A partitioned key before 18 on its way back: the action of the second keys that an interrupted change had left on its partitions. */
  readonly again: DeleteClause | null;
}

export function waysOf(changes: readonly Change[], direction: Direction): readonly Way[] {
  return changes.map((change) => wayOf(change, direction));
}

/** A change in one direction. A half-done key starts up from, and goes down to, exactly its half-done state. */
function wayOf({ foreignKey: key, from, to }: Change, direction: Direction): Way {
  const here: DeleteClause = { onDelete: key.onDelete, onDeleteColumns: key.onDeleteColumns };
  const { halfDone } = key;
  const hasSecond = halfDone !== null && halfDone.twins > 0;
  const begun = halfDone === null || hasSecond ? null : (halfDone.from ?? from);
  if (direction === 'up') return { key, from: here, to, begun, again: null };
  return { key, from: to, to: here, begun, again: hasSecond ? halfDone.to : null };
}

interface Column {
  readonly says: string;
  readonly of: (way: Way) => string;
}

const always: readonly Column[] = [
  { says: 'child', of: ({ key }) => written(key.child) },
  { says: 'constraint', of: ({ key }) => nameOf(key) },
  { says: 'key', of: ({ key }) => head(key) },
  { says: 'ON DELETE before', of: ({ from }) => action(from) },
  { says: 'ON DELETE after', of: ({ to }) => action(to) },
];

const whereNeeded = {
  rest: { says: 'what follows', of: ({ key }) => rest(key) },
  begun: {
    says: 'ON DELETE before an interrupted change',
    of: ({ begun }) => (begun === null ? '' : action(begun)),
  },
  again: {
    says: 'ON DELETE of second keys that stood before',
    of: ({ again }) => (again === null ? '' : action(again)),
  },
  triggers: { says: 'states of its triggers', of: ({ key }) => triggerStates(key) },
} as const satisfies Readonly<Record<string, Column>>;

export interface Rows {
  /** What stands in a row, for the line above them. */
  readonly says: string;
  /** The rows in SQL. */
  readonly text: string;
  /** Where a row has what only some files need: `keys[n][6]`; null where this one does not. */
  readonly cell: Readonly<Record<keyof typeof whereNeeded, string | null>>;
}

export function rowsOf(ways: readonly Way[]): Rows {
  const needed = (column: Column): boolean => ways.some((way) => column.of(way) !== '');
  const columns = [...always, ...Object.values<Column>(whereNeeded).filter(needed)];
  const cell = (column: Column): string | null =>
    columns.includes(column) ? `keys[n][${columns.indexOf(column) + 1}]` : null;
  return {
    says: columns.map(({ says }) => says).join(', '),
    text: ways.map((way) => rowText(columns.map(({ of }) => ddl.text(ddl.literal(of(way)))))).join(',\n'),
    cell: {
      rest: cell(whereNeeded.rest),
      begun: cell(whereNeeded.begun),
      again: cell(whereNeeded.again),
      triggers: cell(whereNeeded.triggers),
    },
  };
}

/** Behind it there is room for what closes the last row. */
const widest = 156;

/** One line, or as many as it takes to stay readable; a text is never cut. */
function rowText(literals: readonly string[]): string {
  const lines: string[] = [];
  let line = '    [';
  for (const [at, literal] of literals.entries()) {
    const piece = at === literals.length - 1 ? literal : `${literal}, `;
    if (at > 0 && line.length + piece.length > widest) {
      lines.push(line.trimEnd());
      line = '     ';
    }
    line += piece;
  }
  return `${[...lines, line].join('\n')}]`;
}

/** ` [child ins D] [parent del A]`, as the block reads them from the catalog; those that are `origin` are not told. */
function triggerStates(key: ForeignKey): string {
  const letters = { origin: 'O', disabled: 'D', replica: 'R', always: 'A' } as const;
  const labels = key.triggers.map(
    ({ on, event, enabled }) => ` [${on} ${event.slice(0, 3)} ${letters[enabled]}]`,
  );
  return labels.toSorted().join('');
}
