/**
 * SQLite's own way of cutting SQL into tokens, for the texts that sqlite_master stores: those were accepted once, so an
 * unknown character is a token of its own and an unterminated comment at the end is a comment.
 * https://sqlite.org/lang_keywords.html (the four kinds of quotes), tokenize.c (`$` and everything from U+0080 on continue a word).
 */

export interface Token {
  /** `word`: an unquoted name or keyword; `quoted`: "…" `…` […] or '…'; `other`: numbers, blobs and single characters. */
  readonly kind: 'word' | 'quoted' | 'other';
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Sticky, so that a text is walked once; whitespace and comments come first because they are skipped. */
const space = /(?:[ \t\n\v\f\r\ufeff]+|--[^\n]*|\/\*(?:[^*]|\*(?!\/))*(?:\*\/|\*?$))+/y;
const blob = /[xX]'[^']*'/y;
const quoted = /"(?:[^"]|"")*"|`(?:[^`]|``)*`|'(?:[^']|'')*'|\[[^\]]*\]/y;
const word = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;
const number = /0[xX][\da-fA-F_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?/y;

/** The tokens of a text with their places, all of them unless limited; whitespace and comments are left out. */
export function tokenize(sql: string, limit = Infinity): readonly Token[] {
  const tokens: Token[] = [];
  for (let at = skip(sql, 0); at < sql.length && tokens.length < limit;) {
    const token = tokenAt(sql, at);
    tokens.push(token);
    at = skip(sql, token.end);
  }
  return tokens;
}

/** The first character decides which pattern can match, so that thousands of texts are cut in little time. */
function tokenAt(sql: string, start: number): Token {
  const first = sql.charAt(start);
  const token = (kind: Token['kind'], end: number): Token => ({
    kind,
    text: sql.slice(start, end),
    start,
    end,
  });
  if ((first === 'x' || first === 'X') && sql.charAt(start + 1) === "'")
    return token('other', matchEnd(blob, sql, start) ?? start + 1);
  if (continuesWord(first)) {
    const end = matchEnd(word, sql, start);
    return end === null ? token('other', matchEnd(number, sql, start) ?? start + 1) : token('word', end);
  }
  if (first === '.') return token('other', matchEnd(number, sql, start) ?? start + 1);
  const end = '"`\'['.includes(first) ? matchEnd(quoted, sql, start) : null;
  return end === null ? token('other', start + 1) : token('quoted', end);
}

function skip(sql: string, start: number): number {
  const first = sql.charCodeAt(start);
  const maySkip = first <= 0x20 || first === 0x2d || first === 0x2f || first === 0xfeff;
  return maySkip ? (matchEnd(space, sql, start) ?? start) : start;
}

function matchEnd(pattern: RegExp, sql: string, start: number): number | null {
  pattern.lastIndex = start;
  return pattern.test(sql) ? pattern.lastIndex : null;
}

/** Whether the token is this keyword: a quoted word never is. */
export function isWord(token: Token | undefined, keyword: string): boolean {
  return (
    token?.kind === 'word' && token.text.length === keyword.length && token.text.toUpperCase() === keyword
  );
}

export function isCharacter(token: Token | undefined, character: string): boolean {
  return token?.kind === 'other' && token.text === character;
}

/** The name that a token spells, without its quotes. */
export function nameOf(token: Token): string {
  if (token.kind !== 'quoted') return token.text;
  const inner = token.text.slice(1, -1);
  const quote = token.text.charAt(0);
  return quote === '[' ? inner : inner.replaceAll(quote + quote, quote);
}

/** Whether a text begins with a character that would run together with a word or number before it. */
export function continuesWord(text: string): boolean {
  const code = text.charCodeAt(0);
  const isLetter = (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
  return isLetter || code >= 0x80 || (code >= 0x30 && code <= 0x39) || code === 0x5f || code === 0x24;
}
