/**
 * SQLite's own way of cutting SQL into tokens, for the texts that sqlite_master stores: those were accepted once, so an
 * unknown character is a token of its own and an unterminated comment at the end is a comment.
 * https://sqlite.org/lang_keywords.html (the four kinds of quotes), tokenize.c (`$` and everything from U+0080 on continue a word).
 */

/** A text and its tokens in order, each by its number from 0. Kept as numbers: an object for each took a third of the time of reading. */
export interface Tokens {
  readonly sql: string;
  readonly count: number;
  /** Three numbers for each token: its kind, its start and its end. What stands behind them is left from another text. */
  readonly marks: readonly number[];
}

/** The kind of a token of one character, such as `(`, is that character's code. */
const word = -1;
/** "…" `…` […] or '…' */
const quote = -2;
/** Numbers and blobs. */
const literal = -3;

/** Sticky, so that a text is walked once; whitespace and comments come first because they are skipped. */
const space = /(?:[ \t\n\v\f\r\ufeff]+|--[^\n]*|\/\*(?:[^*]|\*(?!\/))*(?:\*\/|\*?$))+/y;
const blob = /[xX]'[^']*'/y;
const quoted = /"(?:[^"]|"")*"|`(?:[^`]|``)*`|'(?:[^']|'')*'|\[[^\]]*\]/y;
const number = /0[xX][\da-fA-F_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?/y;

/** For each ASCII character whether it continues a word: looked up, so that thousands of texts are cut in little time. */
const inWord = Uint8Array.from({ length: 0x80 }, (_, code) =>
  /[\w$]/.test(String.fromCharCode(code)) ? 1 : 0,
);

/**
 * The tokens of a text with their places, all of them unless limited; whitespace and comments are left out.
 * @param marks where to write them, for texts that are looked at one after the other; they last until the next is written there
 */
export function tokenize(sql: string, limit = Infinity, marks: number[] = []): Tokens {
  let count = 0;
  for (let start = skip(sql, 0); start < sql.length && count < limit; count++) {
    const first = sql.charCodeAt(start);
    let kind = first;
    let end = start + 1;
    if (first >= 0x80 || inWord[first] === 1) {
      if ((first === 0x78 || first === 0x58) && sql.charCodeAt(end) === 0x27) {
        kind = literal;
        end = matchEnd(blob, sql, start) ?? end;
      } else if (first >= 0x30 && first <= 0x39) {
        kind = literal;
        end = matchEnd(number, sql, start) ?? end;
      } else if (first !== 0x24) {
        kind = word;
        for (let next = first; next >= 0x80 || inWord[next] === 1;) next = sql.charCodeAt(end++);
        end--;
      }
    } else if (first === 0x2e) {
      end = matchEnd(number, sql, start) ?? end;
      if (end > start + 1) kind = literal;
    } else if (first === 0x22 || first === 0x27 || first === 0x5b || first === 0x60) {
      const behind = matchEnd(quoted, sql, start);
      if (behind !== null) {
        kind = quote;
        end = behind;
      }
    }
    marks[count * 3] = kind;
    marks[count * 3 + 1] = start;
    marks[count * 3 + 2] = end;
    start = skip(sql, end);
  }
  return { sql, count, marks };
}

/** Most of the time there is one space, or nothing. */
function skip(sql: string, from: number): number {
  let start = from;
  while (sql.charCodeAt(start) === 0x20) start++;
  const first = sql.charCodeAt(start);
  const maySkip = first < 0x20 || first === 0x2d || first === 0x2f || first === 0xfeff;
  return maySkip ? (matchEnd(space, sql, start) ?? start) : start;
}

function matchEnd(pattern: RegExp, sql: string, start: number): number | null {
  pattern.lastIndex = start;
  return pattern.test(sql) ? pattern.lastIndex : null;
}

/** 0 where there is no such token. */
function kindOf({ count, marks }: Tokens, at: number): number {
  return at >= 0 && at < count ? (marks[at * 3] ?? 0) : 0;
}

/** Where a token begins; the end of the text where there is none. */
export function startOf({ sql, count, marks }: Tokens, at: number): number {
  return at < count ? (marks[at * 3 + 1] ?? 0) : sql.length;
}

/** Where a token ends; the end of the text where there is none. */
export function endOf({ sql, count, marks }: Tokens, at: number): number {
  return at < count ? (marks[at * 3 + 2] ?? 0) : sql.length;
}

/** Whether the token is this keyword, which is given in capitals: a quoted word never is. */
export function isWord(tokens: Tokens, at: number, keyword: string): boolean {
  if (kindOf(tokens, at) !== word) return false;
  const start = startOf(tokens, at);
  if (endOf(tokens, at) - start !== keyword.length) return false;
  for (let place = 0; place < keyword.length; place++) {
    // Without the bit that tells a small ASCII letter from its capital.
    if ((tokens.sql.charCodeAt(start + place) & ~0x20) !== keyword.charCodeAt(place)) return false;
  }
  return true;
}

/** Whether the token is this one character, and not a name or a number. */
export function isCharacter(tokens: Tokens, at: number, character: string): boolean {
  return kindOf(tokens, at) === character.charCodeAt(0);
}

/** Whether the token is a word or stands in quotes. */
export function isName(tokens: Tokens, at: number): boolean {
  const kind = kindOf(tokens, at);
  return kind === word || kind === quote;
}

/** A token as it is written; empty where there is none. */
export function textOf(tokens: Tokens, at: number): string {
  return tokens.sql.slice(startOf(tokens, at), endOf(tokens, at));
}

/** The name that a token spells, without its quotes; empty where there is none. */
export function nameOf(tokens: Tokens, at: number): string {
  const text = textOf(tokens, at);
  if (kindOf(tokens, at) !== quote) return text;
  const inner = text.slice(1, -1);
  const sign = text.charAt(0);
  return sign === '[' ? inner : inner.replaceAll(sign + sign, sign);
}

/** Whether a text begins with a character that would run together with a word or number before it. */
export function continuesWord(text: string): boolean {
  const code = text.charCodeAt(0);
  return code >= 0x80 || inWord[code] === 1;
}
