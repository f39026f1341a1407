/** What `generate` is about to write, for a person: every statement with its locks, what it scans, and what may go wrong. */
import type { Orphans, Probed } from '../../core/contracts/probe.ts';
import type { MigrationFile } from '../../core/contracts/template.ts';
import { groupBy } from '../../core/group-by.ts';
import { keyText, tableText } from '../../core/names.ts';
import { locksInWords } from '../../core/locks.ts';
import type { ForeignKey, Hazard, Plan, Side, Statement, Step } from '../../core/model.ts';
import type { ReachChange } from '../../reach/diff.ts';
import { joinDetails } from '../content.ts';
import { count, type Page, pageFor, type Terminal } from '../layout.ts';
import { clausesText, hazardLines, refusalLines } from './diff.ts';
import { reachChangeLines } from './reach.ts';

/** What the live server answered about one key, or why it did not. */
export interface KeyFigures {
  readonly key: ForeignKey;
  readonly orphans: Probed<Orphans>;
  readonly childRows: Probed<number>;
}

export interface PreviewReport {
  readonly database: string;
  readonly plan: Plan;
  readonly figures: readonly KeyFigures[];
  readonly files: readonly MigrationFile[];
  readonly howToRun: string;
  /** What the changes mean for deletes. */
  readonly reach: readonly ReachChange[];
}

/**
 * @param full print the files themselves as well, with every guard
 * @returns lines without line breaks
 */
export function previewText(report: PreviewReport, terminal: Terminal, full: boolean): readonly string[] {
  const page = pageFor(terminal);
  const { database, figures, files, plan, reach } = report;
  const part = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : [page.bold(title), '', ...lines];
  return [
    ...page.wrap(`${database}: ${plan.server.product}. Preview: no file is written.`, 0, 2),
    '',
    ...plan.changes.flatMap((change) => {
      const known = figures.find((one) => one.key === change.foreignKey);
      return [
        `  ${keyText(change.foreignKey)}`,
        `      ${clausesText(change, page)}`,
        ...(known === undefined ? [] : figureLines(known, page)),
      ];
    }),
    '',
    ...plan.steps.flatMap((step, index) => stepLines(step, index + 1, page)),
    ...part(
      'What a delete will do after these changes, worst first',
      reach.length === 0 ? [] : [...reachChangeLines(reach, page), ''],
    ),
    ...part('Notices', noticeLines(plan.hazards, page)),
    ...part(
      'Cannot be changed yet',
      plan.refusals.flatMap((refusal) => refusalLines(refusal, page)),
    ),
    ...(files.length === 0 ? ['Nothing to write.'] : part('Files', fileLines(report, page, full))),
  ];
}

function fileLines({ files, howToRun }: PreviewReport, page: Page, full: boolean): readonly string[] {
  return [
    ...files.map((file) => `  ${file.path}`),
    ...(full
      ? files.flatMap((file) => ['', page.bold(file.path), '', ...file.content.split('\n')])
      : ['', '  --dry-run --full prints them.']),
    '',
    ...page.wrap(`Run: ${howToRun}`, 0, 2),
  ];
}

function figureLines({ key, childRows, orphans }: KeyFigures, page: Page): readonly string[] {
  const table = tableText(key.child);
  const rows = childRows.known
    ? `${childRows.value === 0 ? 'no rows' : `about ${count(childRows.value, 'row')}`} in ${table}`
    : `rows of ${table} not counted: ${childRows.why}`;
  const text =
    !childRows.known && !orphans.known && childRows.why === orphans.why
      ? `rows and orphans not counted: ${orphans.why}`
      : `${rows}; ${orphanText(orphans)}`;
  const color = orphans.known && orphans.value.count > 0 ? page.yellow : page.dim;
  return page.wrap(text, 6, 8).map(color);
}

function orphanText(orphans: Probed<Orphans>): string {
  if (!orphans.known) return `orphans not counted: ${orphans.why}`;
  const { value } = orphans;
  if (value.count === 0) return 'no orphans';
  const sample = value.sample.length === 0 ? '' : `, such as ${value.sample.join('; ')}`;
  return `${value.atLeast ? 'at least ' : ''}${count(value.count, 'orphan')}${sample}`;
}

function stepLines(step: Step, number: number, page: Page): readonly string[] {
  const together = step.transaction === null ? '' : ', in one transaction';
  const transaction = step.alone ? ', alone in its transaction' : together;
  return [
    ...page.wrap(`${number}. ${step.title}${transaction}`, 0, 3).map(page.bold),
    ...step.keys.slice(0, 5).flatMap((key) => page.wrap(keyText(key), 3, 5)),
    ...(step.keys.length > 5 ? [`   and ${count(step.keys.length - 5, 'more key')}`] : []),
    ...sideLines('up', step.up, page),
    ...sideLines('down', step.down, page),
    '',
  ];
}

/** Statements that lock, scan or do the work are shown; guards, settings and cleanup are counted. */
function sideLines(name: string, side: Side, page: Page): readonly string[] {
  if (side.kind === 'nothing') return page.wrap(`${name}: nothing, ${side.reason}`, 3, 9);
  const all = [...side.statements, ...side.always];
  const shown = all.filter(
    (one) => one.preview !== undefined || one.locks.length > 0 || one.scans.length > 0,
  );
  const others = all.length - shown.length;
  return [
    ...shown.flatMap((statement) => statementLines(name, statement, page)),
    ...(others === 0 ? [] : [`   ${name}: plus ${count(others, 'setup and cleanup statement')}`]),
  ];
}

function statementLines(name: string, statement: Statement, page: Page): readonly string[] {
  const { comment, locks, preview, scans, sql } = statement;
  const scanned = [...new Set(scans.map((table) => tableText(table)))].join(', ');
  return [
    ...page.wrap(`${name}: ${comment}`, 3, 9),
    ...locksInWords(locks)
      .flatMap((line) => page.wrap(line, 9, 11))
      .map(page.yellow),
    ...(scanned === '' ? [] : page.wrap(`scans ${scanned}`, 9, 11)),
    ...(preview ?? sql).split('\n').map((line) => page.dim(`         ${line}`)),
  ];
}

/** Hazards by code: the prose once, with the details of the first five. */
function noticeLines(hazards: readonly Hazard[], page: Page): readonly string[] {
  return [...groupBy(hazards, ({ code }) => code).values()].flatMap((cases) => {
    const details = cases.slice(0, 5).map((hazard) => hazard.detail);
    const rest = cases.length > 5 ? [`and ${cases.length - 5} more`] : [];
    const detail = joinDetails([...details, ...rest]);
    return cases.slice(0, 1).flatMap((first) => [...hazardLines({ ...first, detail }, page, 2), '']);
  });
}
