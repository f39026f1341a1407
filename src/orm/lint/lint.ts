/** Every finding about models, without those that the models themselves ignore, in a fixed order. Pure. */
import { entryOf, severities } from '../../core/codes/index.ts';
import { modelEntries } from '../../core/codes/orm.ts';
import { compareText } from '../../core/names.ts';
import { didYouMean } from '../../core/suggest.ts';
import { type LintInput, type Views, viewsOf, viewText } from './key-views.ts';
import type { OrmAdapter } from '../adapter.ts';
import type { OrmFinding } from '../finding.ts';
import { type Place, relationshipText } from '../facts.ts';
import { ormFinding } from './key-findings.ts';

interface ModelReport {
  readonly findings: readonly OrmFinding[];
  /** Findings that a mark in the models takes out. */
  readonly ignored: readonly OrmFinding[];
}

export function lintModels(adapter: Pick<OrmAdapter, 'lint'>, input: LintInput): ModelReport {
  const views = viewsOf(input);
  const all = adapter.lint(views);
  const marks = ignoreMarks(views);
  const isIgnored = ({ code, subject, key }: OrmFinding): boolean =>
    marks.some(
      (mark) =>
        mark.codes.includes(code) && (mark.subject === subject || (mark.key !== null && mark.key === key)),
    );
  return {
    findings: sorted([...all.filter((finding) => !isIgnored(finding)), ...marks.flatMap(markFindings)]),
    ignored: sorted(all.filter(isIgnored)),
  };
}

function sorted(findings: readonly OrmFinding[]): readonly OrmFinding[] {
  return findings.toSorted(
    (a, b) =>
      compareText(a.position?.file ?? '', b.position?.file ?? '') ||
      (a.position?.line ?? 0) - (b.position?.line ?? 0) ||
      compareText(a.subject, b.subject) ||
      severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
      compareText(a.code, b.code) ||
      compareText(a.detail, b.detail),
  );
}

/** `ignore: orm-only-cascade orm-model-db-drift, the reason`, as a model says it. */
interface IgnoreMark {
  readonly text: string;
  readonly codes: readonly string[];
  readonly subject: string;
  /** The key that the mark stands at; null for one at a class or a relationship. */
  readonly key: string | null;
  readonly place: Place | null;
}

function ignoreMarks({ facts, keys }: Views): readonly IgnoreMark[] {
  const at = (
    { mark, place }: { readonly mark: string | null; readonly place: Place | null },
    subject: string,
    key: string | null = null,
  ): readonly IgnoreMark[] =>
    mark === null ? [] : [{ text: mark, codes: codesIn(mark), subject, key, place }];
  return [
    ...facts.relationships.flatMap((each) => at(each, relationshipText(each))),
    ...facts.inheritance.flatMap((each) => at(each, each.owner)),
    ...keys.flatMap(({ declared, view }) => at(declared, viewText(view), viewText(view))),
  ];
}

/** The codes that a mark names; none where it cannot be read. `orm-only-cascade`, `only-cascade` and `ORM_ONLY_CASCADE` are one. */
function codesIn(mark: string): readonly string[] {
  const [, words = ''] = /^\s*ignore\s*:\s*([^,]+)/i.exec(mark) ?? [];
  return [...words.matchAll(/\S+/g)].map(([word]) => {
    const code = word.toUpperCase().replaceAll('-', '_');
    return entryOf(code) === null && entryOf(`ORM_${code}`) !== null ? `ORM_${code}` : code;
  });
}

function markFindings({ text, codes, subject, place }: IgnoreMark): readonly OrmFinding[] {
  const details =
    codes.length === 0
      ? [`${JSON.stringify(text)} is not a mark that can be read.`]
      : codes
          .filter((code) => entryOf(code) === null)
          .map((code) => `No rule is called ${code}${didYouMean(code, Object.keys(modelEntries))}.`);
  return details.map((detail) => ormFinding('ORM_MARK_UNKNOWN', 'warning', subject, detail, { place }));
}
