/** Reads a pattern from left to right. The first thing that does not fit is remembered, and reading ends soon after. */
import type { NamePart, NamePattern, Parsed, SidePattern, TablePattern } from './ast.ts';

/**
 * More stars than this in one name make a backtracking RegExp slow on names made to be slow:
 * five cost at most some ten million steps on a name of 64 characters, ten would cost 10^11.
 */
const MAXIMUM_STARS = 5;

const PLAIN = /(?:(?!->|~>)[^\s.,(){}"*?])+/y;
const QUOTED = /"((?:[^"]|"")*)"/y;

export interface Cursor {
  readonly text: string;
  offset: number;
  failure: { readonly message: string; readonly offset: number } | null;
}

export function parseWith<T>(text: string, read: (cursor: Cursor) => T): Parsed<T> {
  const cursor: Cursor = { text, offset: 0, failure: null };
  const value = read(cursor);
  skipSpace(cursor);
  if (cursor.offset < text.length) fail(cursor, unexpected(cursor));
  return cursor.failure === null ? { ok: true, value } : { ok: false, ...cursor.failure };
}

/** Only the first failure is told: those behind it follow from it. */
export function fail(cursor: Cursor, message: string): void {
  failAt(cursor, cursor.offset, message);
}
export function failAt(cursor: Cursor, offset: number, message: string): void {
  cursor.failure ??= { message, offset };
}

function unexpected(cursor: Cursor): string {
  const found = String.fromCodePoint(cursor.text.codePointAt(cursor.offset) ?? 0);
  if (found === '.')
    return 'a name has two parts at most, `schema.table`; a dot inside a name stands in "double quotes"';
  if (cursor.text.startsWith('->', cursor.offset))
    return 'a second `->`; a pattern has one child and one parent';
  return `unexpected \`${found}\`; a name with spaces or signs stands in "double quotes"`;
}

export function missingArrow(cursor: Cursor): string {
  skipSpace(cursor);
  if (cursor.offset < cursor.text.length) return unexpected(cursor);
  return '`->` is missing; a pattern is written `child -> parent`';
}

export function skipSpace(cursor: Cursor): void {
  while (/\s/.test(cursor.text.charAt(cursor.offset))) cursor.offset += 1;
}

export function readArrow(cursor: Cursor): boolean {
  skipSpace(cursor);
  if (!cursor.text.startsWith('->', cursor.offset)) return false;
  cursor.offset += 2;
  return true;
}

export function missingWave(cursor: Cursor): string {
  skipSpace(cursor);
  if (cursor.text.startsWith('->', cursor.offset))
    return 'a path rule is written `table ~> table`, over any number of keys; `->` stands for one key';
  if (cursor.text.startsWith('(', cursor.offset)) return 'a path rule names tables, without columns';
  if (cursor.offset < cursor.text.length) return unexpected(cursor);
  return '`~>` is missing; a path rule is written `table ~> table`';
}

export function readWave(cursor: Cursor): boolean {
  skipSpace(cursor);
  if (!cursor.text.startsWith('~>', cursor.offset)) return false;
  cursor.offset += 2;
  return true;
}

export function readSide(cursor: Cursor): SidePattern {
  skipSpace(cursor);
  const table = readTable(cursor);
  skipSpace(cursor);
  return { ...table, columns: readColumns(cursor) };
}

export function readTable(cursor: Cursor): TablePattern {
  const first = readName(cursor, false);
  if (cursor.text.charAt(cursor.offset) !== '.') return { schema: null, name: first };
  cursor.offset += 1;
  return { schema: first, name: readName(cursor, false) };
}

export function readColumns(cursor: Cursor): NamePattern[] | null {
  if (cursor.text.charAt(cursor.offset) !== '(') return null;
  const names: NamePattern[] = [];
  do {
    cursor.offset += 1;
    skipSpace(cursor);
    names.push(readName(cursor, false));
    skipSpace(cursor);
  } while (cursor.text.charAt(cursor.offset) === ',' && cursor.failure === null);
  if (cursor.text.charAt(cursor.offset) === ')') cursor.offset += 1;
  else if (cursor.offset < cursor.text.length && !cursor.text.startsWith('->', cursor.offset))
    fail(cursor, unexpected(cursor));
  else fail(cursor, '`)` is missing');
  return names;
}

export function readName(cursor: Cursor, inChoice: boolean): NamePattern {
  const start = cursor.offset;
  const parts: NamePart[] = [];
  for (let part = readPart(cursor, inChoice); part !== null; part = readPart(cursor, inChoice))
    append(parts, part);
  if (inChoice) return parts.filter((part) => part.kind !== 'text' || part.text !== '');
  if (cursor.offset === start) fail(cursor, 'a name is missing');
  if (countStars(parts) > MAXIMUM_STARS) failAt(cursor, start, `a name holds at most ${MAXIMUM_STARS} stars`);
  const filled = parts.filter((part) => part.kind !== 'text' || part.text !== '');
  return filled.length === 0 ? [{ kind: 'text', text: '' }] : filled;
}

/** Adds a part, merging texts and stars that follow each other. */
function append(parts: NamePart[], part: NamePart): void {
  const last = parts.at(-1);
  if (last?.kind === 'text' && part.kind === 'text') {
    parts[parts.length - 1] = { kind: 'text', text: last.text + part.text };
  } else if (last?.kind !== 'any' || part.kind !== 'any') {
    if (last?.kind === 'text' && last.text === '') parts.pop();
    if (part.kind !== 'text' || part.text !== '' || parts.length === 0) parts.push(part);
  }
}

function readPart(cursor: Cursor, inChoice: boolean): NamePart | null {
  if (cursor.failure !== null) return null;
  const sign = cursor.text.charAt(cursor.offset);
  if (sign === '"') return { kind: 'text', text: readQuoted(cursor) };
  if (sign === '{') return readChoice(cursor, inChoice);
  if (sign === '*' || sign === '?') {
    cursor.offset += 1;
    return { kind: sign === '*' ? 'any' : 'one' };
  }
  PLAIN.lastIndex = cursor.offset;
  const text = PLAIN.exec(cursor.text)?.[0] ?? '';
  cursor.offset += text.length;
  return text === '' ? null : { kind: 'text', text };
}

function readQuoted(cursor: Cursor): string {
  QUOTED.lastIndex = cursor.offset;
  const found = QUOTED.exec(cursor.text);
  if (found === null) {
    fail(cursor, 'the closing double quote is missing');
    return '';
  }
  cursor.offset += found[0].length;
  return (found[1] ?? '').replaceAll('""', '"');
}

function readChoice(cursor: Cursor, inChoice: boolean): NamePart | null {
  if (inChoice) {
    fail(cursor, 'braces cannot stand inside braces');
    return null;
  }
  const start = cursor.offset;
  const options: NamePattern[] = [];
  do {
    cursor.offset += 1;
    skipSpace(cursor);
    options.push(readName(cursor, true));
    skipSpace(cursor);
  } while (cursor.text.charAt(cursor.offset) === ',' && cursor.failure === null);
  if (cursor.text.charAt(cursor.offset) === '}') cursor.offset += 1;
  else if (cursor.offset === cursor.text.length) failAt(cursor, start, '`}` is missing');
  else fail(cursor, 'braces hold parts of one name, `{a,b}`; other signs stand in "double quotes"');
  return { kind: 'choice', options };
}

function countStars(pattern: NamePattern): number {
  return pattern.reduce((sum, part) => {
    if (part.kind === 'choice') return sum + Math.max(...part.options.map(countStars));
    return sum + (part.kind === 'any' ? 1 : 0);
  }, 0);
}
