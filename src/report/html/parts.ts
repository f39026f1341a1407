/** The written parts of the page: keys, plan and findings, readable without a script and in print. Pure. */
import { groupBy } from '../../core/group-by.ts';
import { clauseText, keyText, tableText } from '../../core/names.ts';
import type { Finding, Lock, Plan, Refusal, Step } from '../../core/model.ts';
import type { ReachChange } from '../../reach/diff.ts';
import { caseText, few, findingGroups, proseOf, reachPhrases } from '../content.ts';
import { html } from '../escape.ts';
import { byRule } from '../../plan/rule-groups.ts';
import { byReason } from '../groups.ts';
import { count } from '../layout.ts';
import {
  lockedTables,
  lockKinds,
  lockKindText,
  shapesOf,
  stepKinds,
  operationsOf,
} from '../operation-shapes.ts';
import type { PageKey, PageModel } from './model.ts';
import { slug } from './picture.ts';

/** What deletes do that they did not do before, worst first. */
export function reachPart(reach: readonly ReachChange[]): string {
  if (reach.length === 0) return '<p>As before.</p>';
  const items = reach.map((one) => {
    const phrases = reachPhrases(one, 'also deletes from', (tables, further) =>
      few(tables, 8, tableText, further),
    ).map(html);
    return `<li${one.deleted.length > 0 ? ' class="deletes"' : ''}><strong>${html(tableText(one.table))}</strong>: ${phrases.join('; ')}</li>`;
  });
  return folded(items, 12, 'table');
}

/** The first of a list, the others in a fold. */
function folded(items: readonly string[], most: number, noun: string): string {
  const rest = items.slice(most);
  const more = `<details><summary>${count(rest.length, `more ${noun}`)}</summary><ul>${rest.join('')}</ul></details>`;
  return `<ul>${items.slice(0, most).join('')}</ul>${rest.length === 0 ? '' : more}`;
}

/** All keys: those that change first, by rule, each rule once with its reason. */
export function keyTable({ keys }: PageModel): string {
  const numbered = new Map(keys.map((key, at) => [key.drawn.change, { key, at }]));
  const changing = byRule(keys.flatMap(({ drawn: { change } }) => (change === null ? [] : [change])));
  const others = keys.flatMap((key, at) => (key.drawn.change === null ? [keyRow(key, at)] : []));
  return [
    '<table id="keys"><thead><tr><th scope="col">Child</th><th scope="col">Columns</th><th scope="col">Parent</th><th scope="col">Now</th><th scope="col">Will be</th></tr></thead>',
    ...changing.map(({ changes, matches, position, reason }) => {
      const why = reason === null ? '' : `: ${html(reason)}`;
      const title = `<code>${html(`${position.file}:${position.line}`)}</code> <code>${html(matches)}</code>${why} (${count(changes.length, 'key')})`;
      const rows = changes.flatMap((change) => {
        const found = numbered.get(change);
        return found === undefined ? [] : [keyRow(found.key, found.at)];
      });
      return ruleBody(title, rows);
    }),
    ...(others.length === 0 ? [] : [ruleBody(`As now (${count(others.length, 'key')})`, others)]),
    '</table>',
  ].join('\n');
}

function ruleBody(title: string, rows: readonly string[]): string {
  return `<tbody><tr class="rule"><th scope="rowgroup" colspan="5">${title}</th></tr>\n${rows.join('\n')}</tbody>`;
}

function keyRow(one: PageKey, at: number): string {
  const { key, change } = one.drawn;
  const will =
    change === null
      ? '<span class="same">as now</span>'
      : `${action(change.to.onDelete, clauseText(change.to))}${one.refused ? ' <strong>cannot be changed yet</strong>' : ''}`;
  return `<tr data-key="${at}"${change === null ? '' : ' class="changed"'}><td><button type="button" data-go="${one.child}">${html(tableText(key.child))}</button></td><td>${html(key.columns.join(', '))}</td><td><button type="button" data-go="${one.parent}">${html(tableText(key.parent))}</button></td><td>${action(key.onDelete, clauseText(key))}</td><td>${will}</td></tr>`;
}

