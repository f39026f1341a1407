/** The edit of one ON DELETE clause in a stored CREATE TABLE text, as a whole and as the smallest piece that is safe to replace. */
import { OndeleteError } from '../../../src/core/errors.ts';
import type { ReferentialAction } from '../../../src/core/model.ts';
import type { KeyClause } from './create-table.ts';
import { continuesWord, tokenize } from './tokens.ts';

/** Behind `text`, `was` becomes `becomes`. `text + was` occurs exactly once before the edit, and `text + becomes` after it. */
interface AnchoredEdit {
  readonly text: string;
  readonly was: string;
  readonly becomes: string;
}

/** The definition with the words of one ON DELETE changed, and nothing else; NO ACTION is written where a clause stands already. */
export function withDeleteClause(definition: string, clause: KeyClause, onDelete: ReferentialAction): string {
  if (clause.action !== null) {
    const { start, end } = clause.action;
    const words = inCaseOf(definition.slice(start, end), onDelete);
    return definition.slice(0, start) + words + definition.slice(end);
  }
  const head = definition.slice(0, clause.insertAt);
  const tail = definition.slice(clause.insertAt);
  const words = inCaseOf(clause.keyword, `ON DELETE ${onDelete}`);
  return `${head} ${words}${continuesWord(tail) ? ' ' : ''}${tail}`;
}

function inCaseOf(example: string, words: string): string {
  return example === example.toLowerCase() ? words.toLowerCase() : words;
}

/**
 * The piece of text to replace, from the name of the column (or FOREIGN KEY) to the end of the clause: the names tell it from
 * columns that are added later. It is extended token by token, first to the left, because ADD COLUMN writes to the right,
 * until it occurs once before and once after the edit, whatever quotes the table's name stands in.
 * @param heads those of the table's name
 * @param changed the definition after the edit
 */
export function anchoredEdit(
  heads: readonly string[],
  definition: string,
  clause: KeyClause,
  changed: string,
): AnchoredEdit {
  const grown = changed.length - definition.length;
  const clauseEnd = Math.max(clause.insertAt, clause.action?.end ?? 0);
  const editStart = clause.action?.start ?? clause.insertAt;
  const isFound = (start: number, end: number): boolean =>
    isOnce(heads, definition, definition.slice(start, end)) &&
    isOnce(heads, changed, changed.slice(start, end + grown));
  const edit = (start: number, end: number): AnchoredEdit => ({
    text: definition.slice(start, editStart),
    was: definition.slice(editStart, end),
    becomes: changed.slice(editStart, end + grown),
  });
  const start = withCharacterBefore(definition, clause.start);
  if (isFound(start, clauseEnd)) return edit(start, clauseEnd);
  const tokens = tokenize(definition);
  const starts = tokens
    .filter((token) => token.start < clause.start)
    .map((token) => withCharacterBefore(definition, token.start));
  const left = starts.findLast((each) => isFound(each, clauseEnd));
  if (left !== undefined) return edit(left, clauseEnd);
  const [leftmost = start] = starts;
  const right = tokens.find((token) => token.end > clauseEnd && isFound(leftmost, token.end));
  if (right !== undefined) return edit(leftmost, right.end);
  throw new OndeleteError('INTERNAL', `no piece of ${heads[0] ?? 'the text'} occurs once`);
}

/** A piece that begins in the middle of a word would also be found at the end of a longer one. */
function withCharacterBefore(text: string, start: number): number {
  return start > 0 && continuesWord(text.slice(start)) ? start - 1 : start;
}

/** What may stand before the definition of a table, whatever quotes its name stands in. */
export function headsOf(tableName: string): readonly string[] {
  const names = [
    tableName,
    `"${tableName.replaceAll('"', '""')}"`,
    `\`${tableName.replaceAll('`', '``')}\``,
    `'${tableName.replaceAll("'", "''")}'`,
    `[${tableName}]`,
  ];
  return names.map((name) => `CREATE TABLE ${name}`);
}

/** Whether a piece stands once in the definition, and not again from a place in one of the heads on. */
function isOnce(heads: readonly string[], definition: string, piece: string): boolean {
  const place = definition.indexOf(piece);
  if (place === -1 || definition.includes(piece, place + 1)) return false;
  // A piece that begins in a head ends there too, or goes on over the place where head and definition meet.
  const reached = definition.slice(0, piece.length - 1);
  return !heads.some(
    (head) =>
      head.includes(piece) ||
      (piece.includes(head.slice(-1) + definition.charAt(0)) && (head + reached).includes(piece)),
  );
}
