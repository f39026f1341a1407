/** What `generate` is about to write, for a person: every statement with its locks, what it scans, and what may go wrong. */
import type { Orphans, Probed } from '../../core/contracts/probe.ts';
import type { Commands, MigrationFile } from '../../core/contracts/template.ts';
import { groupBy } from '../../core/group-by.ts';
import { tableText } from '../../core/names.ts';
import { allVisible } from '../../core/visible.ts';
import { locksInWords } from '../../core/locks.ts';
import type { Change, ForeignKey, Hazard, Plan, StepBody, Step, Operation } from '../../core/model.ts';
import type { ReachChange } from '../../reach/diff.ts';
import { fewDetails } from '../content.ts';
import {
  lockedTables,
  lockKinds,
  lockKindText,
  shapesOf,
  shapeWithoutAction,
  stepKinds,
  operationsOf,
} from '../operation-shapes.ts';
import { count, type Page, pageFor, type Terminal } from '../layout.ts';
import { editLines, type EditReport } from './edits.ts';
import { keyList, keysShown, type Shown } from './keys.ts';
import { hazardLines, refusalLines } from './refusals.ts';
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
  readonly commands: Commands;
  /** What the changes mean for deletes. */
  readonly reach: readonly ReachChange[];
  /** What the models have to say then; null where none are in sight. */
  readonly models: EditReport | null;
}

/**
 * What a delete will do, then the keys, the locks, one statement of each shape, and the files.
 * @param full print every key and the files themselves, with every guard
 * @returns lines without line breaks
 */
export function previewText(asItIs: PreviewReport, terminal: Terminal, full: boolean): readonly string[] {
  const report = allVisible(asItIs);
  const page = pageFor(terminal);
  const shown = { most: full ? Infinity : keysShown, flag: '--full' };
  const { database, files, plan, reach } = report;
  const { models } = asItIs;
  const part = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : [page.bold(title), '', ...lines];
  return [
    ...page.wrap(`${database}: ${plan.server.product}. Preview: no file is written.`, 0, 2),
    '',
    ...part(
      'What a delete will do after these changes, worst first',
      reach.length === 0 ? [] : [...reachChangeLines(reach, page), ''],
    ),
    ...part(`${count(plan.changes.length, 'key')} to change`, keyLines(report, shown, page)),
    ...part('What reads or writes wait for, and how often', lockLines(plan, page)),
    ...part('The statements, one of each shape', stepLines(plan.steps, page)),
    ...part('Notices', noticeLines(plan.hazards, page)),
    ...part('Cannot be changed yet', refusalLines(plan.refusals, shown, page)),
    ...(files.length === 0 ? ['Nothing to write.'] : part('Files', fileLines(report, page, full))),
    // last of all: whoever applies the files edits the models too
    ...(models === null ? [] : ['', ...editLines(models, shown.most, page)]),
  ];
}

/** The keys with orphans first: they are what has to be looked at. */
function keyLines({ figures, plan }: PreviewReport, shown: Shown, page: Page): readonly string[] {
  if (plan.changes.length === 0) return [];
  const orphaned = new Set(
    figures.filter(({ orphans }) => orphans.known && orphans.value.count > 0).map(({ key }) => key),
  );
  const hasOrphans = ({ foreignKey }: Change): boolean => orphaned.has(foreignKey);
  const sorted = [
    ...plan.changes.filter(hasOrphans),
    ...plan.changes.filter((change) => !hasOrphans(change)),
  ];
  const texts = new Map(figures.map((one) => [one.key, figureTexts(one)]));
  // What holds for every key is said once.
  const [first = [], ...others] = texts.values();
  const common = others.length === 0 ? [] : first.filter((text) => others.every((one) => one.includes(text)));
  const noteOf = ({ foreignKey }: Change): string =>
    (texts.get(foreignKey) ?? []).filter((text) => !common.includes(text)).join(', ');
  return [
    ...(common.length === 0 ? [] : [...page.wrap(`Every key: ${common.join(', ')}.`, 2), '']),
    ...keyList(sorted, shown, page, 2, {
      of: noteOf,
      color: (change) => (hasOrphans(change) ? page.yellow : page.dim),
    }),
    '',
  ];
}

/** One line per kind of lock, the table that is locked most often first. */
function lockLines(plan: Plan, page: Page): readonly string[] {
  const lines = lockKinds(plan).flatMap((kind) =>
    page.wrap(`${lockKindText(kind)}: ${lockedTables(kind, 5)}`, 2, 4).map(page.yellow),
  );
  return lines.length === 0 ? [] : [...lines, ''];
}

