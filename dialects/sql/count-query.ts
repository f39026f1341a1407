/**
 * Counting what a delete would touch, in one statement that reads: a recursive query goes from the rows that an expression picks over the keys,
 * and UNION takes each row once, so that circles and self references end. The same on every engine but for how a row is known.
 */
import type { Session } from './session.ts';
import type { CountedRows, CountRequest } from '../../src/core/contracts/probe.ts';
import { codeOf, messageOf, OndeleteError } from '../../src/core/errors.ts';
import { distinctTables, tableId } from '../../src/core/names.ts';
import type { ForeignKey, TableName } from '../../src/core/model.ts';
import type { Ddl, Fragment } from './ddl.ts';

/** How rows of one table are told apart. */
export interface Identity {
  /** What to read from: the table, in the engine's way. */
  readonly from: Fragment;
  /** By slot: what the row is known by; `row` is an alias, null for the table by its own name. */
  cells(row: Fragment | null): ReadonlyMap<number, Fragment>;
  /** The row of this alias is the one that the recursive query holds. */
  isFound(row: Fragment): Fragment;
}

interface CountingWay {
  readonly ddl: Ddl;
  readonly slots: number;
  identity(table: TableName): Identity;
  /** The rows picked, and whatever else has to stand in front of the recursion. */
  anchor(picked: Fragment): Fragment;
  /** The branches of the recursion, each a SELECT from `found` and two tables, as the engine takes them. */
  recursion(branches: readonly Branch[]): Fragment;
  /** A condition that each row is tested with, made from something of the row; null for none. */
  readonly tick: ((cell: Fragment) => Fragment) | null;
}

/** One key that a delete is followed over. */
interface Branch {
  readonly columns: Fragment;
  /** The two tables and how they are joined with the found row. */
  readonly tables: Fragment;
  readonly condition: Fragment;
}

const effects = { deleted: 0, nulled: 1, defaulted: 2, refused: 3, picked: 4 } as const;

/** Slots are columns of the recursive query: `s0`, `s1` … */
function slotName(slot: number): string {
  return `s${slot}`;
}

/**
 * The statement, a SELECT without the word itself in front where `inner` wraps it; one row per table: `t` and the numbers.
 * @returns the text from WITH on
 */
export function countingQuery(request: CountRequest, way: CountingWay): Fragment {
  const { ddl } = way;
  const tables = tablesOf(request);
  const numberOf = (table: TableName): Fragment =>
    ddl.raw(String(tables.findIndex((one) => tableId(one) === tableId(table))));
  const slots = Array.from({ length: way.slots }, (_, slot) => ddl.id(slotName(slot)));
  const start = way.identity(request.start);
  const picked = ddl.sql`SELECT ${numberOf(request.start)} AS t, ${ddl.raw(String(effects.picked))} AS e, ${ddl.join(
    slots.map((slot, at) => ddl.sql`${start.cells(null).get(at) ?? ddl.raw('NULL')} AS ${slot}`),
  )} FROM ${start.from} WHERE ${ddl.join([ddl.raw(`(${request.where})`), ...ticked(start.cells(null), way)], ' AND ')}`;
  const [parent, child] = [ddl.id('p'), ddl.id('c')];
  const branches = request.edges.map(({ key, effect }): Branch => {
    const [above, below] = [way.identity(key.parent), way.identity(key.child)];
    return {
      columns: ddl.sql`${numberOf(key.child)} AS t, ${ddl.raw(String(effects[effect]))} AS e, ${ddl.join(
        slots.map((slot, at) => ddl.sql`${below.cells(child).get(at) ?? ddl.raw('NULL')} AS ${slot}`),
      )}`,
      tables: ddl.sql`${above.from} AS ${parent} JOIN ${below.from} AS ${child} ON ${joined(ddl, key, parent, child)}`,
      condition: ddl.join(
        [
          ddl.sql`found.t = ${numberOf(key.parent)}`,
          ddl.raw('found.e IN (0, 4)'),
          above.isFound(parent),
          ...ticked(below.cells(child), way),
        ],
        ' AND ',
      ),
    };
  });
  const recursion = branches.length === 0 ? ddl.raw('') : ddl.sql` UNION ${way.recursion(branches)}`;
  const is = (effect: number, name: string): Fragment =>
    ddl.raw(`MAX(CASE WHEN e = ${effect} THEN 1 ELSE 0 END) AS ${name}`);
  const rows = ddl.sql`SELECT t, ${ddl.join([is(0, 'd'), is(1, 'n'), is(2, 'f'), is(3, 'r'), is(4, 'k')])} FROM found GROUP BY t, ${ddl.join(slots)}`;
  const sum = (condition: string, name: string): Fragment =>
    ddl.raw(`SUM(CASE WHEN ${condition} THEN 1 ELSE 0 END) AS ${name}`);
  return ddl.sql`WITH RECURSIVE found(t, e, ${ddl.join(slots)}) AS (${way.anchor(picked)}${recursion}) SELECT t, ${ddl.join(
    [
      sum('k = 1', 'picked'),
      sum('k = 0 AND d = 1', 'deleted'),
      sum('k = 0 AND d = 0 AND n = 1', 'nulled'),
      sum('k = 0 AND d = 0 AND f = 1', 'defaulted'),
      sum('k = 0 AND d = 0 AND r = 1', 'refused'),
    ],
  )} FROM (${rows}) AS each_row GROUP BY t`;
}

function ticked(cells: ReadonlyMap<number, Fragment>, { tick }: CountingWay): readonly Fragment[] {
  const [cell] = cells.values();
  return tick === null || cell === undefined ? [] : [tick(cell)];
}

