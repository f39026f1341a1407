/** The diff for a person at a terminal. */
import type { BaselineEntry } from '../../config/baseline.ts';
import type { Commands } from '../../core/contracts/template.ts';
import { groupBy } from '../../core/group-by.ts';
import type { Change, Finding, Refusal } from '../../core/model.ts';
import { allVisible } from '../../core/visible.ts';
import type { Diff } from '../../diff/diff.ts';
import { caseText, findingGroups, proseOf, standingNotices, withoutRefused } from '../content.ts';
import { count, firstOf, type Page, pageFor, severityColor, type Terminal } from '../layout.ts';
import { keysShown, placeText, ruleGroups } from './keys.ts';
import { refusalLines } from './refusals.ts';

export interface DiffReport {
  /** The database as people know it, without a password. */
  readonly database: string;
  readonly policyFile: string;
  readonly diff: Diff;
  readonly possible: readonly Change[];
  readonly refusals: readonly Refusal[];
  readonly exitCode: 0 | 1;
  /** Findings that the baseline holds; the diff does not have them. */
  readonly known: readonly Finding[];
  /** Entries of the baseline that match no finding any more. */
  readonly gone: readonly BaselineEntry[];
  /** How to run the files that hold changes already; null where there are none. */
  readonly howToRun: Commands | null;
  readonly wayOut: CommandOut | null;
  /** How many of the possible changes these files hold. */
  readonly written: number;
  /** Pending migrations that are in conflict: nothing is written before they are gone. */
  readonly blocking: readonly string[];
}

/** The command that ends changes which were begun in another direction than the policy's. */
export interface CommandOut {
  /** `down`: they were being reverted. */
  readonly direction: 'up' | 'down';
  readonly command: string;
}

/**
 * @param all print every key; else the first 20 of each rule
 * @returns lines without line breaks
 */
export function diffText(asItIs: DiffReport, terminal: Terminal, all: boolean): readonly string[] {
  const report = allVisible(printed(asItIs));
  const page = pageFor(terminal);
  const shown = { most: all ? Infinity : keysShown, flag: '--all' };
  const { database, diff, policyFile, possible, product, refusals } = report;
  const changing = possible.filter((change) => change.kind === 'change-on-delete');
  const finishing = possible.filter((change) => change.kind === 'finish');
  const head = `${database}: ${product}, ${count(keysIn(diff), 'foreign key')}; policy: ${policyFile}`;
  const part = (lines: readonly string[], number: number, one: string, many: string): readonly string[] =>
    number === 0 ? [] : [page.bold(`${count(number, 'key')} ${number === 1 ? one : many}`), '', ...lines];
  const rules = (changes: readonly Change[]): readonly string[] => [
    ...ruleGroups(changes, shown, page, 2),
    '',
  ];
  const answer = summary(report, page);
  if (changing.length + finishing.length + refusals.length === 0)
    return [
      ...page.wrap(head, 0, 2),
      '',
      ...answer,
      ...optional(['', ...findingLines(diff.findings, page, standingNotices).slice(0, -1)]),
      ...optional(['', ...baselineLines(report.known, report.gone, page).slice(0, -1)]),
    ];
  return [
    ...page.wrap(head, 0, 2),
    '',
    ...part(rules(changing), changing.length, 'differs from the policy', 'differ from the policy'),
    ...part(
      rules(finishing),
      finishing.length,
      'is half done and can be finished',
      'are half done and can be finished',
    ),
    ...part(
      refusalLines(refusals, shown, page),
      refusals.length,
      'differs and cannot be changed yet',
      'differ and cannot be changed yet',
    ),
    ...findingLines(diff.findings, page, standingNotices),
    ...baselineLines(report.known, report.gone, page),
    ...answer,
  ];
}

type Printed = Omit<DiffReport, 'diff'> & {
  readonly product: string;
  readonly diff: Pick<Diff, 'changes' | 'findings' | 'matching' | 'undecided'>;
};

/** Without the tables and the keys that match, of which nothing is printed. */
function printed({ diff, ...report }: DiffReport): Printed {
  const { changes, matching, snapshot, undecided } = diff;
  const findings = withoutRefused(diff.findings, report.refusals);
  return { ...report, product: snapshot.server.product, diff: { changes, findings, matching, undecided } };
}

/** Nothing for an empty line alone. */
function optional(lines: readonly string[]): readonly string[] {
  return lines.length === 1 ? [] : lines;
}

function keysIn({ matching, undecided, changes }: Printed['diff']): number {
  return matching + undecided + changes.length;
}

/** Findings by severity and code: each case, then effect and help once. @param brief codes of which the title says enough */
export function findingLines(
  findings: readonly Finding[],
  page: Page,
  brief: ReadonlySet<string> = new Set(),
): readonly string[] {
  if (findings.length === 0) return [];
  return [
    page.bold('Findings'),
    '',
    ...findingGroups(findings).flatMap(({ severity, code, cases }) => {
      const { title, effect, help } = proseOf(code);
      const heading = page
        .wrap(`${severity} ${code}  ${title}`, 2, 4)
        .map((line) => line.replace(code, severityColor(severity, page)(code)));
      if (brief.has(code)) return [...heading, ''];
      return [
        ...heading,
        ...firstOf(alike(cases), 20, 6, (group) => caseLines(group, page)),
        ...page.wrap(`${effect} ${help}`, 4).map((line) => page.dim(line)),
        '',
      ];
    }),
  ];
}

