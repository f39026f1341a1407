/** What every command that looks at a database starts with: config, URL, scope, Source. */
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { readConfig, type Config } from '../../config/read.ts';
import { OndeleteError } from '../../core/errors.ts';
import { noSettings } from '../../config/severities.ts';
import type { Policy } from '../../policy/decide.ts';
import { textOf, textsOf, type Arguments, type Context } from './options.ts';
import type { Source } from '../../registry.ts';
import { schemaScope } from '../../config/scope.ts';
import { expand } from '../../config/environment.ts';
import * as composition from '../../registry.ts';

/** The config, or null when there is none and none was named. */
export async function configOf(args: Arguments, context: Context): Promise<Config | null> {
  const file = textOf(args, 'config');
  return readConfig({
    cwd: context.cwd,
    environment: context.environment,
    ...(file === null ? {} : { file }),
  });
}

/** The config and its policy. @throws OndeleteError CONFIG_MISSING where there is none */
export async function policyOf(
  args: Arguments,
  context: Context,
): Promise<{ readonly config: Config; readonly policy: Policy; readonly name: string }> {
  const config = await configOf(args, context);
  const speakers = textsOf(args, 'policyFrom');
  if (speakers.length > 0 && config?.policy == null)
    return { ...spokenOnly(config, context), name: speakers.join(', ') };
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
  return { config, policy: config.policy, name: relative(context.cwd, config.file) || config.file };
}

/** The config's policy, or the one that `--policy-from` alone makes; null where neither is there. */
export function policyIn(args: Arguments, context: Context, config: Config | null): Policy | null {
  if (config?.policy != null) return config.policy;
  return textsOf(args, 'policyFrom').length > 0 ? spokenOnly(config, context).policy : null;
}

/** No policy but the models', which `--policy-from` names: what they say nothing about stays as it is. */
function spokenOnly(
  config: Config | null,
  context: Context,
): { readonly config: Config; readonly policy: Policy } {
  const file = config?.file ?? join(context.cwd, 'ondelete.config.yaml');
  const policy: Policy = {
    from: null,
    strictNone: false,
    default: { kind: 'keep' },
    defaultPosition: { file: '--policy-from', line: 1, column: 1 },
    rules: [],
    never: [],
    limits: [],
  };
  const nothing = {
    database: null,
    schemas: null,
    exclude: [],
    tool: null,
    out: null,
    scratch: null,
    orm: null,
    findings: noSettings,
  };
  return { config: { file, ...nothing, ...config, policy }, policy };
}

/** Opens the database or the snapshot that flags, config and environment name, in that order. */
export async function openSource(args: Arguments, context: Context, given?: Config | null): Promise<Source> {
  const file = textOf(args, 'snapshot');
  if (file !== null) return composition.openSnapshot(resolve(context.cwd, file), file);
  const config = given === undefined ? await configOf(args, context) : given;
  const url = urlOf(args, context, config);
  if (config?.schemas == null) return composition.openDatabase(url, () => ({ schemas: null }));
  return composition.openDatabase(url, (names) => ({
    schemas: schemaScope(config.schemas, names, context.environment),
  }));
}

function urlOf(args: Arguments, context: Context, config: Config | null): string {
  const url = configuredUrl(args, context, config);
  if (url !== null) return url;
  throw new OndeleteError(
    'DATABASE_MISSING',
    'no database is named',
    'Give one with --database URL, as `database:` in the config, or in DATABASE_URL.',
  );
}

/** The database that flag, config or environment name, in that order; null where none does. */
export function configuredUrl(args: Arguments, context: Context, config: Config | null): string | null {
  const flag = textOf(args, 'database');
  if (flag !== null) return flag;
  if (config?.database != null) {
    return fromFolder(expand(config.database, context.environment), dirname(config.file));
  }
  const url = context.environment['DATABASE_URL'];
  return url === undefined || url === '' ? null : url;
}

/** A SQLite path in a config counts from the config's folder, wherever the command is called. */
function fromFolder(url: string, folder: string): string {
  const [, scheme = '', path = url] = /^(sqlite:|file:)?(?:\/\/(?=\/))?(.*)$/is.exec(url) ?? [];
  const isOther = scheme === '' && /^[a-z][a-z0-9+.-]+:/i.test(url);
  return isOther || path === '' || path === ':memory:' || isAbsolute(path)
    ? url
    : `sqlite:${resolve(folder, path)}`;
}
