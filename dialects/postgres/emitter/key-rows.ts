/** The keys of a file as data: one row of texts per key. Columns that no key of the file needs are left out. */
import type { ForeignKey, TableName } from '../../../src/core/model.ts';
import { action, ddl, head, nameOf, rest } from '../key-sql.ts';
import type { DirectedChange } from './directed-change.ts';

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
  standingSecondKeys: {
    header: 'ON DELETE of second keys that stood before',
    of: ({ standingSecondKeys }) => (standingSecondKeys === null ? '' : action(standingSecondKeys)),
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
      standingSecondKeys: cell(whereNeeded.standingSecondKeys),
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

/** A table as people write it, for regclass: `shop.items`, `shop."Items"`. Key words need no quotes there. */
function written({ schema, name }: TableName): string {
  return [schema, name]
    .map((part) => (/^[a-z_][a-z0-9_]*$/.test(part) ? part : ddl.text(ddl.id(part))))
    .join('.');
}
