/** What a policy can ask for: the actions of the SQL standard, and `refuse` and `keep`. */
import type { ReferentialAction, DeleteClause } from '../core/model.ts';
import { parseColumnList, type Parsed } from './pattern/parse.ts';
import { nameText } from './pattern/print.ts';
import { didYouMean } from '../core/suggest.ts';

export type WantedAction =
  | { readonly kind: 'clause'; readonly clause: DeleteClause }
  /** NO ACTION or RESTRICT, whichever is there. */
  | { readonly kind: 'refuse' }
  /** Whatever is there. */
  | { readonly kind: 'keep' };

const plainActions: Readonly<Record<string, ReferentialAction>> = {
  cascade: 'CASCADE',
  'set null': 'SET NULL',
  'set default': 'SET DEFAULT',
  restrict: 'RESTRICT',
  'no action': 'NO ACTION',
};

/** The words a policy uses, in the order in which people are told them. */
export const actionWords = [...Object.keys(plainActions), 'refuse', 'keep'] as const;

/** Reads `cascade`, `SET NULL (a, "b c")`, `refuse` …; case and extra spaces do not matter. Throws nothing. */
export function parseAction(text: string): Parsed<WantedAction> {
  const open = text.indexOf('(');
  const words = (open < 0 ? text : text.slice(0, open)).trim().replace(/\s+/g, ' ').toLowerCase();
  if (open >= 0) return parseWithColumns(text, open, words);
  if (words === 'refuse' || words === 'keep') return { ok: true, value: { kind: words } };
  const onDelete = Object.hasOwn(plainActions, words) ? plainActions[words] : undefined;
  if (onDelete !== undefined)
    return { ok: true, value: { kind: 'clause', clause: { onDelete, onDeleteColumns: null } } };
  return { ok: false, offset: 0, message: notAnAction(text) };
}

function parseWithColumns(text: string, open: number, words: string): Parsed<WantedAction> {
  if (words !== 'set null' && words !== 'set default') {
    return { ok: false, offset: open, message: 'only `set null` and `set default` take a column list' };
  }
  const columns = parseColumnList(text.slice(open));
  if (!columns.ok) return { ...columns, offset: open + columns.offset };
  const onDelete = words === 'set null' ? 'SET NULL' : 'SET DEFAULT';
  return { ok: true, value: { kind: 'clause', clause: { onDelete, onDeleteColumns: columns.value } } };
}

/** `\`casade\` is not an action; did you mean \`cascade\`?` */
export function notAnAction(text: string, words: readonly string[] = actionWords): string {
  const guess = didYouMean(text.trim().replace(/[\s_]+/g, ' '), words);
  return `\`${text}\` is not an action${guess === '' ? ` (${words.join(', ')})` : guess}`;
}

/** A clause as a policy writes it: `set null (a, "b c")`. */
export function actionText(clause: DeleteClause): string {
  const word = clause.onDelete.toLowerCase();
  return clause.onDeleteColumns === null
    ? word
    : `${word} (${clause.onDeleteColumns.map(nameText).join(', ')})`;
}
