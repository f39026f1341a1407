/** Where a value stands in the configuration file, and errors that say so. */
import { OndeleteError } from '../core/errors.ts';
import type { Position } from '../core/model.ts';
import type { Parsed } from '../policy/pattern/parse.ts';

export type Path = readonly (string | number)[];

/** The data of a configuration and where each part of it stands. */
export interface ConfigText {
  readonly data: unknown;
  /** Where the value at a path stands; `offset` counts into its text, where the file shows that text unchanged. */
  position(path: Path, offset?: number): Position;
  /** Where the key at a path stands, for keys that should not be there. */
  keyPosition(path: Path): Position;
  /** Whether the value at a path is text without quotes, or something that YAML made of such text. */
  unquoted(path: Path): boolean;
}

export function startOf(file: string): Position {
  return { file, line: 1, column: 1 };
}

/** `file:line:column`, as editors and terminals follow it. */
export function positionText(position: Position): string {
  return `${position.file}:${position.line}:${position.column}`;
}

/** The help for a pattern that YAML changed because it has no quotes. */
export const quotePattern = "Put the whole pattern in single quotes, such as 'audit_* -> users'.";

/** CONFIG_INVALID with its position. */
export function invalid(position: Position, what: string, help = ''): OndeleteError {
  return new OndeleteError('CONFIG_INVALID', `${positionText(position)}: ${what}`, help);
}

/** The value of a parsed pattern, else CONFIG_INVALID. */
export function valueOf<T>(parsed: Parsed<T>, text: string, position: Position): T {
  if (parsed.ok) return parsed.value;
  throw invalid(position, `'${text}': ${parsed.message}`, 'Write a name or a pattern, in single quotes.');
}

/** POLICY_INVALID with its position. */
export function invalidPolicy(position: Position, what: string, help: string): OndeleteError {
  return new OndeleteError('POLICY_INVALID', `${positionText(position)}: ${what}`, help);
}

/** One error for all mistakes, each on its own line, the same help only once. */
export function combineErrors(errors: readonly [OndeleteError, ...OndeleteError[]]): OndeleteError {
  const [first, ...others] = errors;
  if (others.length === 0) return first;
  const helps = errors.map(({ help }) => help);
  const lines = errors.map(({ message, help }, place) => {
    if (help === '' || helps.indexOf(help) < place) return message;
    return `${message}${/[.!?]$/.test(message) ? '' : '.'} ${help}`;
  });
  return new OndeleteError(first.code, lines);
}
