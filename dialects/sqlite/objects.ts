/** What the stored texts of indexes and triggers say that no pragma tells. */
import { isCharacter, isWord, nameOf, tokenize, type Token } from './tokens.ts';

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
  let depth = 0;
  for (const token of tokenize(sql)) {
    if (isCharacter(token, '(')) depth++;
    if (isCharacter(token, ')')) depth--;
    if (depth === 0 && isWord(token, 'WHERE')) return sql.slice(token.end).trim();
  }
  return null;
}

/** What a trigger fires on; null where its text is not understood. */
export function triggerEvent(sql: string): 'DELETE' | 'INSERT' | 'UPDATE' | null {
  const tokens = tokenize(sql, 16);
  let at = tokens.findIndex((token) => isWord(token, 'TRIGGER')) + 1;
  if (isWord(tokens[at], 'IF') && isWord(tokens[at + 1], 'NOT') && isWord(tokens[at + 2], 'EXISTS')) at += 3;
  at += isCharacter(tokens[at + 1], '.') ? 3 : 1;
  const events = ['DELETE', 'INSERT', 'UPDATE'] as const;
  const token = tokens.slice(at).find((candidate) => events.some((event) => isWord(candidate, event)));
  return events.find((event) => isWord(token, event)) ?? null;
}

/**
 * Columns that a CHECK refuses NULL in: `a IS NOT NULL`, `a NOT NULL` or `a NOTNULL`, alone or joined by AND.
 * Every other CHECK passes on NULL or depends on the row: a CHECK fails on false only, https://sqlite.org/lang_createtable.html#ckconst
 */
export function columnsRefusingNull(check: string): readonly string[] {
  const tokens = tokenize(check);
  const isAnd = (token: Token | undefined) => token === undefined || isWord(token, 'AND');
  // Parentheses around anything but whole conditions, and words that change what AND means: not judged.
  const isPlain = tokens.every((token, at) => {
    if (isCharacter(token, '(')) return isAnd(tokens[at - 1]) || isCharacter(tokens[at - 1], '(');
    if (isCharacter(token, ')')) return isAnd(tokens[at + 1]) || isCharacter(tokens[at + 1], ')');
    return !['OR', 'CASE', 'BETWEEN'].some((word) => isWord(token, word));
  });
  return isPlain ? conjunctsOf(tokens).flatMap(refusingNull) : [];
}

function conjunctsOf(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const conditions = tokens.filter((token) => !isCharacter(token, '(') && !isCharacter(token, ')'));
  const ends = [...conditions.flatMap((token, at) => (isWord(token, 'AND') ? [at] : [])), conditions.length];
  return ends.map((end, at) => conditions.slice((ends[at - 1] ?? -1) + 1, end));
}

function refusingNull([column, ...rest]: readonly Token[]): readonly string[] {
  const words = rest.map((token) => (token.kind === 'word' ? token.text.toUpperCase() : '?')).join(' ');
  return column !== undefined && ['IS NOT NULL', 'NOT NULL', 'NOTNULL'].includes(words)
    ? [nameOf(column)]
    : [];
}
