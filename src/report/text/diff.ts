/** The diff for a person at a terminal. */
import type { BaselineEntry } from '../../config/baseline.ts';
import type { Diff } from '../../diff/diff.ts';
import { entryOf } from '../../core/codes/index.ts';
import {
  clauseText,
  keyText,
  type Change,
  type Finding,
  type Hazard,
  type Position,
  type Refusal,
} from '../../core/model.ts';
import { count, colorsFor, plain, wrap, type Terminal, type Colors } from '../layout.ts';

export interface DiffReport {
  /** The database as people know it, without a password. */
  readonly database: string;
  readonly policyFile: string;
  readonly diff: Diff;
  readonly possible: readonly Change[];
  readonly refusals: readonly Refusal[];
  /** Told hazards of the possible changes; shown by generate in full. */
  readonly exitCode: 0 | 1;
  /** Findings that a baseline holds; they are not among those of the diff. */
  readonly known: readonly Finding[];
  /** Entries of the baseline that are mended. */
  readonly gone: readonly BaselineEntry[];
  /** How to run the files that hold every possible change already; null where there is something to write. */
  readonly run: string | null;
}

/** @returns lines without line breaks */
export function diffText(report: DiffReport, page: Terminal): readonly string[] {
  const paint = colorsFor(page);
  const { snapshot } = report.diff;
  const changing = report.possible.filter((change) => change.kind === 'change-on-delete');
  const finishing = report.possible.filter((change) => change.kind === 'finish');
  return [
    ...wrap(
      `${report.database}: ${snapshot.server.product}, ${count(report.diff.inPolicy + report.diff.undecided + report.diff.changes.length, 'foreign key')}; policy: ${report.policyFile}`,
      page,
      0,
      2,
    ),
    '',
    ...titled(changing.length, 'differs from the policy', 'differ from the policy', paint.bold),
    ...changing.flatMap((change) => changeLines(change, page, paint)),
    ...titled(
      finishing.length,
      'is half done and can be finished',
      'are half done and can be finished',
      paint.bold,
    ),
    ...finishing.flatMap((change) => changeLines(change, page, paint)),
    ...titled(
      report.refusals.length,
      'differs and cannot be changed as it stands',
      'differ and cannot be changed as they stand',
      paint.bold,
    ),
    ...report.refusals.flatMap((refusal) => refusalLines(refusal, page, paint)),
    ...findingLines(report.diff.findings, page, paint),
    ...baselineLines(report.known, report.gone, page, paint),
    ...summary(report, page, paint),
  ];
}

function titled(
  number: number,
  one: string,
  many: string,
  bold: (text: string) => string,
): readonly string[] {
  return number === 0 ? [] : [bold(`${count(number, 'key')} ${number === 1 ? one : many}`), ''];
}

function changeLines(change: Change, page: Terminal, paint: Colors): readonly string[] {
  const clauses = clausesText(change, paint);
  return [
    `  ${keyText(change.foreignKey)}`,
    `      ${change.kind === 'finish' ? `${clauses}, the last step is still to come` : clauses}`,
    ...ruleLines(change, page, paint),
    '',
  ];
}

/** `NO ACTION → CASCADE`; `CASCADE` alone where nobody knows any more what a half-done key was before. */
export function clausesText(change: Change, paint: Pick<Colors, 'red' | 'green'>): string {
  const [from, to] = [clauseText(change.from), clauseText(change.to)];
  return change.kind === 'finish' && from === to
    ? paint.green(to)
    : `${paint.red(from)} → ${paint.green(to)}`;
}

function ruleLines(change: Change, page: Terminal, paint: Colors): readonly string[] {
  const { rule } = change;
  const lines = [
    `${placeText(rule.position)}  ${rule.match}`,
    ...(rule.reason === null ? [] : [rule.reason]),
  ];
  return lines.flatMap((line) => wrap(line, page, 6, 8)).map((line) => paint.dim(line));
}

/** A refused change with everything that speaks against it. */
export function refusalLines(refusal: Refusal, page: Terminal, paint: Colors): readonly string[] {
  const { change } = refusal;
  return [
    `  ${keyText(change.foreignKey)}`,
    `      ${clausesText(change, plain)}`,
    ...ruleLines(change, page, paint),
    ...refusal.hazards.flatMap((hazard) => hazardLines(hazard, page, paint, 6)),
    '',
  ];
}

