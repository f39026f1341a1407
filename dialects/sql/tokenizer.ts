/**
 * Files of SQL as clients read them: cut into tokens and statements, and written anew without their comments, so that a server is
 * sent what was looked at and nothing else. Each engine's `Lexis` defines its tokens.
 */
import type { SqlToken } from '../../src/core/contracts/sql-reader.ts';

export interface TokenRule {
  readonly kind: SqlToken['kind'];
  /** Where the token that begins here ends; null where none of this kind does, -1 where it never ends. */
  readonly end: (sql: string, at: number) => number | null;
  /** The name, sign or text that it spells. */
  readonly value: (written: string) => string;
}

export interface Lexis {
  /** Where space and comments from here on end; -1 for a comment that never does. */
  readonly skip: (sql: string, at: number) => number;
  /** The first that fits is taken; a character that fits none is a sign. */
  readonly rules: () => readonly TokenRule[];
}

/** A rule over one sticky pattern; `opening` is the character after which a missing end is a mistake. */
export function rule(
  kind: SqlToken['kind'],
  pattern: RegExp,
  value: TokenRule['value'] = (written) => written,
  opening: string | null = null,
): TokenRule {
  return {
    kind,
    value,
    end(sql, at) {
      pattern.lastIndex = at;
      if (pattern.test(sql)) return pattern.lastIndex;
      return opening !== null && sql.startsWith(opening, at) ? -1 : null;
    },
  };
}

/** What stands between two quotes that are written twice inside. */
export const unquoted = (written: string): string => {
  const quote = written.charAt(0);
  return written.slice(1, -1).replaceAll(quote + quote, quote);
};

export interface Scanner {
  /** The next token; null at the end of the file. */
  next(): SqlToken | null;
  /** The rest of the line that begins behind the last token; scanning goes on below it. */
  restOfLine(): string;
  /** Goes on behind the first match of a sticky-free pattern, or at the end of the file. */
  skipBehind(pattern: RegExp): void;
  /** Goes on so many characters behind the last token's start. */
  rewindTo(offset: number): void;
  /** Where scanning goes on. */
  offset(): number;
}

export function scannerOf(sql: string, lexis: Lexis): Scanner {
  let at = 0;
  let line = 1;
  let lineEnd = sql.indexOf('\n');
  let counted = 0;
  const lineAt = (offset: number): number => {
    if (offset < counted) [line, lineEnd] = [1, sql.indexOf('\n')];
    counted = offset;
    for (; lineEnd !== -1 && lineEnd < offset; line++) lineEnd = sql.indexOf('\n', lineEnd + 1);
    return line;
  };
  const tokenAt = (start: number): SqlToken => {
    for (const { kind, end, value } of lexis.rules()) {
      const behind = end(sql, start);
      if (behind === null) continue;
      if (behind === -1) return unclosed(start);
      return { kind, value: value(sql.slice(start, behind)), start, end: behind, line: lineAt(start) };
    }
    return { kind: 'sign', value: sql.charAt(start), start, end: start + 1, line: lineAt(start) };
  };
  const unclosed = (start: number): SqlToken => ({
    kind: 'unclosed',
    value: '',
    start,
    end: sql.length,
    line: lineAt(start),
  });
  return {
    next() {
      const start = lexis.skip(sql, at);
      if (start === -1) {
        const token = unclosed(at);
        at = sql.length;
        return token;
      }
      at = start;
      if (start >= sql.length) return null;
      const token = tokenAt(start);
      at = token.end;
      return token;
    },
    restOfLine() {
      const end = sql.indexOf('\n', at);
      const rest = sql.slice(at, end === -1 ? sql.length : end);
      at = end === -1 ? sql.length : end + 1;
      return rest.trim();
    },
    skipBehind(pattern) {
      const rest = pattern.exec(sql.slice(at));
      at = rest === null ? sql.length : at + rest.index + rest[0].length;
    },
    rewindTo(offset) {
      at = offset;
    },
    offset: () => at,
  };
}

/** Tokens as text: as they are written, with blanks or line ends where space and comments stood. */
export function textOf(sql: string, tokens: readonly SqlToken[]): string {
  let text = '';
  tokens.forEach((token, index) => {
    const before = tokens[index - 1];
    if (before !== undefined && token.start > before.end) {
      const lines = sql.slice(before.end, token.start).split('\n').length - 1;
      text += lines === 0 ? ' ' : '\n'.repeat(lines);
    }
    text += sql.slice(token.start, token.end);
  });
  return text;
}

/**
 * The outline of a statement, for patterns: words that stand in no quotes in capitals, `"` for a quoted name, `'` for a text, `0` for a
 * number, signs as they are, with a blank between all of them.
 */
export function outlineOf(tokens: readonly SqlToken[]): string {
  return tokens
    .map((token) => {
      switch (token.kind) {
        case 'word':
          return token.value.toUpperCase();
        case 'name':
          return '"';
        case 'string':
          return "'";
        case 'number':
          return '0';
        case 'unclosed':
          return '\0';
        case 'sign':
          return token.value;
      }
    })
    .join(' ');
}

/** A name in an outline, with its schema or without. */
export const named = String.raw`(?:[^\s.()]+ \. )?[^\s.()]+`;

/** The outline without what stands in parentheses. */
export function outermost(tokens: readonly SqlToken[]): string {
  let depth = 0;
  return outlineOf(
    tokens.filter((token) => {
      if (token.kind === 'sign' && token.value === '(') depth++;
      const isOutside = depth === 0;
      if (token.kind === 'sign' && token.value === ')') depth--;
      return isOutside;
    }),
  );
}

/** Words of which two at the beginning of a line begin a statement, in exports that end no statement with a semicolon. */
const beginnings =
  /^(?:(?:CREATE|ALTER|DROP) (?:TABLE|SEQUENCE|TYPE|DOMAIN|SCHEMA|VIEW)|CREATE (?:UNIQUE )?INDEX|CREATE CACHED|INSERT INTO|COMMENT ON) /;

/** Statements of a file in which nothing ends one: a new one begins with its first words at the beginning of a line. */
export function splitAtLines(tokens: readonly SqlToken[]): readonly (readonly SqlToken[])[] {
  const statements: SqlToken[][] = [];
  tokens.forEach((token, index) => {
    const isFirstOfLine = token.line !== tokens[index - 1]?.line;
    const begins = isFirstOfLine && beginnings.test(`${outlineOf(tokens.slice(index, index + 3))} `);
    const current = statements.at(-1);
    if (current === undefined || begins) statements.push([token]);
    else current.push(token);
  });
  return statements;
}
