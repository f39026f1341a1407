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
const number = /0[xX][\da-fA-F_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?/y;

/** For each ASCII character whether it continues a word: looked up, so that thousands of texts are cut in little time. */
const inWord = Uint8Array.from({ length: 0x80 }, (_, code) =>
  /[\w$]/.test(String.fromCharCode(code)) ? 1 : 0,
);

/** The tokens of a text with their places, all of them unless limited; whitespace and comments are left out. */
export function tokenize(sql: string, limit = Infinity): readonly Token[] {
  const tokens: Token[] = [];
  for (let start = skip(sql, 0); start < sql.length && tokens.length < limit;) {
    const first = sql.charCodeAt(start);
    let kind: Token['kind'] = 'other';
    let end = start + 1;
    if (first >= 0x80 || inWord[first] === 1) {
      if ((first === 0x78 || first === 0x58) && sql.charCodeAt(end) === 0x27) {
        end = matchEnd(blob, sql, start) ?? end;
      } else if (first >= 0x30 && first <= 0x39) {
        end = matchEnd(number, sql, start) ?? end;
      } else if (first !== 0x24) {
        kind = 'word';
        for (let next = first; next >= 0x80 || inWord[next] === 1;) next = sql.charCodeAt(end++);
        end--;
      }
    } else if (first === 0x2e) {
      end = matchEnd(number, sql, start) ?? end;
    } else if (first === 0x22 || first === 0x27 || first === 0x5b || first === 0x60) {
      const behind = matchEnd(quoted, sql, start);
      if (behind !== null) {
        kind = 'quoted';
        end = behind;
      }
    }
    tokens.push({ kind, text: sql.slice(start, end), start, end });
    start = skip(sql, end);
  }
  return tokens;
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

/** Whether the token is this keyword: a quoted word never is. */
export function isWord(token: Token | undefined, keyword: string): boolean {
  if (token?.kind !== 'word' || token.text.length !== keyword.length) return false;
  return token.text === keyword || token.text.toUpperCase() === keyword;
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
  return code >= 0x80 || inWord[code] === 1;
}
