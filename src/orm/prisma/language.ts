/**
 * The language of schema.prisma, read as text: blocks of fields, settings and attributes, each with its line. Pure, and knows
 * nothing of what they mean. (The library for it, prisma-ast, runs a .prisma-astrc.js of the working directory when it is
 * imported, and refuses comments in blocks, comments behind a brace and names beyond ASCII, all of which Prisma takes.)
 */
import { tokensOf, type Token } from './tokens.ts';

export type Value =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'list'; readonly members: readonly Value[] }
  | { readonly kind: 'call'; readonly name: string; readonly given: readonly Argument[] };

/** `fields: [a]`; without a name where none is written. */
export interface Argument {
  readonly name: string | null;
  readonly value: Value;
}

/** `@relation(…)`, `@@map("users")`, `@db.VarChar(255)`. */
export interface Attribute {
  readonly name: string;
  readonly given: readonly Argument[];
}

export interface Field {
  readonly name: string;
  readonly type: string;
  readonly isList: boolean;
  readonly isOptional: boolean;
  readonly attributes: readonly Attribute[];
  readonly line: number;
  /** The comments right above it and behind it. */
  readonly comments: readonly string[];
}

export interface Block {
  /** `model`, `view`, `type`, `enum`, `datasource`, `generator` … */
  readonly kind: string;
  readonly name: string;
  readonly line: number;
  readonly fields: readonly Field[];
  readonly attributes: readonly Attribute[];
  /** `provider = "mysql"`, by name. */
  readonly settings: ReadonlyMap<string, Value>;
}

export type ParsedSchema =
  | { readonly ok: true; readonly blocks: readonly Block[] }
  | { readonly ok: false; readonly line: number; readonly message: string };

interface Cursor {
  readonly tokens: readonly Token[];
  at: number;
  failure: { readonly line: number; readonly message: string } | null;
}

/** What is written in one file; throws nothing. The first thing that does not fit is told. */
export function parseSchema(source: string): ParsedSchema {
  const cursor: Cursor = { tokens: tokensOf(source), at: 0, failure: null };
  const blocks: Block[] = [];
  for (;;) {
    skipLines(cursor);
    if (isOver(cursor)) break;
    blocks.push(readBlock(cursor));
  }
  return cursor.failure === null ? { ok: true, blocks } : { ok: false, ...cursor.failure };
}

function readBlock(cursor: Cursor): Block {
  const { line } = peek(cursor);
  const kind = readWord(cursor, 'a block such as `model`');
  const name = readWord(cursor, 'its name');
  const fields: Field[] = [];
  const attributes: Attribute[] = [];
  const settings = new Map<string, Value>();
  expect(cursor, '{');
  for (;;) {
    const comments = readComments(cursor);
    if (ends(cursor, '}')) break;
    if (take(cursor, '@@')) attributes.push(readAttribute(cursor));
    else readMember(cursor, kind, comments, { fields, settings });
  }
  return { kind, name, line, fields, attributes, settings };
}

function readMember(
  cursor: Cursor,
  kind: string,
  above: readonly string[],
  into: { readonly fields: Field[]; readonly settings: Map<string, Value> },
): void {
  const { line } = peek(cursor);
  const name = readWord(cursor, `a field, \`@@\` or \`}\``);
  if (take(cursor, '=')) {
    into.settings.set(name, readValue(cursor));
    return;
  }
  // a value of an enum has no type
  const type = kind === 'enum' ? '' : readType(cursor);
  const isList = take(cursor, '[');
  if (isList) expect(cursor, ']');
  const isOptional = take(cursor, '?');
  take(cursor, '!');
  const attributes: Attribute[] = [];
  while (take(cursor, '@')) attributes.push(readAttribute(cursor));
  const { kind: next, text } = peek(cursor);
  const behind = next === 'comment' ? [text] : [];
  if (behind.length > 0) cursor.at += 1;
  if (peek(cursor).kind !== 'newline' && !isNext(cursor, '}')) fail(cursor, 'the end of the line');
  into.fields.push({ name, type, isList, isOptional, attributes, line, comments: [...above, ...behind] });
}

