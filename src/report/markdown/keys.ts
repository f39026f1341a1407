/** The keys of a comment: a rule once with its keys, a reason or a finding once with those that it is about. */
import { severities } from '../../core/codes/index.ts';
import type { Change, Finding, Hazard, Refusal } from '../../core/model.ts';
import { clauseText, keyText } from '../../core/names.ts';
import { findingGroups, joinDetail, proseOf } from '../content.ts';
import { code, prose } from '../escape.ts';
import { byRule, type RuleGroup } from '../../plan/rule-groups.ts';
import { actionsText, byReason } from '../groups.ts';
import { count } from '../layout.ts';
import type { KeyFigures } from '../text/plan.ts';
import type { Section } from './fit.ts';
import type { MarkdownReport } from './report.ts';

/** Up to so many keys stand open; more are folded, one fold for each rule. */
const keysOpen = 12;
/** Rules with a fold of their own. */
const rulesShown = 8;

export function changeSections({ changes, figures }: MarkdownReport): readonly Section[] {
  if (changes.length === 0) return [];
  const figuresOf = new Map(figures.map((one) => [one.key, one]));
  const rows = (ofRule: readonly Change[]): readonly string[] =>
    ofRule.map((change) => {
      const noted = figures.length > 0 ? ` ${rowsText(figuresOf.get(change.foreignKey))} |` : '';
      return `| ${keyCells(change)} |${noted}`;
    });
  const head =
    figures.length > 0
      ? ['| Foreign key | Now | Will be | Rows |', '| --- | --- | --- | --- |']
      : ['| Foreign key | Now | Will be |', '| --- | --- | --- |'];
  const groups = byRule(changes);
  const single = groups.slice(0, rulesShown);
  const others = groups.slice(rulesShown);
  const isOpen = changes.length <= keysOpen;
  const title = { noun: 'title', before: [], items: ['#### What changes\n'], after: [] };
  return [
    title,
    orphanSection(figures),
    ...single.map((group) => ({
      noun: 'change',
      ...framed(ruleText(group), isOpen, head),
      items: rows(group.changes),
    })),
    {
      noun: 'change',
      ...framed(
        `${count(others.length, 'more rule')}: ${keysText(others.flatMap((one) => one.changes))}`,
        isOpen,
        head,
      ),
      items: others.flatMap((group) => rows(group.changes)),
    },
  ];
}

/** Keys with orphans stand outside of every fold: they are what has to be looked at. */
function orphanSection(figures: readonly KeyFigures[]): Section {
  const found = figures.filter(({ orphans }) => orphans.known && orphans.value.count > 0);
  const named = found.slice(0, 5).map((one) => `${code(keyText(one.key))} (${rowsText(one)})`);
  const rest = found.length > 5 ? ` and ${found.length - 5} more` : '';
  const text = `⚠️ **${count(found.length, 'key')} with orphans** (rows without a parent): ${named.join(', ')}${rest}\n`;
  return { noun: 'line', before: [], items: found.length === 0 ? [] : [text], after: [] };
}

function framed(title: string, isOpen: boolean, head: readonly string[]): Pick<Section, 'before' | 'after'> {
  return isOpen
    ? { before: [title, '', ...head], after: [''] }
    : { before: [`<details><summary>${title}</summary>`, '', ...head], after: ['', '</details>', ''] };
}

function ruleText(group: RuleGroup): string {
  return `${ruleName(group)}: ${keysText(group.changes)}`;
}

function ruleName({ matches, position, reason }: RuleGroup): string {
  const why = reason === null ? '' : `, ${prose(reason, 200)}`;
  return `${code(`${position.file}:${position.line}`)} ${code(matches)}${why}`;
}

function keysText(changes: readonly Change[]): string {
  return `<b>${count(changes.length, 'key')}</b>, ${prose(actionsText(changes))}`;
}

function keyCells(change: Change): string {
  const unfinished = change.kind === 'finish' ? ' (half done)' : '';
  const [from, to] = [prose(clauseText(change.from)), prose(clauseText(change.to))];
  return `${code(keyText(change.foreignKey))} | ${from} | **${to}**${unfinished}`;
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

export function refusalSections(refusals: readonly Refusal[]): readonly Section[] {
  if (refusals.length === 0) return [];
  const isOpen = refusals.length <= keysOpen;
  const title = { noun: 'title', before: [], items: ['#### Cannot be changed yet\n'], after: [] };
  return [
    title,
    ...byReason(refusals).map(({ hazards, refusals: alike, detailOf }) => {
      const why = `<b>${count(alike.length, 'key')}</b>: ${hazards.map(hazardText).join('<br>')}`;
      const hasDetails = alike.some((refusal) => detailOf(refusal) !== '');
      const head = hasDetails
        ? ['| Foreign key | Now | Should be | Why not |', '| --- | --- | --- | --- |']
        : ['| Foreign key | Now | Should be |', '| --- | --- | --- |'];
      const items = alike.map((refusal) => {
        const detail = hasDetails ? ` ${prose(detailOf(refusal), 300)} |` : '';
        return `| ${keyCells(refusal.change)} |${detail}`;
      });
      return { noun: 'refused change', ...framed(why, isOpen, head), items };
    }),
  ];
}

function hazardText(hazard: Hazard): string {
  const { title, effect, help } = proseOf(hazard.code);
  const what = hazard.detail === '' ? title : hazard.detail;
  return `${code(hazard.code)} ${joinDetail(prose(what), prose(effect))} <i>Help:</i> ${prose(help)}`;
}

/** Errors by name, because they fail the check; everything else is folded. */
export function findingSections({ findings, known }: MarkdownReport): readonly Section[] {
  if (findings.length === 0) return [];
  const groups = findingGroups(findings);
  const errors = groups.filter(({ severity }) => severity === 'error');
  const numbers = severities.flatMap((severity) => {
    const number = findings.filter((one) => one.severity === severity).length;
    return number === 0 ? [] : [count(number, severity === 'info' ? 'note' : severity)];
  });
  const inBaseline = known === 0 ? '' : `, and ${known} in the baseline`;
  return [
    {
      noun: 'error',
      before: ['#### Errors', ''],
      items: errors.map(({ code: name, cases }) => {
        const subjects = cases.slice(0, 3).map(({ subject }) => code(subject));
        const rest = cases.length > 3 ? ` and ${cases.length - 3} more` : '';
        return `- ${code(name)} ${prose(proseOf(name).title)}: ${subjects.join(', ')}${rest}`;
      }),
      after: [''],
    },
    {
      noun: 'finding',
      before: [`<details><summary>Findings: ${numbers.join(', ')}${inBaseline}</summary>`, ''],
      items: groups.flatMap(({ severity, code: name, cases }) => {
        const { title, effect, help } = proseOf(name);
        return [
          `- ${severity} ${code(name)} ${prose(title)}. ${prose(`${effect} ${help}`)}`,
          ...cases.map(caseItem),
        ];
      }),
      after: ['', '</details>', ''],
    },
  ];
}

function caseItem({ detail, position, subject }: Finding): string {
  const place = position === null ? '' : `${code(`${position.file}:${position.line}`)} `;
  return `  - ${place}${code(subject)}${detail === '' ? '' : `: ${prose(detail)}`}`;
}
