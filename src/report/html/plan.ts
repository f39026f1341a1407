/** The plan and the findings, each kind once. Pure. */
import { groupBy } from '../../core/group-by.ts';
import type { Finding, Lock, Plan, Step } from '../../core/model.ts';
import { caseText, findingGroups, joinDetail, proseOf } from '../content.ts';
import { html, proseHtml } from '../escape.ts';
import { count } from '../layout.ts';
import {
  lockedTables,
  lockKinds,
  lockKindText,
  operationsOf,
  shapesOf,
  stepKinds,
} from '../operation-shapes.ts';
import { folded } from './answer.ts';

/** The locks per table, then steps of a kind in order, each with one statement of each shape. */
export function planPart(plan: Plan | null): string {
  if (plan === null || plan.steps.length === 0) return '<p>Nothing would be written.</p>';
  const kinds = stepKinds(plan.steps);
  const locks = lockKinds(plan).map(
    (kind) => `<li><strong>${html(lockKindText(kind))}</strong><br>${html(lockedTables(kind, 6))}</li>`,
  );
  return [
    ...(locks.length === 0
      ? []
      : [`<h3>What reads or writes wait for, and how often</h3><ul>${locks.join('')}</ul>`]),
    `<h3>${count(plan.steps.length, 'step')}${kinds.length === plan.steps.length ? '' : `, ${kinds.length} of them different`}</h3>`,
    `<ol class="steps">${kinds.map(stepItem).join('\n')}</ol>`,
    ...(plan.hazards.length === 0 ? [] : [hazardList(plan)]),
  ].join('\n');
}

function stepItem(ofKind: readonly Step[]): string {
  const times =
    ofKind.length === 1
      ? ''
      : ` <span class="count">and ${(ofKind.length - 1).toLocaleString('en-US')} more like it</span>`;
  const operations = ofKind.flatMap(({ up }) => operationsOf(up));
  return `<li><strong>${html(ofKind[0]?.title ?? '')}</strong>${times}${lockBars(operations.flatMap((one) => one.locks))}${statements(ofKind)}</li>`;
}

/** What the step holds up: the strongest lock of each length. */
function lockBars(locks: readonly Lock[]): string {
  const strength = ['nothing', 'schema changes', 'writes', 'reads and writes'] as const;
  const byLength = [...groupBy(locks, ({ held }) => held).values()].flatMap((alike) =>
    [...alike].sort((a, b) => strength.indexOf(b.blocks) - strength.indexOf(a.blocks)).slice(0, 1),
  );
  return byLength
    .map(
      ({ blocks, held, mode }) =>
        `<span class="lock ${blocks.replaceAll(' ', '-')}" title="${html(mode)}">blocks ${html(blocks)} ${html(held)}</span>`,
    )
    .join('');
}

function statements(steps: readonly Step[]): string {
  const shapes = shapesOf(steps.flatMap(({ up }) => operationsOf(up))).map(({ operation, others }) => {
    const text =
      others === 0
        ? operation.comment
        : joinDetail(operation.comment, `, and ${count(others, 'statement')} of the same shape`);
    return `<details><summary>${html(text)}</summary><pre>${cut(operation.sql).split('\n').map(html).join('\n')}</pre></details>`;
  });
  return shapes.length === 0 ? '<p class="note">guards and settings only</p>' : shapes.join('');
}

function hazardList({ hazards }: Plan): string {
  const items = [...groupBy(hazards, (hazard) => hazard.code)].map(([code, cases]) => {
    const { title, effect, help } = proseOf(code);
    const about = cases.map((one) => `<li>${html(caseText(one))}</li>`);
    return `<section class="finding"><h3><code>${html(code)}</code> ${proseHtml(title)} <span class="count">${count(cases.length, 'case')}</span></h3><p>${proseHtml(`${effect} ${help}`)}</p>${folded(about, 3, 'case')}</section>`;
  });
  return `<h3>Notices</h3>${items.join('')}`;
}

export function findingPart(findings: readonly Finding[]): string {
  if (findings.length === 0) return '<p>None.</p>';
  return findingGroups(findings)
    .map(({ severity, code, cases }) => {
      const { title, effect, help } = proseOf(code);
      const items = cases.map((one) => {
        const { position } = one;
        const place = position === null ? '' : `<code>${html(`${position.file}:${position.line}`)}</code> `;
        return `<li>${place}${html(caseText(one))}</li>`;
      });
      return `<section class="finding ${severity}"><h3><span class="severity">${severity}</span> <code>${html(code)}</code> ${proseHtml(title)} <span class="count">${count(cases.length, 'case')}</span></h3><p>${proseHtml(effect)}</p><p class="help">${proseHtml(help)}</p>${folded(items, 5, 'case')}</section>`;
    })
    .join('\n');
}

function cut(text: string): string {
  return text.length <= 2000 ? text : `${text.slice(0, 2000)}…`;
}
