/** What a rehearsal proved, for a person at a terminal: the numbers first, the keys that failed last. */
import { groupBy } from '../../core/group-by.ts';
import { keyText } from '../../core/names.ts';
import { allVisible } from '../../core/visible.ts';
import type { Change, Hazard } from '../../core/model.ts';
import type { Rehearsal } from '../../rehearsal/rehearse.ts';
import type { KeyProof, Result } from '../../rehearsal/results.ts';
import { count, type Page, pageFor, type Terminal } from '../layout.ts';
import { keyList, keysShown, type Shown } from './keys.ts';

export interface VerifyReport {
  /** The database as people know it, without a password. */
  readonly database: string;
  /** Null where nothing differs from the policy. */
  readonly rehearsal: Rehearsal | null;
  readonly notRehearsed: readonly { readonly change: Change; readonly why: string }[];
  /** Keys that could not be tried, where --allow accepts that. */
  readonly accepted: readonly Change[];
  /** Known hazards of the changes: one of them may be why a trial differs. */
  readonly hazards: readonly Hazard[];
}

/**
 * @param all print every key, and every delete that was tried; else the first 20 keys of a kind
 * @returns lines without line breaks
 */
export function verifyText(asItIs: VerifyReport, terminal: Terminal, all: boolean): readonly string[] {
  const report = allVisible(asItIs);
  const page = pageFor(terminal);
  const { database, notRehearsed, rehearsal } = report;
  if (rehearsal === null && notRehearsed.length === 0)
    return [`${database}: nothing to rehearse: every key with a rule matches the policy.`];
  const shown = { most: all ? Infinity : keysShown, flag: '--all' };
  const keys = rehearsal?.keys ?? [];
  const of = (result: Result): readonly KeyProof[] => keys.filter((key) => key.result === result);
  const lines = [
    ...(rehearsal === null ? [] : [...headLines(rehearsal, database, page), '']),
    ...page.wrap(summary(report), 0, 2).map(page.bold),
    '',
    ...provenLines(of('proven'), shown, all, page),
    ...reasonLines('Not rehearsed', whys(notRehearsed), shown, page),
    ...gapLines(report, of('not tried'), shown, page),
    ...failureLines(report, of('disproved'), shown, page),
  ];
  return lines.slice(0, lines.at(-1) === '' ? -1 : undefined);
}

function headLines({ notes, scratch }: Rehearsal, database: string, page: Page): readonly string[] {
  const head = `${database}: rehearsed on ${scratch}; no row was read, so orphans are not noticed`;
  return [...page.wrap(head, 0, 2), ...notes.flatMap((note) => page.wrap(`note: ${note}`, 2, 8))];
}

/** `97 keys proven, 0 disproved, 9 could not be tried (2 accepted).` */
function summary({ rehearsal, notRehearsed, accepted }: VerifyReport): string {
  const number = (result: Result): number =>
    rehearsal?.keys.filter((key) => key.result === result).length ?? 0;
  const allowed = accepted.length === 0 ? '' : ` (${accepted.length} accepted)`;
  const others = notRehearsed.length === 0 ? '' : `, ${notRehearsed.length} not rehearsed`;
  return `${count(number('proven'), 'key')} proven, ${number('disproved')} disproved, ${number('not tried')} could not be tried${allowed}${others}.`;
}

function provenLines(proven: readonly KeyProof[], shown: Shown, all: boolean, page: Page): readonly string[] {
  if (proven.length === 0) return [];
  const title = page.bold(page.green('Proven: up, deletes, down, and the schema is as before'));
  const keys = all
    ? proven.flatMap((key) => [...keyList([key.change], shown, page, 2), ...trialLines(key, page)])
    : keyList(changesOf(proven), shown, page, 2);
  return [title, '', ...keys, ''];
}

function changesOf(keys: readonly KeyProof[]): readonly Change[] {
  return keys.map(({ change }) => change);
}

function whys(
  cases: readonly { readonly change: Change; readonly why: string }[],
): ReadonlyMap<string, readonly Change[]> {
  const groups = groupBy(cases, ({ why }) => why);
  return new Map([...groups].map(([why, ofWhy]) => [why, ofWhy.map(({ change }) => change)]));
}

/** Each reason once, with its keys. */
function reasonLines(
  title: string,
  reasons: ReadonlyMap<string, readonly Change[]>,
  shown: Shown,
  page: Page,
): readonly string[] {
  if (reasons.size === 0) return [];
  const groups = [...reasons].flatMap(([why, changes]) => [
    ...page.wrap(why, 2, 4),
    ...keyList(changes, shown, page, 4),
  ]);
  return [page.bold(title), '', ...groups, ''];
}

/** Keys of which nothing is known; those that were accepted apart. */
function gapLines(
  { accepted }: VerifyReport,
  gaps: readonly KeyProof[],
  shown: Shown,
  page: Page,
): readonly string[] {
  const reasons = (isAccepted: boolean): ReadonlyMap<string, readonly Change[]> =>
    whys(
      gaps
        .filter(({ change }) => accepted.includes(change) === isAccepted)
        .map(({ change, trials }) => ({ change, why: gapText(trials) })),
    );
  return [
    ...reasonLines('Could not be tried, accepted with --allow NOT_TRIED', reasons(true), shown, page),
    ...reasonLines(page.yellow('Could not be tried'), reasons(false), shown, page),
  ];
}

function gapText(trials: KeyProof['trials']): string {
  const details = trials.flatMap(({ detail, verdict }) => (verdict === 'not tried' ? [detail] : []));
  return details.length === 0 ? 'the rehearsal ended before its deletes' : [...new Set(details)].join('; ');
}

/** What failed for all keys, then each key that failed, with what was tried. */
function failureLines(
  { hazards, rehearsal }: VerifyReport,
  disproved: readonly KeyProof[],
  shown: Shown,
  page: Page,
): readonly string[] {
  const failures = rehearsal?.failures ?? [];
  if (failures.length + disproved.length === 0) return [];
  const isDiffering = ({ trials }: KeyProof): boolean => trials.some(({ verdict }) => verdict === 'differs');
  return [
    page.bold(page.red(disproved.length === 0 ? 'Failed' : 'Disproved')),
    '',
    ...failures.flatMap((failure) => page.wrap(`${page.red('✗')} ${failure}`, 2, 4)),
    ...keyList(changesOf(disproved.filter((key) => !isDiffering(key))), shown, page, 2),
    ...disproved
      .filter(isDiffering)
      .flatMap((key) => [
        ...keyList([key.change], shown, page, 2),
        ...trialLines(key, page),
        ...hazardLines(key.change, hazards, page),
      ]),
  ];
}

const marks = { 'as promised': '✓', differs: '✗', 'not tried': '?' } as const;

function trialLines({ trials }: KeyProof, page: Page): readonly string[] {
  const colors = { 'as promised': page.green, differs: page.red, 'not tried': page.yellow };
  return trials.flatMap(({ detail, verdict, what }) =>
    page.wrap(`${colors[verdict](marks[verdict])} ${what}: ${detail}`, 6, 8),
  );
}

function hazardLines(change: Change, hazards: readonly Hazard[], page: Page): readonly string[] {
  const own = hazards.filter(({ subject }) => subject === keyText(change.foreignKey));
  const codes = [...new Set(own.map(({ code }) => code))].join(', ');
  if (codes === '') return [];
  return page.wrap(`known hazards of this change: ${codes}; see \`ondelete explain CODE\``, 6, 8);
}
