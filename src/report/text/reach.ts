/** What a delete affects, for a person at a terminal. */
import { groupBy } from '../../core/group-by.ts';
import { tableText } from '../../core/names.ts';
import { allVisible } from '../../core/visible.ts';
import type { Server } from '../../core/model.ts';
import { type CountedReach, countOf, countText, incompleteText } from '../../reach/count.ts';
import type { ReachChange } from '../../reach/diff.ts';
import { possibleFailures, refusersOf } from '../../reach/refusers.ts';
import {
  type Effect,
  effects,
  pathText,
  type Reach,
  type ReachFailure,
  type TouchedTable,
} from '../../reach/index.ts';
import type { ReachSummary } from '../../reach/summary.ts';
import { few, proseOf, reachPhrases, rowsText } from '../content.ts';
import { count, firstOf, type Page, pageFor, type Terminal } from '../layout.ts';

/** More than a person reads; JSON holds all. */
const mostLines = 60;

export interface ReachReport {
  /** The database as people know it, without a password. */
  readonly database: string;
  readonly server: Server;
  readonly reach: Reach;
  /** Rows counted with --where; null without it. */
  readonly counted: CountedReach | null;
}

const titles: Readonly<Record<Effect, string>> = {
  deleted: 'Deletes rows in',
  nulled: 'Sets columns to NULL in',
  defaulted: 'Sets columns to their default in',
  refused: 'Refused by rows in',
};

/** Of a delete that does not come to it. */
const titlesOfRefused: Readonly<Record<Effect, string>> = {
  deleted: 'Would delete rows in',
  nulled: 'Would set columns to NULL in',
  defaulted: 'Would set columns to their default in',
  refused: titles.refused,
};

/** @returns lines without line breaks */
export function reachText(asItIs: ReachReport, terminal: Terminal): readonly string[] {
  const report = allVisible(asItIs);
  const page = pageFor(terminal);
  const { counted, database, server } = report;
  const reach = { ...report.reach, failures: possibleFailures(report.reach, counted) };
  const refusers = refusersOf(reach, counted);
  const name = tableText(reach.table);
  const what =
    counted === null
      ? `one row of ${name}`
      : `${count(counted.picked, 'row')} of ${name} where ${counted.where}`;
  const deletesMore = reach.touched.some((one) => one.effect === 'deleted');
  const estimate = deletesMore ? rowsText(reach.rows) : '';
  const isRefused = counted !== null && refusers.length > 0;
  const rows = counted === null ? estimate : isRefused ? '' : totalText(reach, counted);
  const incomplete = counted === null ? null : incompleteText(counted);
  const order = isRefused ? (['refused', 'deleted', 'nulled', 'defaulted'] as const) : effects;
  const sections = order.flatMap((effect) => section(effect, report, isRefused, page));
  return [
    ...page.wrap(`${database}: ${server.product}`, 0, 2),
    page.bold(`Deleting ${what}`) + (rows === '' ? '' : `, in total: ${rows}`),
    ...(refusers.length === 0 ? [] : page.wrap(refusedText(refusers, counted), 0, 2).map(page.red)),
    '',
    ...(sections.length === 0 ? ['No other table is affected.', ''] : sections),
    ...emptyLines(report, page),
    ...failureLines(reach.failures, page),
    ...(incomplete === null ? [] : [...page.wrap(page.yellow(incomplete), 0), '']),
  ].slice(0, -1);
}

/** `33 rows`, the picked ones among them. */
function totalText({ touched }: Reach, counted: CountedReach): string {
  const deleted = touched.filter((one) => one.effect === 'deleted');
  const sum = deleted.reduce((all, one) => all + (countOf(counted, one) ?? 0), counted.picked);
  return `${counted.depth === null ? '' : 'at least '}${count(sum, 'row')}`;
}

/** The tables without an affected row, in one line. */
function emptyLines({ reach, counted }: ReachReport, page: Page): readonly string[] {
  const empty = new Set(
    reach.touched.filter((one) => counted !== null && countOf(counted, one) === 0).map(targetOf),
  );
  if (empty.size === 0) return [];
  return [...page.wrap(`No rows in: ${[...empty].join(', ')}`, 0, 2).map(page.dim), ''];
}

function refusedText(refusers: readonly string[], counted: CountedReach | null): string {
  const shown = refusers.slice(0, 4).join('; ');
  const rest = refusers.length > 4 ? ` and ${refusers.length - 4} more` : '';
  const when = counted === null ? ' as soon as there are such rows' : ': nothing is deleted or set';
  return `This delete is refused by ${shown}${rest}${when}.`;
}

function section(effect: Effect, report: ReachReport, isRefused: boolean, page: Page): readonly string[] {
  const { counted } = report;
  const touched = report.reach.touched.filter(
    (one) => one.effect === effect && (counted === null || countOf(counted, one) !== 0),
  );
  if (touched.length === 0) return [];
  const color = { deleted: page.red, nulled: page.yellow, defaulted: page.yellow, refused: page.green };
  const tables = new Set(touched.map((one) => tableText(one.table)));
  return [
    page.bold(`${isRefused ? titlesOfRefused[effect] : titles[effect]} ${count(tables.size, 'table')}`),
    '',
    ...firstOf(touched, mostLines, 2, (one) => [
      ...page
        .wrap(headOf(one, report), 2, 6)
        .map((line, index) => (index === 0 ? line.replace(targetOf(one), color[effect]) : line)),
      ...pathLines(one, 6, page).map(page.dim),
    ]),
    '',
  ];
}

