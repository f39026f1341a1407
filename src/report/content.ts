/** What several formats print, independent of any: problems, findings and hazards by code, locks, effects of a change. Pure. */
import { entryOf, severities, type Severity } from '../core/codes/index.ts';
import { groupBy } from '../core/group-by.ts';
import { clauseText, keyText, tableText } from '../core/names.ts';
import { allVisible } from '../core/visible.ts';
import type { Change, Finding, Hazard, Position, Refusal, TableName } from '../core/model.ts';
import type { ReachChange } from '../reach/diff.ts';
import type { Rows } from '../reach/index.ts';
import { count } from './layout.ts';

/** A place with a code, for formats that know files and lines but no keys. */
export interface Problem {
  readonly code: string;
  readonly level: Severity;
  readonly title: string;
  readonly message: string;
  /** What is particular to it, in one line. */
  readonly line: string;
  /** What others with the same code at the same place say as well. */
  readonly shared: string;
  /** What it is about; stays the same when the rule moves to another line. */
  readonly subject: string;
  readonly position: Position | null;
}

/** Title, effect and help of a code. */
export function proseOf(code: string): {
  readonly title: string;
  readonly effect: string;
  readonly help: string;
} {
  const { title, effect, help } = entryOf(code) ?? { title: '', effect: '', help: '' };
  return { title, effect, help };
}

export interface Problematic {
  readonly possible: readonly Change[];
  readonly refusals: readonly Refusal[];
  readonly findings: readonly Finding[];
}

/** Findings without those that a refusal tells as well: HALF_DONE beside HALF_DONE_OTHER_WAY. */
export function withoutRefused(
  findings: readonly Finding[],
  refusals: readonly Refusal[],
): readonly Finding[] {
  const hazards = refusals.flatMap((refusal) => refusal.hazards);
  const told = new Set(hazards.flatMap((one) => (one.code === 'HALF_DONE_OTHER_WAY' ? [one.subject] : [])));
  return findings.filter(({ code, subject }) => code !== 'HALF_DONE' || !told.has(subject));
}

/**
 * A detail with what follows it. Details are written with and without a full stop at the end: a sentence after it gets exactly one in
 * front, and what begins with `;`, `,` or `)` gets none.
 */
export function joinDetail(detail: string, next: string): string {
  const clause = detail.replace(/\.$/, '');
  if (/^[;,)]/.test(next)) return `${clause}${next}`;
  return `${clause}${/[!?…]$/.test(clause) ? '' : '.'} ${next}`;
}

/** Details as one list: `a; b; c`. */
export function joinDetails(details: readonly string[]): string {
  return details.reduce((list, detail) => joinDetail(list, `; ${detail}`));
}

/** The details of one code, the first few: several keys may share one, as where the user does not own their child. */
export function fewDetails(
  cases: readonly Hazard[],
  most: number,
  shown = (detail: string) => detail,
): string {
  const details = [...new Set(cases.map(({ detail }) => detail))];
  const rest = details.length > most ? [`and ${details.length - most} more`] : [];
  return joinDetails([...details.slice(0, most).map(shown), ...rest]);
}

/** Errors first. */
export function problemsOf(problematic: Problematic): readonly Problem[] {
  const { findings, possible, refusals } = allVisible(problematic);
  const all = [
    ...possible.map((change) => changeProblem(change, 'NOT_IN_POLICY', '')),
    ...refusals.flatMap(({ change, hazards }) =>
      hazards.map(({ code, detail }) => changeProblem(change, code, `${proseOf(code).title}: ${detail}`)),
    ),
    ...findings.map(findingProblem),
  ];
  return severities.flatMap((level) => all.filter((one) => one.level === level));
}

