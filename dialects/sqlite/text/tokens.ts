/**
 * SQLite's tokens (tokenize.c): names in four kinds of quotes (https://sqlite.org/lang_keywords.html), words that go on with `$` and
 * everything from U+0080 on, and a comment that is not closed ends with the text.
 */
import type { SqlToken } from '../../../src/core/contracts/sql-reader.ts';
import { type Lexis, rule, scannerOf, unquoted } from '../../sql/tokenizer.ts';

const space = /(?:[ \t\n\v\f\r\ufeff]+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))+/y;

const rules = [
  rule('word', /(?![xX]')[A-Za-z_][\w$]*(?![\w$\u0080-\uffff])/y),
  // SQLite folds ASCII letters only, so a word with another letter is no keyword.
  rule('name', /(?![xX]')[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y),
  // Every sign is one by default; these are most of them, and so no other rule is tried for them.
  rule('sign', /[(),]/y),
  rule('number', /0[xX][\da-fA-F_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?/y),
  rule('string', /'[^']*(?:''[^']*)*'/y, unquoted, "'"),
  rule('string', /[xX]'[^']*'/y),
  rule('name', /"[^"]*(?:""[^"]*)*"/y, unquoted, '"'),
  rule('name', /`[^`]*(?:``[^`]*)*`/y, unquoted, '`'),
  rule('name', /\[[^\]]*\]/y, (written) => written.slice(1, -1), '['),
];

export const sqliteLexis: Lexis = {
  rules: () => rules,
  skip(sql, at) {
    space.lastIndex = at;
    return space.test(sql) ? space.lastIndex : at;
  },
};

export type Token = SqlToken;

/** The tokens of a stored text, all of them unless limited. */
export function tokenize(sql: string, limit = Infinity): readonly Token[] {
  const scanner = scannerOf(sql, sqliteLexis);
  const tokens: Token[] = [];
  for (let token = scanner.next(); token !== null && tokens.length < limit; token = scanner.next())
    tokens.push(token);
  return tokens;
}

/** Whether a token is this sign, or this word without quotes. */
export function is(token: Token | undefined, expected: string): boolean {
  if (token?.value.length !== expected.length) return false;
  if (token.kind !== 'word' && token.kind !== 'sign') return false;
  return token.value === expected || token.value.toUpperCase() === expected;
}

/** Whether these words and signs stand there, one behind the other. */
export function standsAt(tokens: readonly Token[], at: number, ...expected: readonly string[]): boolean {
  for (let place = 0; place < expected.length; place++)
    if (!is(tokens[at + place], expected[place] ?? '')) return false;
  return true;
}

/** The name that a token spells, without its quotes; empty where there is no token. */
export function nameAt(tokens: readonly Token[], at: number): string {
  return tokens[at]?.value ?? '';
}

/** Behind the parenthesis that the token at `at` opens, or behind the token itself. */
export function behindParentheses(tokens: readonly Token[], at: number): number {
  let depth = 0;
  for (let next = at; next < tokens.length; next++) {
    if (is(tokens[next], '(')) depth++;
    else if (is(tokens[next], ')')) depth--;
    if (depth <= 0) return next + 1;
  }
  return tokens.length;
}

/** Whether a text begins with a character that would run together with a word or number before it. */
export function continuesWord(text: string): boolean {
  return /^[\w$\u0080-\uffff]/.test(text);
}