function fileLines({ files, commands }: PreviewReport, page: Page, full: boolean): readonly string[] {
  return [
    ...files.map((file) => `  ${file.path}`),
    ...(full
      ? files.flatMap((file) => ['', page.bold(file.path), '', ...file.content.split('\n')])
      : ['', '  --dry-run --full prints them.']),
    '',
    // to paste, so not wrapped
    `Run:  ${commands.up}`,
    `Back: ${commands.down}`,
  ];
}

function figureTexts({ childRows, orphans }: KeyFigures): readonly string[] {
  if (!childRows.known && !orphans.known && childRows.why === orphans.why)
    return [`rows and orphans not counted: ${orphans.why}`];
  const rows = !childRows.known
    ? `rows not counted: ${childRows.why}`
    : childRows.value === 0
      ? 'no rows'
      : `about ${count(childRows.value, 'row')}`;
  return [rows, orphanText(orphans)];
}

function orphanText(orphans: Probed<Orphans>): string {
  if (!orphans.known) return `orphans not counted: ${orphans.why}`;
  const { value } = orphans;
  if (value.count === 0) return 'no orphans';
  const sample = value.sample.length === 0 ? '' : `, such as ${value.sample.join('; ')}`;
  return `${value.atLeast ? 'at least ' : ''}${count(value.count, 'orphan')}${sample}`;
}

function stepLines(steps: readonly Step[], page: Page): readonly string[] {
  return stepKinds(steps).flatMap((ofKind, index) => [
    ...page.wrap(`${index + 1}. ${headingOf(ofKind)}`, 0, 3).map(page.bold),
    ...bodyLines(
      'up',
      ofKind.map((step) => step.up),
      page,
    ),
    ...(undoesAlike(ofKind)
      ? ['   down: the same changes, with the old and the new action exchanged']
      : bodyLines(
          'down',
          ofKind.map((step) => step.down),
          page,
        )),
    '',
  ]);
}

/** Whether the way back has no statements but of the same shapes, so that a reader would skip them. */
function undoesAlike(steps: readonly Step[]): boolean {
  const shapes = (bodies: readonly StepBody[]): ReadonlySet<string> =>
    new Set(bodies.flatMap(operationsOf).map(shapeWithoutAction));
  const [up, down] = [shapes(steps.map((step) => step.up)), shapes(steps.map((step) => step.down))];
  return down.size > 0 && [...down].every((shape) => up.has(shape));
}

function headingOf(steps: readonly Step[]): string {
  const titles = new Set(steps.map((step) => step.title));
  const together = steps.some((step) => step.transaction !== null) ? ', in one transaction' : '';
  const transaction = steps.some((step) => step.alone) ? ', alone in its transaction' : together;
  const heading = `${steps[0]?.title ?? ''}${transaction}`;
  if (steps.length === 1) return heading;
  return titles.size === 1
    ? `${heading} (${steps.length} steps)`
    : `${heading}, and the same for ${count(steps.length - 1, 'more key')}`;
}

/** Statements that lock, scan or do the work are shown, one of each shape; guards, settings and cleanup are counted. */
function bodyLines(name: string, bodies: readonly StepBody[], page: Page): readonly string[] {
  const reasons = new Set(bodies.flatMap((body) => (body.kind === 'nothing' ? [body.reason] : [])));
  const others = bodies
    .flatMap((body) => (body.kind === 'run' ? [...body.statements, ...body.always] : []))
    .filter((statement) => statement.operations.length === 0).length;
  return [
    ...shapesOf(bodies.flatMap(operationsOf)).flatMap(({ operation, others: alike }) => [
      ...operationLines(name, operation, page),
      ...(alike === 0 ? [] : [`         and ${count(alike, 'statement')} of the same shape`]),
    ]),
    ...(others === 0 ? [] : [`   ${name}: plus ${count(others, 'setup and cleanup statement')}`]),
    ...[...reasons].flatMap((reason) => page.wrap(`${name}: nothing, ${reason}`, 3, 9)),
  ];
}

function operationLines(
  name: string,
  { comment, locks, scans, sql }: Operation,
  page: Page,
): readonly string[] {
  const scanned = [...new Set(scans.map((table) => tableText(table)))].join(', ');
  return [
    ...page.wrap(`${name}: ${comment}`, 3, 9),
    ...locksInWords(locks, 5)
      .flatMap((line) => page.wrap(line, 9, 11))
      .map(page.yellow),
    ...(scanned === '' ? [] : page.wrap(`scans ${scanned}`, 9, 11)),
    ...sql.split('\n').map((line) => page.dim(`         ${line}`)),
  ];
}

/** Hazards by code: the prose once, with the details of the first five. */
function noticeLines(hazards: readonly Hazard[], page: Page): readonly string[] {
  return [...groupBy(hazards, ({ code }) => code).values()].flatMap((cases) => {
    const detail = fewDetails(cases, 5);
    return cases.slice(0, 1).flatMap((first) => [...hazardLines({ ...first, detail }, page, 2), '']);
  });
}