function targetOf(one: TouchedTable): string {
  const columns = one.columns.length === 0 ? '' : `(${one.columns.join(', ')})`;
  return `${tableText(one.table)}${columns}`;
}

function headOf(one: TouchedTable, { counted }: ReachReport): string {
  const facts = [
    one.depth === 1 ? 'directly' : `${one.depth} keys away`,
    ...(one.circular && one.effect === 'deleted' ? ['in a cycle, so at any depth'] : []),
  ];
  const rows = counted === null ? rowsText(one.rows) : countText(counted, one);
  return `${targetOf(one)}  ${rows === '' ? '' : `${rows}; `}${facts.join(', ')}${one.keys > 1 ? ` (${one.keys} keys do this)` : ''}`;
}

/** A path in lines that break before an arrow only. */
function pathLines(
  { depth, path }: Pick<TouchedTable, 'depth' | 'path'>,
  indent: number,
  page: Page,
): readonly string[] {
  const unbroken = pathText(path, depth).replaceAll(' ', '\u00a0').replaceAll('\u00a0←', ' ←');
  return page.wrap(unbroken, indent, indent + 2).map((line) => line.replaceAll('\u00a0', ' '));
}

function failureLines(failures: readonly ReachFailure[], page: Page): readonly string[] {
  if (failures.length === 0) return [];
  return [
    page.bold('Why it may fail'),
    '',
    ...[...groupBy(failures, (one) => one.code)].flatMap(([code, cases]) => {
      const { title, effect, help } = proseOf(code);
      const color = cases.some((one) => one.certain) ? page.red : page.yellow;
      return [
        ...page.wrap(`${code}  ${title}`, 2, 4).map((line) => line.replace(code, color(code))),
        ...firstOf(cases, 20, 6, (one) => [
          ...page.wrap(`${one.key}: ${one.detail}`, 6, 8),
          ...(one.depth > 1 ? pathLines(one, 8, page).map(page.dim) : []),
        ]),
        ...page.wrap(`${effect} ${help}`, 4).map(page.dim),
        '',
      ];
    }),
  ];
}

/** One line per table, worst first. */
export function reachSummaryText(
  report: Pick<ReachReport, 'database' | 'server'> & { readonly summaries: readonly ReachSummary[] },
  terminal: Terminal,
): readonly string[] {
  const page = pageFor(terminal);
  const { database, server, summaries } = allVisible(report);
  const listed = summaries.filter(
    (one) => one.deleted + one.set + one.refusedBy.length + one.codes.length > 0,
  );
  const tables = count(summaries.length, 'table with foreign keys', 'tables with foreign keys');
  const head = page.wrap(`${database}: ${server.product}, ${tables}`, 0, 2);
  if (listed.length === 0) return [...head, '', 'No delete affects another table.'];
  const others = summaries.length - listed.length;
  return [
    ...head,
    '',
    page.bold('Deleting one row, worst first'),
    '',
    ...listed.flatMap((one) => summaryLines(one, page)),
    '',
    `${others === 0 ? '' : `Deletes in ${count(others, 'other table')} affect no other table. `}Next: ondelete reach TABLE`,
  ];
}

function summaryLines(one: ReachSummary, page: Page): readonly string[] {
  const rows = rowsText(one.rows);
  const depth = one.circular ? 'in a cycle' : `${count(one.depth, 'key')} deep`;
  const facts = [
    ...(one.deleted === 0
      ? []
      : [`deletes from ${count(one.deleted, 'table')}, ${depth}${rows === '' ? '' : `, ${rows}`}`]),
    ...(one.set === 0 ? [] : [`sets columns in ${count(one.set, 'table')}`]),
    ...(one.refusedBy.length === 0 ? [] : [`refused by ${few(one.refusedBy, 4)}`]),
    ...(one.codes.length === 0 ? [] : [one.codes.join(', ')]),
  ];
  const name = tableText(one.table);
  return page
    .wrap(`${name}  ${facts.join('; ')}`, 2, 6)
    .map((line, index) => (index === 0 ? line.replace(name, page.bold) : line));
}

/** What changes mean for deletes: one line per table, worst first. */
export function reachChangeLines(changes: readonly ReachChange[], page: Page): readonly string[] {
  return firstOf(allVisible(changes), mostLines, 2, (change) => {
    const name = tableText(change.table);
    const color = change.deleted.length > 0 ? page.red : page.bold;
    const phrases = reachPhrases(change, 'also deletes from', (tables, further) =>
      few(tables, 5, tableText, further),
    );
    return page
      .wrap(`${name}: ${phrases.join('; ')}`, 2, 6)
      .map((line, index) => (index === 0 ? line.replace(name, color) : line));
  });
}
