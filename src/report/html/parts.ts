/** The written parts of the page: keys, plan and findings, readable without a script and in print. Pure. */
import { groupBy } from '../../core/group-by.ts';
import { clauseText, tableText } from '../../core/names.ts';
import type { Finding, Lock, Plan, Step } from '../../core/model.ts';
import { caseText, findingGroups, lockLines, locksOf, proseOf } from '../content.ts';
import { html } from '../escape.ts';
import { count } from '../layout.ts';
import type { PageKey, PageModel } from './model.ts';
import { slug } from './picture.ts';

/** All keys, those that change first. */
export function keyTable({ keys }: PageModel): string {
  const rows = keys
    .map((key, at) => ({ key, at }))
    .sort((a, b) => Number(b.key.drawn.change !== null) - Number(a.key.drawn.change !== null));
  return [
    '<table id="keys"><thead><tr><th scope="col">Child</th><th scope="col">Columns</th><th scope="col">Parent</th><th scope="col">Now</th><th scope="col">Will be</th><th scope="col">Why</th></tr></thead><tbody>',
    ...rows.map(({ key, at }) => keyRow(key, at)),
    '</tbody></table>',
  ].join('\n');
}

function keyRow(one: PageKey, at: number): string {
  const { key, change } = one.drawn;
  const rule = change?.rule;
  const why =
    rule === undefined
      ? ''
      : `<code>${html(`${rule.position.file}:${rule.position.line}`)}</code> ${html(rule.reason ?? '')}`;
  const will =
    change === null
      ? '<span class="same">as now</span>'
      : `${action(change.to.onDelete, clauseText(change.to))}${one.refused ? ' <strong>cannot be changed yet</strong>' : ''}`;
  return `<tr data-key="${at}"${change === null ? '' : ' class="changed"'}><td><button type="button" data-go="${one.child}">${html(tableText(key.child))}</button></td><td>${html(key.columns.join(', '))}</td><td><button type="button" data-go="${one.parent}">${html(tableText(key.parent))}</button></td><td>${action(key.onDelete, clauseText(key))}</td><td>${will}</td><td>${why}</td></tr>`;
}

function action(name: PageKey['drawn']['key']['onDelete'], text: string): string {
  return `<span class="action ${slug(name)}">${html(text)}</span>`;
}

const lengths: Readonly<Record<Lock['held'], number>> = {
  'for a moment': 1,
  'while rows are scanned': 6,
  'while rows are copied': 10,
};

/** Steps in order; the length of a bar is the kind of wait, not its seconds. */
export function planPart(plan: Plan | null): string {
  if (plan === null || plan.steps.length === 0) return '<p>Nothing would be written.</p>';
  const spans = plan.steps.map((step) => Math.max(1, ...locksOf(step.up).map((lock) => lengths[lock.held])));
  const all = spans.reduce((sum, one) => sum + one, 0);
  let from = 0;
  const rows = plan.steps.map((step, at) => {
    const bars = barsOf(step, from, all);
    from += spans[at] ?? 1;
    const words = lockLines(step.up);
    return `<tr><th scope="row">${at + 1}. ${html(step.title)}</th><td class="time">${bars}</td><td>${words.length === 0 ? 'none that blocks' : words.map((line) => html(cut(line))).join('<br>')}</td></tr>`;
  });
  return [
    '<p>Steps run from left to right; bars are not to scale. A short bar is a moment, a long one lasts while rows are read or copied. Full height blocks reads and writes, half height writes, a line only schema changes.</p>',
    '<table id="plan"><thead><tr><th scope="col">Step</th><th scope="col">Time</th><th scope="col">Locks</th></tr></thead><tbody>',
    ...rows,
    '</tbody></table>',
    ...(plan.hazards.length === 0 ? [] : [hazardList(plan)]),
  ].join('\n');
}

function barsOf(step: Step, from: number, all: number): string {
  const unit = 300 / all;
  const strength = { nothing: 2, 'schema changes': 4, writes: 12, 'reads and writes': 24 } as const;
  const strongest = new Map<Lock['held'], Lock>();
  for (const lock of locksOf(step.up)) {
    const known = strongest.get(lock.held);
    if (known === undefined || strength[lock.blocks] > strength[known.blocks]) strongest.set(lock.held, lock);
  }
  const rects = [...strongest.values()].map((lock) => {
    const tall = strength[lock.blocks];
    const name = lock.blocks.replaceAll(' ', '-');
    return `<rect class="${name}" x="${(from * unit).toFixed(1)}" y="${26 - tall}" width="${Math.max(3, lengths[lock.held] * unit - 1).toFixed(1)}" height="${tall}"><title>${html(`${lock.mode}: blocks ${lock.blocks} ${lock.held}`)}</title></rect>`;
  });
  return `<svg viewBox="0 0 300 28" width="300" height="28" aria-hidden="true"><path d="M0 27H300"/>${rects.join('')}</svg>`;
}

function hazardList({ hazards }: Plan): string {
  const items = [...groupBy(hazards, (hazard) => hazard.code)].map(([code, cases]) => {
    const { title, effect, help } = proseOf(code);
    return `<li><code>${html(code)}</code> ${html(title)} (${count(cases.length, 'case')}). ${html(`${effect} ${help}`)}</li>`;
  });
  return `<h3>Notices</h3><ul>${items.join('')}</ul>`;
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
      return `<section class="finding ${severity}"><h3>${severity} <code>${html(code)}</code> ${html(title)}</h3><p>${html(`${effect} ${help}`)}</p><ul>${items.join('')}</ul></section>`;
    })
    .join('\n');
}

function cut(text: string): string {
  return text.length <= 400 ? text : `${text.slice(0, 400)}…`;
}