/** Parent first: on SQLite its collation is the one that keys are compared with. */
function joined(ddl: Ddl, key: ForeignKey, parent: Fragment, child: Fragment): Fragment {
  return ddl.join(
    key.columns.map((column, place) => {
      const [above, below] = [
        ddl.sql`${parent}.${ddl.id(key.parentColumns[place] ?? '')}`,
        ddl.sql`${child}.${ddl.id(column)}`,
      ];
      const ranges = key.period && place === key.columns.length - 1;
      return ddl.sql`${above} ${ddl.raw(ranges ? '&&' : '=')} ${below}`;
    }),
    ' AND ',
  );
}

function tablesOf(request: CountRequest): readonly TableName[] {
  return distinctTables([request.start, ...request.edges.flatMap(({ key }) => [key.parent, key.child])]);
}

/** What the server answered. Numbers come as text from some drivers. */
export function countedFrom(
  request: CountRequest,
  rows: readonly Readonly<Record<string, unknown>>[],
): CountedRows {
  const tables = tablesOf(request);
  const number = (row: Readonly<Record<string, unknown>>, name: string): number => Number(row[name] ?? 0);
  return {
    picked: rows.reduce((sum, row) => sum + number(row, 'picked'), 0),
    tables: rows.flatMap((row) => {
      const table = tables[number(row, 't')];
      if (table === undefined) return [];
      return [
        {
          schema: table.schema,
          name: table.name,
          deleted: number(row, 'deleted'),
          nulled: number(row, 'nulled'),
          defaulted: number(row, 'defaulted'),
          refused: number(row, 'refused'),
        },
      ];
    }),
  };
}

/** Quotes inside which nothing ends an expression, by engine. */
const quotes = {
  postgres: { "'": "'", '"': '"' },
  mysql: { "'": "'", '"': '"', '`': '`' },
  mariadb: { "'": "'", '"': '"', '`': '`' },
  sqlite: { "'": "'", '"': '"', '`': '`', '[': ']' },
} as const;

/** Signs that end an expression or hide what follows, and what is said of them. */
const forbidden = {
  postgres: /^(?:;|--|\/\*|\*\/|\\|\$|`|\0)/,
  mysql: /^(?:;|--|\/\*|\*\/|\\|#|\0)/,
  mariadb: /^(?:;|--|\/\*|\*\/|\\|#|\0)/,
  sqlite: /^(?:;|--|\/\*|\*\/|\\|\0)/,
} as const;

/** Words that write, or hold locks, or lead out of the server. */
const writing = /\b(?:into|outfile|dumpfile)\b|\bfor\s+(?:update|share|no\s+key|key)\b|\block\s+in\b/i;

/**
 * Refuses everything that is not one expression before a server sees it: second statements, comments, brackets that do not match.
 * Backslashes are refused as well, because it depends on settings of the server whether they escape a quote.
 * @throws OndeleteError USAGE
 */
export function checkExpression(text: string, flavor: keyof typeof quotes): void {
  const pairs: Readonly<Record<string, string>> = quotes[flavor];
  let depth = 0;
  let bare = '';
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charAt(at);
    const closing = Object.hasOwn(pairs, sign) ? pairs[sign] : undefined;
    if (closing !== undefined) {
      const end = endOf(text, at + 1, closing);
      if (end < 0) throw notOne(`the quote ${sign} is not closed`);
      if (text.slice(at, end).includes('\\') || text.slice(at, end).includes('\0'))
        throw notOne('it holds a backslash');
      bare += ' ';
      at = end;
      continue;
    }
    const found = forbidden[flavor].exec(text.slice(at, at + 2))?.[0];
    if (found !== undefined)
      throw notOne(
        found === '\\' ? 'it holds a backslash' : `\`${found === '\0' ? 'NUL' : found}\` cannot stand in it`,
      );
    if (sign === '(') depth += 1;
    if (sign === ')') depth -= 1;
    if (depth < 0) throw notOne('a bracket is closed that was not opened');
    bare += sign;
  }
  if (depth > 0) throw notOne('a bracket is not closed');
  if (text.trim() === '') throw notOne('it is empty');
  const word = writing.exec(bare)?.[0];
  if (word !== undefined) throw notOne(`\`${word}\` cannot stand in it`);
}

/** The place of the closing quote; a doubled one stands for itself. */
function endOf(text: string, from: number, closing: string): number {
  for (let at = text.indexOf(closing, from); at >= 0; at = text.indexOf(closing, at + 2)) {
    if (closing === ']' || text.charAt(at + 1) !== closing) return at;
  }
  return -1;
}

function notOne(why: string): OndeleteError {
  return new OndeleteError(
    'USAGE',
    `--where is one expression over the columns of the table: ${why}`,
    'Write it as behind WHERE, such as --where "id = 42".',
  );
}

/**
 * Lets the server read the expression over no row.
 * @throws OndeleteError USAGE with what the server says, in one line
 */
export async function understood(
  session: Pick<Session, 'query'>,
  ddl: Ddl,
  from: Fragment,
  where: string,
): Promise<void> {
  try {
    await session.query(ddl.text(ddl.sql`SELECT 1 AS n FROM ${from} WHERE ${ddl.raw(`(${where})`)} LIMIT 0`));
  } catch (error) {
    if (codeOf(error) !== 'QUERY_FAILED') throw error;
    const cause = typeof error === 'object' && error !== null && 'cause' in error ? error.cause : error;
    throw new OndeleteError(
      'USAGE',
      `--where is not understood by the server: ${messageOf(cause).split('\n')[0] ?? ''}`,
      'Write it as behind WHERE, such as --where "id = 42".',
      error,
    );
  }
}
