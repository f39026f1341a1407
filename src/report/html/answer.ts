/** The first screen of the page: what differs, and what deletes will do that they did not do, worst first. Pure. */
import { severities } from '../../core/codes/index.ts';
import { tableText } from '../../core/names.ts';
import type { TableName } from '../../core/model.ts';
import type { ReachChange } from '../../reach/diff.ts';
import { few, reachPhrases, rowsText } from '../content.ts';
import { html } from '../escape.ts';
import { count } from '../layout.ts';
import type { DiffReport } from '../text/diff.ts';
import type { PageModel } from './model.ts';

/** How many of each: every number leads to its part of the page. */
export function tiles(report: DiffReport, reach: readonly ReachChange[]): string {
  const { possible, refusals, diff } = report;
  const losing = reach.filter(({ deleted }) => deleted.length > 0).length;
  const found = severities.flatMap((severity) => {
    const { length } = diff.findings.filter((one) => one.severity === severity);
    return length === 0 ? [] : [severity === 'info' ? `${length} info` : count(length, severity)];
  });
  return [
    tile(
      'deletes',
      reach.length,
      reach.length === 1 ? 'table where a delete changes' : 'tables where a delete changes',
      losing === 0 ? 'no further rows are deleted' : `${losing} with more deleted rows`,
      losing > 0,
    ),
    tile(
      'list',
      possible.length,
      possible.length === 1 ? 'key to change' : 'keys to change',
      `of ${diff.snapshot.foreignKeys.length.toLocaleString('en-US')}`,
      false,
    ),
    ...(refusals.length === 0
      ? []
      : [
          tile(
            'refused',
            refusals.length,
            refusals.length === 1 ? 'key cannot be changed yet' : 'keys cannot be changed yet',
            'with the reason',
            true,
          ),
        ]),
    tile(
      'findings',
      diff.findings.length,
      diff.findings.length === 1 ? 'finding' : 'findings',
      found.join(', '),
      diff.findings.some(({ severity }) => severity === 'error'),
    ),
  ].join('\n');
}

function tile(target: string, number: number, what: string, more: string, isBad: boolean): string {
  return `<a class="tile${isBad ? ' bad' : ''}" href="#${target}"><strong>${number.toLocaleString('en-US')}</strong> ${html(what)}<small>${html(more)}</small></a>`;
}

/** One entry per table whose deletes change; its name shows the whole delete. */
export function reachPart(reach: readonly ReachChange[], model: PageModel): string {
  if (reach.length === 0) return '<p>Deletes do what they did before.</p>';
  const items = reach.map((one) => {
    const phrases = reachPhrases(one, 'also deletes from', numbered);
    const rows = one.deleted.length === 0 ? '' : rowsText(one.after.rows);
    const all = rows === '' ? phrases : [...phrases, `deletes ${rows} in total`];
    const name = `<button type="button" class="go" data-go="${model.numberOf(one.table)}">${html(tableText(one.table))}</button>`;
    return `<li${one.deleted.length > 0 ? ' class="deletes"' : ''}>${name}<ul>${all.map((phrase) => `<li>${html(phrase)}</li>`).join('')}</ul></li>`;
  });
  return `<div class="answer">${folded(items, 6, 'table')}</div>`;
}

/** The names of a few tables; of more how many, then the first. */
function numbered(tables: readonly TableName[], further: number): string {
  const all = tables.length + further;
  if (all <= 3) return few(tables, 3);
  return `${count(all, 'table')}: ${tables.slice(0, 3).map(tableText).join(', ')}, …`;
}

/** The first of a list, the others in a fold. */
export function folded(items: readonly string[], most: number, noun: string): string {
  const rest = items.slice(most);
  const more = `<details><summary>${count(rest.length, `more ${noun}`)}</summary><ul>${rest.join('\n')}</ul></details>`;
  return `<ul>${items.slice(0, most).join('\n')}</ul>${rest.length === 0 ? '' : more}`;
}
