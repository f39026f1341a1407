/** Changes as a comment on a pull request: what changes, what a delete will do, locks, how to roll back. */
import { severities } from '../../core/codes/index.ts';
import { groupBy } from '../../core/group-by.ts';
import { clauseText, keyText, tableText } from '../../core/names.ts';
import type { Change, Finding, Hazard, Plan, Refusal, Server, Side } from '../../core/model.ts';
import type { ReachChange } from '../../reach/diff.ts';
import { few, joinDetail, joinDetails, lockLines, proseOf, reachPhrases } from '../content.ts';
import { code, fenced, prose } from '../escape.ts';
import { count } from '../layout.ts';
import type { KeyFigures } from '../text/plan.ts';
import { fit, type Section } from './fit.ts';

/** GitHub refuses a comment of more than 65,536 characters; who posts it may add a line of their own. */
export const commentLimit = 65_536 - 512;

interface MarkdownReport {
  readonly database: string;
  readonly server: Server;
  readonly policyFile: string;
  readonly changes: readonly Change[];
  readonly refusals: readonly Refusal[];
  readonly findings: readonly Finding[];
  /** How many findings the baseline holds. */
  readonly known: number;
  /** What the changes mean for deletes, worst first. */
  readonly reach: readonly ReachChange[];
  /** Null where no steps can be written, such as for an unknown tool. */
  readonly plan: Plan | null;
  readonly figures: readonly KeyFigures[];
  /** The files that were or would be written; empty for `diff`. */
  readonly files: readonly string[];
  readonly howToRun: string | null;
  /** The command that prints everything. */
  readonly wholeList: string;
}

/** @returns Markdown of at most `commentLimit` bytes, beginning with a marker by which a script finds the comment again */
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
    rollbackSection(report),
  ];
  return fit(
    sections,
    commentLimit,
    (cut) =>
      `\n_Shortened to fit a comment: ${cut.map(({ noun, left, all }) => `${left.toLocaleString('en-US')} of ${count(all, noun)}`).join(', ')} not shown. Full list: ${code(report.wholeList)}_`,
  );
}

function verdict(report: MarkdownReport): string {
  const errors = report.findings.filter((one) => one.severity === 'error').length;
  const newlyDeleted = report.reach.filter((one) => one.deleted.length > 0).length;
  const parts = [
    ...(report.changes.length === 0 ? [] : [`${count(report.changes.length, 'key')} will change`]),
    ...(newlyDeleted === 0 ? [] : [`deletes in ${count(newlyDeleted, 'table')} will also delete other rows`]),
    ...(report.refusals.length === 0 ? [] : [`${count(report.refusals.length, 'key')} cannot be changed`]),
    ...(errors === 0 ? [] : [count(errors, 'error')]),
  ];
  return parts.length === 0 ? 'nothing differs from the policy' : parts.join(', ');
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
    before: ['#### What a delete will do', '', '| Deleting a row of | After the change |', '| --- | --- |'],
    items: reach.map((one) => {
      const phrases = reachPhrases(one, '⚠️ **also deletes** rows of', (tables) =>
        few(tables, 8, (table) => code(tableText(table), 100)),
      );
      return `| ${code(tableText(one.table))} | ${phrases.join('<br>')} |`;
    }),
    after: [''],
  };
}

function refusalSection(refusals: readonly Refusal[]): Section {
  return {
    noun: 'refused change',
    before: ['#### Cannot be changed yet', ''],
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
  const { effect, help } = proseOf(hazard.code);
  return `**${code(hazard.code)}** ${joinDetail(prose(hazard.detail), prose(effect))} _Help:_ ${prose(help)}`;
}

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
      `<details${open}><summary>Findings: ${numbers.join(', ')}${known === 0 ? '' : `, and ${known} in the baseline`}</summary>`,
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
  const items = (plan?.steps ?? []).map((step, at) => {
    const locks = lockLines(step.up).map((line) => prose(line));
    return `| ${at + 1}. ${prose(step.title, 200)} | ${locks.length === 0 ? 'none that blocks' : locks.join('<br>')} |`;
  });
  return {
    noun: 'step',
    before: ['<details><summary>Steps and their locks</summary>', '', '| Step | Locks |', '| --- | --- |'],
    items,
    after: ['', '</details>', ''],
  };
}

function hazardSection(hazards: readonly Hazard[]): Section {
  const groups = groupBy(hazards, (hazard) => hazard.code);
  return {
    noun: 'notice',
    before: [`<details><summary>Notices: ${groups.size}</summary>`, ''],
    items: [...groups].map(([one, cases]) => {
      const { title, effect, help } = proseOf(one);
      const details = cases.slice(0, 3).map((hazard) => prose(hazard.detail, 300));
      const rest = cases.length > 3 ? [`and ${cases.length - 3} more`] : [];
      return `- **${code(one)}** ${prose(title)}: ${joinDetail(joinDetails([...details, ...rest]), prose(`${effect} ${help}`))}`;
    }),
    after: ['', '</details>', ''],
  };
}

function statementSection(plan: Plan | null): Section {
  return {
    noun: 'step in SQL',
    before: ['<details><summary>Main statements</summary>', ''],
    items: (plan?.steps ?? []).flatMap((step, at) => {
      const sql = mainStatements(step.up);
      return sql === ''
        ? []
        : [[`${at + 1}. ${prose(step.title, 200)}`, '', ...fenced(sql, 'sql'), ''].join('\n')];
    }),
    after: ['</details>', ''],
  };
}

/** What does the work, without the guards around it; empty if there is nothing. */
function mainStatements(...sides: readonly Side[]): string {
  return sides
    .flatMap((side) => (side.kind === 'nothing' ? [] : side.statements))
    .flatMap((statement) => statement.work.map(({ sql }) => sql))
    .map((text) => (text.length > 2000 ? `${text.slice(0, 2000)} …` : text))
    .join(';\n');
}

function rollbackSection({ plan, files, howToRun }: MarkdownReport): Section {
  const sql = mainStatements(...(plan?.steps ?? []).map((step) => step.down).toReversed());
  return {
    noun: 'rollback part',
    before: ['<details><summary>How to roll back</summary>', ''],
    items:
      plan === null || plan.steps.length === 0
        ? []
        : [
            [
              'Run the down files in reverse order of their names. They restore the ON DELETE actions, not rows that were deleted in the meantime.',
              ...(howToRun === null ? [] : ['', `Run: ${code(howToRun, 500)}`]),
              ...(files.length === 0 ? [] : ['', ...files.map((file) => `- ${code(file)}`)]),
            ].join('\n'),
            ...(sql === '' ? [] : [['', ...fenced(sql, 'sql')].join('\n')]),
          ],
    after: ['', '</details>'],
  };
}
