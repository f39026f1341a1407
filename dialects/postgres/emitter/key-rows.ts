/** The keys of a file as data: one row of texts per key. Columns that no key of the file needs are left out. */
import type { Change, DeleteClause, Direction, ForeignKey } from '../../../src/core/model.ts';
import { liveClause } from '../../../src/core/names.ts';
import { action, ddl, head, nameOf, rest, written } from '../key-sql.ts';

/** A key on its way from one action to another. */
export interface DirectedChange {
  readonly key: ForeignKey;
  readonly from: DeleteClause;
  readonly to: DeleteClause;
  /** The action that an interrupted change of the key came from; null for a key that was not half done. */
  readonly halfDoneFrom: DeleteClause | null;
  /** A partitioned key before 18 on its way back: the action of the second keys that an interrupted change had left on its partitions. */
  readonly again: DeleteClause | null;
}

export function directedChanges(changes: readonly Change[], direction: Direction): readonly DirectedChange[] {
  return changes.map((change) => directedChange(change, direction));
}

/** A change in one direction. A half-done key starts up from, and goes down to, exactly its half-done state. */
function directedChange({ foreignKey: key, from, to }: Change, direction: Direction): DirectedChange {
  const here = liveClause(key);
  const { halfDone } = key;
  const hasSecond = halfDone !== null && halfDone.secondKeys > 0;
  const halfDoneFrom = halfDone === null || hasSecond ? null : (halfDone.from ?? from);
  if (direction === 'up') return { key, from: here, to, halfDoneFrom, again: null };
  return { key, from: to, to: here, halfDoneFrom, again: hasSecond ? halfDone.to : null };
}

interface Column {
  readonly header: string;
  readonly of: (change: DirectedChange) => string;
}

const always: readonly Column[] = [
  { header: 'child', of: ({ key }) => written(key.child) },
  { header: 'constraint', of: ({ key }) => nameOf(key) },
  { header: 'key', of: ({ key }) => head(key) },
  { header: 'ON DELETE before', of: ({ from }) => action(from) },
  { header: 'ON DELETE after', of: ({ to }) => action(to) },
];

const whereNeeded = {
  rest: { header: 'what follows', of: ({ key }) => rest(key) },
  halfDoneFrom: {
    header: 'ON DELETE before an interrupted change',
    of: ({ halfDoneFrom }) => (halfDoneFrom === null ? '' : action(halfDoneFrom)),
  },
  again: {
    header: 'ON DELETE of second keys that stood before',
    of: ({ again }) => (again === null ? '' : action(again)),
  },
  triggers: { header: 'states of its triggers', of: ({ key }) => triggerStates(key) },
} as const satisfies Readonly<Record<string, Column>>;

export interface Rows {
  /** What stands in a row, for the line above them. */
  readonly header: string;
  /** The rows in SQL. */
  readonly text: string;
  /** Where a row has what only some files need: `keys[n][6]`; null where this one does not. */
  readonly cell: Readonly<Record<keyof typeof whereNeeded, string | null>>;
}

export function rowsOf(directed: readonly DirectedChange[]): Rows {
  const needed = (column: Column): boolean => directed.some((change) => column.of(change) !== '');
  const columns = [...always, ...Object.values<Column>(whereNeeded).filter(needed)];
  const cell = (column: Column): string | null =>
    columns.includes(column) ? `keys[n][${columns.indexOf(column) + 1}]` : null;
  return {
    header: columns.map(({ header }) => header).join(', '),
    text: directed
      .map((change) => rowText(columns.map(({ of }) => ddl.text(ddl.literal(of(change))))))
      .join(',\n'),
    cell: {
      rest: cell(whereNeeded.rest),
      halfDoneFrom: cell(whereNeeded.halfDoneFrom),
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
