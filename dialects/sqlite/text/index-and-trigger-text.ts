/** What the stored texts of indexes and triggers say that no pragma does. */
import { behindParentheses, is, standsAt, tokenize } from './tokens.ts';

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
