/** What a delete touches, for a person at a terminal. */
import { entryOf } from '../../core/codes/index.ts';
import { tableText, type Server, type TableName } from '../../core/model.ts';
import type { ReachChange, ReachDifference } from '../../reach/diff.ts';
import type { CountedReach } from '../../reach/count.ts';
import type { ReachSummary } from '../../reach/summary.ts';
import {
  pathText,
  type Effect,
  type Reach,
  type ReachFailure,
  type ReachStep,
  type Rows,
  type TouchedTable,
} from '../../reach/index.ts';
import { count, colorsFor, wrap, type Terminal, type Colors } from '../layout.ts';

/** More than a person reads; JSON holds all. */
const mostLines = 60;

export interface ReachReport {
  /** The database as people know it, without a password. */
  readonly database: string;
  readonly server: Server;
  readonly reach: Reach;
  /** Rows counted with --where; null where none were asked for. */
  readonly counted: CountedReach | null;
}

const verbs: Readonly<Record<Effect, string>> = {
  deleted: 'Deletes rows of',
  nulled: 'Sets to NULL',
  defaulted: 'Sets to the default',
  refused: 'Is refused by rows of',
};

/** @returns lines without line breaks */
export function reachText(report: ReachReport, page: Terminal): readonly string[] {
  const paint = colorsFor(page);
  const { reach, counted } = report;
  const name = tableText(reach.table);
  const what =
    counted === null
      ? `one row of ${name}`
      : `${count(counted.picked, 'row')} of ${name} where ${counted.where}`;
  const rows = counted === null ? rowsText(reach.rows) : totalText(reach, counted);
  const sections = (['deleted', 'nulled', 'defaulted', 'refused'] as const).flatMap((effect) =>
    section(effect, report, page, paint),
  );
  return [
    ...wrap(`${report.database}: ${report.server.product}`, page, 0, 2),
    paint.bold(`Deleting ${what}`) + (rows === '' ? '' : `, with all that goes: ${rows}`),
    '',
    ...(sections.length === 0 ? ['It touches no other table.', ''] : sections),
    ...emptyLines(report, page, paint),
    ...failureLines(
      reach.failures.filter((one) => counted === null || concerns(one, reach, counted)),
      page,
      paint,
    ),
    ...(counted?.incomplete == null ? [] : [...wrap(paint.yellow(counted.incomplete), page, 0), '']),
  ].slice(0, -1);
}

/** `33 rows`, the picked ones among them. */
function totalText({ touched: touched }: Reach, counted: CountedReach): string {
  const deleted = touched.filter((one) => one.effect === 'deleted');
  const sum = deleted.reduce((all, one) => all + (counted.of(one) ?? 0), counted.picked);
  return `${counted.incomplete === null ? '' : 'at least '}${count(sum, 'row')}`;
}

/** The tables of which no row is touched, in one line. */
function emptyLines({ reach, counted }: ReachReport, page: Terminal, paint: Colors): readonly string[] {
  if (counted === null) return [];
  const empty = new Set(reach.touched.filter((one) => counted.of(one) === 0).map(targetOf));
  if (empty.size === 0) return [];
  return [...wrap(`No row of: ${[...empty].join(', ')}`, page, 0, 2).map((line) => paint.dim(line)), ''];
}

/** What cannot happen for want of rows is not told. */
function concerns(failure: ReachFailure, { touched: touched }: Reach, counted: CountedReach): boolean {
  const there = touched.filter((one) => tableText(one.table) === tableText(failure.table));
  return there.length === 0 || there.some((one) => counted.of(one) !== 0);
}

function section(effect: Effect, report: ReachReport, page: Terminal, paint: Colors): readonly string[] {
  const all = report.reach.touched.filter((one) => one.effect === effect);
  const touched = all.filter((one) => report.counted?.of(one) !== 0);
  if (touched.length === 0) return [];
  const colour = effect === 'deleted' ? paint.red : effect === 'refused' ? paint.green : paint.yellow;
  const rest = touched.length - mostLines;
  return [
    paint.bold(
      `${verbs[effect]} ${count(new Set(touched.map((one) => tableText(one.table))).size, 'table')}`,
    ),
    '',
    ...touched
      .slice(0, mostLines)
      .flatMap((one) => [
        ...wrap(headOf(one, report), page, 2, 6).map((line, at) =>
          at === 0 ? line.replace(targetOf(one), colour(targetOf(one))) : line,
        ),
        ...pathLines(one.path, page, 6).map((line) => paint.dim(line)),
      ]),
    ...(rest > 0 ? [`  … and ${rest} more (all of them with --format json)`] : []),
    '',
  ];
}

function targetOf(one: TouchedTable): string {
  const columns = one.columns.length === 0 ? '' : `(${one.columns.join(', ')})`;
  return `${tableText(one.table)}${columns}`;
}

function headOf(one: TouchedTable, { counted }: ReachReport): string {
  const depth = one.depth === 1 ? 'directly' : `${one.depth} keys away`;
  const facts = [
    depth,
    ...(one.circular && one.effect === 'deleted' ? ['in a circle, so at any depth'] : []),
    ...(one.keys > 1 ? [`over ${one.keys} keys`] : []),
  ];
  const rows = counted === null ? rowsText(one.rows) : counted.textOf(one);
  return `${targetOf(one)}  ${rows === '' ? '' : `${rows}; `}${facts.join(', ')}`;
}