function readType(cursor: Cursor): string {
  take(cursor, ':');
  const type = readWord(cursor, 'the type of the field');
  if (take(cursor, '(')) readArguments(cursor, ')');
  return type;
}

function readAttribute(cursor: Cursor): Attribute {
  const name = readWord(cursor, 'the name of an attribute');
  return { name, given: take(cursor, '(') ? readArguments(cursor, ')') : [] };
}

function readArguments(cursor: Cursor, closing: ')' | '}'): readonly Argument[] {
  const given: Argument[] = [];
  for (;;) {
    skipLines(cursor);
    if (ends(cursor, closing)) return given;
    const value = readValue(cursor);
    given.push(
      take(cursor, ':') && value.kind !== 'list' && value.kind !== 'call'
        ? { name: value.text, value: readValue(cursor) }
        : { name: null, value },
    );
    skipLines(cursor);
    if (!take(cursor, ',') && !isNext(cursor, closing)) fail(cursor, `\`,\` or \`${closing}\``);
  }
}

function readValue(cursor: Cursor): Value {
  skipLines(cursor);
  const { kind, text } = peek(cursor);
  if (take(cursor, '[')) return { kind: 'list', members: readMembers(cursor) };
  if (take(cursor, '{')) return { kind: 'call', name: '', given: readArguments(cursor, '}') };
  if (kind === 'text') {
    cursor.at += 1;
    return { kind, text };
  }
  const word = readWord(cursor, 'a value');
  return take(cursor, '(')
    ? { kind: 'call', name: word, given: readArguments(cursor, ')') }
    : { kind: 'word', text: word };
}

function readMembers(cursor: Cursor): readonly Value[] {
  const members: Value[] = [];
  for (;;) {
    skipLines(cursor);
    if (ends(cursor, ']')) return members;
    members.push(readValue(cursor));
    skipLines(cursor);
    if (!take(cursor, ',') && !isNext(cursor, ']')) fail(cursor, '`,` or `]`');
  }
}

/** Comments belong to what follows them without an empty line between. */
function readComments(cursor: Cursor): readonly string[] {
  let comments: string[] = [];
  for (;;) {
    const { kind, text } = peek(cursor);
    if (kind === 'comment') comments.push(text);
    else if (kind !== 'newline') return comments;
    else if (cursor.tokens[cursor.at + 1]?.kind === 'newline') comments = [];
    cursor.at += 1;
  }
}

function skipLines(cursor: Cursor): void {
  while (peek(cursor).kind === 'newline' || peek(cursor).kind === 'comment') cursor.at += 1;
}

function readWord(cursor: Cursor, wanted: string): string {
  const { kind, text } = peek(cursor);
  if (kind !== 'word') fail(cursor, wanted);
  else cursor.at += 1;
  return text;
}

function isNext(cursor: Cursor, mark: string): boolean {
  const { kind, text } = peek(cursor);
  return kind === 'mark' && text === mark;
}

function take(cursor: Cursor, mark: string): boolean {
  if (!isNext(cursor, mark)) return false;
  cursor.at += 1;
  return true;
}

/** Whether what is being read ends here; the end of the file is no such end. */
function ends(cursor: Cursor, closing: string): boolean {
  if (take(cursor, closing)) return true;
  if (isOver(cursor)) fail(cursor, `\`${closing}\``);
  return cursor.failure !== null;
}

function expect(cursor: Cursor, mark: string): void {
  if (!take(cursor, mark)) fail(cursor, `\`${mark}\``);
}

/** Only the first failure is told, and reading ends with it. */
function fail(cursor: Cursor, wanted: string): void {
  const { line, text } = peek(cursor);
  cursor.failure ??= { line, message: `${wanted} expected, not ${JSON.stringify(text)}` };
}

function peek(cursor: Cursor): Token {
  const last = cursor.tokens.length - 1;
  const token = cursor.tokens[cursor.failure === null ? Math.min(cursor.at, last) : last];
  if (token === undefined) throw new Error('no tokens');
  return token;
}

/** Whether there is nothing more to read. */
function isOver(cursor: Cursor): boolean {
  return cursor.failure !== null || peek(cursor).kind === 'end';
}
