/** `${NAME}` in a configuration: read from the environment when the value is used, and not before. */
import { dirname, join } from 'node:path';
import { invalid, positionText } from './positions.ts';
import { OndeleteError } from '../core/errors.ts';
import { isSetIn } from './env-file.ts';
import { didYouMean } from '../core/suggest.ts';
import type { Position } from '../core/model.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Text of the configuration as it was written, and where. */
export interface Located {
  readonly text: string;
  readonly position: Position;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Replaces every `${NAME}` by the variable's value, which is not expanded again.
 * @throws OndeleteError ENVIRONMENT_VARIABLE_MISSING for a variable that is not set or empty, CONFIG_INVALID for
 * `${NAME:-default}` and whatever else only shells know
 */
export function expand(value: Located, environment: Environment): string {
  return value.text.replace(/\$\{([^}]*)\}/g, (written: string, name: string) => {
    if (NAME.test(name)) return variable(name, value.position, environment);
    throw invalid(
      value.position,
      `\`${written}\` is not a variable`,
      'Write ${NAME} with letters, digits and _; default values are not supported.',
    );
  });
}

/** `expand` for patterns, where double quotes take a name literally and `${a,b}` is a dollar sign before a choice. */
export function expandUnquoted(value: Located, environment: Environment): string {
  return value.text.replace(
    /"(?:[^"]|"")*"|\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g,
    (written: string, name: string | undefined) =>
      name === undefined ? written : variable(name, value.position, environment),
  );
}

function variable(name: string, position: Position, environment: Environment): string {
  const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
  if (value !== undefined && value !== '') return value;
  const state = value === '' ? 'empty' : 'not set';
  const others = Object.keys(environment).filter((other) => other.length > 3 && environment[other] !== '');
  throw new OndeleteError(
    'ENVIRONMENT_VARIABLE_MISSING',
    `${positionText(position)}: the environment variable ${name} is ${state}${value === '' ? '' : didYouMean(name, others)}`,
    isSetIn(join(dirname(position.file), '.env'), name)
      ? `The .env beside it sets it: add --env-file ${join(dirname(position.file), '.env')}.`
      : `Set ${name}, or write the value instead.`,
  );
}
