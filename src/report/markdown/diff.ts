/**
 * Changes as a comment on a pull request, in the order of the text report: what a delete will do, the keys by rule, the locks per table,
 * one statement of each shape, the files. What grows with the number of keys is folded.
 */
import { tableText } from '../../core/names.ts';
import type { ReachChange } from '../../reach/diff.ts';
import { few, reachPhrases, withoutRefused } from '../content.ts';
import { code, prose } from '../escape.ts';
import { count } from '../layout.ts';
import { editSections } from './edits.ts';
import { fit, type Section } from './fit.ts';
import { changeSections, findingSections, refusalSections } from './keys.ts';
import { planSections } from './plan.ts';
import type { MarkdownReport } from './report.ts';

/** GitHub refuses a comment of more than 65,536 characters; who posts it may add a line of their own. */
export const commentLimit = 65_536 - 512;

/** @returns Markdown of at most `commentLimit` bytes, beginning with a marker by which a script finds the comment again */
export function markdown(asItIs: MarkdownReport): string {
  const report = { ...asItIs, findings: withoutRefused(asItIs.findings, asItIs.refusals) };
  const head = [
    '<!-- ondelete -->',
    `### ondelete: ${verdict(report)}`,
    '',
    `${code(report.database)}, ${prose(report.server.product)}; policy ${code(report.policyFile)}`,
    '',
  ];
  const sections = [
    { noun: 'line', before: [], items: [head.join('\n')], after: [] },
    ...reachSections(report.reach),
    ...changeSections(report),
    ...refusalSections(report.refusals),
    ...findingSections(report),
    ...planSections(report),
    ...editSections(report.models),
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

/** More tables are folded. */
const tablesShown = 8;

/** The tables whose deletes change, worst first. */
function reachSections(reach: readonly ReachChange[]): readonly Section[] {
  const head = ['| Deleting a row of | After the change |', '| --- | --- |'];
  const shown = {
    noun: 'table',
    before: ['#### What a delete will do', '', ...head],
    items: reach.slice(0, tablesShown).map(reachRow),
    after: [''],
  };
  const rest = reach.slice(tablesShown);
  const title = `Deletes in ${count(rest.length, 'more table')}`;
  const folded = {
    noun: 'table',
    before: [`<details><summary>${title}</summary>`, '', ...head],
    items: rest.map(reachRow),
    after: ['', '</details>', ''],
  };
  return [shown, folded];
}

function reachRow(one: ReachChange): string {
  const phrases = reachPhrases(one, '⚠️ **also deletes** rows of', (tables, further) =>
    few(tables, 5, (table) => code(tableText(table), 100), further),
  );
  return `| ${code(tableText(one.table))} | ${phrases.join('<br>')} |`;
}