/** A path in lines that break before an arrow. */
export function pathLines(path: readonly ReachStep[], page: Terminal, indent: number): readonly string[] {
  const joined = pathText(path)
    .split(' ← ')
    .map((part, at) => (at === 0 ? part : `← ${part}`).replaceAll(' ', '\u00a0'))
    .join(' ');
  return wrap(joined, page, indent, indent + 2).map((line) => line.replaceAll('\u00a0', ' '));
}

/** `10 rows, 400 at worst`; empty where both are unknown. */
export function rowsText({ median, worst }: Rows): string {
  const about = (value: number): string => count(Math.max(0, value), 'row');
  if (median === null && worst === null) return '';
  if (median === null) return `${about(worst ?? 0)} at worst`;
  if (worst === null) return `about ${about(median)}`;
  return median === worst
    ? `up to ${about(worst)}`
    : `about ${about(median)}, ${worst.toLocaleString('en-US')} at worst`;
}

function failureLines(failures: readonly ReachFailure[], page: Terminal, paint: Colors): readonly string[] {
  if (failures.length === 0) return [];
  const codes = [...new Set(failures.map((one) => one.code))];
  return [
    paint.bold('Where it fails, or depends'),
    '',
    ...codes.flatMap((code) => {
      const cases = failures.filter((one) => one.code === code);
      const entry = entryOf(code);
      const colour = cases.some((one) => one.certain) ? paint.red : paint.yellow;
      const rest = cases.length - 20;
      return [
        ...wrap(`${code}  ${entry?.title ?? ''}`, page, 2, 4).map((line) => line.replace(code, colour(code))),
        ...cases
          .slice(0, 20)
          .flatMap((one) => [
            ...wrap(`${one.key}: ${one.detail}`, page, 6, 8),
            ...(one.path.length > 1 ? pathLines(one.path, page, 8).map((line) => paint.dim(line)) : []),
          ]),
        ...(rest > 0 ? [`      … and ${rest} more (all of them with --format json)`] : []),
        ...(entry === null
          ? []
          : wrap(`${entry.effect} ${entry.help}`, page, 4).map((line) => paint.dim(line))),
        '',
      ];
    }),
  ];
}

/** One line per table, the worst first. */
export function reachSummaryText(
  report: Pick<ReachReport, 'database' | 'server'> & { readonly summaries: readonly ReachSummary[] },
  page: Terminal,
): readonly string[] {
  const paint = colorsFor(page);
  const telling = report.summaries.filter(
    (one) => one.deleted + one.set + one.refusedBy.length + one.codes.length > 0,
  );
  const silent = report.summaries.length - telling.length;
  return [
    ...wrap(
      `${report.database}: ${report.server.product}, ${count(report.summaries.length, 'table')}`,
      page,
      0,
      2,
    ),
    '',
    ...(telling.length === 0 ? [] : [paint.bold('Deleting one row, the worst first'), '']),
    ...telling.flatMap((one) => summaryLines(one, page, paint)),
    ...(telling.length === 0 ? [] : ['']),
    telling.length === 0
      ? 'No delete touches another table.'
      : `${silent === 0 ? '' : `A delete in ${silent === 1 ? 'one other table' : `${silent} other tables`} touches no other. `}Next: ondelete reach TABLE`,
  ];
}

function summaryLines(one: ReachSummary, page: Terminal, paint: Colors): readonly string[] {
  const rows = rowsText(one.rows);
  const facts = [
    ...(one.deleted === 0
      ? []
      : [
          `deletes ${count(one.deleted, 'table')}, ${one.circular ? 'in circles' : `${count(one.depth, 'key')} deep`}${rows === '' ? '' : `, ${rows}`}`,
        ]),
    ...(one.set === 0 ? [] : [`sets columns of ${one.set}`]),
    ...(one.refusedBy.length === 0 ? [] : [`refused by ${few(one.refusedBy, 4)}`]),
    ...(one.codes.length === 0 ? [] : [one.codes.join(', ')]),
  ];
  const name = tableText(one.table);
  return wrap(`${name}  ${facts.join('; ')}`, page, 2, 6).map((line, at) =>
    at === 0 ? line.replace(name, paint.bold(name)) : line,
  );
}

/** `a, b, c and 4 more`. */
function few(tables: readonly TableName[], most: number): string {
  const rest = tables.length - most;
  const shown = tables.slice(0, most).map(tableText).join(', ');
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}

/** What changes mean for deletes: one line per table, the worst first. */
export function reachChangeLines(
  changes: readonly ReachChange[],
  page: Terminal,
  paint: Colors,
): readonly string[] {
  const rest = changes.length - mostLines;
  return [
    ...changes.slice(0, mostLines).flatMap((change) => changeLines(change, page, paint)),
    ...(rest > 0 ? [`  … and ${rest} tables more (all of them with --format json)`] : []),
  ];
}

function changeLines(change: ReachChange, page: Terminal, paint: Colors): readonly string[] {
  const told = (word: string, list: readonly ReachDifference[]): readonly string[] =>
    list.length === 0
      ? []
      : [
          `${word} ${few(
            list.map((one) => one.table),
            5,
          )}`,
        ];
  const opened = new Set([...change.deleted, ...change.set].map((one) => tableText(one.table)));
  const facts = [
    ...told('will delete', change.deleted),
    ...told('will set columns of', change.set),
    ...told(
      'no longer refused by',
      change.passes.filter((one) => !opened.has(tableText(one.table))),
    ),
    ...told('will be refused by', change.refused),
    ...told('will spare', change.spared),
  ];
  const name = tableText(change.table);
  return wrap(`${name}: ${facts.join('; ')}`, page, 2, 6).map((line, at) =>
    at === 0 ? line.replace(name, change.deleted.length > 0 ? paint.red(name) : paint.bold(name)) : line,
  );
}
