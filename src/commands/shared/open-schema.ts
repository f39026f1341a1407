/** What every command that looks at a database starts with: config, policy, URLs, and the database or snapshot. */
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { expand, type Located } from '../../config/environment.ts';
import { invalid } from '../../config/positions.ts';
import { type Config, readConfig } from '../../config/read.ts';
import { schemaScope } from '../../config/scope.ts';
import { noSettings } from '../../config/severities.ts';
import { OndeleteError } from '../../core/errors.ts';
import type { EngineName } from '../../core/model.ts';
import { holdsPassword, mayHoldPassword, schemeOf, serverUrl } from '../../core/database-url.ts';
import { usualSpelling } from '../../core/url-spellings.ts';
import { databaseNamedIn } from '../../init/project-database.ts';
import type { Policy } from '../../policy/policy.ts';
import { namesServerOf, toolNames, unknownTool } from '../../registry.ts';
import { openDatabase, openSnapshot, type SchemaSource } from '../../schema-source.ts';
import type { ConfigOptions, Context, DatabaseOptions } from './options.ts';
import { projectAt } from './project.ts';

/** The config, or null when there is none and none was named. */
export async function configOf({ config }: ConfigOptions, context: Context): Promise<Config | null> {
  const found = await readConfig({
    cwd: context.cwd,
    environment: context.environment,
    ...(config === null ? {} : { file: config }),
  });
  refuseUnknownTool(found?.tool ?? null);
  return found;
}

/** A variable is looked at where its value is used. */
function refuseUnknownTool(tool: Located | null): void {
  if (tool === null || tool.text.includes('${') || toolNames.includes(tool.text)) return;
  const { message, help } = unknownTool(tool.text);
  throw invalid(tool.position, message, help);
}

export interface ConfiguredPolicy {
  readonly config: Config;
  readonly policy: Policy;
  /** The policy's file as seen from the working directory; what `--policy-from` names where there is none. */
  readonly policyFile: string;
}

/** The config and its policy. @throws OndeleteError CONFIG_MISSING, POLICY_INVALID where there is none */
export function policyOf(
  config: Config | null,
  policyFrom: readonly string[],
  context: Context,
): ConfiguredPolicy {
  if (policyFrom.length > 0 && config?.policy == null) {
    const file = config?.file ?? join(context.cwd, 'ondelete.config.yaml');
    return {
      config: { ...emptyConfig, file, ...config, policy: emptyPolicy },
      policy: emptyPolicy,
      policyFile: policyFrom.join(', '),
    };
  }
  if (config === null) {
    throw new OndeleteError(
      'CONFIG_MISSING',
      `no ondelete.config.yaml (or .yml .json .ts .js .mjs) in ${context.cwd} or above it`,
      'Write one with `ondelete init`, or name one with --config FILE.',
    );
  }
  if (config.policy === null) {
    throw new OndeleteError(
      'POLICY_INVALID',
      `${config.file} has no policy`,
      'Add `policy:`; `ondelete init` shows what one looks like.',
    );
  }
  return { config, policy: config.policy, policyFile: relative(context.cwd, config.file) || config.file };
}

/** With `--policy-from` alone, keys that the models say nothing about stay as they are. */
export const emptyPolicy: Policy = {
  from: null,
  strictNone: false,
  default: { kind: 'keep' },
  defaultPosition: { file: '--policy-from', line: 1, column: 1 },
  rules: [],
  never: [],
  limits: [],
};

export const emptyConfig = {
  databases: [],
  schemas: null,
  exclude: [],
  tool: null,
  out: null,
  scratch: null,
  orm: null,
  findings: noSettings,
};

/** Opens the database or the snapshot that flags, config and environment name, in that order. */
export function openSchema(
  options: DatabaseOptions,
  context: Context,
  config: Config | null,
): Promise<SchemaSource> {
  if (options.snapshot !== null)
    return openSnapshot(resolve(context.cwd, options.snapshot), options.snapshot);
  const url = databaseUrl(options.database, context, config);
  if (url === null) {
    throw new OndeleteError('DATABASE_MISSING', 'no database is named', helpFromProject(context.cwd));
  }
  const schemas = config?.schemas ?? null;
  return openDatabase(url, (names) => ({
    schemas: schemas === null ? null : schemaScope(schemas, names, context.environment),
  }));
}

