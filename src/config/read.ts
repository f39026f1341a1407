/** Finds, reads and checks `ondelete.config.*`. Libraries are loaded when there is a file to read. */
import { readFile, readdir, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { RawConfig } from './schema.ts';
import { invalid, parseConfigText, placeless, together } from './positions.ts';
import type { ConfigText, Path } from './positions.ts';
import type { Environment, Located } from './environment.ts';
import { OndeleteError, codeOf, messageOf, withoutPasswords } from '../core/errors.ts';
import { readFindingSettings, type FindingSettings } from './severities.ts';
import type { Policy } from '../policy/decide.ts';
import { readPolicy } from '../policy/parse.ts';
import { didYouMean } from '../core/suggest.ts';

/** The names a configuration may have; at most one of them in a folder. */
export const configNames = ['yaml', 'yml', 'json', 'ts', 'js', 'mjs'].map((end) => `ondelete.config.${end}`);

/** A configuration as written: `${NAME}` in `database`, `schemas`, `exclude`, `tool`, `out` and `scratch` is still there (`expand`). */
export interface Config {
  /** Absolute. */
  readonly file: string;
  readonly database: Located | null;
  readonly schemas: readonly Located[] | null;
  readonly exclude: readonly Located[];
  readonly tool: Located | null;
  /** Relative to the folder of `file`, as written. */
  readonly out: Located | null;
  /** The server on which scratch databases are made. */
  readonly scratch: Located | null;
  readonly orm: OrmSettings | null;
  readonly findings: FindingSettings;
  readonly policy: Policy | null;
}

/** How to read the models; paths are relative to the folder of the configuration's file. */
export interface OrmSettings {
  readonly name: string | null;
  readonly models: readonly string[];
  readonly alembic: string | null;
  readonly python: string | null;
  readonly node: string | null;
  readonly envFile: string | null;
  readonly stubEngine: boolean;
  readonly timeLimit: number | null;
  readonly facts: string | null;
}

export interface ReadConfigOptions {
  /** The working directory: where the search begins, and what the paths in messages are relative to. */
  readonly cwd: string;
  /** The file that `--config` names. */
  readonly file?: string | undefined;
  readonly environment: Environment;
}

/**
 * Reads the configuration; null when no file was named and none was found.
 * Throws CONFIG_MISSING for a named file that is not there, CONFIG_INVALID and POLICY_INVALID with file, line and column,
 * ENVIRONMENT_VARIABLE_MISSING for a variable inside a pattern of the policy.
 */
export async function readConfig(options: ReadConfigOptions): Promise<Config | null> {
  const file =
    options.file === undefined ? await findConfig(options.cwd) : resolve(options.cwd, options.file);
  if (file === null) return null;
  const source = await readSource(file, shownPath(options.cwd, file));
  return configFrom(source, file, options.environment);
}

/** The configuration that a text holds. Throws what `readConfig` throws about the inside of a file. */
export async function configFrom(
  source: ConfigText,
  file: string,
  environment: Environment,
): Promise<Config> {
  const raw = await check(source);
  const one = (key: 'database' | 'tool' | 'out' | 'scratch'): Located | null =>
    raw[key] === undefined ? null : { text: raw[key], position: source.position([key]) };
  const many = (key: 'schemas' | 'exclude'): readonly Located[] | null =>
    raw[key]?.map((text, place) => ({ text, position: source.position([key, place]) })) ?? null;
  return {
    file,
    database: one('database'),
    schemas: many('schemas'),
    exclude: many('exclude') ?? [],
    tool: one('tool'),
    out: one('out'),
    scratch: one('scratch'),
    orm: raw.orm === undefined ? null : ormSettings(raw.orm),
    findings: readFindingSettings(raw, source),
    policy: raw.policy === undefined ? null : readPolicy(raw.policy, source, environment),
  };
}

function ormSettings(raw: NonNullable<RawConfig['orm']>): OrmSettings {
  return {
    name: raw.name ?? null,
    models: raw.models ?? [],
    alembic: raw.alembic ?? null,
    python: raw.python ?? null,
    node: raw.node ?? null,
    envFile: raw.envFile ?? null,
    stubEngine: raw.stubEngine ?? false,
    timeLimit: raw.timeLimit ?? null,
    facts: raw.facts ?? null,
  };
}

/**
 * The configuration of a folder or the nearest one above it, up to the repository's root (where `.git` is).
 * Outside a repository only the folder itself is looked at: a file further up may be somebody else's, and `.js` is run.
 */
export async function findConfig(cwd: string): Promise<string | null> {
  const folders = await foldersUp(resolve(cwd));
  for (const folder of folders) {
    const names = (await namesIn(folder)).filter((name) => configNames.includes(name));
    if (names.length > 1) {
      const [first, second] = names.sort().map((name) => shownPath(cwd, join(folder, name)));
      throw new OndeleteError(
        'CONFIG_INVALID',
        `two configurations in one folder: ${first ?? ''} and ${second ?? ''}`,
        'Remove one, or say which with --config.',
      );
    }
    if (names[0] !== undefined) return join(folder, names[0]);
  }
  return null;
}

async function foldersUp(start: string): Promise<readonly string[]> {
  const folders: string[] = [];
  for (let folder = start; ; folder = dirname(folder)) {
    folders.push(folder);
    if ((await namesIn(folder)).includes('.git')) return folders;
    if (dirname(folder) === folder) return [start];
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch {
    // A folder that cannot be listed holds no configuration that could be read.
    return [];
  }
}

/** Relative to the working directory, with `/`, so that messages are the same on every machine. */
function shownPath(cwd: string, file: string): string {
  const path = relative(resolve(cwd), file);
  return isAbsolute(path) ? path : path.split(sep).join('/');
}

async function readSource(file: string, shown: string): Promise<ConfigText> {
  const end = /\.([^.]*)$/.exec(basename(file))?.[1]?.toLowerCase() ?? '';
  if (end === 'yaml' || end === 'yml' || end === 'json')
    return parseConfigText(await readText(file, shown), shown);
  if (!['ts', 'mts', 'js', 'mjs'].includes(end)) {
    throw new OndeleteError(
      'CONFIG_INVALID',
      `${shown}: not a kind of file that a configuration can be`,
      'Use .yaml, .json, .ts or .js.',
    );
  }
  await readText(file, shown);
  return placeless(await importDefault(file, shown, end.endsWith('ts')), shown);
}

async function readText(file: string, shown: string): Promise<string> {
  try {
    if (!(await stat(file)).isFile()) throw new OndeleteError('CONFIG_INVALID', `${shown} is not a file`);
    return await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'CONFIG_INVALID') throw error;
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') {
      throw new OndeleteError(
        'CONFIG_MISSING',
        `${shown} does not exist`,
        'Check the path behind --config, or run `ondelete init`.',
      );
    }
    throw new OndeleteError(
      'CONFIG_INVALID',
      `${shown} cannot be read (${codeOf(error)})`,
      'Check its permissions.',
      error,
    );
  }
}

