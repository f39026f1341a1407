/** What a command is, and the flags that several share: beside each group its type and the function that reads it. */
import { OndeleteError } from '../../core/errors.ts';
import type { Options } from 'yargs';
import { type EngineName, engineNames } from '../../core/model.ts';
import { type Format, formats } from '../../report/formats.ts';
import type { Terminal } from '../../report/layout.ts';

/** The world as a command sees it: injected, so that nothing but cli touches the process. */
export interface Context {
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly now: Date;
  readonly terminal: Terminal;
  /** Data, on stdout. */
  stdout(text: string): void;
  /** Only results and errors are wanted. */
  readonly quiet: boolean;
  /** Messages, on stderr; silent with --quiet. */
  log(text: string): void;
  /** One line that overwrites itself, on a terminal only; '' clears it. */
  progress(text: string): void;
  /** Does `act` if the user gives up before the returned function is called; `rest` is what stays behind if that fails. */
  onInterrupt(rest: string | null, act: () => Promise<void>): () => void;
}

/** What yargs makes of the command line; only `parseOptions` of a command sees it. */
export type Arguments = Readonly<Record<string, unknown>>;
type Flags = Readonly<Record<string, Options>>;
export type ExitCode = 0 | 1 | 2;

/** A command, as its file exports it. */
interface CommandModule<O> {
  readonly flags: Flags;
  parseOptions(argv: Arguments): O;
  /** @returns the exit code; throws OndeleteError for exit code 2 */
  run(options: O, context: Context): Promise<ExitCode>;
}

/** A command whose options are its own business. */
export interface Command {
  readonly flags: Flags;
  run(argv: Arguments, context: Context): Promise<ExitCode>;
}

export function command<O>(module: CommandModule<O>): Command {
  return {
    flags: module.flags,
    run: async (argv, context) => module.run(module.parseOptions(argv), context),
  };
}

export function textOf(argv: Arguments, name: string): string | null {
  const value = argv[name];
  return typeof value === 'string' ? value : null;
}

/** A flag that may be given several times. */
export function textsOf(argv: Arguments, name: string): readonly string[] {
  const value = argv[name];
  if (Array.isArray(value)) return value.filter((one) => typeof one === 'string');
  return typeof value === 'string' ? [value] : [];
}

export function isSet(argv: Arguments, name: string): boolean {
  return argv[name] === true;
}

/** NaN where the text is not a number. */
export function numberOf(argv: Arguments, name: string): number | null {
  const value = argv[name];
  return typeof value === 'number' ? value : null;
}

export interface ConfigOptions {
  readonly config: string | null;
}

export interface DatabaseOptions extends ConfigOptions {
  readonly database: string | null;
  readonly snapshot: string | null;
}

export const databaseFlags = {
  database: {
    alias: 'd',
    type: 'string',
    requiresArg: true,
    describe: 'Database URL or SQLite file; default: the config’s, else DATABASE_URL',
  },
  snapshot: {
    type: 'string',
    requiresArg: true,
    describe: 'Work offline from a snapshot that `ondelete snapshot` wrote',
    conflicts: 'database',
  },
} as const satisfies Flags;

export function databaseOptions(argv: Arguments): DatabaseOptions {
  return {
    config: textOf(argv, 'config'),
    database: textOf(argv, 'database'),
    snapshot: textOf(argv, 'snapshot'),
  };
}

/** @param usual without --timeout @throws OndeleteError USAGE */
export function requireSeconds(seconds: number, usual: number): void {
  if (seconds > 0) return;
  throw new OndeleteError(
    'USAGE',
    '--timeout is a number of seconds above 0',
    `Leave it out for ${usual} seconds.`,
  );
}

/** `--format`; the first name is the default. */
export function formatFlag(...names: readonly Format[]): { readonly format: Options } {
  return {
    format: { type: 'string', choices: names, default: names[0], describe: 'How to print the report' },
  };
}

export function formatOf(argv: Arguments): Format {
  return formats.find((name) => name === argv['format']) ?? 'text';
}

export const outputFlag = {
  output: {
    type: 'string',
    requiresArg: true,
    describe: 'Write to this file instead of stdout; an existing one is not overwritten',
  },
} as const satisfies Flags;

export interface ScratchOptions {
  readonly scratch: string | null;
}

export const scratchFlag = {
  scratch: {
    type: 'string',
    requiresArg: true,
    describe:
      'Server for the scratch database; default: the config’s, else SCRATCH_DATABASE_URL, else one in memory',
  },
} as const satisfies Flags;

