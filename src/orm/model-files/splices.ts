/** What to put where in a source file, so that a call or an object says something else; a text says why that is not certain. Pure. */
import type { Member, Members } from './calls.ts';
import type { ProgramText, Token } from './tokens.ts';

export interface Splice {
  /** Offsets in the file. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** What is wanted of the members between two brackets, as the language writes it. */
export interface Wanted {
  readonly set: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

/** Splices, none where it says so already; or why there can be none. */
export type Written = readonly Splice[] | string;

export function isUncertain(written: Written): written is string {
  return typeof written === 'string';
}

/** Values that mean what they say: no variable, no call. */
const plainWords = /^(True|False|None|true|false|null|undefined)$/;

export function withMembers(program: ProgramText, members: Members, { set, remove }: Wanted): Written {
  const splices: Splice[] = [];
  const added: string[] = [];
  for (const [name, value] of Object.entries(set)) {
    const [found, ...more] = members.all.filter((member) => member.name === name);
    if (more.length > 0) return `\`${name}\` is written twice`;
    if (found === undefined) {
      const hidden = members.all.find((member) => hides(member, name));
      if (hidden !== undefined) return hiddenBy(program, hidden);
      added.push(`${name}${members.separator === ':' ? ': ' : '='}${value}`);
      continue;
    }
    const over = spreadIn(members.all.slice(members.all.indexOf(found) + 1));
    if (over !== undefined) return hiddenBy(program, over);
    const [first] = found.value;
    const last = found.value.at(-1);
    if (first === undefined || last === undefined || !isPlain(found, program))
      return `\`${name}\` is no plain value there`;
    const quoted = asQuoted(value, first);
    if (first.text !== quoted) splices.push({ start: first.start, end: last.end, text: quoted });
  }
  for (const name of remove) {
    const [found, ...more] = members.all.filter((member) => member.name === name);
    if (more.length > 0) return `\`${name}\` is written twice`;
    if (found !== undefined) splices.push(without(program, members, found));
    else if (members.all.some((member) => hides(member, name)))
      return `\`${name}\` is not written there in plain words`;
  }
  const last = members.all.filter(({ name }) => name === null || !remove.includes(name)).at(-1);
  return added.length === 0
    ? splices
    : [...splices, ...behind(program, members, last ?? null, inQuotesOf(program, added))];
}

/** `...options`: in an object it changes what stands before it, in a list the place of what stands behind it. */
export function spreadIn(members: readonly Member[]): Member | undefined {
  return members.find(({ tokens }) => tokens[0]?.text === '...');
}

export function hiddenBy(program: ProgramText, member: Member): string {
  return `what \`${shortText(program, member)}\` holds is not written there`;
}

/** `**options`, `...options`, `{ onDelete }`: what may hold the name without saying it. */
function hides({ name, tokens }: Member, wanted: string): boolean {
  const [first, second] = tokens;
  if (name !== null || first === undefined) return false;
  return /^(\*\*|\.\.\.|\*)$/.test(first.text) || (first.text === wanted && second === undefined);
}

function isPlain({ value }: Member, { language }: ProgramText): boolean {
  const [first, ...more] = value;
  if (first === undefined || more.length > 0) return false;
  if (first.kind === 'text') return /^["']/.test(first.text);
  return first.kind === 'name' && (language === 'prisma' || plainWords.test(first.text));
}

/** New members behind the last one that stays: on lines of their own where that one has its own line. */
export function behind(
  program: ProgramText,
  { open, close }: Pick<Members, 'open' | 'close'>,
  last: Member | null,
  added: readonly string[],
): readonly Splice[] {
  const text = added.join(', ');
  const first = last?.tokens[0];
  const end = last?.tokens.at(-1)?.end;
  if (first === undefined || end === undefined) {
    const space = open.text === '{' ? ' ' : '';
    return [{ start: open.end, end: open.end, text: `${space}${text}${space}` }];
  }
  const lineStart = program.text.lastIndexOf('\n', first.start - 1) + 1;
  const indent = program.text.slice(lineStart, first.start);
  const isOwnLine = /^[ \t]+$/.test(indent) && first.line > open.line && close.line > first.line;
  if (!isOwnLine) return [{ start: end, end, text: `, ${text}` }];
  const comma = program.tokens.find(({ start, kind }) => start >= end && kind !== 'comment');
  const hasComma = comma?.text === ',' && comma.start < close.start;
  const from = hasComma ? comma.end : end;
  const ending = program.text.indexOf('\n', from);
  const at = program.text[ending - 1] === '\r' ? ending - 1 : ending;
  const lineEnd = program.text[ending - 1] === '\r' ? '\r\n' : '\n';
  const lines = added.map((one) => `${lineEnd}${indent}${one}`).join(',');
  const rest = program.text.slice(from, at);
  // a comment behind the last member stays on its line
  if (!/^\s*((#|\/\/).*)?$/.test(rest)) return [{ start: end, end, text: `, ${text}` }];
  return [
    ...(hasComma ? [] : [{ start: end, end, text: ',' }]),
    { start: at, end: at, text: `${lines}${hasComma ? ',' : ''}` },
  ];
}

/** Takes a member out, with the comma that goes with it. */
function without({ text }: ProgramText, { all, close }: Members, member: Member): Splice {
  const at = all.indexOf(member);
  const start = member.tokens[0]?.start ?? 0;
  const end = member.tokens.at(-1)?.end ?? 0;
  const before = all[at - 1]?.tokens.at(-1)?.end;
  if (before !== undefined) return { start: before, end, text: '' };
  const after = all[at + 1]?.tokens[0]?.start;
  const comma = /^\s*,\s*/.exec(text.slice(end, close.start))?.[0] ?? '';
  return { start, end: after ?? end + comma.length, text: '' };
}

/** Strings in the quotes that the file uses most. */
export function inQuotesOf({ tokens, language }: ProgramText, texts: readonly string[]): readonly string[] {
  if (language === 'prisma') return texts;
  const number = (quote: string): number =>
    tokens.filter(({ kind, text }) => kind === 'text' && text.startsWith(quote)).length;
  const [single, double] = [number("'"), number('"')];
  if (single === double) return texts;
  const [own, other] = single > double ? ["'", '"'] : ['"', "'"];
  return texts.map((text) => (text.includes(own) ? text : text.replaceAll(other, own)));
}

/** A value in the quotes of what it replaces. */
function asQuoted(value: string, { kind, text }: Token): string {
  const quote = kind === 'text' ? text.charAt(0) : value.charAt(0);
  return /^(["']).*\1$/.test(value) && /["']/.test(quote) ? `${quote}${value.slice(1, -1)}${quote}` : value;
}

function shortText({ text }: ProgramText, { tokens }: Member): string {
  const all = text.slice(tokens[0]?.start, tokens.at(-1)?.end).replace(/\s+/g, ' ');
  return all.length > 30 ? `${all.slice(0, 30)}…` : all;
}

/** @returns null where two of them touch the same characters, or are put at the same place */
export function spliced(text: string, splices: readonly Splice[]): string | null {
  let made = text;
  let later: Splice | null = null;
  for (const splice of splices.toSorted((a, b) => b.start - a.start || b.end - a.end)) {
    const { start, end, text: own } = splice;
    if (later !== null && (end > later.start || (start === later.start && later.end === later.start)))
      return null;
    made = `${made.slice(0, start)}${own}${made.slice(end)}`;
    later = splice;
  }
  return made;
}