/** Each reason once, with its keys. */
export function refusalPart(refusals: readonly Refusal[]): string {
  return byReason(refusals)
    .map(({ hazards, refusals: alike, detailOf }) => {
      const why = hazards.map(({ code, detail }) => {
        const { title, effect, help } = proseOf(code);
        return `<p><code>${html(code)}</code> ${html(detail === '' ? title : `${title}: ${detail}`)}</p><p>${html(`${effect} Help: ${help}`)}</p>`;
      });
      const items = alike.map((refusal) => {
        const { change } = refusal;
        const detail = detailOf(refusal);
        const text = `${keyText(change.foreignKey)}: ${clauseText(change.from)} → ${clauseText(change.to)}`;
        return `<li>${html(detail === '' ? text : `${text}; ${detail}`)}</li>`;
      });
      return `<section class="finding error">${why.join('')}${folded(items, 20, 'key')}</section>`;
    })
    .join('\n');
}

function action(name: PageKey['drawn']['key']['onDelete'], text: string): string {
  return `<span class="action ${slug(name)}">${html(text)}</span>`;
}

const lengths: Readonly<Record<Lock['held'], number>> = {
  'for a moment': 1,
  'while rows are scanned': 6,
  'while rows are copied': 10,
};

/** The locks per table, then steps of a kind in order, each with one statement of each shape. */
export function planPart(plan: Plan | null): string {
  if (plan === null || plan.steps.length === 0) return '<p>Nothing would be written.</p>';
  const kinds = stepKinds(plan.steps);
  const spans = kinds.map((ofKind) => Math.max(1, ...locksOf(ofKind).map((lock) => lengths[lock.held])));
  const all = spans.reduce((sum, one) => sum + one, 0);
  let from = 0;
  const rows = kinds.map((ofKind, at) => {
    const bars = barsOf(locksOf(ofKind), from, all);
    from += spans[at] ?? 1;
    const others = ofKind.length === 1 ? '' : ` (${ofKind.length} steps)`;
    const title = `${at + 1}. ${html(ofKind[0]?.title ?? '')}${others}`;
    return `<tr><th scope="row">${title}</th><td class="time">${bars}</td><td>${statements(ofKind)}</td></tr>`;
  });
  const locks = lockKinds(plan).map(
    (kind) => `<li>${html(lockKindText(kind))}: ${html(lockedTables(kind, 8))}</li>`,
  );
  return [
    ...(locks.length === 0
      ? []
      : [`<h3>What reads or writes wait for, and how often</h3><ul>${locks.join('')}</ul>`]),
    '<h3>Steps</h3>',
    '<p>Steps run from left to right; bars are not to scale. A short bar is a moment, a long one lasts while rows are read or copied. Full height blocks reads and writes, half height writes, a line only schema changes.</p>',
    '<table id="plan"><thead><tr><th scope="col">Step</th><th scope="col">Time</th><th scope="col">Statements, one of each shape</th></tr></thead><tbody>',
    ...rows,
    '</tbody></table>',
    ...(plan.hazards.length === 0 ? [] : [hazardList(plan)]),
  ].join('\n');
}

function locksOf(steps: readonly Step[]): readonly Lock[] {
  return steps.flatMap(({ up }) => operationsOf(up)).flatMap((operation) => operation.locks);
}

function statements(steps: readonly Step[]): string {
  const shapes = shapesOf(steps.flatMap(({ up }) => operationsOf(up))).map(({ operation, others }) => {
    const more = others === 0 ? '' : `, and ${count(others, 'statement')} of the same shape`;
    return `<details><summary>${html(operation.comment)}${more}</summary><pre>${cut(operation.sql).split('\n').map(html).join('\n')}</pre></details>`;
  });
  return shapes.length === 0 ? 'guards and settings only' : shapes.join('');
}

function barsOf(locks: readonly Lock[], from: number, all: number): string {
  const unit = 300 / all;
  const strength = { nothing: 2, 'schema changes': 4, writes: 12, 'reads and writes': 24 } as const;
  const strongest = new Map<Lock['held'], Lock>();
  for (const lock of locks) {
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
      return `<section class="finding ${severity}"><h3>${severity} <code>${html(code)}</code> ${html(title)}</h3><p>${html(`${effect} ${help}`)}</p>${folded(items, 20, 'case')}</section>`;
    })
    .join('\n');
}

function cut(text: string): string {
  return text.length <= 2000 ? text : `${text.slice(0, 2000)}…`;
}
