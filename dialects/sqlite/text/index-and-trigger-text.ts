/** What the stored texts of indexes and triggers say that no pragma does. */
import { sameName } from './names.ts';
import { behindParentheses, is, standsAt, tokenize } from './tokens.ts';

const name = '(?:\\w+|"[^"]+"|`[^`]+`)';
const plainIndex = new RegExp(`^CREATE INDEX ${name} +ON +${name} *\\(([ ,"\`\\w]+)\\)$`, 'i');
const unquotedNull = /(?:^|,) *null *(?:,|$)/i;

/**
 * The columns of an index whose text is `CREATE INDEX name ON table (column, …)` and nothing else, so that it is not unique and whole,
 * and every entry is one of the table's columns; null for any other text. For 10,000 such indexes their texts take
 * 8 ms to read, and the two pragmas about them 47 ms (measured), where reading all keys of the file takes 29 ms.
 */
export function plainIndexColumns(sql: string, columns: readonly string[]): readonly string[] | null {
  const list = plainIndex.exec(sql)?.[1];
  // An unquoted NULL is an expression, even beside a column of that name.
  if (list === undefined || unquotedNull.test(list)) return null;
  const names = list.split(',').map((written) => written.trim().replace(/^["`]|["`]$/g, ''));
  const found = names.flatMap((name) => columns.find((each) => sameName(each, name)) ?? []);
  return found.length === names.length ? found : null;
}

/** The condition of a partial index, as written; null for a whole one. */
export function indexPredicate(sql: string): string | null {
  const tokens = tokenize(sql);
  for (let at = 0; at < tokens.length; at = behindParentheses(tokens, at))
    if (standsAt(tokens, at, 'WHERE')) return sql.slice(tokens[at]?.end).trim();
  return null;
}

/** What a trigger fires on; null where its text is not understood. */
export function triggerEvent(sql: string): 'DELETE' | 'INSERT' | 'UPDATE' | null {
  const tokens = tokenize(sql, 16);
  let at = tokens.findIndex((token) => is(token, 'TRIGGER')) + 1;
  if (standsAt(tokens, at, 'IF', 'NOT', 'EXISTS')) at += 3;
  at += standsAt(tokens, at + 1, '.') ? 3 : 1;
  const events = ['DELETE', 'INSERT', 'UPDATE'] as const;
  for (const token of tokens.slice(at)) {
    const event = events.find((word) => is(token, word));
    if (event !== undefined) return event;
  }
  return null;
}
