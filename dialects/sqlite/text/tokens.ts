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
const otherWord = -1;
/** "…" `…` […] or '…' */
const quote = -2;
/** Numbers and blobs. */
const literal = -3;

/** The words that anybody here asks for; each is a kind of its own, so that asking compares two numbers. */
export const words = {
  AND: -10,
  AS: -11,
  AUTOINCREMENT: -12,
  BETWEEN: -13,
  CASCADE: -14,
  CASE: -15,
  CHECK: -16,
  COLLATE: -17,
  CONSTRAINT: -18,
  CREATE: -19,
  DEFAULT: -20,
  DEFERRABLE: -21,
  DEFERRED: -22,
  DELETE: -23,
  EXISTS: -24,
  FOREIGN: -25,
  IF: -26,
  INITIALLY: -27,
  INSERT: -28,
  IS: -29,
  MATCH: -30,
  NO: -31,
  NOT: -32,
  NOTNULL: -33,
  NULL: -34,
  ON: -35,
  OR: -36,
  PRIMARY: -37,
  REFERENCES: -38,
  SET: -39,
  TABLE: -40,
  TEMP: -41,
  TEMPORARY: -42,
  TRIGGER: -43,
  UNIQUE: -44,
  UPDATE: -45,
  WHERE: -46,
} as const;
export type Word = (typeof words)[keyof typeof words];

/** The words of a length that begin with a letter, by both. */
const wordsAt: (readonly [spelling: string, kind: Word])[][] = Array.from({ length: 16 << 5 }, () => []);
const placeOf = (length: number, first: number): number => (length << 5) | (first & 0x1f);
for (const each of Object.entries(words)) wordsAt[placeOf(each[0].length, each[0].charCodeAt(0))]?.push(each);

const none: readonly [] = [];

/** The kind of the word that stands there; a letter and its capital differ in one bit. */
function kindOfWord(sql: string, start: number, end: number): number {
  const length = end - start;
  if (length > 15) return otherWord;
  for (const [spelling, kind] of wordsAt[placeOf(length, sql.charCodeAt(start))] ?? none) {
    let place = 0;
    while (place < length && (sql.charCodeAt(start + place) & ~0x20) === spelling.charCodeAt(place)) place++;
    if (place === length) return kind;
  }
  return otherWord;
}

/** Sticky, so that a text is walked once; whitespace and comments come first because they are skipped. */
const space = /(?:[ \t\n\v\f\r\ufeff]+|--[^\n]*|\/\*(?:[^*]|\*(?!\/))*(?:\*\/|\*?$))+/y;
const blob = /[xX]'[^']*'/y;
const quoted = /"(?:[^"]|"")*"|`(?:[^`]|``)*`|'(?:[^']|'')*'|\[[^\]]*\]/y;
const number = /0[xX][\da-fA-F_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?/y;

/** For each ASCII character whether it continues a word: looked up, so that thousands of texts are cut in little time. */
const inWord = Uint8Array.from({ length: 0x80 }, (_, code) =>
  /[\w$]/.test(String.fromCharCode(code)) ? 1 : 0,
);

const isInWord = (code: number): boolean => code >= 0x80 || inWord[code] === 1;

/**
 * The tokens of a text with their places, all of them unless limited; whitespace and comments are left out.
 * @param marks where to write them, for texts that are looked at one after the other; they last until the next is written there
 */
export function tokenize(sql: string, limit = Infinity, marks: number[] = []): Tokens {
  let count = 0;
  const { length } = sql;
  for (let start = skip(sql, 0); start < length && count < limit; count++) {
    const first = sql.charCodeAt(start);
    let kind = first;
    let end = start + 1;
    if (isInWord(first)) {
      if ((first === 0x78 || first === 0x58) && sql.charCodeAt(end) === 0x27) {
        kind = literal;
        end = matchEnd(blob, sql, start) ?? end;
      } else if (first >= 0x30 && first <= 0x39) {
        kind = literal;
        end = matchEnd(number, sql, start) ?? end;
      } else if (first !== 0x24) {
        while (end < length && isInWord(sql.charCodeAt(end))) end++;
        kind = kindOfWord(sql, start, end);
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
  while (start < sql.length && sql.charCodeAt(start) === 0x20) start++;
  if (start >= sql.length) return start;
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

/** Whether the token is this word: a quoted one never is. */
export function isWord(tokens: Tokens, at: number, word: Word): boolean {
  return kindOf(tokens, at) === word;
}

/** Whether the token is one of these words. */
export function isOneOf(tokens: Tokens, at: number, some: readonly Word[]): boolean {
  const kind = kindOf(tokens, at);
  if (kind > words.AND) return false;
  for (const word of some) if (word === kind) return true;
  return false;
}

/** Whether the token is this one character, and not a name or a number. */
export function isCharacter(tokens: Tokens, at: number, character: string): boolean {
  return kindOf(tokens, at) === character.charCodeAt(0);
}

/** Whether the token is a word or stands in quotes. */
export function isName(tokens: Tokens, at: number): boolean {
  const kind = kindOf(tokens, at);
  return kind === otherWord || kind === quote || kind <= words.AND;
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
  return isInWord(text.charCodeAt(0));
}