async function importDefault(file: string, shown: string, typescript: boolean): Promise<unknown> {
  let loaded: unknown;
  try {
    loaded = typescript
      ? await (await import('jiti')).createJiti(import.meta.url).import(file)
      : await import(pathToFileURL(file).href);
  } catch (error) {
    const why = withoutPasswords(messageOf(error)).split('\n')[0] ?? '';
    throw new OndeleteError(
      'CONFIG_INVALID',
      `${shown}:1:1: it cannot be loaded: ${why}`,
      'Run it by itself to see where it fails.',
      error,
    );
  }
  if (typeof loaded === 'object' && loaded !== null && 'default' in loaded) return loaded.default;
  throw invalid(
    { file: shown, line: 1, column: 1 },
    'it has no default export',
    'End it with `export default { … }`.',
  );
}

/** Throws CONFIG_INVALID with everything that is wrong. */
async function check(source: ConfigText): Promise<RawConfig> {
  const { configSchema, keysAt, reservedKeys } = await import('./schema.ts');
  const result = configSchema.safeParse(source.data ?? {});
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap((issue) => {
    const path = issue.path.filter((part) => typeof part !== 'symbol');
    if (issue.code !== 'unrecognized_keys') return [wrongValue(source, path, issue.message, issue)];
    return issue.keys.map((key) => {
      const position = source.keyPosition([...path, key]);
      if (reservedKeys.includes(key)) {
        return invalid(
          position,
          `\`${key}\` is not built yet in this version`,
          'Take it out, or use a version that knows it.',
        );
      }
      return invalid(
        position,
        `unknown key \`${key}\`${didYouMean(key, keysAt(path))}`,
        `Known here: ${keysAt(path).join(', ')}.`,
      );
    });
  });
  const [first, ...others] = problems;
  if (first === undefined)
    throw new OndeleteError('INTERNAL', 'a configuration was refused without a reason');
  throw together([first, ...others]);
}

function wrongValue(source: ConfigText, path: Path, message: string, issue: object): OndeleteError {
  const at = [...path, ...deeper(issue)];
  const value = at.reduce<unknown>(
    (data, part) => (data as Record<string, unknown> | null | undefined)?.[part],
    source.data,
  );
  const name = at.length === 0 ? 'the configuration' : `\`${pathText(at)}\``;
  if (value === undefined) return invalid(source.position(at), `${name} is missing`);
  const last = at.filter((part) => typeof part === 'string').at(-1) ?? '';
  const cure =
    ['match', 'except', 'schemas', 'exclude', 'never', 'path'].includes(last) && source.unquoted(at);
  const help = cure ? "Put the whole pattern in single quotes, such as 'audit_* -> users'." : '';
  const text = message.startsWith(':') ? `${name}${message}` : `${name} ${message}, not ${kindOf(value)}`;
  return invalid(source.position(at), text, help);
}

/** A list of patterns with a wrong item is an issue of the list; the item's place is inside. */
function deeper(issue: object): Path {
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

export { expand } from './environment.ts';
export { exclusion, schemaScope } from './scope.ts';
