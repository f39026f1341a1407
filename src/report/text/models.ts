/** Findings about models for a person at a terminal: by relationship, with its row of the truth table and the edits in order. */
import { entryOf } from '../../core/codes/index.ts';
import type { DeleteOutcome, OrmFinding, ByDeletePath } from '../../orm/adapter.ts';
import { count, colorsFor, wrap, type Terminal, type Colors } from '../layout.ts';

export interface ModelSection {
  /** `SQLAlchemy 2.0.52`. */
  readonly orm: string;
  /** What was read: `shop.models`. */
  readonly source: string;
  /** How people call the three ways of deleting a parent. */
  readonly deletes: ByDeletePath<string>;
  readonly keys: number;
  readonly relationships: number;
  readonly findings: readonly OrmFinding[];
  /** How many findings marks in the models take out. */
  readonly ignored: number;
  readonly notes: readonly string[];
}

/** @returns lines without line breaks, an empty one at the end of each part */
export function modelLines(section: ModelSection, page: Terminal): readonly string[] {
  const paint = colorsFor(page);
  const read = `${section.orm}, ${section.source}: ${count(section.keys, 'foreign key')}, ${count(section.relationships, 'relationship')}`;
  return [
    paint.bold(`Models  ${read}`),
    '',
    ...section.notes.flatMap((note) => wrap(note, page, 2)),
    ...groupsOf(section.findings).flatMap((group) => groupLines(group, section.deletes, page, paint)),
    ...(section.findings.length + section.ignored === 0
      ? [paint.green('  Models and database tell the same story.'), '']
      : []),
    ...(section.ignored === 0
      ? []
      : [`  ${count(section.ignored, 'finding')} ignored by marks in the models.`, '']),
  ];
}

/** Findings about one relationship over one key stand together: their row and their edits are the same. */
function groupsOf(findings: readonly OrmFinding[]): readonly (readonly OrmFinding[])[] {
  const groups = new Map<string, OrmFinding[]>();
  for (const finding of findings) {
    const id = JSON.stringify([finding.subject, finding.key, finding.position]);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [finding]);
    else group.push(finding);
  }
  return [...groups.values()];
}

function groupLines(
  group: readonly OrmFinding[],
  deletes: ByDeletePath<string>,
  page: Terminal,
  paint: Colors,
): readonly string[] {
  const [first] = group;
  if (first === undefined) return [];
  const place = first.position === null ? '' : `  ${first.position.file}:${first.position.line}`;
  const key = first.key === null || first.key === first.subject ? '' : first.key;
  const live =
    first.live === null ? (first.key === null ? '' : 'not in the database') : `live: ${first.live}`;
  const about = [key, live].filter((part) => part !== '').join('  ');
  return [
    `  ${paint.bold(first.subject)}${paint.dim(place)}`,
    ...(about === '' ? [] : wrap(about, page, 4, 6)),
    ...group.flatMap((finding) => codeLines(finding, page, paint)),
    ...fateLines(group, deletes, paint),
    ...editLines(group, page, paint),
    '',
  ];
}

function codeLines(finding: OrmFinding, page: Terminal, paint: Colors): readonly string[] {
  const { severity, code } = finding;
  const colour = severity === 'error' ? paint.red : severity === 'warning' ? paint.yellow : paint.cyan;
  const title = entryOf(code)?.title ?? '';
  return [
    ...wrap(`${severity} ${code}  ${title}`, page, 4, 6).map((line) => line.replace(code, colour(code))),
    ...wrap(finding.detail, page, 6),
  ];
}

const inWords: Readonly<Record<DeleteOutcome, string>> = {
  deleted: 'deletes the children',
  nulled: 'keeps the children, key set to NULL',
  defaulted: 'keeps the children, key set to its default',
  dangling: 'keeps the children, pointing to nothing',
  'foreign-key-violation': 'fails: foreign key violation',
  'not-null-violation': 'fails: NOT NULL violation',
  'primary-key-blanked': 'fails: the key is part of the primary key',
  'mapper-error': 'fails: the ORM refuses the mapping',
  'refused-by-orm': 'fails: the ORM refuses the delete',
};

function fateLines(
  group: readonly OrmFinding[],
  deletes: ByDeletePath<string>,
  paint: Colors,
): readonly string[] {
  const outcomes = group.find((finding) => finding.outcomes !== null)?.outcomes;
  if (outcomes == null) return [];
  // an ORM that does not care what is loaded has one word for both
  const rows = new Map(
    (['unloaded', 'loaded', 'bulk'] as const).map((way) => [deletes[way], inWords[outcomes[way]]]),
  );
  const width = Math.max(26, ...[...rows.keys()].map((way) => way.length)) + 2;
  return [...rows].map(([way, fate]) => paint.dim(`      ${way.padEnd(width)}${fate}`));
}

function editLines(group: readonly OrmFinding[], page: Terminal, paint: Colors): readonly string[] {
  const texts = group.flatMap(({ edits }) =>
    edits.map((edit) => {
      const place =
        edit.kind === 'model' && edit.place !== null ? `${edit.place.file}:${edit.place.line}: ` : '';
      return `${place}${edit.text}`;
    }),
  );
  const unique = [...new Set(texts)];
  if (unique.length === 0) return [];
  const steps = unique.map((text, place) =>
    unique.length === 1 ? `mend: ${text}` : `${place + 1}. ${text}`,
  );
  return [
    ...(unique.length === 1 ? [] : [`      ${paint.green('mend, in this order:')}`]),
    ...steps.flatMap((step) => wrap(step, page, 6, 9)),
  ];
}
