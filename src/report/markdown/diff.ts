/** Changes as a comment on a pull request: what changes, what a delete will newly take, locks, how to roll back. */
import { entryOf } from '../../core/codes/index.ts';
import {
  clauseText,
  keyText,
  tableText,
  type Change,
  type Finding,
  type Hazard,
  type Plan,
  type Refusal,
  type Server,
  type Side,
  type TableName,
} from '../../core/model.ts';
import type { ReachChange, ReachDifference } from '../../reach/diff.ts';
import { fit, type Section } from './fit.ts';
import { count } from '../layout.ts';
import { lockLines } from '../locks.ts';
import { code, fenced, prose } from './text.ts';
import type { KeyFigures } from '../text/plan.ts';

/** GitHub refuses a comment of more than 65,536 characters; who posts it may add a line of their own. */
export const commentLimit = 65_536 - 512;

export interface MarkdownReport {
  readonly database: string;
  readonly server: Server;
  readonly policyFile: string;
  readonly changes: readonly Change[];
  readonly refusals: readonly Refusal[];
  readonly findings: readonly Finding[];
  /** Findings that a baseline holds back. */
  readonly known: number;
  /** What the changes mean for deletes, the worst first. */
  readonly reach: readonly ReachChange[];
  /** Null where no steps could be written, such as with an unknown tool. */
  readonly plan: Plan | null;
  readonly figures: readonly KeyFigures[];
  /** The files that were or would be written; empty for `diff`. */
  readonly files: readonly string[];
  readonly howToRun: string | null;
  /** How the whole list can be had. */
  readonly wholeList: string;
}

/** @returns Markdown of at most `commentLimit` bytes, beginning with a mark by which the comment is found again */
export function markdown(report: MarkdownReport): string {
  const head = [
    '<!-- ondelete -->',
    `### ondelete: ${verdict(report)}`,
    '',
    `${code(report.database)}, ${prose(report.server.product)}; policy ${code(report.policyFile)}`,
    '',
  ];
  const sections = [
    { noun: 'line', before: [], items: [head.join('\n')], after: [] },
    changeSection(report),
    reachSection(report.reach),
    refusalSection(report.refusals),
    findingSection(report),
    lockSection(report.plan),
    hazardSection(report.plan?.hazards ?? []),
    statementSection(report.plan),
    backSection(report),
  ];
  return fit(
    sections,
    commentLimit,
    (cut) =>
      `\n_Cut to fit a comment: ${cut.map(({ noun, left, all }) => `${left.toLocaleString('en-US')} of ${count(all, noun)}`).join(', ')} not shown. All of them: ${code(report.wholeList)}_`,
  );
}

function verdict(report: MarkdownReport): string {
  const errors = report.findings.filter((one) => one.severity === 'error').length;
  const newlyDeleted = report.reach.filter((one) => one.deleted.length > 0).length;
  const parts = [
    ...(report.changes.length === 0 ? [] : [`${count(report.changes.length, 'key')} will change`]),
    ...(newlyDeleted === 0
      ? []
      : [`deletes in ${count(newlyDeleted, 'table')} will take rows they did not take`]),
    ...(report.refusals.length === 0 ? [] : [`${count(report.refusals.length, 'key')} cannot be changed`]),
    ...(errors === 0 ? [] : [count(errors, 'error')]),
  ];
  return parts.length === 0 ? 'in policy' : parts.join(', ');
}

function changeSection(report: MarkdownReport): Section {
  const figuresOf = new Map(report.figures.map((one) => [one.key, one]));
  const withFigures = report.figures.length > 0;
  return {
    noun: 'change',
    before: [
      '#### What changes',
      '',
      `| Foreign key | Now | Will be | Rule |${withFigures ? ' Rows |' : ''}`,
      `| --- | --- | --- | --- |${withFigures ? ' --- |' : ''}`,
    ],
    items: report.changes.map((change) => {
      const { rule } = change;
      const why = `${code(`${rule.position.file}:${rule.position.line}`)}${rule.reason === null ? '' : ` ${prose(rule.reason, 200)}`}`;
      const rows = withFigures ? ` ${rowsText(figuresOf.get(change.foreignKey))} |` : '';
      return `| ${code(keyText(change.foreignKey))} | ${clauseText(change.from) === '' ? '' : prose(clauseText(change.from))} | **${prose(clauseText(change.to))}**${change.kind === 'finish' ? ' (half done)' : ''} | ${why} |${rows}`;
    }),
    after: [''],
  };
}

function rowsText(figures: KeyFigures | undefined): string {
  if (figures === undefined) return '';
  const rows = figures.childRows.known ? figures.childRows.value.toLocaleString('en-US') : 'unknown';
  if (!figures.orphans.known) return rows;
  const { value } = figures.orphans;
  return value.count === 0
    ? rows
    : `${rows}, **${value.atLeast ? 'at least ' : ''}${count(value.count, 'orphan')}**`;
}

function reachSection(reach: readonly ReachChange[]): Section {
  return {
    noun: 'table',
    before: ['#### What a delete will do', '', '| Deleting a row of | From now on |', '| --- | --- |'],
    items: reach.map((one) => `| ${code(tableText(one.table))} | ${outcomes(one)} |`),
    after: [''],
  };
}

function outcomes(one: ReachChange): string {
  const told = (words: string, list: readonly ReachDifference[]): readonly string[] =>
    list.length === 0 ? [] : [`${words} ${few(list.map(({ table }) => table))}`];
  const opened = new Set([...one.deleted, ...one.set].map(({ table }) => tableText(table)));
  return [
    ...told('⚠️ **also deletes** rows of', one.deleted),
    ...told('sets columns of', one.set),
    ...told(
      'is no longer refused by',
      one.passes.filter(({ table }) => !opened.has(tableText(table))),
    ),
    ...told('is refused by', one.refused),
    ...told('spares', one.spared),
  ].join('<br>');
}

