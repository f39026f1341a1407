/** Findings about models for a person at a terminal: by relationship, with its row of the truth table and the edits in order. */
import { groupBy } from '../../core/group-by.ts';
import { allVisible } from '../../core/visible.ts';
import type { Advice, ByWayOfDelete, DeleteOutcome, OrmFinding } from '../../orm/finding.ts';
import { proseOf } from '../content.ts';
import { count, type Page, pageFor, severityColor, type Terminal } from '../layout.ts';
import { adviceLines, costLines, editLines } from './choices.ts';

export interface ModelSection {
  /** `SQLAlchemy 2.0.52`. */
  readonly orm: string;
  /** What was read: `shop.models`. */
  readonly source: string;
  /** What the ORM's users call the three ways of deleting a parent. */
  readonly deletes: ByWayOfDelete<string>;
  readonly keys: number;
  readonly relationships: number;
  readonly findings: readonly OrmFinding[];
  /** How many findings are ignored by comments in the models. */
  readonly ignored: number;
  readonly notes: readonly string[];
  /** Null where nobody asked for it. */
  readonly advice: readonly Advice[] | null;
}

/** @returns lines without line breaks, an empty one at the end of each part */
export function modelLines(asItIs: ModelSection, terminal: Terminal): readonly string[] {
  const section = allVisible(asItIs);
  const page = pageFor(terminal);
  const { deletes, findings, ignored, keys, notes, orm, relationships, source } = section;
  // Findings about one relationship over one key share their row of the truth table and their edits.
  const groups = groupBy(findings, ({ subject, key, position }) => JSON.stringify([subject, key, position]));
  return [
    page.bold(
      `Models  ${orm}, ${source}: ${count(keys, 'foreign key')}, ${count(relationships, 'relationship')}`,
    ),
    '',
    ...notes.flatMap((note) => page.wrap(note, 2)),
    ...byKind([...groups.values()]).flatMap((alike) =>
      alike.length < manyAlike
        ? alike.flatMap((group) => groupLines(group, deletes, page))
        : kindLines(alike, deletes, page),
    ),
    ...(findings.length + ignored === 0 ? [page.green('  Models and database agree.'), ''] : []),
    ...(ignored === 0 ? [] : [`  ${count(ignored, 'finding')} ignored by comments in the models.`, '']),
    ...(section.advice === null ? [] : adviceLines(section.advice, page)),
    ...costLines(
      [...findings, ...(section.advice ?? [])].flatMap(({ choices }) => choices),
      page,
    ),
  ];
}

/** So many keys with the same finding are told of together. */
const manyAlike = 4;
const namedOfKind = 3;

/** Groups that differ in nothing but their key are one kind; kinds stand where the first of them would. */
function byKind(groups: readonly (readonly OrmFinding[])[]): readonly (readonly (readonly OrmFinding[])[])[] {
  const kindOf = (group: readonly OrmFinding[]): string =>
    JSON.stringify(
      group.map(({ severity, code, detail, live, outcomes, key }) => [
        severity,
        code,
        detail,
        live,
        outcomes,
        key === null,
      ]),
    );
  return [...groupBy(groups, kindOf).values()];
}

function kindLines(
  alike: readonly (readonly OrmFinding[])[],
  deletes: ByWayOfDelete<string>,
  page: Page,
): readonly string[] {
  const [group = []] = alike;
  const [first] = group;
  if (first === undefined) return [];
  const named = alike.slice(0, namedOfKind).flatMap(([one]) => (one === undefined ? [] : [placed(one)]));
  const others = alike.length - named.length;
  return [
    `  ${page.bold(count(alike.length, first.key === null ? 'place' : 'key'))}`,
    ...(first.live === null ? [] : [`    live: ${first.live}`]),
    ...group.flatMap((finding) => codeLines(finding, page)),
    ...outcomeLines(group, deletes, page),
    ...named.flatMap((name) => page.wrap(name, 6, 8)),
    `      and ${others} more: --format json names each, with its edits`,
    '',
  ];
}

function placed({ subject, position }: OrmFinding): string {
  return position === null ? subject : `${subject}  ${position.file}:${position.line}`;
}

function groupLines(
  group: readonly OrmFinding[],
  deletes: ByWayOfDelete<string>,
  page: Page,
): readonly string[] {
  const [first] = group;
  if (first === undefined) return [];
  const { key, live, position, subject } = first;
  const place = position === null ? '' : `  ${position.file}:${position.line}`;
  const inDatabase = live === null ? 'not in the database' : `live: ${live}`;
  const about = [
    ...(key === null || key === subject ? [] : [key]),
    ...(key === null && live === null ? [] : [inDatabase]),
  ];
  return [
    `  ${page.bold(subject)}${page.dim(place)}`,
    ...(about.length === 0 ? [] : page.wrap(about.join('  '), 4, 6)),
    ...group.flatMap((finding) => codeLines(finding, page)),
    ...outcomeLines(group, deletes, page),
    ...editLines(
      group.flatMap(({ edits }) => edits),
      group.find(({ choices }) => choices.length > 0)?.choices ?? [],
      page,
    ),
    '',
  ];
}

function codeLines({ severity, code, detail }: OrmFinding, page: Page): readonly string[] {
  return [
    ...page
      .wrap(`${severity} ${code}  ${proseOf(code).title}`, 4, 6)
      .map((line) => line.replace(code, severityColor(severity, page)(code))),
    ...page.wrap(detail, 6),
  ];
}

const outcomeText: Readonly<Record<DeleteOutcome, string>> = {
  deleted: 'deletes the children',
  nulled: 'keeps the children, key set to NULL',
  defaulted: 'keeps the children, key set to its default',
  dangling: 'leaves the children as orphans',
  'foreign-key-violation': 'fails: foreign key violation',
  'not-null-violation': 'fails: NOT NULL violation',
  'primary-key-blanked': 'fails: the key is part of the primary key',
  'mapper-error': 'fails: the ORM cannot load the children',
  'refused-by-orm': 'fails: the ORM refuses the delete',
};

function outcomeLines(
  group: readonly OrmFinding[],
  deletes: ByWayOfDelete<string>,
  page: Page,
): readonly string[] {
  const outcomes = group.find((finding) => finding.outcomes !== null)?.outcomes;
  if (outcomes == null) return [];
  // An ORM for which it makes no difference what is loaded has one name for both.
  const rows = new Map(
    (['unloaded', 'loaded', 'bulk'] as const).map((path) => [deletes[path], outcomeText[outcomes[path]]]),
  );
  const width = Math.max(26, ...[...rows.keys()].map((path) => path.length)) + 2;
  return [...rows].map(([path, outcome]) => page.dim(`      ${path.padEnd(width)}${outcome}`));
}
