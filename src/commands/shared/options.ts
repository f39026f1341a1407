/** What a command is, and the flags that several share. */
import type { Options } from 'yargs';
import type { Format } from '../../report/formats.ts';
import type { Terminal } from '../../report/layout.ts';

/** The world as a command sees it: injected, so that nothing but cli touches the process. */
export interface Context {
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly now: Date;
  readonly terminal: Terminal;
  /** Data, on stdout. */
  stdout(text: string): void;
  /** Talk, on stderr; silent with --quiet. */
  log(text: string): void;
  /** One line that overwrites itself, on a terminal only; '' clears it. */
  progress(text: string): void;
  /** Does `act` if the user gives up before the returned function is called; `rest` is what stays behind if that fails. */
  onInterrupt(rest: string | null, act: () => Promise<void>): () => void;
}

export type ExitCode = 0 | 1 | 2;

export type Arguments = Readonly<Record<string, unknown>>;

export interface Command {
  readonly flags: Readonly<Record<string, Options>>;
  /** @returns the exit code; throws OndeleteError for exit code 2 */
  run(args: Arguments, context: Context): Promise<ExitCode>;
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
} as const satisfies Record<string, Options>;

export const formatFlag = {
  format: { type: 'string', choices: ['text', 'json'], default: 'text', describe: 'How to print the report' },
} as const satisfies Record<string, Options>;

/** `--format` for a command that prints more than text and JSON. */
export function formatFlagOf(...names: readonly Format[]): { readonly format: Options } {
  return { format: { ...formatFlag.format, choices: names } };
}

export const scratchFlag = {
  scratch: {
    type: 'string',
    requiresArg: true,
    describe:
      'Server for the scratch database; default: the config’s, else SCRATCH_DATABASE_URL, else one in memory',
  },
} as const satisfies Record<string, Options>;

/** A flag that holds a text, or null. */
export function textOf(args: Arguments, name: string): string | null {
  const value = args[name];
  return typeof value === 'string' ? value : null;
}

/** A flag that may be given several times. */
export function textsOf(args: Arguments, name: string): readonly string[] {
  const value = args[name];
  if (Array.isArray(value)) return value.filter((one) => typeof one === 'string');
  return typeof value === 'string' ? [value] : [];
}
