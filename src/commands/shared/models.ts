/** The models of the application, for every command that looks at them: flags, the config's `orm:`, the adapter, its facts. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { Options } from 'yargs';
import type { Config } from '../../config/read.ts';
import { codeOf, messageOf, OndeleteError } from '../../core/errors.ts';
import type { Flavor } from '../../core/model.ts';
import type { OrmAdapter } from '../../orm/adapter.ts';
import { parseFacts, type Facts } from '../../orm/facts.ts';
import { textOf, textsOf, type Arguments, type Context } from './options.ts';
import { ormNamed } from '../../orm/index.ts';

const readingFlags = {
  models: {
    type: 'string',
    array: true,
    requiresArg: true,
    describe: 'Where they are: package.module[:Base], or the ORM’s own file',
  },
  alembic: { type: 'string', requiresArg: true, describe: 'An alembic.ini whose env.py names the models' },
  python: {
    type: 'string',
    requiresArg: true,
    describe: 'The application’s Python; default: $VIRTUAL_ENV, .venv, python3',
  },
  node: {
    type: 'string',
    requiresArg: true,
    describe: 'The application’s Node.js; default: the one that runs ondelete',
  },
  'env-file': { type: 'string', requiresArg: true, describe: 'Variables for the application, NAME=value' },
  'stub-engine': { type: 'boolean', describe: 'The models’ create_engine() makes a stand-in' },
  'time-limit': {
    type: 'number',
    requiresArg: true,
    describe: 'Seconds that reading the models may take; default 30',
  },
} as const satisfies Record<string, Options>;

export const modelFlags = {
  orm: {
    type: 'string',
    requiresArg: true,
    describe: 'The ORM of the models: sqlalchemy, django, prisma, drizzle, typeorm, sequelize, mikro-orm',
  },
  ...readingFlags,
} as const satisfies Record<string, Options>;

export const factsFlag = {
  facts: {
    type: 'string',
    requiresArg: true,
    describe: 'Facts that `ondelete facts` wrote elsewhere; runs no code',
  },
} as const satisfies Record<string, Options>;

export const policyFromFlag = {
  'policy-from': {
    type: 'string',
    requiresArg: true,
    describe:
      'Take as rules what this file of SQL says (schema.sql; may be given several times), or the models of this ORM, whose code is run',
  },
} as const satisfies Record<string, Options>;

/** For commands that decide by a policy. */
export const policyFlags = {
  ...policyFromFlag,
  ...readingFlags,
  ...factsFlag,
} as const satisfies Record<string, Options>;

export interface Models {
  readonly adapter: OrmAdapter;
  readonly facts: Facts;
}

/** Whether a call asks for models at all: nothing is imported unless it does. */
export function asksForModels(args: Arguments): boolean {
  return textOf(args, 'orm') !== null || textOf(args, 'facts') !== null;
}

/**
 * The facts that `--facts` names, else those of `--orm`'s models.
 * @param orm the ORM to read where no flag names one
 * @throws OndeleteError USAGE, FACTS_INVALID, MODELS_UNREADABLE
 */
export function modelsOf(
  args: Arguments,
  context: Context,
  config: Config | null,
  flavor: Flavor | null,
  orm: string | null = null,
): Promise<Models> {
  // one call may want them for its policy and for its rules: the code is run once
  const known = read.get(context);
  if (known !== undefined) return known;
  const models = readModels(args, context, config, flavor, orm);
  read.set(context, models);
  return models;
}

const read = new WeakMap<Context, Promise<Models>>();

async function readModels(
  args: Arguments,
  context: Context,
  config: Config | null,
  flavor: Flavor | null,
  orm: string | null,
): Promise<Models> {
  const file = textOf(args, 'facts') ?? fileOf(config, config?.orm?.facts ?? null, args);
  if (file !== null) {
    const facts = await factsIn(context, file);
    return { adapter: await ormNamed(facts.orm), facts };
  }
  const name = textOf(args, 'orm') ?? orm;
  if (name === null) {
    throw new OndeleteError(
      'USAGE',
      'no ORM is named',
      'Say which with --orm, or name facts with --facts FILE.',
    );
  }
  const adapter = await ormNamed(name);
  const facts = await adapter.read({
    ...(await placeOf(args, context, config)),
    stubEngine: args['stubEngine'] === true || (config?.orm?.stubEngine ?? false),
    timeLimitMilliseconds: secondsOf(args, config) * 1000,
    flavor,
    log: (text) => context.log(text),
  });
  return { adapter, facts };
}

/** Flags count from the working directory; what the config says, from the config's folder. */
async function placeOf(
  args: Arguments,
  context: Context,
  config: Config | null,
): Promise<{
  readonly cwd: string;
  readonly models: readonly string[];
  readonly alembic: string | null;
  readonly python: string | null;
  readonly node: string | null;
  readonly environment: Context['environment'];
}> {
  const given = textsOf(args, 'models');
  const alembic = textOf(args, 'alembic');
  const byFlags = given.length > 0 || alembic !== null || config?.orm == null;
  const configured = byFlags ? null : config.orm;
  const envFile = textOf(args, 'envFile');
  const folder = config === null ? context.cwd : dirname(config.file);
  const variables =
    envFile !== null
      ? await variablesIn(resolve(context.cwd, envFile), envFile)
      : config?.orm?.envFile == null
        ? {}
        : await variablesIn(resolve(folder, config.orm.envFile), config.orm.envFile);
  return {
    cwd: byFlags ? context.cwd : folder,
    models: configured?.models ?? given,
    alembic: configured?.alembic ?? alembic,
    python: textOf(args, 'python') ?? config?.orm?.python ?? null,
    node: textOf(args, 'node') ?? config?.orm?.node ?? null,
    // what is set already wins, as everywhere else where such files are read
    environment: { ...variables, ...context.environment },
  };
}

function fileOf(config: Config | null, file: string | null, args: Arguments): string | null {
  if (config === null || file === null || textOf(args, 'orm') !== null) return null;
  return resolve(dirname(config.file), file);
}

async function factsIn(context: Context, file: string): Promise<Facts> {
  const text = await readText(resolve(context.cwd, file), `the facts ${file}`);
  return parseFacts(text, file);
}

async function variablesIn(path: string, shown: string): Promise<Readonly<Record<string, string>>> {
  const variables = parseEnv(await readText(path, shown));
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

function secondsOf(args: Arguments, config: Config | null): number {
  const seconds = args['timeLimit'] ?? config?.orm?.timeLimit ?? 30;
  if (typeof seconds === 'number' && seconds > 0) return seconds;
  throw new OndeleteError('USAGE', '--time-limit wants a number of seconds', 'Such as --time-limit 60.');
}