/** Code, title and detail, then the effect and the way out from the catalogue. */
export function hazardLines(
  hazard: Hazard,
  page: Terminal,
  paint: Colors,
  indent: number,
): readonly string[] {
  const entry = entryOf(hazard.code);
  const colour = entry?.grade === 'notice' ? paint.yellow : paint.red;
  const head = wrap(`${hazard.code}  ${entry?.title ?? ''}: ${hazard.detail}`, page, indent, indent + 2);
  return [
    ...head.map((line) => line.replace(hazard.code, colour(hazard.code))),
    ...(entry === null ? [] : wrap(entry.effect, page, indent + 2)),
    ...(entry === null ? [] : wrap(`Way out: ${entry.help}`, page, indent + 2)),
  ];
}

const severities = ['error', 'warning', 'info'] as const;

/** Findings by severity and code: the prose once, then each case. */
export function findingLines(findings: readonly Finding[], page: Terminal, paint: Colors): readonly string[] {
  if (findings.length === 0) return [];
  const groups = severities.flatMap((severity) => {
    const ofSeverity = findings.filter((finding) => finding.severity === severity);
    return [...new Set(ofSeverity.map((finding) => finding.code))].map((code) => ({
      severity,
      code,
      cases: ofSeverity.filter((finding) => finding.code === code),
    }));
  });
  return [
    paint.bold('Findings'),
    '',
    ...groups.flatMap(({ severity, code, cases }) => {
      const entry = entryOf(code);
      const colour = severity === 'error' ? paint.red : severity === 'warning' ? paint.yellow : paint.cyan;
      return [
        ...wrap(`${severity} ${code}  ${entry?.title ?? ''}`, page, 2, 4).map((line) =>
          line.replace(code, colour(code)),
        ),
        ...cases.slice(0, 20).flatMap((one) => [
          ...wrap(caseText(one), page, 6, 8),
          // A statement is copied, so it is never broken into lines.
          ...(one.statement === undefined ? [] : [paint.dim(`        ${one.statement};`)]),
        ]),
        ...(cases.length > 20
          ? [`      … and ${cases.length - 20} more (all of them with --format json)`]
          : []),
        ...(entry === null
          ? []
          : wrap(`${entry.effect} ${entry.help}`, page, 4).map((line) => paint.dim(line))),
        '',
      ];
    }),
  ];
}

/** What the baseline holds back, and what of it is mended. */
export function baselineLines(
  known: readonly Finding[],
  gone: readonly BaselineEntry[],
  page: Terminal,
  paint: Colors,
): readonly string[] {
  if (known.length + gone.length === 0) return [];
  return [
    ...(known.length === 0
      ? []
      : [
          paint.dim(
            `${count(known.length, 'finding')} of the baseline: not told again, and nothing fails on them.`,
          ),
        ]),
    ...(gone.length === 0
      ? []
      : [`Mended, so take ${gone.length === 1 ? 'it' : 'them'} out of the baseline (or write it anew):`]),
    ...gone.slice(0, 20).flatMap((one) => wrap(`${one.code}  ${one.subject}`, page, 2, 4)),
    ...(gone.length > 20 ? [`  … and ${gone.length - 20} more (all of them with --format json)`] : []),
    '',
  ];
}

function caseText(one: Finding): string {
  const place = one.position === null ? '' : `${placeText(one.position)}  `;
  return `${place}${one.subject}${one.detail === '' ? '' : `: ${one.detail}`}`;
}

function placeText(position: Position): string {
  return `${position.file}:${position.line}:${position.column}`;
}

function summary(report: DiffReport, page: Terminal, paint: Colors): readonly string[] {
  const { diff } = report;
  if (diff.inPolicy + diff.undecided + diff.changes.length === 0)
    return ['There are no foreign keys in scope: nothing to compare.'];
  const errors = diff.findings.filter((finding) => finding.severity === 'error').length;
  const parts = [
    ...(report.possible.length === 0 ? [] : [`${report.possible.length} to change`]),
    ...(report.refusals.length === 0 ? [] : [`${report.refusals.length} cannot be changed`]),
    ...(diff.undecided === 0 ? [] : [`${diff.undecided} without a rule`]),
    `${diff.inPolicy} as declared`,
    ...(errors === 0 ? [] : [count(errors, 'finding that is an error', 'findings that are errors')]),
  ];
  const verdict = report.exitCode === 0 ? paint.green('In policy') : paint.red('Not in policy');
  const line = `${verdict}: ${parts.join(', ')}.`;
  if (report.possible.length === 0) return [line];
  if (report.run === null) return [`${line}  Next: ondelete generate --dry-run`];
  return [line, ...wrap(`Next: run the pending files: ${report.run}`, page, 0, 2)];
}
