/** `ondelete.config.*`: found, read, parsed, checked, and made a `Config`. Libraries are loaded when there is a file. */
import { readFile, readdir, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { codeOf, messageOf, OndeleteError, withoutPasswords } from '../core/errors.ts';
import type { Policy } from '../policy/policy.ts';
import { readPolicy } from '../policy/parse.ts';
import type { Environment, Located } from './environment.ts';
import { positionsInCode } from './code-positions.ts';
import { type ConfigText, invalid, startOf } from './positions.ts';
import type { RawConfig } from './schema.ts';
import { type FindingSettings, readFindingSettings } from './severities.ts';

/** The names a configuration may have; at most one of them in a folder. */
const configNames = ['yaml', 'yml', 'json', 'ts', 'js', 'mjs'].map((end) => `ondelete.config.${end}`);

/** A configuration as written: `${NAME}` outside the policy is still there (`expand` of environment.ts). */
export interface Config {
  /** Absolute. */
  readonly file: string;
  /** Several where they share the policy; none where the configuration names no database. */
  readonly databases: readonly Located[];
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
type OrmSettings = NonNullable<RawConfig['orm']>;

interface ReadConfigOptions {
  /** The working directory: where the search begins, and what the paths in messages are relative to. */
  readonly cwd: string;
  /** The file that `--config` names. */
  readonly file?: string | undefined;
  readonly environment: Environment;
}

/**
 * Null when no file was named and none was found.
 * @throws OndeleteError CONFIG_MISSING for a named file that is not there; CONFIG_INVALID and POLICY_INVALID with file,
 * line and column; ENVIRONMENT_VARIABLE_MISSING for a variable inside a pattern of the policy
 */
export async function readConfig(options: ReadConfigOptions): Promise<Config | null> {
  const file =
    options.file === undefined ? await findConfig(options.cwd) : resolve(options.cwd, options.file);
  if (file === null) return null;
  const source = await readSource(file, shownPath(options.cwd, file));
  return configFrom(source, file, options.environment);
}

/**
 * The configuration of a folder or the nearest one above it, up to the repository's root (where `.git` is).
 * Outside a repository up to the root of the file system.
 */
export async function findConfig(cwd: string): Promise<string | null> {
  for (const folder of await foldersUp(resolve(cwd))) {
    const [first, second] = (await namesIn(folder)).filter((name) => configNames.includes(name)).sort();
    if (first === undefined) continue;
    if (second === undefined) {
      await refuseForeignCode(join(folder, first), shownPath(cwd, join(folder, first)));
      return join(folder, first);
    }
    const [one, other] = [first, second].map((name) => shownPath(cwd, join(folder, name)));
    throw new OndeleteError(
      'CONFIG_INVALID',
      `two configurations in one folder: ${one ?? ''} and ${other ?? ''}`,
      'Remove one, or name the one to use with --config.',
    );
  }
  return null;
}

async function foldersUp(start: string): Promise<readonly string[]> {
  const folders: string[] = [];
  for (let folder = start; ; folder = dirname(folder)) {
    folders.push(folder);
    if ((await namesIn(folder)).includes('.git')) return folders;
    if (dirname(folder) === folder) return folders;
  }
}

/** Anybody may put a file into a folder such as /tmp, and one that is code would be run. */
async function refuseForeignCode(file: string, shown: string): Promise<void> {
  const { uid } = await stat(file);
  const isOurs = process.getuid === undefined || [0, process.getuid()].includes(uid);
  if (isOurs || !file.endsWith('s')) return;
  throw new OndeleteError(
    'CONFIG_INVALID',
    `${shown} is code and belongs to another user, so it is not run`,
    'Name it with --config if that is what you want.',
  );
}

/** Empty for a folder that cannot be listed. */
async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}

/** Relative to the working directory, with `/`, so that messages are the same on every machine. */
function shownPath(cwd: string, file: string): string {
  const path = relative(resolve(cwd), file);
  return isAbsolute(path) ? path : path.split(sep).join('/');
}

async function readSource(file: string, shown: string): Promise<ConfigText> {
  const extension = /\.[^.]*$/.exec(basename(file))?.[0].toLowerCase() ?? '';
  if (!['.yaml', '.yml', '.json', '.ts', '.mts', '.js', '.mjs'].includes(extension)) {
    throw new OndeleteError(
      'CONFIG_INVALID',
      `${shown} is not a kind of file that can hold a configuration`,
      'Use .yaml, .json, .ts or .js.',
    );
  }
  const text = await readText(file, shown);
  if (!extension.endsWith('s')) {
    const { parseConfigText } = await import('./yaml-text.ts');
    return parseConfigText(text, shown);
  }
  return positionsInCode(await importDefault(file, shown, extension.endsWith('ts')), text, shown);
}

async function readText(file: string, shown: string): Promise<string> {
  try {
    if ((await stat(file)).isFile()) return await readFile(file, 'utf8');
  } catch (error) {
    const code = codeOf(error);
    throw code === 'ENOENT' || code === 'ENOTDIR'
      ? new OndeleteError(
          'CONFIG_MISSING',
          `${shown} does not exist`,
          'Check the path after --config, or run `ondelete init`.',
        )
      : new OndeleteError(
          'CONFIG_INVALID',
          `${shown} cannot be read (${code})`,
          'Check its permissions.',
          error,
        );
  }
  throw new OndeleteError('CONFIG_INVALID', `${shown} is not a file`);
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
      `${shown}:1:1: the file cannot be loaded: ${why}`,
      'Run it by itself to see where it fails.',
      error,
    );
  }
  if (typeof loaded === 'object' && loaded !== null && 'default' in loaded) return loaded.default;
  throw invalid(startOf(shown), 'the file has no default export', 'End it with `export default { … }`.');
}

/** The configuration that a text holds. @throws what `readConfig` throws about the inside of a file */
export async function configFrom(
  source: ConfigText,
  file: string,
  environment: Environment,
): Promise<Config> {
  const { validate } = await import('./validate.ts');
  const raw = validate(source);
  const one = (key: 'tool' | 'out' | 'scratch'): Located | null =>
    raw[key] === undefined ? null : { text: raw[key], position: source.position([key]) };
  const many = (key: 'schemas' | 'exclude'): readonly Located[] | null =>
    raw[key]?.map((text, place) => ({ text, position: source.position([key, place]) })) ?? null;
  const { database = [] } = raw;
  return {
    file,
    databases: [database].flat().map((text, place) => ({
      text,
      position: source.position(typeof database === 'string' ? ['database'] : ['database', place]),
    })),
    schemas: many('schemas'),
    exclude: many('exclude') ?? [],
    tool: one('tool'),
    out: one('out'),
    scratch: one('scratch'),
    orm: raw.orm ?? null,
    findings: readFindingSettings(raw, source),
    policy: raw.policy === undefined ? null : readPolicy(raw.policy, source, environment),
  };
}