/** What a file of the project says of its database; of a password nothing at all. */
function helpFromProject(folder: string): string {
  const found = databaseNamedIn(projectAt(folder));
  if (found === null)
    return 'Give one with --database URL, as `database:` in the config, in DATABASE_URL, or in PGDATABASE and PGHOST. A file of variables is read with --env-file.';
  const { because } = found;
  const inWords = {
    DATABASE_URL: `${because} has one in DATABASE_URL: add --env-file ${because}.`,
    password: `${because} has one, with a password: put its URL into DATABASE_URL.`,
    'in parts': `${because} names one: give it with --database URL.`,
  };
  if (found.url === null) return inWords[found.why];
  const shown = withoutSecret(found.url);
  return shown === null ? inWords.password : `${because} has one: add --database '${shown}'.`;
}

/** A file's path or a server's URL; null for what holds a password, or may hold one. */
function withoutSecret(written: string): string | null {
  const url = usualSpelling(written);
  if (/[\s']/.test(url)) return null;
  if (schemeOf(url) === null || schemeOf(url) === 'sqlite') return mayHoldPassword(url) ? null : url;
  try {
    return holdsPassword(serverUrl(url)) ? null : url;
  } catch {
    return null;
  }
}

/** The databases that flag, config or environment name, in that order: one, several that the config lists, or none. */
export function databaseUrls(
  flag: string | null,
  { environment }: Context,
  config: Config | null,
): readonly string[] {
  if (flag !== null) return [flag];
  if (config !== null && config.databases.length > 0)
    return config.databases.map((one) => fromFolder(expand(one, environment), dirname(config.file)));
  const url = environment['DATABASE_URL'] || fromLibpq(environment);
  return url === null ? [] : [url];
}

/** The one database of a command; null where none is named. @throws OndeleteError USAGE where the config lists several */
export function databaseUrl(flag: string | null, context: Context, config: Config | null): string | null {
  const [url = null, ...others] = databaseUrls(flag, context, config);
  if (others.length === 0) return url;
  throw new OndeleteError(
    'USAGE',
    `the config lists ${others.length + 1} databases, and this command works on one`,
    'Name it with --database URL. `diff` and `generate` take all of them.',
  );
}

/** The variables of libpq name a database where nothing else does; user, password and all the rest are the driver's business. */
function fromLibpq(environment: Context['environment']): string | null {
  const { PGDATABASE, PGHOST, PGPORT, PGSERVICE } = environment;
  if (!PGDATABASE && !PGHOST && !PGSERVICE) return null;
  const host = encodeURIComponent(PGHOST ?? '');
  const place = PGHOST === undefined || PGHOST.startsWith('/') ? '' : `${host}${PGPORT ? `:${PGPORT}` : ''}`;
  return `postgres://${place}/${encodeURIComponent(PGDATABASE ?? '')}`;
}

/** A path and a database of wrangler’s in a config count from the config's folder, wherever the command is called. */
export function fromFolder(written: string, folder: string): string {
  const url = usualSpelling(written);
  if (/^d1:[^?]*$/i.test(url)) return `${url}?folder=${folder}`;
  const [, scheme = '', path = url] =
    /^(sqlite:|file:|libsql:|turso:|pglite:)?(?:\/\/(?=\/))?(.*)$/is.exec(url) ?? [];
  const isOther = scheme === '' && /^[a-z][a-z0-9+.-]+:/i.test(url);
  return isOther || path === '' || path === ':memory:' || isAbsolute(path)
    ? url
    : `${/^(?:libsql|turso|pglite):/i.test(scheme) ? scheme : 'sqlite:'}${resolve(folder, path)}`;
}

/**
 * The server for a scratch database that flag, config or environment name, in that order.
 * @param product the server that it stands for, for messages
 * @returns null for the engine's own default, in memory
 * @throws USAGE where another kind of server is named
 */
export function scratchUrl(
  flag: string | null,
  flavor: EngineName,
  product: string,
  context: Context,
  config: Config | null,
): string | null {
  const written = flag ?? (flavor === 'sqlite' ? null : configuredScratch(context, config));
  const url = written === null ? null : usualSpelling(written);
  if (url === null || namesServerOf(url, flavor)) return url;
  throw new OndeleteError(
    'USAGE',
    `the scratch URL names another kind of server than ${product}`,
    'Give the URL of a server of the same kind, or none: --scratch, `scratch:` in the config, SCRATCH_DATABASE_URL.',
  );
}

/** For servers only: SQLite is rehearsed in memory. */
function configuredScratch({ environment }: Context, config: Config | null): string | null {
  if (config?.scratch != null) return expand(config.scratch, environment);
  return environment['SCRATCH_DATABASE_URL'] || null;
}