function changeProblem({ foreignKey, from, to, rule }: Change, code: string, why: string): Problem {
  const key = keyText(foreignKey);
  const asked = `${key} is ${clauseText(from)}; the policy asks for ${clauseText(to)}`;
  const difference = rule.reason === null ? asked : `${asked} (${joinDetail(rule.reason, ')')}`;
  return {
    code,
    level: 'error',
    title: proseOf(code).title,
    message: why === '' ? difference : joinDetail(difference, why),
    line: `${key}: ${clauseText(from)} → ${clauseText(to)}${why === '' ? '' : `; ${why}`}`,
    shared: rule.reason ?? '',
    subject: key,
    position: rule.position,
  };
}

function findingProblem(finding: Finding): Problem {
  const { code, severity, subject, position } = finding;
  const { title, help } = proseOf(code);
  const line = caseText(finding);
  return {
    code,
    level: severity,
    title,
    message: joinDetail(line, help),
    line,
    shared: help,
    subject,
    position,
  };
}

/** What one finding is about, without its code. */
export function caseText({ subject, detail }: Pick<Finding, 'subject' | 'detail'>): string {
  return detail === '' ? subject : `${subject}: ${detail}`;
}

/** Notices that hold for every database of a kind: nobody could ever get rid of them. */
export const standingNotices: ReadonlySet<string> = new Set(['FOREIGN_KEYS_PRAGMA']);

/** Findings with the same severity and code, errors first. */
export function findingGroups(findings: readonly Finding[]): readonly {
  readonly severity: Severity;
  readonly code: string;
  readonly cases: readonly Finding[];
}[] {
  return severities.flatMap((severity) =>
    [
      ...groupBy(
        findings.filter((one) => one.severity === severity),
        ({ code }) => code,
      ),
    ].map(([code, cases]) => ({ severity, code, cases })),
  );
}

/** `a, b, c and 4 more`. @param further how many there are beyond the tables */
export function few(tables: readonly TableName[], most: number, nameOf = tableText, further = 0): string {
  const shown = tables.slice(0, most).map(nameOf).join(', ');
  const more = Math.max(0, tables.length - most) + further;
  return more === 0 ? shown : `${shown} and ${more.toLocaleString('en-US')} more`;
}

/**
 * What deletes in one table will do that they did not do before: `also deletes from a, b`.
 * @param listed a list of tables, and how many there are beyond it
 */
export function reachPhrases(
  change: ReachChange,
  deletes: string,
  listed: (tables: readonly TableName[], further: number) => string,
): readonly string[] {
  const { more } = change;
  const opened = new Set([...change.deleted, ...change.set].map(({ table }) => tableText(table)));
  // A table that refuses from now on is not spared in a reader's eyes.
  const refusing = new Set(change.refused.map(({ table }) => tableText(table)));
  const spared = change.spared.filter(({ table }) => !refusing.has(tableText(table)));
  const passes = change.passes.filter(({ table }) => !opened.has(tableText(table)));
  const phrases = [
    [deletes, change.deleted, more.deleted],
    ['sets columns in', change.set, more.set],
    ['is no longer refused by', passes, more.passes],
    ['is refused by', change.refused, more.refused],
    ['no longer affects', spared, more.spared],
  ] as const;
  const { tables: refusals, count: refusalCount } = change.stillRefused;
  return [
    ...phrases.flatMap(([words, differences, further]) => {
      if (differences.length + further === 0) return [];
      const tables = differences.map(({ table }) => table);
      return [`${words} ${listed(tables, further)}`];
    }),
    // Else a reader takes silence for a delete that passes.
    ...(refusalCount === 0
      ? []
      : [`is still refused by ${listed(refusals, refusalCount - refusals.length)}`]),
  ];
}

/** `about 10 rows, 400 at worst`; empty where both are unknown. */
export function rowsText({ median, worst }: Rows): string {
  const rows = (value: number): string => count(Math.max(0, value), 'row');
  if (median === null) return worst === null ? '' : `${rows(worst)} at worst`;
  if (worst === null) return `about ${rows(median)}`;
  return median === worst
    ? `up to ${rows(worst)}`
    : `about ${rows(median)}, ${worst.toLocaleString('en-US')} at worst`;
}
