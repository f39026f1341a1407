/** Edits of what the calls of a line are given. Pure. */
import type { ModelKey } from '../facts.ts';
import { type Call, callsOn, objectIn, type Member } from './calls.ts';
import {
  behind,
  inQuotesOf,
  isUncertain,
  type Splice,
  type Wanted,
  withMembers,
  type Written,
} from './splices.ts';
import type { ProgramText } from './tokens.ts';

interface Where {
  readonly line: number;
  /** What the calls may be called, the usual name first. */
  readonly names: readonly string[];
  /** The keys that the line declares: as many calls as there are keys may be meant, or one that makes them all. */
  readonly keys: readonly ModelKey[];
}

/** Edits the one call that a line means, or each of those that make its keys. */
export function inCalls(
  program: ProgramText,
  { line, names, keys }: Where,
  edit: (call: Call) => Written,
): Written {
  const calls = callsOn(program, line, names);
  if (calls.length === 0) return `no ${names[0] ?? 'call'}(…) stands on that line`;
  if (calls.length > 1 && calls.length !== keys.length)
    return `${calls.length} calls of ${names[0] ?? ''}(…) stand on that line`;
  const splices: Splice[] = [];
  for (const call of calls) {
    const written = edit(call);
    if (isUncertain(written)) return written;
    splices.push(...written);
  }
  return splices;
}

/** What may be left out before an object of options: a function, a name in quotes. */
const isPlainArgument = ({ value }: Member): boolean =>
  value.some(({ text }) => text === '=>' || text === 'function') ||
  (value.length === 1 && value[0]?.kind === 'text');

/**
 * Edits the object of options that a call is given, or gives it one.
 * @param first the first argument that may be the options
 * @param last the last one
 */
export function withOptions(
  program: ProgramText,
  { given }: Call,
  wanted: Wanted,
  { first, last }: { readonly first: number; readonly last: number },
): Written {
  const { all } = given;
  const end = all.at(-1);
  const options = end === undefined || all.length - 1 < first ? null : objectIn(program, end);
  if (options !== null) return withMembers(program, options, wanted);
  const isFree = all.length >= first && all.length <= last && all.slice(first).every(isPlainArgument);
  if (!isFree || wanted.remove.length > 0) return 'its options are not written there';
  return behind(program, given, end ?? null, inQuotesOf(program, [optionsText(wanted)]));
}

/** `{ onDelete: 'CASCADE' }`. */
export function optionsText({ set }: Pick<Wanted, 'set'>): string {
  const options = Object.entries(set).map(([name, value]) => `${name}: ${value}`);
  return `{ ${options.join(', ')} }`;
}
