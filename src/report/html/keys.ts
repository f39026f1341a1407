/** The table of all keys, those that change first and by rule; readable without a script and in print. Pure. */
import { clauseText, keyText, tableText } from '../../core/names.ts';
import type { ForeignKey, Refusal } from '../../core/model.ts';
import { byRule } from '../../plan/rule-groups.ts';
import { proseOf } from '../content.ts';
import { html, proseHtml } from '../escape.ts';
import { actionsText, byReason } from '../groups.ts';
import { count } from '../layout.ts';
import { folded } from './answer.ts';
import type { PageKey, PageModel } from './model.ts';

const columns = ['Child', 'Columns', 'Parent', 'Now', 'Will be'] as const;

/** Each rule once with its reason, then the keys that stay as they are. */
export function keyTable({ keys }: PageModel): string {
  const numbered = new Map(keys.map((key, at) => [key.drawn.change, { key, at }]));
  const changing = byRule(keys.flatMap(({ drawn: { change } }) => (change === null ? [] : [change])));
  const others = keys.flatMap((key, at) => (key.drawn.change === null ? [keyRow(key, at)] : []));
  return [
    `<table id="keys"><thead><tr>${columns.map((name) => `<th scope="col">${name}</th>`).join('')}</tr></thead>`,
    ...changing.map(({ changes, matches, position, reason }) => {
      const why = reason === null ? '' : ` <span class="reason">${html(reason)}</span>`;
      const what = `<span class="count">${count(changes.length, 'key')}: ${html(actionsText(changes))}</span>`;
      const title = `<code>${html(matches)}</code>${why} <small>${html(`${position.file}:${position.line}`)}</small> ${what}`;
      const rows = changes.flatMap((change) => {
        const found = numbered.get(change);
        return found === undefined ? [] : [keyRow(found.key, found.at)];
      });
      return ruleBody(title, rows);
    }),
    ...(others.length === 0
      ? []
      : [ruleBody(`Not changed <span class="count">${count(others.length, 'key')}</span>`, others)]),
    '</table>',
  ].join('\n');
}

function ruleBody(title: string, rows: readonly string[]): string {
  return `<tbody><tr class="rule"><th scope="rowgroup" colspan="${columns.length}">${title}</th></tr>\n${rows.join('\n')}</tbody>`;
}

function keyRow({ child, drawn: { change, key }, parent, refused }: PageKey, at: number): string {
  const will =
    change === null
      ? '<span class="same">as now</span>'
      : `${action(change.to.onDelete, clauseText(change.to))}${refused ? ' <strong>cannot be changed yet</strong>' : ''}`;
  const table = (number: number, name: string): string =>
    `<button type="button" class="go" data-go="${number}">${html(name)}</button>`;
  return `<tr data-key="${at}"${change === null ? '' : ' class="changed"'}><td>${table(child, tableText(key.child))}</td><td>${html(key.columns.join(', '))}</td><td>${table(parent, tableText(key.parent))}</td><td>${action(key.onDelete, clauseText(key))}</td><td>${will}</td></tr>`;
}

function action(name: ForeignKey['onDelete'], text: string): string {
  return `<span class="action ${name.toLowerCase().replace(' ', '-')}">${html(text)}</span>`;
}

/** Each reason once, with its keys. */
export function refusalPart(refusals: readonly Refusal[]): string {
  return byReason(refusals)
    .map(({ hazards, refusals: alike, detailOf }) => {
      const why = hazards.map(({ code, detail }) => {
        const { title, effect, help } = proseOf(code);
        return `<h3><code>${html(code)}</code> ${html(detail === '' ? title : `${title}: ${detail}`)}</h3><p>${proseHtml(effect)}</p><p class="help">${proseHtml(help)}</p>`;
      });
      const items = alike.map((refusal) => {
        const { change } = refusal;
        const detail = detailOf(refusal);
        const text = `${keyText(change.foreignKey)}: ${clauseText(change.from)} → ${clauseText(change.to)}`;
        return `<li>${html(detail === '' ? text : `${text}; ${detail}`)}</li>`;
      });
      return `<section class="finding error">${why.join('')}${folded(items, 5, 'key')}</section>`;
    })
    .join('\n');
}
