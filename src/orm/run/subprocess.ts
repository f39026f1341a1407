/** Runs a program of ours in the application's own interpreter: bounded in time, its talk kept apart from its answer. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { codeOf, messageOf, OndeleteError } from '../../core/errors.ts';

export interface Run {
  /** The command and its first arguments. */
  readonly command: readonly string[];
  /** A text for standard input, or a file that the interpreter reads itself. */
  readonly program: { readonly text: string } | { readonly file: string };
  /** Becomes the last argument, as JSON, with the marker between which the answer is expected. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly timeLimitMilliseconds: number;
}

export interface Answered {
  /** What stood between the markers; null where nothing did. */
  readonly answer: string | null;
  /** The end of what the program and the application printed. */
  readonly noise: string;
  readonly exitCode: number | null;
}

const graceMilliseconds = 1_000;
const noiseKept = 2_000;
/** A model of ten thousand tables is some 30 MB of facts. */
const answerKept = 256 * 1024 * 1024;

/**
 * Runs the program to its end or to the time limit, then ends everything that it started.
 * @throws OndeleteError MODELS_UNREADABLE where the command cannot be started or does not end in time
 */
export async function run(job: Run): Promise<Answered> {
  const marker = `ondelete-facts-${randomBytes(8).toString('hex')}`;
  const [command = '', ...first] = job.command;
  const program = 'file' in job.program ? job.program.file : '-';
  const child = spawn(command, [...first, program, JSON.stringify({ ...job.request, marker })], {
    cwd: job.cwd,
    env: { ...job.environment, PYTHONIOENCODING: 'utf-8' },
    // a group of its own, so that what the application starts can be ended with it
    detached: process.platform !== 'win32',
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  let noise = '';
  const limit = { passed: false };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (output.length < answerKept) output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (noise = (noise + text).slice(-noiseKept)));
  // an interpreter that cannot read its input closes it
  child.stdin.on('error', () => undefined);
  child.stdin.end('text' in job.program ? job.program.text : '');
  const end = (): void => {
    try {
      if (child.pid !== undefined)
        process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
    } catch {
      // it has ended already
    }
  };
  const timer = setTimeout(() => {
    limit.passed = true;
    end();
  }, job.timeLimitMilliseconds);
  process.once('exit', end);
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.on('error', (error) => reject(notStarted(command, error)));
      child.on('exit', (code) => {
        // what the application started may hold the pipes open: it ends with the program, and is not waited for
        end();
        setTimeout(() => resolve(code), graceMilliseconds).unref();
      });
      child.on('close', (code) => resolve(code));
    });
    if (limit.passed) throw tooLong(job.timeLimitMilliseconds);
    const [, answer = null] = output.split(`\n${marker}\n`);
    return { answer, noise, exitCode };
  } finally {
    clearTimeout(timer);
    process.removeListener('exit', end);
    end();
  }
}

function notStarted(command: string, error: unknown): OndeleteError {
  const why = codeOf(error) === 'ENOENT' ? 'it is not there' : messageOf(error);
  return new OndeleteError(
    'MODELS_UNREADABLE',
    `the interpreter ${JSON.stringify(command)} cannot be started: ${why}`,
    'Name another with --python or --node, such as --python .venv/bin/python or --python "uv run python".',
  );
}

function tooLong(milliseconds: number): OndeleteError {
  return new OndeleteError(
    'MODELS_UNREADABLE',
    `reading the models took longer than ${milliseconds / 1000} seconds and was ended`,
    'What is imported may wait for a network or a terminal: try --stub-engine, name smaller modules, or allow more with --time-limit SECONDS.',
  );
}

/** Splits a command as a shell would, with quotes and without anything else: `uv run python`, `"C:\\my python\\python"`. */
export function commandWords(text: string): readonly string[] {
  const words = text.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g);
  return [...words].map(([word]) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, '$1$2'));
}
