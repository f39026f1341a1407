/** The actions of a policy, those of the SQL standard and `refuse` and `keep`: parsing and printing. */
import type { DeleteClause, ReferentialAction } from '../core/model.ts';
import { didYouMean } from '../core/suggest.ts';
import { parseColumnList, type Parsed } from './pattern/parse.ts';
import { nameText } from './pattern/print.ts';

export type WantedAction =
  | { readonly kind: 'clause'; readonly clause: DeleteClause }
  /** NO ACTION or RESTRICT: the one that the key has, or had before our migrations; NO ACTION if neither is known. */
  | { readonly kind: 'refuse' }
  /** The action that the key has. */
  | { readonly kind: 'keep' };

const plainActions: ReadonlyMap<string, ReferentialAction> = new Map([
  ['cascade', 'CASCADE'],
  ['set null', 'SET NULL'],
  ['set default', 'SET DEFAULT'],
  ['restrict', 'RESTRICT'],
  ['no action', 'NO ACTION'],
]);

/** The words of a policy, in the order in which messages list them. */
export const actionWords: readonly string[] = [...plainActions.keys(), 'refuse', 'keep'];

/** Parses `cascade`, `SET NULL (a, "b c")`, `refuse` …; case and extra spaces do not matter. */
export function parseAction(text: string): Parsed<WantedAction> {
  const open = text.indexOf('(');
  const words = (open < 0 ? text : text.slice(0, open)).trim().replace(/\s+/g, ' ').toLowerCase();
  const onDelete = plainActions.get(words);
  if (open >= 0) {
    if (onDelete !== 'SET NULL' && onDelete !== 'SET DEFAULT')
      return { ok: false, offset: open, message: 'only `set null` and `set default` take a column list' };
    const columns = parseColumnList(text.slice(open));
    if (!columns.ok) return { ...columns, offset: open + columns.offset };
    return { ok: true, value: { kind: 'clause', clause: { onDelete, onDeleteColumns: columns.value } } };
  }
  if (words === 'refuse' || words === 'keep') return { ok: true, value: { kind: words } };
  if (onDelete === undefined) return { ok: false, offset: 0, message: notAnAction(text) };
  return { ok: true, value: { kind: 'clause', clause: { onDelete, onDeleteColumns: null } } };
}

/** `\`casade\` is not an action; did you mean \`cascade\`?` */
export function notAnAction(text: string, words: readonly string[] = actionWords): string {
  const guess = didYouMean(text.trim().replace(/[\s_]+/g, ' '), words);
  return `\`${text}\` is not an action${guess === '' ? ` (${words.join(', ')})` : guess}`;
}

/** A clause as a policy writes it: `set null (a, "b c")`. */
export function actionText({ onDelete, onDeleteColumns }: DeleteClause): string {
  const columns = onDeleteColumns === null ? '' : ` (${onDeleteColumns.map(nameText).join(', ')})`;
  return `${onDelete.toLowerCase()}${columns}`;
}
