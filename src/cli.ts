/** The command line: arguments in, exit code out. The only file that ends the process. */
import yargs, { type ArgumentsCamelCase, type Argv } from 'yargs';
import type { Command, Context } from './commands/shared/options.ts';
import { codeOf, messageOf, OndeleteError, secretsIn, withoutPasswords } from './core/errors.ts';
import { didYouMean } from './core/suggest.ts';
import { visible, visibleLines } from './core/visible.ts';
import { aliases, commands, completion, commonFlags, exitCodes } from './commands/index.ts';

/** What has to be undone when the user gives up, such as a scratch database on a server. */
interface Cleanup {
  /** What stays behind if it fails, for people; null for nothing. */
  readonly rest: string | null;
  readonly act: () => Promise<void>;
}
const cleanups = new Set<Cleanup>();
/** From then on nothing is printed: what fails now fails because of that. */
let interrupted = false;
const cleanupMilliseconds = 5_000;

/**
 * Runs one command and sets the exit code.
 * @param words the arguments behind the program's name
 */
export async function main(words: readonly string[], version: string): Promise<void> {
  const debug = words.includes('--debug');
  const interrupt = (): void => {
    // npx passes on a Ctrl-C that the terminal has sent here as well; a second one must not end what the first has begun.
    if (interrupted) return;
    interrupted = true;
    process.stderr.write('ondelete: interrupted; nothing was changed, and no file was left half written');
    void Promise.all([...cleanups].map(undo)).then((rests) => {
      const left = rests.flatMap((rest) => rest ?? []).join(' and ');
      process.stderr.write(left === '' ? '\n' : `; ${left} may still be there: drop it by hand\n`);
      process.exit(2);
    });
  };
  // SIGHUP: the terminal was closed, or the connection to it has gone.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  process.stdout.on('error', (error) => {
    // whoever reads has gone (`| head`): the rest is not printed, the exit code stays what it is
    if (codeOf(error) !== 'EPIPE') throw error;
  });
  try {
    await parser(words, version).parseAsync();
  } catch (error) {
    process.exitCode = 2;
    if (interrupted) return;
    const secrets = secretsIn([
      ...words,
      process.env['DATABASE_URL'] ?? '',
      process.env['SCRATCH_DATABASE_URL'] ?? '',
    ]);
    process.stderr.write(`${withoutPasswords(formatError(valueMissing(error) ?? error, debug), secrets)}\n`);
  }
}

/** yargs throws past its own handler where the last flag has no value. */
function valueMissing(error: unknown): OndeleteError | null {
  const [, flag] = /^Not enough arguments following: (.+)$/.exec(messageOf(error)) ?? [];
  return flag === undefined
    ? null
    : new OndeleteError('USAGE', `--${flag} needs a value`, 'See `ondelete --help`.');
}

/** @returns what may have stayed behind, or null */
async function undo({ rest, act }: Cleanup): Promise<string | null> {
  const timeout = new Promise<string | null>((resolve) => setTimeout(resolve, cleanupMilliseconds, rest));
  const done = act().then(
    () => null,
    () => rest,
  );
  return Promise.race([timeout, done]);
}

/** Words on which yargs prints its own texts. */
const asksForTexts = /^(?:--help|-h|--get-yargs-completions)$/;

function parser(words: readonly string[], version: string): Argv {
  const flags = new Set(Object.keys(commonFlags));
  const forHelp = words.some((word) => asksForTexts.test(word));
  const base = yargs([...words])
    .scriptName('ondelete')
    .locale('en')
    .usage(`${exitCodes}\n\nUsage: $0 <command> [options]`)
    .version(version)
    .options(described(commonFlags, forHelp))
    .alias('h', 'help')
    .alias('v', 'version')
    .strict()
    .recommendCommands()
    .completion('completion', completion)
    .demandCommand(1, 'Name a command; `ondelete --help` lists them.')
    .wrap(Math.min(process.stdout.columns || 80, 100))
    .exitProcess(false)
    .fail((message: string | null, error: Error | undefined) => {
      throw (
        error ??
        new OndeleteError(
          'USAGE',
          aliasHint(words) ??
            (/^Unknown arg/.test(message ?? '') ? unknownFlag(words, [...flags]) : null) ??
            message ??
            'this call cannot be read',
          'See `ondelete --help`.',
        )
      );
    });
  return commands.reduce<Argv>(
    (parsed, entry) => withCommand(parsed, entry, flags, forHelp),
    base as unknown as Argv,
  );
}