/** How the models of an application are read. */
export interface ModelOptions {
  readonly orm: string | null;
  readonly facts: string | null;
  readonly models: readonly string[];
  readonly alembic: string | null;
  readonly python: string | null;
  readonly node: string | null;
  readonly envFile: string | null;
  /** The only variables of the environment that the application gets; empty: all. */
  readonly passEnv: readonly string[];
  readonly stubEngine: boolean;
  /** In seconds. */
  readonly timeLimit: number | null;
}

/** Rules that come from files of SQL or from models. */
export interface PolicyOptions extends ModelOptions, ScratchOptions {
  readonly policyFrom: readonly string[];
}

const readingFlags = {
  models: {
    type: 'string',
    array: true,
    requiresArg: true,
    describe: 'Models to read: package.module[:Base], or the ORM’s own file',
  },
  alembic: { type: 'string', requiresArg: true, describe: 'An alembic.ini whose env.py names the models' },
  python: {
    type: 'string',
    requiresArg: true,
    describe: 'The application’s Python; default: $ONDELETE_PYTHON, $VIRTUAL_ENV, .venv, python3',
  },
  node: {
    type: 'string',
    requiresArg: true,
    describe: 'The application’s Node.js; default: $ONDELETE_NODE, the one that runs ondelete',
  },
  'pass-env': {
    type: 'string',
    array: true,
    requiresArg: true,
    describe: 'Pass only these variables to the application, such as DATABASE_URL or SHOP_*; default: all',
  },
  'stub-engine': { type: 'boolean', describe: 'The models’ create_engine() makes a stand-in' },
  'time-limit': {
    type: 'number',
    requiresArg: true,
    describe: 'Seconds that reading the models may take; default 30',
  },
} as const satisfies Flags;

export const ormFlag = {
  orm: {
    type: 'string',
    requiresArg: true,
    describe: 'The ORM of the models: sqlalchemy, django, prisma, drizzle, typeorm, sequelize, mikro-orm',
  },
} as const satisfies Flags;

export const modelFlags = { ...ormFlag, ...readingFlags } as const satisfies Flags;

export const factsFlag = {
  facts: {
    type: 'string',
    requiresArg: true,
    describe: 'Facts that `ondelete facts` wrote elsewhere; runs no code',
  },
} as const satisfies Flags;

export const policyFromFlag = {
  'policy-from': {
    type: 'string',
    requiresArg: true,
    describe:
      'Take rules from this SQL file (schema.sql; may be given several times), or from the models of this ORM, whose code is run',
  },
} as const satisfies Flags;

/** For commands that decide by a policy. */
export const policyFlags = { ...policyFromFlag, ...readingFlags, ...factsFlag } as const;

export function policyOptions(argv: Arguments): PolicyOptions {
  return {
    policyFrom: textsOf(argv, 'policyFrom'),
    scratch: textOf(argv, 'scratch'),
    orm: textOf(argv, 'orm'),
    facts: textOf(argv, 'facts'),
    models: textsOf(argv, 'models'),
    alembic: textOf(argv, 'alembic'),
    python: textOf(argv, 'python'),
    node: textOf(argv, 'node'),
    envFile: textOf(argv, 'envFile'),
    passEnv: textsOf(argv, 'passEnv'),
    stubEngine: isSet(argv, 'stubEngine'),
    timeLimit: numberOf(argv, 'timeLimit'),
  };
}

/** For commands that read models or SQL files and look at no database. */
export interface OfflineOptions extends PolicyOptions, ConfigOptions {
  readonly database: string | null;
  readonly engine: EngineName | null;
  readonly output: string | null;
}

export const offlineFlags = {
  ...modelFlags,
  ...scratchFlag,
  ...outputFlag,
  database: {
    ...databaseFlags.database,
    describe: 'For SQL files: the URL names the engine that they are written for; it is not opened',
  },
  engine: {
    type: 'string',
    alias: 'dialect',
    choices: engineNames,
    describe: 'The engine that the models or SQL files are for',
  },
} as const satisfies Flags;

export function offlineOptions(argv: Arguments): OfflineOptions {
  return {
    ...policyOptions(argv),
    config: textOf(argv, 'config'),
    database: textOf(argv, 'database'),
    engine: engineNames.find((name) => name === argv['engine']) ?? null,
    output: textOf(argv, 'output'),
  };
}
