/** The models of the application: flags and the config's `orm:` name them, an adapter reads them. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { Config } from '../../config/read.ts';
import { exclusion } from '../../config/scope.ts';
import { codeOf, messageOf, OndeleteError, helpOf } from '../../core/errors.ts';
import type { EngineName } from '../../core/model.ts';
import type { OrmAdapter } from '../../orm/adapter.ts';
import { type Facts, parseFacts } from '../../orm/facts.ts';
import { recognise } from '../../init/project.ts';
import { ormNamed } from '../../orm/index.ts';
import type { LintInput } from '../../orm/lint/key-views.ts';
import type { Decision } from '../../policy/policy.ts';
import type { SchemaSource } from '../../schema-source.ts';
import { interpreterOf, passedEnvironment } from './interpreter.ts';
import type { Context, ModelOptions } from './options.ts';
import { projectAt } from './project.ts';

export interface Models {
  readonly adapter: OrmAdapter;
  readonly facts: Facts;
  /** Where the files of the facts' places are: those are relative to it. */
  readonly folder: string;
  /** Read now, and not taken from a file that may be older than the models. */
  readonly isFresh: boolean;
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
  flavor: EngineName | null,
  orm: string | null,
): Promise<Models> {
  const file = options.facts ?? configuredFacts(options, config);
  if (file !== null) {
    const facts = parseFacts(await readText(resolve(context.cwd, file), `the facts ${file}`), file);
    return { adapter: await ormNamed(facts.orm), facts, folder: context.cwd, isFresh: false };
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
  const place = placeOf(options, context, config);
  const facts = await adapter.read({
    ...place,
    // what is set already wins, as everywhere else where such files are read
    environment: {
      ...(await variablesOf(options, context, config)),
      ...passedEnvironment(options, context, config),
    },
    stubEngine: options.stubEngine || (config?.orm?.stubEngine ?? false),
    timeLimitMilliseconds: secondsOf(options, config) * 1000,
    flavor,
    log: (text) => context.log(text),
  });
  return { adapter, facts, folder: place.cwd, isFresh: true };
}

/** Whether the command line itself asks for models: then it fails where they cannot be read. */
export function asksForModels({ orm, facts }: ModelOptions): boolean {
  return orm !== null || facts !== null;
}

/**
 * The models that flags name, else `orm:` in the config. Where the config leaves open which those are, a line on stderr says so.
 * @param isNeeded there is no way to go on without them
 * @returns null where there are none to look at
 * @throws OndeleteError as readModels, but USAGE only where a flag asks for models, or they are needed
 */
export async function modelsInSight(
  options: ModelOptions,
  context: Context,
  config: Config | null,
  flavor: EngineName | null,
  isNeeded: boolean,
): Promise<Models | null> {
  if (asksForModels(options)) return readModels(options, context, config, flavor, null);
  if (config?.orm == null) return null;
  try {
    return await readModels(options, context, config, flavor, configuredOrm(config));
  } catch (error) {
    if (codeOf(error) !== 'USAGE') throw error;
    const isOpen = config.orm.models === undefined && config.orm.alembic === undefined;
    const help = [
      helpOf(error),
      ...(isOpen ? ['In the config they are named below `orm:`, as `models:`.'] : []),
    ].join(' ');
    if (isNeeded) throw new OndeleteError('USAGE', messageOf(error), help);
    context.log(`The models were not looked at: ${messageOf(error)}. ${help}`);
    return null;
  }
}

/** `orm: { name }`, else the ORM that the policy is from, else the only one that the project's files tell of. */
function configuredOrm({ file, orm, policy }: Config): string | null {
  const from = policy?.from?.texts[0];
  const known = orm?.name ?? (/\.sql$/i.test(from ?? '') ? undefined : from);
  if (known !== undefined) return known;
  const [found, ...more] = recognise(projectAt(dirname(file))).orms;
  return more.length === 0 ? (found?.orm ?? null) : null;
}

/** `SQLAlchemy 2.0.52`. */
export function titleOf({ adapter, facts }: Pick<Models, 'adapter' | 'facts'>): string {
  return facts.ormVersion === null ? adapter.title : `${adapter.title} ${facts.ormVersion}`;
}

/** The models beside the live keys and the policy. */
export function lintInput(
  { facts }: Pick<Models, 'facts'>,
  { snapshot, engine }: SchemaSource,
  decisions: readonly Decision[],
  context: Context,
  config: Config | null,
): LintInput {
  const names = engine.names(snapshot.server);
  return {
    facts,
    snapshot,
    names,
    decisions,
    sameAction: (a, b) => engine.sameAction(a, b),
    excluded: exclusion(config?.exclude ?? [], names, context.environment),
  };
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
    python: interpreterOf('python', options, context, config),
    node: interpreterOf('node', options, context, config),
  };
  if (models.length > 0 || alembic !== null || config?.orm == null)
    return { cwd: context.cwd, models, alembic, ...runtimes };
  const configured = config.orm;
  return {
    cwd: dirname(config.file),
    models: typeof configured.models === 'string' ? [configured.models] : (configured.models ?? []),
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
  // which interpreter runs is not for a file of the application to say
  const ofApplication = Object.entries(variables).filter(([name]) => name !== 'VIRTUAL_ENV');
  return Object.fromEntries(ofApplication.map(([name, value]) => [name, value ?? '']));
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