/** Many cases that say the same of the same place are one: a policy with a slip has many keys without a rule. */
function alike(cases: readonly Finding[]): readonly (readonly Finding[])[] {
  const groups = groupBy(cases, ({ detail, position, statement, subject }) =>
    statement === undefined && position !== null && detail !== ''
      ? `${placeText(position)}\0${detail}`
      : `${subject}\0${detail}`,
  );
  return [...groups.values()].flatMap((group) =>
    group.length > subjectsShown ? [group] : group.map((one) => [one]),
  );
}

const subjectsShown = 3;

function caseLines(cases: readonly Finding[], page: Page): readonly string[] {
  return cases.slice(0, 1).flatMap((one) => {
    const place = one.position === null ? '' : `${placeText(one.position)}  `;
    if (cases.length === 1)
      return [
        ...page.wrap(`${place}${caseText(one)}`, 6, 8),
        // A statement is to be copied, so it is never broken into lines.
        ...(one.statement === undefined ? [] : [page.dim(`        ${one.statement};`)]),
      ];
    return [
      ...page.wrap(`${place}${one.detail}: ${cases.length.toLocaleString('en-US')} of them`, 6, 8),
      ...firstOf(cases, subjectsShown, 8, ({ subject }) => page.wrap(subject, 8, 10)),
    ];
  });
}

/** How many findings the baseline holds, and which of its entries are fixed. */
export function baselineLines(
  known: readonly Finding[],
  gone: readonly BaselineEntry[],
  page: Page,
): readonly string[] {
  if (known.length + gone.length === 0) return [];
  return [
    ...(known.length === 0
      ? []
      : [page.dim(`${count(known.length, 'finding')} in the baseline: not shown, not counted.`)]),
    ...(gone.length === 0
      ? []
      : [
          `Fixed: remove ${gone.length === 1 ? 'this entry' : 'these entries'} from the baseline, or write it again.`,
        ]),
    ...firstOf(gone, 20, 2, (one) => page.wrap(`${one.code}  ${one.subject}`, 2, 4)),
    '',
  ];
}

function summary(report: Printed, page: Page): readonly string[] {
  const { diff, possible, refusals } = report;
  if (keysIn(diff) === 0) return ['There are no foreign keys in scope: nothing to compare.'];
  const differing = possible.length + refusals.length;
  const matching = diff.matching === 1 ? 'matches' : 'match';
  const errors = diff.findings.filter((finding) => finding.severity === 'error').length;
  const color = report.exitCode === 0 ? page.green : page.red;
  const parts = [
    color(
      differing === 0
        ? `${count(diff.matching, 'key')} ${matching} the policy`
        : `${count(differing, 'key')} ${differing === 1 ? 'differs' : 'differ'} from the policy`,
    ),
    ...(differing === 0 ? [] : [diff.matching === 0 ? 'none matches' : `${diff.matching} ${matching}`]),
    ...(refusals.length === 0 ? [] : [`${refusals.length} cannot be changed`]),
    ...(diff.undecided === 0 ? [] : [`${diff.undecided} without a rule`]),
    ...(errors === 0 ? [] : [count(errors, 'error')]),
  ];
  const line = `${parts.join(', ')}.`;
  const [next, ...further] = nextSteps(report);
  if (next === undefined) return [line];
  if (further.length === 0 && report.howToRun === null && report.blocking.length === 0)
    return [`${line}  Next: ${next}`];
  return [line, ...page.wrap(`Next: ${next}`, 0, 2), ...further];
}

function nextSteps({ blocking, possible, refusals, howToRun, wayOut, written }: Printed): readonly string[] {
  if (blocking.length > 0)
    return [
      `delete the files of ${blocking.join(', ')} if they were never applied anywhere (PENDING_CONFLICT)${possible.length === 0 ? '' : ', then ondelete generate'}`,
    ];
  if (wayOut !== null)
    return wayOut.direction === 'down'
      ? ['revert once more: the migration was reverted halfway', `Back: ${wayOut.command}`]
      : ['run the migration to its end: it was stopped halfway', `Run:  ${wayOut.command}`];
  if (possible.length === 0) return [];
  const generate = `ondelete generate --dry-run${refusals.length === 0 ? '' : ' --skip-refused'}`;
  if (howToRun === null) return [generate];
  // to paste, so not wrapped
  const commands = [`Run:  ${howToRun.up}`, `Back: ${howToRun.down}`];
  if (written === possible.length) return ['run the pending files', ...commands];
  const rest = count(possible.length - written, 'key');
  return [
    `run the pending files, which hold ${count(written, 'key')}`,
    ...commands,
    `Then, for the other ${rest}: ${generate}`,
  ];
}
