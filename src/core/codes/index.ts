/** The catalogue: every finding and hazard with its text, written once. Dialects name a code; reports add the text. */
import { databaseEntries } from './database.ts';
import { lintEntries } from './lint.ts';
import { noticeEntries } from './notices.ts';
import { modelEntries } from './orm.ts';
import { policyEntries } from './policy.ts';
import { reachEntries } from './reach.ts';
import { allowableEntries, refusedEntries } from './refusals.ts';

/** Of a finding, worst first. */
export const severities = ['error', 'warning', 'info'] as const;
export type Severity = (typeof severities)[number];

/** What a hazard does to a change: `refused` always, `allow` refuses it until `--allow CODE`, `notice` is only shown. */
export type Grade = 'refused' | 'allow' | 'notice';

export interface CatalogueEntry {
  readonly kind: 'finding' | 'hazard';
  /** Null for findings: their severity is decided where they are found. */
  readonly grade: Grade | null;
  readonly title: string;
  /** The consequence if ignored. */
  readonly effect: string;
  readonly help: string;
}

type Prose = Pick<CatalogueEntry, 'title' | 'effect' | 'help'>;

function entries<Codes extends string>(
  grade: Grade | null,
  prose: Readonly<Record<Codes, Prose>>,
): Readonly<Record<Codes, CatalogueEntry>> {
  const kind = grade === null ? 'finding' : 'hazard';
  const made = Object.entries<Prose>(prose).map(([code, texts]) => [code, { kind, grade, ...texts }]);
  return Object.fromEntries(made) as Record<Codes, CatalogueEntry>;
}

export const catalogue = {
  ...entries(null, policyEntries),
  ...entries(null, databaseEntries),
  ...entries(null, modelEntries),
  ...entries(null, reachEntries),
  ...entries(null, lintEntries),
  ...entries('refused', refusedEntries),
  ...entries('allow', allowableEntries),
  ...entries('notice', noticeEntries),
} as const satisfies Record<string, CatalogueEntry>;

export type Code = keyof typeof catalogue;

/** The entry of a code; null for an unknown one. */
export function entryOf(code: string): CatalogueEntry | null {
  return Object.hasOwn(catalogue, code) ? catalogue[code as Code] : null;
}

export function gradeOf(code: string): Grade {
  return entryOf(code)?.grade ?? 'notice';
}
