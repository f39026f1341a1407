/** Schema files of PostgreSQL: pg_dump, Rails' structure.sql, what an ORM exports, written by hand. */
import type {
  SchemaFile,
  SchemaReader,
  SchemaStatement,
  SqlToken,
} from '../../../src/core/contracts/sql-reader.ts';
import { outlineOf, type Scanner, scannerOf, splitAtLines } from '../../sql/tokenizer.ts';
import { postgresLexis } from './lexer.ts';
import { treatments } from './statements.ts';

export const schemaReader: SchemaReader = {
  read,
  // the bodies of functions are emptied, so there is nothing to check; what a default or a bound computes at once is bounded
  session: ['SET check_function_bodies = off', `SET statement_timeout = '60s'`, `SET lock_timeout = '10s'`],
  help: 'Write the file with `pg_dump --schema-only --no-owner --no-privileges DATABASE`, or take the statement out.',
};

function read(text: string): SchemaFile {
  let standardStrings = true;
  const scanner = scannerOf(
    text,
    postgresLexis(() => standardStrings),
  );
  const treat = treatments(text);
  const statements: SchemaStatement[] = [];
  let ended = false;
  const add = (tokens: readonly SqlToken[]): void => {
    const [first] = tokens;
    if (first === undefined) return;
    statements.push({ line: first.line, tokens, treatment: treat.statement(tokens) });
    const [, setting] =
      /^SET (?:SESSION )?STANDARD_CONFORMING_STRINGS (?:=|TO) (\S+)$/.exec(outlineOf(tokens)) ?? [];
    if (setting !== undefined) standardStrings = !/^off$|^false$|^no$/i.test(tokens.at(-1)?.value ?? '');
  };
  for (;;) {
    const { tokens, end } = statement(scanner);
    ended ||= end === ';';
    if (end === 'command') {
      const [first] = tokens;
      const line = first?.line ?? 1;
      const words = scanner.restOfLine();
      statements.push({ line, tokens, treatment: treat.command(words, tokens.length > 1) });
      continue;
    }
    if (end === null && !ended) splitAtLines(tokens).forEach(add);
    else add(tokens);
    if (end === null) break;
    if (/^COPY .* FROM STDIN\b/.test(outlineOf(tokens))) scanner.skipBehind(/^\\\.[ \t\r]*$/m);
  }
  return { statements, extensions: statements.flatMap(extensionOf) };
}

/**
 * The next statement, as psql cuts: a semicolon in parentheses or between BEGIN ATOMIC and its END does not end one. A backslash begins
 * a command of psql, and the rest of its line belongs to it.
 */
function statement(scanner: Scanner): {
  readonly tokens: readonly SqlToken[];
  readonly end: ';' | 'command' | null;
} {
  const tokens: SqlToken[] = [];
  let parentheses = 0;
  let blocks = 0;
  for (let token = scanner.next(); token !== null; token = scanner.next()) {
    if (token.kind === 'sign') {
      if (token.value === ';' && parentheses === 0 && blocks === 0) return { tokens, end: ';' };
      if (token.value === '\\') return { tokens: [...tokens, token], end: 'command' };
      if (token.value === '(') parentheses++;
      if (token.value === ')') parentheses = Math.max(0, parentheses - 1);
    }
    tokens.push(token);
    if (token.kind === 'word' && /^(?:atomic|case|end)$/.test(token.value) && makesRoutine(tokens)) {
      if (token.value === 'atomic' && isWord(tokens.at(-2), 'begin')) blocks++;
      else if (token.value === 'case' && blocks > 0) blocks++;
      else if (token.value === 'end' && blocks > 0) blocks--;
    }
  }
  return { tokens, end: null };
}

function makesRoutine(tokens: readonly SqlToken[]): boolean {
  return /^CREATE (?:OR REPLACE )?(?:FUNCTION|PROCEDURE)\b/.test(outlineOf(tokens.slice(0, 4)));
}

function isWord(token: SqlToken | undefined, word: string): boolean {
  return token?.kind === 'word' && token.value === word;
}

function extensionOf({ tokens }: SchemaStatement): readonly string[] {
  const [, before] = /^(CREATE EXTENSION (?:IF NOT EXISTS )?)/.exec(outlineOf(tokens.slice(0, 6))) ?? [];
  const name = before === undefined ? undefined : tokens[before.trim().split(' ').length];
  return name === undefined ? [] : [name.value];
}