/** @param known the flags that are known so far, for suggestions: those of the command come to them */
function withCommand(
  parsed: Argv,
  entry: (typeof commands)[number],
  known: Set<string>,
  forHelp: boolean,
): Argv {
  return parsed.command(
    entry.usage,
    entry.describe,
    async (builder: Argv) => {
      const { flags } = await entry.load();
      for (const flag of Object.keys(flags)) known.add(flag);
      return builder.options(described(flags, forHelp));
    },
    async (argv: ArgumentsCamelCase) => {
      const command = await entry.load();
      refuseEmpty(argv, { ...commonFlags, ...command.flags });
      if (typeof argv['envFile'] === 'string') readVariables(argv['envFile']);
      const code = await command.run(argv, contextFor(argv));
      process.exitCode = interrupted ? 2 : code;
    },
  );
}

/** yargs lays out the help of every command that it runs; hidden flags take no time in it (a tenth of a `diff`, measured). */
function described(flags: Command['flags'], forHelp: boolean): Command['flags'] {
  if (forHelp) return flags;
  return Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, { ...flag, hidden: true }]));
}

/** `--database "$URL"` with a URL that is not set would be answered by another database than the one that is meant. */
function refuseEmpty(argv: ArgumentsCamelCase, flags: Command['flags']): void {
  const name = Object.keys(flags).find((flag) => argv[flag] === '');
  if (name === undefined) return;
  throw new OndeleteError(
    'USAGE',
    `--${name} is given and empty`,
    'Is the variable behind it set? Leave the flag out where the default is meant.',
  );
}

/** Variables that are set already stay as they are. */
function readVariables(file: string): void {
  try {
    process.loadEnvFile(file);
  } catch (error) {
    throw new OndeleteError(
      'USAGE',
      `--env-file ${file} cannot be read: ${codeOf(error) || messageOf(error)}`,
      'Name a file of lines NAME=value.',
    );
  }
}

function contextFor(argv: ArgumentsCamelCase): Context {
  const quiet = argv['quiet'] === true;
  return {
    cwd: process.cwd(),
    environment: process.env,
    now: new Date(),
    quiet,
    terminal: { columns: process.stdout.columns || 80, color: wantsColor(argv['color']) },
    stdout: (text) => {
      if (!interrupted) process.stdout.write(`${text}\n`);
    },
    log: (text) => {
      if (!quiet && !interrupted) process.stderr.write(`${visibleLines(text)}\n`);
    },
    onInterrupt: (rest, act) => {
      const cleanup = { rest, act };
      cleanups.add(cleanup);
      return () => void cleanups.delete(cleanup);
    },
    progress: (text) => {
      if (quiet || !process.stderr.isTTY) return;
      process.stderr.write(`\r\u001b[2K${visible(text).slice(0, (process.stderr.columns || 80) - 1)}`);
    },
  };
}

/** https://no-color.org: any value but the empty one switches colours off. */
function wantsColor(flag: unknown): boolean {
  if (typeof flag === 'boolean') return flag;
  return !process.env['NO_COLOR'] && process.stdout.isTTY && process.env['TERM'] !== 'dumb';
}

function aliasHint(words: readonly string[]): string | null {
  const word = words.find((candidate) => !candidate.startsWith('-')) ?? '';
  return Object.hasOwn(aliases, word) ? `ondelete has no command \`${word}\`: ${aliases[word] ?? ''}` : null;
}

/** The first flag that nobody knows, with the one that is probably meant. */
function unknownFlag(words: readonly string[], known: readonly string[]): string | null {
  const names = words.flatMap((word) => /^--(?:no-)?([^=]+)/.exec(word)?.[1] ?? []);
  const unknown = names.find((name) => ![...known, 'help', 'version'].includes(name));
  return unknown === undefined
    ? null
    : `there is no flag --${unknown}${didYouMean(
        `--${unknown}`,
        known.map((name) => `--${name}`),
      )}`;
}

function formatError(error: unknown, debug: boolean): string {
  const lines =
    error instanceof OndeleteError
      ? linesOf(error)
      : [`unexpected: ${messageOf(error)}. This is a defect: please report it with the output of --debug.`];
  const stack =
    debug && typeof error === 'object' && error !== null && 'stack' in error
      ? `\n${String(error.stack)}`
      : '';
  return visibleLines(`ondelete: ${lines.map(oneLine).join('\n  ')}${stack}`);
}

/** One line, or one for each of several mistakes. */
function linesOf({ help, lines }: OndeleteError): readonly string[] {
  const last = lines.at(-1) ?? '';
  return help === '' ? lines : [...lines.slice(0, -1), `${last}${/[.!?]$/.test(last) ? '' : '.'} ${help}`];
}

/** A refusal may print a list of its own before; what a server says may have lines. */
function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ');
}