function few(tables: readonly TableName[]): string {
  const most = 8;
  const shown = tables.slice(0, most).map((table) => code(tableText(table), 100));
  return `${shown.join(', ')}${tables.length > most ? ` and ${tables.length - most} more` : ''}`;
}

function refusalSection(refusals: readonly Refusal[]): Section {
  return {
    noun: 'refused change',
    before: ['#### Cannot be changed as it stands', ''],
    items: refusals.map(({ change, hazards }) =>
      [
        `- ${code(keyText(change.foreignKey))} ${prose(clauseText(change.from))} → ${prose(clauseText(change.to))}`,
        ...hazards.map((hazard) => `  - ${hazardText(hazard)}`),
      ].join('\n'),
    ),
    after: [''],
  };
}

function hazardText(hazard: Hazard): string {
  const entry = entryOf(hazard.code);
  const words = entry === null ? '' : ` ${prose(entry.effect)} _Way out:_ ${prose(entry.help)}`;
  return `**${code(hazard.code)}** ${prose(hazard.detail)}.${words}`;
}

const severities = ['error', 'warning', 'info'] as const;

function findingSection({ findings, known }: MarkdownReport): Section {
  const sorted = severities.flatMap((severity) => findings.filter((one) => one.severity === severity));
  const numbers = severities.flatMap((severity) => {
    const number = findings.filter((one) => one.severity === severity).length;
    return number === 0 ? [] : [count(number, severity === 'info' ? 'note' : severity)];
  });
  const open = findings.some((one) => one.severity === 'error') ? ' open' : '';
  return {
    noun: 'finding',
    before: [
      `<details${open}><summary>Findings: ${numbers.join(', ')}${known === 0 ? '' : `, and ${known} of the baseline`}</summary>`,
      '',
    ],
    items: sorted.map((one) => {
      const place = one.position === null ? '' : `${code(`${one.position.file}:${one.position.line}`)} `;
      return `- ${one.severity} ${code(one.code)} ${place}${code(one.subject)}${one.detail === '' ? '' : `: ${prose(one.detail)}`}`;
    }),
    after: ['', '</details>', ''],
  };
}

function lockSection(plan: Plan | null): Section {
  const items = (plan?.steps ?? []).flatMap((step, at) => {
    const locks = lockLines(step.up);
    const title = `| ${at + 1}. ${prose(step.title, 200)} | `;
    return [
      `${title}${locks.length === 0 ? 'none that matters' : locks.map((line) => prose(line)).join('<br>')} |`,
    ];
  });
  return {
    noun: 'step',
    before: ['<details><summary>Steps and their locks</summary>', '', '| Step | Locks |', '| --- | --- |'],
    items,
    after: ['', '</details>', ''],
  };
}

function hazardSection(hazards: readonly Hazard[]): Section {
  const codes = [...new Set(hazards.map((hazard) => hazard.code))];
  return {
    noun: 'note',
    before: [`<details><summary>Worth knowing of these changes: ${codes.length}</summary>`, ''],
    items: codes.map((one) => {
      const entry = entryOf(one);
      const cases = hazards.filter((hazard) => hazard.code === one);
      const details = cases.slice(0, 3).map((hazard) => prose(hazard.detail, 300));
      const rest = cases.length > 3 ? `; and ${cases.length - 3} more` : '';
      return `- **${code(one)}** ${prose(entry?.title ?? '')}: ${details.join('; ')}${rest}. ${prose(`${entry?.effect ?? ''} ${entry?.help ?? ''}`)}`;
    }),
    after: ['', '</details>', ''],
  };
}

function statementSection(plan: Plan | null): Section {
  return {
    noun: 'step in SQL',
    before: ['<details><summary>The statements that do the work</summary>', ''],
    items: (plan?.steps ?? []).flatMap((step, at) => {
      const hearts = heartsOf(step.up);
      return hearts.length === 0
        ? []
        : [[`${at + 1}. ${prose(step.title, 200)}`, '', ...fenced(hearts.join(';\n'), 'sql'), ''].join('\n')];
    }),
    after: ['</details>', ''],
  };
}

/** What does the work, without the guards around it. */
function heartsOf(side: Side): readonly string[] {
  if (side.kind === 'nothing') return [];
  return side.statements.flatMap((statement) => {
    const heart = statement.preview ?? (statement.locks.length > 0 ? statement.sql : null);
    return heart === null ? [] : [heart.length > 2000 ? `${heart.slice(0, 2000)} …` : heart];
  });
}

function backSection({ plan, files, howToRun }: MarkdownReport): Section {
  const back = [...(plan?.steps ?? [])].reverse().flatMap((step) => heartsOf(step.down));
  return {
    noun: 'way back',
    before: ['<details><summary>How to roll back</summary>', ''],
    items:
      plan === null || plan.steps.length === 0
        ? []
        : [
            [
              'Run the down files in reverse order of their names. They bring the rules back, not rows that were deleted meanwhile.',
              ...(howToRun === null ? [] : ['', `Run: ${code(howToRun, 500)}`]),
              ...(files.length === 0 ? [] : ['', ...files.map((file) => `- ${code(file)}`)]),
            ].join('\n'),
            ...(back.length === 0 ? [] : [['', ...fenced(back.join(';\n'), 'sql')].join('\n')]),
          ],
    after: ['', '</details>'],
  };
}
