/** Runs a reader in the application's own interpreter, bounded in time, and takes the facts that it answers with. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { codeOf, messageOf, OndeleteError, withoutPasswords } from '../../core/errors.ts';
import type { ReadRequest } from '../adapter.ts';
import { type Facts, parseFacts } from '../facts.ts';

export interface ModelReader {
  /** For people: `SQLAlchemy`. */
  readonly title: string;
  /** What is imported, for people. */
  readonly label: string;
  /** The command and its first arguments. */
  readonly command: readonly string[];
  /** The command, for people. */
  readonly interpreter: string;
  /** A text for standard input, or a file that the interpreter reads itself. */
  readonly program: { readonly text: string } | { readonly file: string };
  /** The probe's last argument, as JSON, with the marker that has to stand around the answer. */
  readonly question: Readonly<Record<string, unknown>>;
  readonly help: HelpTexts;
}

/** What to do where nothing could be read, by what went wrong. */
export interface HelpTexts {
  /** The interpreter ran no reader. */
  readonly interpreter: string;
  /** The interpreter has no such ORM. */
  readonly environment: string;
  /** A module, and maybe a driver, is missing. */
  readonly missing: string;
  /** Anything else while the models are imported. */
  readonly import: string;
  readonly otherwise: string;
  /** What to do about messages that only this ORM has. */
  readonly special?: readonly (readonly [message: RegExp, help: string])[];
}

/**
 * Imports the models and returns what they say; what could not be read is in `errors`.
 * @throws OndeleteError MODELS_UNREADABLE where nothing could be read
 */
export async function readFacts(request: ReadRequest, reader: ModelReader): Promise<Facts> {
  const { title, interpreter, help } = reader;
  request.log(`Importing ${reader.label} with ${interpreter}: this runs the application’s code.`);
  const { answer, noise, exitCode } = await run(request, reader);
  const printed = withoutPasswords(noise).trimEnd();
  if (printed !== '') request.log(`It printed:\n${printed.replace(/^/gm, '  ')}`);
  if (answer === null) {
    const last = printed.split('\n').at(-1)?.trim() ?? '';
    throw unreadable(
      `${interpreter} gave no facts (exit ${exitCode ?? 'by a signal'})${last === '' ? '' : `: ${last}`}`,
      help.interpreter,
    );
  }
  const facts = parseFacts(answer, 'the probe');
  const errors = facts.errors.map((error) => ({ ...error, message: withoutPasswords(error.message) }));
  if (facts.tables.length > 0) return { ...facts, errors };
  const { stage, message, place } = errors[0] ?? { stage: '', message: 'nothing was found', place: null };
  const where = place === null ? '' : `${place.file}:${place.line}: `;
  const what = stage === 'environment' ? message : `no ${title} models could be read: ${where}${message}`;
  throw unreadable(what, helpFor(stage, message, help));
}

function helpFor(stage: string, message: string, help: HelpTexts): string {
  const special = help.special?.find(([pattern]) => pattern.test(message));
  if (special !== undefined) return special[1];
  if (stage === 'environment') return help.environment;
  if (/ModuleNotFoundError|NoSuchModuleError|Cannot find|ERR_MODULE_NOT_FOUND/.test(message))
    return help.missing;
  if (/KeyError|SystemExit/.test(message))
    return 'If the application needs variables of its environment, set them or give --env-file FILE.';
  return stage === 'import' ? help.import : help.otherwise;
}

const unreadable = (message: string, help: string): OndeleteError =>
  new OndeleteError('MODELS_UNREADABLE', message, help);

interface Answered {
  /** What stood between the markers; null where nothing did. */
  readonly answer: string | null;
  /** The end of what the reader and the application printed. */
  readonly noise: string;
  readonly exitCode: number | null;
}

const graceMilliseconds = 1_000;
const noiseKept = 20_000;
/** A model of ten thousand tables is some 30 MB of facts. */
const answerKept = 256 * 1024 * 1024;

/** Runs the reader to its end or to the time limit, then ends everything that it started. */
async function run(
  request: ReadRequest,
  { command: words, program, question }: ModelReader,
): Promise<Answered> {
  const { cwd, environment, timeLimitMilliseconds } = request;
  const marker = `ondelete-facts-${randomBytes(8).toString('hex')}`;
  const [command = '', ...first] = words;
  const file = 'file' in program ? program.file : '-';
  const child = spawn(command, [...first, file, JSON.stringify({ ...question, marker })], {
    cwd,
    env: { ...environment, PYTHONIOENCODING: 'utf-8' },
    // a group of its own, so that what the application starts can be ended with it
    detached: process.platform !== 'win32',
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  let noise = '';
  const limit = { isPassed: false };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (output.length < answerKept) output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (noise = (noise + text).slice(-noiseKept)));
  // an interpreter that cannot read its input closes it
  child.stdin.on('error', () => undefined);
  child.stdin.end('text' in program ? program.text : '');
  const end = (): void => {
    try {
      if (child.pid !== undefined)
        process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
    } catch {
      // it has ended already
    }
  };
  const timer = setTimeout(() => {
    limit.isPassed = true;
    end();
  }, timeLimitMilliseconds);
  process.once('exit', end);
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.on('error', (error) => {
        const why = codeOf(error) === 'ENOENT' ? 'there is no such program' : messageOf(error);
        const help =
          'Name another with --python or --node, such as --python .venv/bin/python or --python "uv run python".';
        reject(unreadable(`the interpreter ${JSON.stringify(command)} cannot be started: ${why}`, help));
      });
      child.on('exit', (code) => {
        // what the application started may hold the pipes open: it ends with the reader, and is not waited for
        end();
        setTimeout(() => resolve(code), graceMilliseconds).unref();
      });
      child.on('close', (code) => resolve(code));
    });
    if (limit.isPassed)
      throw unreadable(
        `reading the models took longer than ${timeLimitMilliseconds / 1000} seconds and was ended`,
        'What is imported may wait for a network or a terminal: try --stub-engine, name smaller modules, or allow more with --time-limit SECONDS.',
      );
    const [, answer = null] = output.split(`\n${marker}\n`);
    return { answer, noise, exitCode };
  } finally {
    clearTimeout(timer);
    process.removeListener('exit', end);
    end();
  }
}

/** Splits a command as a shell would, with quotes and nothing else: `uv run python`, `"C:\\my python\\python"`. */
export function commandWords(text: string): readonly string[] {
  const words = text.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g);
  return [...words].map(([word]) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, '$1$2'));
}
