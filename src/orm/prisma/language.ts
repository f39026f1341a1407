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
  const tokens = tokensOf(source);
  let at = 0;

  const peek = (): Token => {
    const token = tokens[at];
    if (token === undefined) throw new Error('read beyond the end of the schema');
    return token;
  };
  const refuse = (what: string): never => {
    const help = 'Check it with `npx prisma validate`; --models names another one.';
    throw new OndeleteError('MODELS_UNREADABLE', `${file}:${peek().line}: ${what}`, help);
  };
  const fail = (wanted: string): never => refuse(`${wanted} expected, not ${JSON.stringify(peek().text)}`);
  const isNext = (mark: string): boolean => peek().kind === 'mark' && peek().text === mark;
  const take = (mark: string): boolean => {
    const isThere = isNext(mark);
    if (isThere) at += 1;
    return isThere;
  };
  const expect = (mark: string): void => {
    if (!take(mark)) fail(`\`${mark}\``);
  };
  const word = (wanted: string): string => {
    const { kind, text } = peek();
    if (kind !== 'word') fail(wanted);
    at += 1;
    return text;
  };
  /** What comes behind line ends and comments. */
  const skipLines = (): Token => {
    while (peek().kind === 'newline' || peek().kind === 'comment') at += 1;
    return peek();
  };
  /** Members between commas, up to the closing mark. */
  const listed = <T>(closing: string, member: () => T): readonly T[] => {
    const members: T[] = [];
    for (;;) {
      const { kind } = skipLines();
      if (take(closing)) return members;
      if (kind === 'end') fail(`\`${closing}\``);
      members.push(member());
      skipLines();
      if (!take(',') && !isNext(closing)) fail(`\`,\` or \`${closing}\``);
    }
  };
  let depth = 0;
  const value = (): Value => {
    skipLines();
    if (++depth > deepest) refuse(`brackets are nested deeper than ${deepest} levels`);
    const read = valueHere();
    depth -= 1;
    return read;
  };
  const valueHere = (): Value => {
    const { kind, text } = peek();
    if (take('[')) return { kind: 'list', members: listed(']', value) };
    if (take('{')) return { kind: 'call', name: '', given: listed('}', argument) };
    if (kind === 'text') {
      at += 1;
      return { kind, text };
    }
    const name = word('a value');
    return take('(') ? { kind: 'call', name, given: listed(')', argument) } : { kind: 'word', text: name };
  };
  const argument = (): Argument => {
    const first = value();
    return take(':') && first.kind !== 'list' && first.kind !== 'call'
      ? { name: first.text, value: value() }
      : { name: null, value: first };
  };
  const attribute = (): Attribute => {
    const name = word('the name of an attribute');
    return { name, given: take('(') ? listed(')', argument) : [] };
  };
  /** Comments belong to what follows them without an empty line between. */
  const commentsAbove = (): readonly string[] => {
    let comments: string[] = [];
    for (; ; at += 1) {
      const { kind, text } = peek();
      if (kind === 'comment') comments.push(text);
      else if (kind !== 'newline') return comments;
      else if (tokens[at + 1]?.kind === 'newline') comments = [];
    }
  };
  /** The rest of a field, behind its name. */
  const field = (name: string, line: number, isEnum: boolean, above: readonly string[]): Field => {
    if (!isEnum) take(':');
    const type = isEnum ? '' : word('the type of the field');
    if (!isEnum && take('(')) listed(')', argument);
    const isList = take('[');
    if (isList) expect(']');
    const isOptional = take('?');
    take('!');
    const attributes: Attribute[] = [];
    while (take('@')) attributes.push(attribute());
    const { kind, text } = peek();
    const behind = kind === 'comment' ? [text] : [];
    at += behind.length;
    if (peek().kind !== 'newline' && !isNext('}')) fail('the end of the line');
    return { name, type, isList, isOptional, attributes, line, comments: [...above, ...behind] };
  };
  const block = (): Block => {
    const { line } = peek();
    const kind = word('a block such as `model`');
    const name = word('its name');
    const fields: Field[] = [];
    const attributes: Attribute[] = [];
    const settings = new Map<string, Value>();
    expect('{');
    for (let comments = commentsAbove(); !take('}'); comments = commentsAbove()) {
      if (peek().kind === 'end') fail('`}`');
      if (take('@@')) attributes.push(attribute());
      else {
        const start = peek().line;
        const member = word('a field, `@@` or `}`');
        if (take('=')) settings.set(member, value());
        else fields.push(field(member, start, kind === 'enum', comments));
      }
    }
    return { kind, name, line, fields, attributes, settings };
  };

  const blocks: Block[] = [];
  while (skipLines().kind !== 'end') blocks.push(block());
  return blocks;
}
