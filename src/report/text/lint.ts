/** The findings of `lint`, for a person at a terminal: about the database and the policy, then about the models, then their numbers. */
import { severities } from '../../core/codes/index.ts';
import { allVisible } from '../../core/visible.ts';
import type { Finding } from '../../core/model.ts';
import { count, pageFor, type Terminal } from '../layout.ts';
import { baselineLines, findingLines } from './diff.ts';
import { modelLines, type ModelSection } from './models.ts';

export interface LintReport {
  /** The database as people know it, without a password. */
  readonly database: string;
  readonly findings: readonly Finding[];
  /** What the baseline holds already. */
  readonly known: readonly Finding[];
  /** Null where nobody asked for models. */
  readonly models: ModelSection | null;
}

/** @returns lines without line breaks */
export function lintText(report: LintReport, terminal: Terminal): readonly string[] {
  const { findings, known, models } = allVisible(report);
  const page = pageFor(terminal);
  const all = allFindings(report);
  const numbers = severities.map((severity) => {
    const number = all.filter((one) => one.severity === severity).length;
    return count(number, severity === 'info' ? 'note' : severity);
  });
  return [
    ...findingLines(findings, page),
    ...baselineLines(known, [], page),
    ...(models === null ? [] : modelLines(models, terminal)),
    all.length === 0 ? 'No findings.' : `${numbers.join(', ')}.`,
  ];
}

export function allFindings({
  findings,
  models,
}: Pick<LintReport, 'findings' | 'models'>): readonly Finding[] {
  return [...findings, ...(models?.findings ?? [])];
}
