/** `open`: a database or a saved snapshot, with the configuration that goes with it. */
import { configFrom, type Config } from '../config/read.ts';
import { positionsInCode } from '../config/code-positions.ts';
import type { PolicyInput } from '../config/input.ts';
import {
  configOf,
  type ConfiguredPolicy,
  emptyConfig,
  fromFolder,
  openSchema,
  policyOf,
} from '../commands/shared/open-schema.ts';
import { type SourceOptions } from '../commands/shared/compare.ts';
import { type Context, databaseOptions, policyOptions } from '../commands/shared/options.ts';
import { OndeleteError } from '../core/errors.ts';
import type { Server, Snapshot } from '../core/model.ts';
import type { SchemaSource } from '../schema-source.ts';
import { join } from 'node:path';

export interface OpenOptions {
  /** A URL (`postgres://`, `mysql://`, `mariadb://`, `sqlite:FILE`) or the path of a SQLite file; else the configuration’s, else DATABASE_URL. */
  readonly database?: string;
  /** A file that `ondelete snapshot` wrote, instead of a database. */
  readonly snapshot?: string;
  /** The configuration’s file; else it is searched from `cwd` upward, as on the command line. `false`: none is read. */
  readonly config?: string | false;
  /** What relative paths are relative to; else the process’s working directory. */
  readonly cwd?: string;
  /** Variables for `${NAME}` in the configuration; else those of the process. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** An open database, or a snapshot that was read. Every call uses the keys that `open` has read; calls at the same time wait for each other. */
export interface Database {
  /** For people: the URL without its password, or a path. */
  readonly label: string;
  readonly server: Server;
  /** Every table that takes part in a foreign key, and every foreign key. */
  readonly snapshot: Snapshot;
  /** Ends the connection. */
  close(): Promise<void>;
  /** @internal */
  readonly inside: Inside;
}

/** @internal */
export interface Inside {
  readonly source: SchemaSource;
  readonly config: Config | null;
  readonly options: SourceOptions;
  readonly cwd: string;
  readonly environment: Context['environment'];
  /** One call after the other: there is one session, and a transaction of one call must not hold the queries of another. */
  readonly inTurn: <Result>(work: () => Promise<Result>) => Promise<Result>;
}

/**
 * Connects, and reads every foreign key in one transaction. Nothing can be written through it.
 * @throws OndeleteError `DATABASE_MISSING` where none is named, `UNREACHABLE`, `AUTHENTICATION_FAILED`, `DATABASE_NOT_FOUND`,
 * `UNSUPPORTED_SERVER` and others of `errorCodes`; `CONFIG_INVALID` and `POLICY_INVALID` for the configuration; `SNAPSHOT_INVALID`;
 * `PACKAGE_MISSING` where the driver is not installed. No message holds a password.
 */
export async function open(options: OpenOptions = {}): Promise<Database> {
  const { database, snapshot, config } = options;
  if (database !== undefined && snapshot !== undefined)
    throw new OndeleteError('USAGE', 'a database and a snapshot are named', 'Name one of them.');
  const cwd = options.cwd ?? process.cwd();
  const named = {
    database: database === undefined ? undefined : fromFolder(database, cwd),
    snapshot,
    config: config === false ? undefined : config,
  };
  const all = { ...databaseOptions(named), ...policyOptions({}) };
  const environment = options.environment ?? process.env;
  const context = contextOf({ cwd, environment });
  const found = config === false ? null : await configOf(all, context);
  const source = await openSchema(all, context, found);
  return {
    label: source.label,
    server: source.snapshot.server,
    snapshot: source.snapshot,
    close: () => source.close(),
    inside: { source, config: found, options: all, cwd, environment, inTurn: turns() },
  };
}

function turns(): Inside['inTurn'] {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work, work);
    last = next.catch(() => undefined);
    return next;
  };
}

/** The world of a command, without a terminal. @param log what a command says on stderr @internal */
export function contextOf(
  { cwd, environment }: Pick<Inside, 'cwd' | 'environment'>,
  log: (text: string) => void = () => undefined,
): Context {
  return {
    cwd,
    environment,
    now: new Date(),
    quiet: true,
    terminal: { columns: 80, color: false },
    stdout: () => undefined,
    log,
    progress: () => undefined,
    onInterrupt: () => () => undefined,
  };
}

/** The configuration’s policy, or one that a program brings. @throws OndeleteError CONFIG_MISSING, CONFIG_INVALID, POLICY_INVALID @internal */
export async function configured(
  { config, cwd, environment }: Inside,
  policy: PolicyInput | undefined,
  context: Context,
): Promise<ConfiguredPolicy> {
  if (policy === undefined) return policyOf(config, [], context);
  const file = config?.file ?? join(cwd, 'ondelete.config.yaml');
  const read = await configFrom(positionsInCode({ policy }, '', 'policy'), file, environment);
  const { policy: own, ...rest } = { ...emptyConfig, file, ...config, policy: read.policy };
  return { ...policyOf({ ...rest, policy: own }, [], context), policyFile: 'policy' };
}
