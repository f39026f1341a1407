/** The calls in a source file and what they are given. Pure. */
import type { ProgramText, Token } from './tokens.ts';

/** One member between commas: an argument of a call, or a property of an object. */
export interface Member {
  /** Of `name=value` or `name: value`; null where none is written. */
  readonly name: string | null;
  /** What stands for the value, without comments; empty for a name alone. */
  readonly value: readonly Token[];
  /** All of it, without comments. */
  readonly tokens: readonly Token[];
}

/** Members with the brackets around them. */
export interface Members {
  readonly open: Token;
  readonly close: Token;
  readonly all: readonly Member[];
  /** What stands between a name and its value. */
  readonly separator: '=' | ':';
}

export interface Call {
  readonly name: Token;
  /** Where `sa` of `sa.orm.relationship(…)` begins. */
  readonly start: number;
  readonly given: Members;
}

/** The calls of these names whose name stands on a line; names under which they are imported count as well. */
export function callsOn(program: ProgramText, line: number, names: readonly string[]): readonly Call[] {
  const known = new Set([...names, ...aliasesIn(program, names)]);
  return callsIn(program).filter(({ name }) => name.line === line && known.has(name.text));
}

/** Every call, in the order of the file. */
export function callsIn(program: ProgramText): readonly Call[] {
  const { language, tokens } = program;
  return tokens.flatMap((name, at): readonly Call[] => {
    const open = behindTypes(program, at + 1);
    if (name.kind !== 'name' || tokens[open]?.text !== '(') return [];
    const given = membersAt(program, open, language === 'python' ? '=' : ':');
    return given === null ? [] : [{ name, start: startOf(tokens, at), given }];
  });
}

/** Behind `<Item>` of `new EntitySchema<Item>({ … })`; the place itself where no types are given. */
function behindTypes({ language, tokens, closing }: ProgramText, at: number): number {
  if (language !== 'javascript' || tokens[at]?.text !== '<') return at;
  let depth = 0;
  for (let each = at; each < tokens.length; each = (closing.get(each) ?? each) + 1) {
    const text = tokens[each]?.text ?? '';
    if (/^[;)\]}]$/.test(text)) return at;
    depth += text === '<' ? 1 : text === '>' ? -1 : 0;
    if (depth === 0) return each + 1;
  }
  return at;
}

/** `ForeignKey as FK`: what else they are called here. */
function aliasesIn({ tokens }: ProgramText, names: readonly string[]): readonly string[] {
  return tokens.flatMap(({ text }, at) =>
    names.includes(text) && tokens[at + 1]?.text === 'as' ? [tokens[at + 2]?.text ?? ''] : [],
  );
}

/** Where the dotted name that ends at a place begins. */
function startOf(tokens: readonly Token[], at: number): number {
  const isDotted = tokens[at - 1]?.text === '.' && tokens[at - 2]?.kind === 'name';
  return isDotted ? startOf(tokens, at - 2) : (tokens[at]?.start ?? 0);
}

/** What stands in the brackets that open at a place of the tokens; null where they never close. */
function membersAt(program: ProgramText, at: number, separator: Members['separator']): Members | null {
  const { tokens, closing } = program;
  const end = closing.get(at);
  const open = tokens[at];
  const close = end === undefined ? undefined : tokens[end];
  if (end === undefined || open === undefined || close === undefined) return null;
  const parts: Token[][] = [[]];
  for (let each = at + 1; each < end; each += 1) {
    const token = tokens[each];
    if (token === undefined || token.kind === 'comment') continue;
    if (token.text === ',' && token.kind === 'mark') {
      parts.push([]);
      continue;
    }
    const inner = closing.get(each);
    const part = tokens.slice(each, (inner ?? each) + 1);
    parts.at(-1)?.push(...part.filter(({ kind }) => kind !== 'comment'));
    each = inner ?? each;
  }
  const all = parts.filter((part) => part.length > 0).map((part) => memberOf(part, separator));
  return { open, close, all, separator };
}

function memberOf(tokens: readonly Token[], separator: Members['separator']): Member {
  const [first, second] = tokens;
  const isNamed =
    second?.text === separator && (first?.kind === 'name' || (first?.kind === 'text' && separator === ':'));
  return isNamed
    ? { name: unquoted(first), value: tokens.slice(2), tokens }
    : { name: null, value: tokens, tokens };
}

/** The object that a member is as a whole: `{ onDelete: 'CASCADE' }`; null for anything else. */
export function objectIn(program: ProgramText, member: Pick<Member, 'value'>): Members | null {
  return wholeIn(program, member, '{');
}

/** The same for a list: `[{ target: 'Order' }]`. */
export function listIn(program: ProgramText, member: Pick<Member, 'value'>): Members | null {
  return wholeIn(program, member, '[');
}

function wholeIn(program: ProgramText, { value }: Pick<Member, 'value'>, open: string): Members | null {
  const [first] = value;
  if (first?.text !== open) return null;
  const members = membersAt(program, program.tokens.indexOf(first), ':');
  return members?.close === value.at(-1) ? members : null;
}

/** A string's text without its quotes; a name as it is. */
export function unquoted({ kind, text }: Token): string {
  return kind === 'text' ? text.replace(/^[A-Za-z]*(?:"""|'''|["'`])|(?:"""|'''|["'`])$/g, '') : text;
}
