/** The edit of one ON DELETE clause in a stored CREATE TABLE text, as a whole and as the smallest piece that is safe to replace. */
import { OndeleteError } from '../../src/errors.ts';
import type { ReferentialAction } from '../../src/model.ts';
import type { KeyClause } from './create-table.ts';
import { continuesWord, tokenize, type Token } from './tokens.ts';

/** Replacing `before` by `after`, each of which occurs exactly once in its text. */
export interface AnchoredEdit {
  readonly before: string;
  readonly after: string;
}

/** The definition with the words of one ON DELETE changed, and nothing else; NO ACTION is written where a clause stands already. */
export function withDeleteClause(definition: string, clause: KeyClause, onDelete: ReferentialAction): string {
  const { start, end, words } = replacement(definition, clause, onDelete);
  return definition.slice(0, start) + words + definition.slice(end);
}

function replacement(definition: string, clause: KeyClause, onDelete: ReferentialAction) {
  if (clause.action !== null) {
    const { start, end } = clause.action;
    return { start, end, words: inCaseOf(definition.slice(start, end), onDelete) };
  }
  const at = clause.insertAt;
  const gap = continuesWord(definition.slice(at)) ? ' ' : '';
  return { start: at, end: at, words: ` ${inCaseOf(clause.keyword, `ON DELETE ${onDelete}`)}${gap}` };
}

function inCaseOf(example: string, words: string): string {
  return example === example.toLowerCase() ? words.toLowerCase() : words;
}

/**
 * The piece of text to replace, from the name of the column (or FOREIGN KEY) to the end of the clause: the names tell it from
 * columns that are added later. It is extended token by token, first to the left, because ADD COLUMN writes to the right,
 * until it occurs once before and once after the edit, whatever quotes the table's name stands in.
 * @param tokens those of the definition, where they are known
 */
export function anchoredEdit(
  tableName: string,
  definition: string,
  clause: KeyClause,
  onDelete: ReferentialAction,
  tokens: readonly Token[] = tokenize(definition),
): AnchoredEdit {
  const changed = withDeleteClause(definition, clause, onDelete);
  const grown = changed.length - definition.length;
  const clauseEnd = Math.max(clause.insertAt, clause.action?.end ?? 0);
  let first = tokens.findIndex((token) => token.start === clause.start);
  let last = tokens.findLastIndex((token) => token.end <= clauseEnd);
  const heads = headsOf(tableName);
  for (;;) {
    const start = withCharacterBefore(definition, tokens[first]?.start ?? 0);
    const end = tokens[last]?.end ?? definition.length;
    const edit = { before: definition.slice(start, end), after: changed.slice(start, end + grown) };
    if (isOnce(heads, definition, edit.before) && isOnce(heads, changed, edit.after)) return edit;
    if (first > 0) first--;
    else if (last < tokens.length - 1) last++;
    else throw new OndeleteError('INTERNAL', `no piece of the text of ${tableName} occurs once`);
  }
}

/** A piece that begins in the middle of a word would also be found at the end of a longer one. */
function withCharacterBefore(text: string, start: number): number {
  return start > 0 && continuesWord(text.slice(start)) ? start - 1 : start;
}

/** What may stand before the definition. */
function headsOf(tableName: string): readonly string[] {
  const names = [
    tableName,
    `"${tableName.replaceAll('"', '""')}"`,
    `\`${tableName.replaceAll('`', '``')}\``,
    `'${tableName.replaceAll("'", "''")}'`,
    `[${tableName}]`,
  ];
  return names.map((name) => `CREATE TABLE ${name}`);
}

function isOnce(heads: readonly string[], definition: string, piece: string): boolean {
  if (occurrences(definition, piece) !== 1) return false;
  // Once more at most, where it begins before the definition.
  const beginning = definition.slice(0, piece.length - 1);
  return heads.every((head) => !(head + beginning).includes(piece));
}

/** How often a piece stands in a text, overlapping ones counted. */
function occurrences(text: string, piece: string): number {
  let count = 0;
  for (let at = text.indexOf(piece); at !== -1; at = text.indexOf(piece, at + 1)) count++;
  return count;
}
