/** The models of the application: flags and the config's `orm:` name them, an adapter reads them. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { Config } from '../../config/read.ts';
import { codeOf, messageOf, OndeleteError } from '../../core/errors.ts';
import type { Flavor } from '../../core/model.ts';
import type { OrmAdapter } from '../../orm/adapter.ts';
import { type Facts, parseFacts } from '../../orm/facts.ts';
import { ormNamed } from '../../orm/index.ts';
import type { Context, ModelOptions } from './options.ts';

export interface Models {
  readonly adapter: OrmAdapter;
  readonly facts: Facts;
}

/**
 * The facts that `--facts` names, else those of `--orm`'s models. Runs the application's code: a command calls it once.
 * @param orm the ORM to read where no flag names one
 * @throws OndeleteError USAGE, FACTS_INVALID, MODELS_UNREADABLE
 */
export async function readModels(
  options: ModelOptions,
  context: Context,
  config: Config | null,
  flavor: Flavor | null,
  orm: string | null,
): Promise<Models> {
  const file = options.facts ?? configuredFacts(options, config);
  if (file !== null) {
    const facts = parseFacts(await readText(resolve(context.cwd, file), `the facts ${file}`), file);
    return { adapter: await ormNamed(facts.orm), facts };
  }
  const name = options.orm ?? orm;
  if (name === null) {
    throw new OndeleteError(
      'USAGE',
      'no ORM is named',
      'Say which with --orm, or name facts with --facts FILE.',
    );
  }
  const adapter = await ormNamed(name);
  const facts = await adapter.read({
    ...placeOf(options, context, config),
    // what is set already wins, as everywhere else where such files are read
    environment: { ...(await variablesOf(options, context, config)), ...context.environment },
    stubEngine: options.stubEngine || (config?.orm?.stubEngine ?? false),
    timeLimitMilliseconds: secondsOf(options, config) * 1000,
    flavor,
    log: (text) => context.log(text),
  });
  return { adapter, facts };
}

interface Place {
  readonly cwd: string;
  readonly models: readonly string[];
  readonly alembic: string | null;
  readonly python: string | null;
  readonly node: string | null;
}

/** Flags count from the working directory; what the config says, from the config's folder. */
function placeOf(options: ModelOptions, context: Context, config: Config | null): Place {
  const { models, alembic } = options;
  const runtimes = {
    python: options.python ?? config?.orm?.python ?? null,
    node: options.node ?? config?.orm?.node ?? null,
  };
  if (models.length > 0 || alembic !== null || config?.orm == null)
    return { cwd: context.cwd, models, alembic, ...runtimes };
  const configured = config.orm;
  return {
    cwd: dirname(config.file),
    models: configured.models ?? [],
    alembic: configured.alembic ?? null,
    ...runtimes,
  };
}

function configuredFacts(options: ModelOptions, config: Config | null): string | null {
  if (config?.orm?.facts == null || options.orm !== null) return null;
  return resolve(dirname(config.file), config.orm.facts);
}

async function variablesOf(
  { envFile }: ModelOptions,
  context: Context,
  config: Config | null,
): Promise<Readonly<Record<string, string>>> {
  const configured = config?.orm?.envFile ?? null;
  const file = envFile ?? configured;
  if (file === null) return {};
  const folder = envFile !== null || config === null ? context.cwd : dirname(config.file);
  const variables = parseEnv(await readText(resolve(folder, file), file));
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, value ?? '']));
}

async function readText(path: string, shown: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new OndeleteError(
      'USAGE',
      `cannot read ${shown}: ${codeOf(error) || messageOf(error)}`,
      'Check the path.',
    );
  }
}

function secondsOf({ timeLimit }: ModelOptions, config: Config | null): number {
  const seconds = timeLimit ?? config?.orm?.timeLimit ?? 30;
  if (seconds > 0) return seconds;
  throw new OndeleteError('USAGE', '--time-limit wants a number of seconds', 'Such as --time-limit 60.');
}
