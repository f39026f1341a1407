/**
 * The language of schema.prisma, read as text: blocks of fields, settings and attributes, each with its line. Pure, and knows
 * nothing of what they mean. (The library for it, prisma-ast, runs a .prisma-astrc.js of the working directory when it is
 * imported, and refuses comments in blocks, comments behind a brace and names beyond ASCII, all of which Prisma takes.)
 */
import { OndeleteError } from '../../core/errors.ts';

export type Value =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'list'; readonly members: readonly Value[] }
  | { readonly kind: 'call'; readonly name: string; readonly given: readonly Argument[] };

/** `fields: [a]`; without a name where none is written. */
interface Argument {
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
  /** The comments right above and behind it. */
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

interface Token {
  readonly kind: 'newline' | 'comment' | 'text' | 'word' | 'mark' | 'end';
  /** Of a text without its quotes, of a comment without its slashes. */
  readonly text: string;
  readonly line: number;
}

const lexeme =
  /(?<blank>[\s\uFEFF]+)|(?<comment>\/\/.*|\/\*[^]*?\*\/)|(?<text>"(?:[^"\\\n]|\\.)*")|(?<word>-?[\p{L}\p{N}_][\p{L}\p{M}\p{N}_.+-]*)|(?<mark>@@|[^])/gu;

const letters: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

/** Prisma's own language has no use for more than a handful. */
const deepest = 100;

