/** Checks the data of a configuration against schema.ts. Loads zod, so only read.ts imports this, when there is a file. */
import { OndeleteError } from '../core/errors.ts';
import { didYouMean, suggest } from '../core/suggest.ts';
import { combineErrors, type ConfigText, invalid, type Path, quotePattern } from './positions.ts';
import { configSchema, keysAt, type RawConfig, reservedKeys } from './schema.ts';

/** @throws OndeleteError CONFIG_INVALID with everything that is wrong */
export function validate(source: ConfigText): RawConfig {
  const result = configSchema.safeParse(source.data ?? {});
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => ({
    ...issue,
    path: issue.path.filter((part) => typeof part !== 'symbol'),
  }));
  // A key that is missing because it is misspelt is one mistake.
  const misspelt = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => pathText([...issue.path, suggest(key, keysAt(issue.path)) ?? '']))
      : [],
  );
  const [first, ...others] = issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => unknownKey(source, issue.path, key));
    const path = [...issue.path, ...pathInside(issue)];
    const isMisspelt = valueAt(source, path) === undefined && misspelt.includes(pathText(path));
    return isMisspelt ? [] : [wrongValue(source, path, issue.message)];
  });
  if (first === undefined)
    throw new OndeleteError('INTERNAL', 'a configuration was refused without a reason');
  throw combineErrors([first, ...others]);
}

function unknownKey(source: ConfigText, path: Path, key: string): OndeleteError {
  const position = source.keyPosition([...path, key]);
  if (reservedKeys.includes(key))
    return invalid(position, `this version does not support \`${key}\` yet`, 'Remove it.');
  const known = keysAt(path);
  return invalid(
    position,
    `unknown key \`${key}\`${didYouMean(key, known)}`,
    `Known here: ${known.join(', ')}.`,
  );
}

/** Keys whose value YAML may have changed because a pattern in it has no quotes. */
const patternKeys = ['match', 'except', 'schemas', 'exclude', 'never', 'path'];

function wrongValue(source: ConfigText, path: Path, message: string): OndeleteError {
  const value = valueAt(source, path);
  const name = path.length === 0 ? 'the configuration' : `\`${pathText(path)}\``;
  if (value === undefined) return invalid(source.position(path), `${name} is missing`);
  const key = path.filter((part) => typeof part === 'string').at(-1) ?? '';
  const help = patternKeys.includes(key) && source.unquoted(path) ? quotePattern : '';
  const text = message.startsWith(':') ? `${name}${message}` : `${name} ${message}, not ${kindOf(value)}`;
  return invalid(source.position(path), text, help);
}

function valueAt(source: ConfigText, path: Path): unknown {
  return path.reduce<unknown>(
    (data, part) => (data as Record<string, unknown> | null | undefined)?.[part],
    source.data,
  );
}

/** A wrong item in a list of patterns is an issue of the list; the path of the item is inside it. */
function pathInside(issue: object): Path {
  if (!('errors' in issue) || !Array.isArray(issue.errors)) return [];
  const inner = (issue.errors as readonly (readonly { readonly path: Path }[])[]).flat();
  return inner.find((each) => each.path.length > 0)?.path ?? [];
}

function kindOf(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a mapping';
  return typeof value === 'string' ? 'text' : JSON.stringify(value);
}

function pathText(path: Path): string {
  return path
    .map((part, place) => (typeof part === 'number' ? `[${part}]` : place === 0 ? part : `.${part}`))
    .join('');
}
