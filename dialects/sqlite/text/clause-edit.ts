/** The edit of one ON DELETE clause in a stored CREATE TABLE text, as a whole and as the smallest piece that is safe to replace. */
import { OndeleteError } from '../../../src/core/errors.ts';
import type { ReferentialAction } from '../../../src/core/model.ts';
import type { KeyClause, ReadDefinition } from './create-table.ts';
import { continuesWord, endOf, startOf, tokenize, type Tokens } from './tokens.ts';

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

/** The words to put between two places of the text, and where the action stands among them. */
interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly words: string;
  readonly action: { readonly start: number; readonly end: number };
}

function replacement(definition: string, clause: KeyClause, onDelete: ReferentialAction): Replacement {
  if (clause.action !== null) {
    const { start, end } = clause.action;
    const words = inCaseOf(definition.slice(start, end), onDelete);
    return { start, end, words, action: { start, end: start + words.length } };
  }
  const at = clause.insertAt;
  const gap = continuesWord(definition.slice(at)) ? ' ' : '';
  const words = ` ${inCaseOf(clause.keyword, `ON DELETE ${onDelete}`)}`;
  const end = at + words.length;
  return { start: at, end: at, words: words + gap, action: { start: end - onDelete.length, end } };
}

/**
 * What readDefinition would find in the text with one of its clauses edited, without reading it anew: a table's text is cut into tokens
 * once, however many of its keys change.
 */
export function readingAfter(
  read: ReadDefinition,
  place: number,
  onDelete: ReferentialAction,
): ReadDefinition {
  const clause = read.keys[place];
  if (clause === undefined) throw new OndeleteError('INTERNAL', 'there is no such clause');
  const { sql } = read.tokens;
  const { start, end, words, action } = replacement(sql, clause, onDelete);
  const grown = words.length - (end - start);
  const moved = (at: number): number => (at >= end ? at + grown : at);
  const keys = read.keys.map((each): KeyClause => {
    const own = each === clause;
    const before =
      each.action === null ? null : { start: moved(each.action.start), end: moved(each.action.end) };
    return {
      ...each,
      action: own ? action : before,
      insertAt: own && clause.action === null ? action.end : moved(each.insertAt),
      start: moved(each.start),
      onDelete: own ? onDelete : each.onDelete,
    };
  });
  const changed = sql.slice(0, start) + words + sql.slice(end);
  return { ...read, keys, tokens: spliced(read.tokens, changed, start, end, tokenize(words)) };
}

function spliced(tokens: Tokens, changed: string, start: number, end: number, words: Tokens): Tokens {
  const grown = changed.length - tokens.sql.length;
  const marks: number[] = [];
  let at = 0;
  for (; at < tokens.count && endOf(tokens, at) <= start; at++) copyMarks(tokens, at, 0, marks);
  for (let word = 0; word < words.count; word++) copyMarks(words, word, start, marks);
  while (at < tokens.count && startOf(tokens, at) < end) at++;
  for (; at < tokens.count; at++) copyMarks(tokens, at, grown, marks);
  return { sql: changed, count: marks.length / 3, marks };
}

function copyMarks(from: Tokens, at: number, distance: number, to: number[]): void {
  to.push(from.marks[at * 3] ?? 0, startOf(from, at) + distance, endOf(from, at) + distance);
}

function inCaseOf(example: string, words: string): string {
  return example === example.toLowerCase() ? words.toLowerCase() : words;
}

/**
 * The piece of text to replace, from the name of the column (or FOREIGN KEY) to the end of the clause: the names tell it from
 * columns that are added later. It is extended token by token, first to the left, because ADD COLUMN writes to the right,
 * until it occurs once before and once after the edit, whatever quotes the table's name stands in.
 * @param heads those of the table's name
 * @param read what readDefinition found in the text
 */
export function anchoredEdit(
  heads: readonly string[],
  read: ReadDefinition,
  clause: KeyClause,
  onDelete: ReferentialAction,
): AnchoredEdit {
  const { tokens } = read;
  const definition = tokens.sql;
  const changed = withDeleteClause(definition, clause, onDelete);
  const grown = changed.length - definition.length;
  const clauseEnd = Math.max(clause.insertAt, clause.action?.end ?? 0);
  let first = 0;
  while (first < tokens.count && startOf(tokens, first) < clause.start) first++;
  let last = tokens.count - 1;
  while (last > first && endOf(tokens, last) > clauseEnd) last--;
  for (;;) {
    const start = withCharacterBefore(definition, startOf(tokens, first));
    const end = endOf(tokens, last);
    const edit = { before: definition.slice(start, end), after: changed.slice(start, end + grown) };
    if (isOnce(heads, definition, edit.before) && isOnce(heads, changed, edit.after)) return edit;
    if (first > 0) first--;
    else if (last < tokens.count - 1) last++;
    else throw new OndeleteError('INTERNAL', `no piece of ${heads[0] ?? 'the text'} occurs once`);
  }
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

function isOnce(heads: readonly string[], definition: string, piece: string): boolean {
  return occurrences(definition, piece) === 1 && !heads.some((head) => beginsIn(head, definition, piece));
}

/** Whether the piece stands in the text of head and definition from a place in the head on. */
function beginsIn(head: string, definition: string, piece: string): boolean {
  const first = piece.charAt(0);
  for (let at = head.indexOf(first); at !== -1; at = head.indexOf(first, at + 1)) {
    const inHead = head.length - at;
    const fits =
      inHead >= piece.length
        ? head.startsWith(piece, at)
        : head.endsWith(piece.slice(0, inHead)) && definition.startsWith(piece.slice(inHead));
    if (fits) return true;
  }
  return false;
}

/** How often a piece stands in a text, overlapping ones counted. */
function occurrences(text: string, piece: string): number {
  let count = 0;
  for (let at = text.indexOf(piece); at !== -1; at = text.indexOf(piece, at + 1)) count++;
  return count;
}