/** Takes any text; the last token is `end`. */
function tokensOf(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let line = 1;
  for (const { 0: found, groups = {} } of source.matchAll(lexeme)) {
    const lines = found.split('\n').length - 1;
    if (groups['blank'] !== undefined) {
      for (let each = 0; each < lines; each += 1)
        tokens.push({ kind: 'newline', text: 'the end of the line', line: line + each });
    } else if (groups['comment'] !== undefined) {
      tokens.push({ kind: 'comment', text: found.replace(/^\/[/*]+|\*\/$/g, '').trim(), line });
    } else if (groups['text'] !== undefined) {
      tokens.push({ kind: 'text', text: unquoted(found), line });
    } else {
      tokens.push({ kind: groups['word'] === undefined ? 'mark' : 'word', text: found, line });
    }
    line += lines;
  }
  return [...tokens, { kind: 'end', text: 'the end of the file', line }];
}

function unquoted(text: string): string {
  return text
    .slice(1, -1)
    .replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_, code: string | undefined, letter: string) =>
      code === undefined ? (letters[letter] ?? letter) : String.fromCharCode(parseInt(code, 16)),
    );
}

/**
 * What is written in one file.
 * @throws OndeleteError MODELS_UNREADABLE at the first thing that does not fit
 */
export function parseSchema(file: string, source: string): readonly Block[] {
  const reader = readerOf(file, tokensOf(source));
  const blocks: Block[] = [];
  while (reader.skipLines().kind !== 'end') blocks.push(block(reader));
  return blocks;
}

/** A place among the tokens of one file; what does not fit there throws MODELS_UNREADABLE. */
interface Reader {
  /** The token here. */
  peek(): Token;
  next(): void;
  isNext(mark: string): boolean;
  /** Goes beyond the mark. @returns whether it was there */
  take(mark: string): boolean;
  expect(mark: string): void;
  word(wanted: string): string;
  /** What comes behind line ends and comments. */
  skipLines(): Token;
  /** Members between commas, up to the closing mark. */
  listed<T>(closing: string, member: (reader: Reader) => T): readonly T[];
  /** Comments that belong to what follows them: without an empty line between. */
  commentsAbove(): readonly string[];
  /** One level of brackets further in. */
  nested<T>(read: (reader: Reader) => T): T;
  fail(wanted: string): never;
}

function readerOf(file: string, tokens: readonly Token[]): Reader {
  let [at, depth] = [0, 0];
  const refuse = (what: string): never => {
    const help = 'Check it with `npx prisma validate`; --models names another one.';
    throw new OndeleteError('MODELS_UNREADABLE', `${file}:${reader.peek().line}: ${what}`, help);
  };
  const reader: Reader = {
    peek() {
      const token = tokens[at];
      if (token === undefined) throw new Error('read beyond the end of the schema');
      return token;
    },
    next() {
      at += 1;
    },
    isNext: (mark) => reader.peek().kind === 'mark' && reader.peek().text === mark,
    take(mark) {
      const isThere = reader.isNext(mark);
      if (isThere) at += 1;
      return isThere;
    },
    expect(mark) {
      if (!reader.take(mark)) reader.fail(`\`${mark}\``);
    },
    word(wanted) {
      const { kind, text } = reader.peek();
      if (kind !== 'word') reader.fail(wanted);
      at += 1;
      return text;
    },
    skipLines() {
      while (reader.peek().kind === 'newline' || reader.peek().kind === 'comment') at += 1;
      return reader.peek();
    },
    listed(closing, member) {
      const members = [];
      for (;;) {
        const { kind } = reader.skipLines();
        if (reader.take(closing)) return members;
        if (kind === 'end') reader.fail(`\`${closing}\``);
        members.push(member(reader));
        reader.skipLines();
        if (!reader.take(',') && !reader.isNext(closing)) reader.fail(`\`,\` or \`${closing}\``);
      }
    },
    commentsAbove() {
      let comments: string[] = [];
      for (; ; at += 1) {
        const { kind, text } = reader.peek();
        if (kind === 'comment') comments.push(text);
        else if (kind !== 'newline') return comments;
        else if (tokens[at + 1]?.kind === 'newline') comments = [];
      }
    },
    nested(read) {
      if (++depth > deepest) refuse(`brackets are nested deeper than ${deepest} levels`);
      const found = read(reader);
      depth -= 1;
      return found;
    },
    fail: (wanted) => refuse(`${wanted} expected, not ${JSON.stringify(reader.peek().text)}`),
  };
  return reader;
}

function block(reader: Reader): Block {
  const { line } = reader.peek();
  const kind = reader.word('a block such as `model`');
  const name = reader.word('its name');
  const fields: Field[] = [];
  const attributes: Attribute[] = [];
  const settings = new Map<string, Value>();
  reader.expect('{');
  for (let comments = reader.commentsAbove(); !reader.take('}'); comments = reader.commentsAbove()) {
    const { kind: here, line: start } = reader.peek();
    if (here === 'end') reader.fail('`}`');
    if (reader.take('@@')) attributes.push(attribute(reader));
    else {
      const member = reader.word('a field, `@@` or `}`');
      if (reader.take('=')) settings.set(member, value(reader));
      else fields.push(field(reader, member, start, kind === 'enum', comments));
    }
  }
  return { kind, name, line, fields, attributes, settings };
}

/** The rest of a field, behind its name. */
function field(reader: Reader, name: string, line: number, isEnum: boolean, above: readonly string[]): Field {
  if (!isEnum) reader.take(':');
  const type = isEnum ? '' : reader.word('the type of the field');
  if (!isEnum && reader.take('(')) reader.listed(')', argument);
  const isList = reader.take('[');
  if (isList) reader.expect(']');
  const isOptional = reader.take('?');
  reader.take('!');
  const attributes: Attribute[] = [];
  while (reader.take('@')) attributes.push(attribute(reader));
  const { kind, text } = reader.peek();
  const behind = kind === 'comment' ? [text] : [];
  if (kind === 'comment') reader.next();
  if (reader.peek().kind !== 'newline' && !reader.isNext('}')) reader.fail('the end of the line');
  return { name, type, isList, isOptional, attributes, line, comments: [...above, ...behind] };
}

function attribute(reader: Reader): Attribute {
  const name = reader.word('the name of an attribute');
  return { name, given: reader.take('(') ? reader.listed(')', argument) : [] };
}

function argument(reader: Reader): Argument {
  const first = value(reader);
  return reader.take(':') && first.kind !== 'list' && first.kind !== 'call'
    ? { name: first.text, value: value(reader) }
    : { name: null, value: first };
}

function value(reader: Reader): Value {
  reader.skipLines();
  return reader.nested(valueHere);
}

function valueHere(reader: Reader): Value {
  const { kind, text } = reader.peek();
  if (reader.take('[')) return { kind: 'list', members: reader.listed(']', value) };
  if (reader.take('{')) return { kind: 'call', name: '', given: reader.listed('}', argument) };
  if (kind === 'text') {
    reader.next();
    return { kind, text };
  }
  const name = reader.word('a value');
  return reader.take('(')
    ? { kind: 'call', name, given: reader.listed(')', argument) }
    : { kind: 'word', text: name };
}
