/** What the stored texts of indexes and triggers say that no pragma tells. */
import { endOf, isCharacter, isOneOf, isWord, nameOf, tokenize, words, type Tokens } from '../text/tokens.ts';

/** A name that stands in a stored text as it is: without a quote in it, and no literal. */
const name = '(?:[A-Za-z_]\\w*|"[^"(),]+"|`[^`(),]+`)';
const plain = new RegExp(
  `^CREATE INDEX ${name}\\s+ON\\s+${name}\\s*\\(\\s*${name}(?:\\s*,\\s*${name})*\\s*\\)$`,
  'i',
);

/**
 * The columns of an index whose text is `CREATE INDEX name ON table (column, …)` and nothing else: not unique, whole, no
 * expression, collation or direction. None for every other one. SQLite itself writes the first words (build.c, sqlite3CreateIndex).
 */
export function plainIndex(sql: string): readonly string[] {
  if (!plain.test(sql)) return [];
  const columns = sql.slice(sql.indexOf('(') + 1, -1);
  return columns.includes(',') ? columns.split(',').map(unquoted) : [unquoted(columns)];
}

function unquoted(column: string): string {
  const trimmed = column.trim();
  const isQuoted = trimmed.startsWith('"') || trimmed.startsWith('`');
  return isQuoted ? trimmed.slice(1, -1) : trimmed;
}

/** The condition of a partial index, as written; null for a whole one. */
export function indexPredicate(sql: string): string | null {
  const tokens = tokenize(sql);
  let depth = 0;
  for (let at = 0; at < tokens.count; at++) {
    if (isCharacter(tokens, at, '(')) depth++;
    if (isCharacter(tokens, at, ')')) depth--;
    if (depth === 0 && isWord(tokens, at, words.WHERE)) return sql.slice(endOf(tokens, at)).trim();
  }
  return null;
}

/** What a trigger fires on; null where its text is not understood. */
export function triggerEvent(sql: string): 'DELETE' | 'INSERT' | 'UPDATE' | null {
  const tokens = tokenize(sql, 16);
  let at = 0;
  while (at < tokens.count && !isWord(tokens, at, words.TRIGGER)) at++;
  at = at < tokens.count ? at + 1 : 0;
  if (
    isWord(tokens, at, words.IF) &&
    isWord(tokens, at + 1, words.NOT) &&
    isWord(tokens, at + 2, words.EXISTS)
  )
    at += 3;
  at += isCharacter(tokens, at + 1, '.') ? 3 : 1;
  for (; at < tokens.count; at++) {
    if (isWord(tokens, at, words.DELETE)) return 'DELETE';
    if (isWord(tokens, at, words.INSERT)) return 'INSERT';
    if (isWord(tokens, at, words.UPDATE)) return 'UPDATE';
  }
  return null;
}

/**
 * Columns that a CHECK refuses NULL in: `a IS NOT NULL`, `a NOT NULL` or `a NOTNULL`, alone or joined by AND.
 * Every other CHECK passes on NULL or depends on the row: a CHECK fails on false only, https://sqlite.org/lang_createtable.html#ckconst
 */
export function columnsRefusingNull(check: string): readonly string[] {
  const tokens = tokenize(check);
  const isAnd = (at: number): boolean => at < 0 || at >= tokens.count || isWord(tokens, at, words.AND);
  // Parentheses around anything but whole conditions, and words that change what AND means: not judged.
  const isPlain = (at: number): boolean => {
    if (isCharacter(tokens, at, '(')) return isAnd(at - 1) || isCharacter(tokens, at - 1, '(');
    if (isCharacter(tokens, at, ')')) return isAnd(at + 1) || isCharacter(tokens, at + 1, ')');
    return !isOneOf(tokens, at, [words.OR, words.CASE, words.BETWEEN]);
  };
  const all = Array.from({ length: tokens.count }, (_, at) => at);
  return all.every(isPlain) ? conjunctsOf(tokens, all).flatMap((each) => refusingNull(tokens, each)) : [];
}

/** The numbers of each condition's tokens. */
function conjunctsOf(tokens: Tokens, all: readonly number[]): readonly (readonly number[])[] {
  const conditions = all.filter((at) => !isCharacter(tokens, at, '(') && !isCharacter(tokens, at, ')'));
  const ands = conditions.flatMap((at, place) => (isWord(tokens, at, words.AND) ? [place] : []));
  const ends = [...ands, conditions.length];
  return ends.map((end, nth) => conditions.slice((ends[nth - 1] ?? -1) + 1, end));
}

function refusingNull(tokens: Tokens, [column, ...rest]: readonly number[]): readonly string[] {
  const refuses = [[words.IS, words.NOT, words.NULL], [words.NOT, words.NULL], [words.NOTNULL]].some(
    (condition) =>
      condition.length === rest.length && condition.every((word, at) => isWord(tokens, rest[at] ?? -1, word)),
  );
  return column !== undefined && refuses ? [nameOf(tokens, column)] : [];
}
