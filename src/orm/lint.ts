/** Every finding about models, without those that the models themselves ignore, in a fixed order. Pure. */
import { entryOf, severities } from '../core/codes/index.ts';
import { modelEntries } from '../core/codes/orm.ts';
import { compareText } from '../core/model.ts';
import { didYouMean } from '../core/suggest.ts';
import type { LintInput, OrmAdapter, OrmFinding } from './adapter.ts';
import { relationshipText, type Facts, type Place } from './facts.ts';
import { ormFinding } from './key-rules.ts';
import { viewsOf, viewText, type Views } from './key-views.ts';

export interface ModelReport {
  readonly findings: readonly OrmFinding[];
  /** Findings that a mark in the models takes out. */
  readonly ignored: readonly OrmFinding[];
}

/** Runs an ORM's rules and takes out what the models ask to ignore. */
export function lintModels(adapter: Pick<OrmAdapter, 'lint'>, input: LintInput): ModelReport {
  const marks = marksIn(input.facts, viewsOf(input));
  const all = adapter.lint(input);
  const isIgnored = (finding: OrmFinding): boolean =>
    marks.some(
      ({ mark, subject, key }) =>
        mark !== null &&
        mark.codes.includes(finding.code) &&
        (finding.subject === subject || (key !== null && finding.key === key)),
    );
  const unread = marks.flatMap(({ mark, subject, text, place }) => unreadable(mark, subject, text, place));
  return {
    findings: sorted([...all.filter((finding) => !isIgnored(finding)), ...unread]),
    ignored: sorted(all.filter(isIgnored)),
  };
}

function sorted(findings: readonly OrmFinding[]): readonly OrmFinding[] {
  return [...findings].sort(
    (a, b) =>
      compareText(a.position?.file ?? '', b.position?.file ?? '') ||
      (a.position?.line ?? 0) - (b.position?.line ?? 0) ||
      compareText(a.subject, b.subject) ||
      severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
      compareText(a.code, b.code) ||
      compareText(a.detail, b.detail),
  );
}

export interface Mark {
  readonly codes: readonly string[];
  readonly unknown: readonly string[];
  readonly reason: string | null;
}

/** Reads `ignore: orm-only-cascade orm-model-db-drift, the reason`; null for anything else. */
export function parseMark(text: string): Mark | null {
  const [, rules = '', reason = ''] = /^\s*ignore\s*:\s*([^,]+)(?:,([\s\S]*))?$/i.exec(text) ?? [];
  const named = rules
    .trim()
    .split(/\s+/)
    .filter((rule) => rule !== '')
    .map(codeNamed);
  if (named.length === 0) return null;
  return {
    codes: named.filter((code) => entryOf(code) !== null),
    unknown: named.filter((code) => entryOf(code) === null),
    reason: reason.trim() === '' ? null : reason.trim(),
  };
}

/** `orm-only-cascade`, `only-cascade` and `ORM_ONLY_CASCADE` are one. */
function codeNamed(word: string): string {
  const code = word.toUpperCase().replaceAll('-', '_');
  return entryOf(code) === null && entryOf(`ORM_${code}`) !== null ? `ORM_${code}` : code;
}

interface PlacedMark {
  readonly mark: Mark | null;
  readonly text: string;
  readonly subject: string;
  readonly key: string | null;
  readonly place: Place | null;
}

function marksIn(facts: Facts, views: Views): readonly PlacedMark[] {
  const placed = (
    subject: string,
    key: string | null,
    text: string | null,
    place: Place | null,
  ): readonly PlacedMark[] => (text === null ? [] : [{ mark: parseMark(text), text, subject, key, place }]);
  return [
    ...facts.relationships.flatMap((each) => placed(relationshipText(each), null, each.mark, each.place)),
    ...facts.inheritance.flatMap((each) => placed(each.owner, null, each.mark, each.place)),
    ...facts.foreignKeys.flatMap((each) => {
      const view = each.mark === null ? null : views.keyView(each);
      return view === null ? [] : placed(viewText(view), viewText(view), each.mark, each.place);
    }),
  ];
}

function unreadable(
  mark: Mark | null,
  subject: string,
  text: string,
  place: Place | null,
): readonly OrmFinding[] {
  if (mark === null) {
    const detail = `${JSON.stringify(text)} is not understood.`;
    return [ormFinding('ORM_MARK_UNKNOWN', 'warning', subject, detail, { place })];
  }
  return mark.unknown.map((code) => {
    const detail = `No rule is called ${code}${didYouMean(code, modelCodes)}.`;
    return ormFinding('ORM_MARK_UNKNOWN', 'warning', subject, detail, { place });
  });
}

const modelCodes = Object.keys(modelEntries);
