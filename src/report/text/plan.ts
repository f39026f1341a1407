/** What `generate` is about to write, for a person: every statement with its lock, what it scans, and what may go wrong. */
import type { Probed, Orphans } from '../../core/contracts/engine.ts';
import {
  keyText,
  locksInWords,
  tableText,
  type ForeignKey,
  type Hazard,
  type Plan,
  type Side,
  type Statement,
  type Step,
  type TableName,
} from '../../core/model.ts';
import type { ReachChange } from '../../reach/diff.ts';
import type { MigrationFile } from '../../core/contracts/template.ts';
import { clausesText, hazardLines, refusalLines } from './diff.ts';
import { reachChangeLines } from './reach.ts';
import { count, colorsFor, wrap, type Terminal, type Colors } from '../layout.ts';

/** What was asked of the live server about one key; the answers say so where nothing could be asked. */
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
export function previewText(report: PreviewReport, page: Terminal, full: boolean): readonly string[] {
  const paint = colorsFor(page);
  const { plan } = report;
  return [
    ...wrap(`${report.database}: ${plan.server.product}. Nothing is written: this is a preview.`, page, 0, 2),
    '',
    ...plan.changes.flatMap((change) => [
      `  ${keyText(change.foreignKey)}`,
      `      ${clausesText(change, paint)}`,
      ...figureLines(
        report.figures.find((one) => one.key === change.foreignKey),
        page,
        paint,
      ),
    ]),
    '',
    ...plan.steps.flatMap((step, index) => stepLines(step, index + 1, page, paint)),
    ...(report.reach.length === 0
      ? []
      : [
          paint.bold('What a delete will do from then on, the worst first'),
          '',
          ...reachChangeLines(report.reach, page, paint),
          '',
        ]),
    ...hazardSection(plan.hazards, page, paint),
    ...(plan.refusals.length === 0 ? [] : [paint.bold('Cannot be changed as it stands'), '']),
    ...plan.refusals.flatMap((refusal) => refusalLines(refusal, page, paint)),
    ...(report.files.length === 0 ? ['Nothing to write.'] : fileLines(report, page, paint, full)),
  ];
}

function fileLines(report: PreviewReport, page: Terminal, paint: Colors, full: boolean): readonly string[] {
  return [
    paint.bold('Files'),
    '',
    ...report.files.map((file) => `  ${file.path}`),
    ...(full
      ? report.files.flatMap((file) => ['', paint.bold(file.path), '', ...file.content.split('\n')])
      : ['', '  Their full text: --dry-run --full']),
    '',
    ...wrap(`Run: ${report.howToRun}`, page, 0, 2),
  ];
}

function figureLines(figures: KeyFigures | undefined, page: Terminal, paint: Colors): readonly string[] {
  if (figures === undefined) return [];
  const rows = figures.childRows.known
    ? `about ${count(figures.childRows.value, 'row')} in ${tableText(figures.key.child)}`
    : `rows of ${tableText(figures.key.child)}: ${figures.childRows.why}`;
  return wrap(`${rows}; ${orphanText(figures.orphans)}`, page, 6, 8).map((line) =>
    figures.orphans.known && figures.orphans.value.count > 0 ? paint.yellow(line) : paint.dim(line),
  );
}

function orphanText(orphans: Probed<Orphans>): string {
  if (!orphans.known) return `orphans: ${orphans.why}`;
  const { value } = orphans;
  if (value.count === 0) return 'no orphans';
  const sample = value.sample.length === 0 ? '' : `, such as ${value.sample.join('; ')}`;
  return `${value.atLeast ? 'at least ' : ''}${count(value.count, 'orphan')}${sample}`;
}

function stepLines(step: Step, number: number, page: Terminal, paint: Colors): readonly string[] {
  const alone = step.alone
    ? ', alone in its transaction'
    : step.transaction === null
      ? ''
      : ', in one transaction';
  return [
    ...wrap(`${number}. ${step.title}${alone}`, page, 0, 3).map((line) => paint.bold(line)),
    ...step.keys.slice(0, 5).flatMap((key) => wrap(keyText(key), page, 3, 5)),
    ...(step.keys.length > 5 ? [`   and ${count(step.keys.length - 5, 'more key')}`] : []),
    ...sideLines('up', step.up, page, paint),
    ...sideLines('down', step.down, page, paint),
    '',
  ];
}

/** Statements that lock, read rows or do the work are shown; those that guard, set and tidy up are counted. */
function sideLines(name: string, side: Side, page: Terminal, paint: Colors): readonly string[] {
  if (side.kind === 'nothing') return wrap(`${name}: nothing, ${side.reason}`, page, 3, 9);
  const all = [...side.statements, ...side.always];
  const shown = all.filter(
    (one) => one.preview !== undefined || one.locks.length > 0 || one.scans.length > 0,
  );
  const others = all.length - shown.length;
  return [
    ...shown.flatMap((statement) => statementLines(name, statement, page, paint)),
    ...(others === 0
      ? []
      : [`   ${name}: and ${count(others, 'statement')} around it (guards, settings, tidying up)`]),
  ];
}

function statementLines(
  name: string,
  statement: Statement,
  page: Terminal,
  paint: Colors,
): readonly string[] {
  return [
    ...wrap(`${name}: ${statement.comment}`, page, 3, 9),
    ...locksInWords(statement.locks)
      .flatMap((line) => wrap(line, page, 9, 11))
      .map((line) => paint.yellow(line)),
    ...(statement.scans.length === 0 ? [] : wrap(`reads through ${names(statement.scans)}`, page, 9, 11)),
    ...(statement.preview ?? statement.sql).split('\n').map((line) => paint.dim(`         ${line}`)),
  ];
}

function names(tables: readonly TableName[]): string {
  return [...new Set(tables.map(tableText))].join(', ');
}

/** Hazards that are told, by code: the prose once, then the keys. */
function hazardSection(hazards: readonly Hazard[], page: Terminal, paint: Colors): readonly string[] {
  if (hazards.length === 0) return [];
  const codes = [...new Set(hazards.map((hazard) => hazard.code))];
  return [
    paint.bold('Worth knowing'),
    '',
    ...codes.flatMap((code) => {
      const ofCode = hazards.filter((hazard) => hazard.code === code);
      const [first] = ofCode;
      if (first === undefined) return [];
      const detail = ofCode
        .map((hazard) => hazard.detail)
        .slice(0, 5)
        .join('; ');
      const rest = ofCode.length > 5 ? `; and ${ofCode.length - 5} more` : '';
      return [...hazardLines({ ...first, detail: detail + rest }, page, paint, 2), ''];
    }),
  ];
}
