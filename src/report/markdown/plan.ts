/** The plan of a comment: locks per table, notices, one statement of each shape, the files and the way back. */
import { groupBy } from '../../core/group-by.ts';
import type { Hazard, Plan, StepBody } from '../../core/model.ts';
import { fewDetails, joinDetail, proseOf } from '../content.ts';
import { code, fenced, prose } from '../escape.ts';
import { count } from '../layout.ts';
import {
  lockedTables,
  lockKinds,
  lockKindText,
  shapesOf,
  stepKinds,
  operationsOf,
} from '../operation-shapes.ts';
import type { Section } from './fit.ts';
import type { MarkdownReport } from './report.ts';

/** A longer statement is cut. */
const longest = 2000;

export function planSections(report: MarkdownReport): readonly Section[] {
  const { plan } = report;
  if (plan === null || plan.steps.length === 0) return hazardSections(plan?.hazards ?? []);
  return [
    lockSection(plan),
    ...hazardSections(plan.hazards),
    statementSection('Statements, one of each shape', plan, ({ up }) => up),
    statementSection('How to roll back', plan, ({ down }) => down, [
      'Run the down files in reverse order of their names. They restore the ON DELETE actions, not rows that were deleted in the meantime.',
      '',
    ]),
    fileSection(report),
  ];
}

function lockSection(plan: Plan): Section {
  return {
    noun: 'kind of lock',
    before: ['#### What reads or writes wait for, and how often', ''],
    items: lockKinds(plan).map(
      (kind) => `- ${prose(lockKindText(kind))}: ${lockedTables(kind, 5, (name) => code(name, 100))}`,
    ),
    after: [''],
  };
}

function hazardSections(hazards: readonly Hazard[]): readonly Section[] {
  const groups = groupBy(hazards, (hazard) => hazard.code);
  return [
    {
      noun: 'notice',
      before: [
        `<details><summary>Notices: ${[...groups.keys()].map((one) => code(one)).join(', ')}</summary>`,
        '',
      ],
      items: [...groups].map(([one, cases]) => {
        const { title, effect, help } = proseOf(one);
        const details = fewDetails(cases, 3, (detail) => prose(detail, 300));
        return `- **${code(one)}** ${prose(title)}: ${joinDetail(details, prose(`${effect} ${help}`))}`;
      }),
      after: ['', '</details>', ''],
    },
  ];
}

function statementSection(
  title: string,
  { steps }: Plan,
  bodyOf: (step: Plan['steps'][number]) => StepBody,
  lead: readonly string[] = [],
): Section {
  return {
    noun: 'statement',
    before: [`<details><summary>${title}</summary>`, '', ...lead],
    items: stepKinds(steps).flatMap((ofKind) =>
      shapesOf(ofKind.flatMap((step) => operationsOf(bodyOf(step)))).map(({ operation, others }) => {
        const sql = operation.sql.length > longest ? `${operation.sql.slice(0, longest)} …` : operation.sql;
        const more = others === 0 ? '' : `, and ${count(others, 'statement')} of the same shape`;
        return [`${prose(operation.comment, 200)}${more}`, '', ...fenced(sql, 'sql'), ''].join('\n');
      }),
    ),
    after: ['</details>', ''],
  };
}

function fileSection({ files, commands }: MarkdownReport): Section {
  return {
    noun: 'file',
    before: [
      `<details><summary>Files: ${files.length}</summary>`,
      '',
      ...(commands === null
        ? []
        : [`Run: ${code(commands.up, 500)}`, '', `Back: ${code(commands.down, 500)}`, '']),
    ],
    items: files.map((file) => `- ${code(file)}`),
    after: ['', '</details>'],
  };
}
