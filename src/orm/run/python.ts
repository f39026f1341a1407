/** Reads models in the application's own Python: sends it a probe on standard input and takes its facts. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OndeleteError, withoutPasswords } from '../../core/errors.ts';
import type { ReadRequest } from '../adapter.ts';
import { parseFacts, type Facts } from '../facts.ts';
import { commandWords, run } from './subprocess.ts';

export interface PythonProbe {
  /** The files of the program, in this order; they are sent behind run/base.py. */
  readonly files: readonly URL[];
  /** For people: `SQLAlchemy`. */
  readonly title: string;
  /** What is imported, for people. */
  readonly what: string;
  /** What the probe is asked for. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly help: HelpTexts;
}

/** What to do where nothing could be read, by what went wrong. */
export interface HelpTexts {
  /** A module, and maybe a driver, is not there. */
  readonly missing: string;
  /** Anything else while the models are imported. */
  readonly import: string;
  readonly otherwise: string;
}

/**
 * Imports the models and returns what they say; what could not be read stands in `errors`.
 * @throws OndeleteError MODELS_UNREADABLE where nothing could be read
 */
export async function readInPython(request: ReadRequest, job: PythonProbe): Promise<Facts> {
  const command = interpreterFor(request);
  request.talk(`Importing ${job.what} with ${command.join(' ')}: this runs the application’s code.`);
  const files = [new URL('./base.py', import.meta.url), ...job.files];
  const parts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const { answer, noise, exitCode } = await run({
    command,
    program: { text: parts.join('\n\n') },
    request: job.request,
    cwd: request.cwd,
    environment: request.environment,
    timeLimitMilliseconds: request.timeLimitMilliseconds,
  });
  if (answer === null) {
    const last = withoutPasswords(noise).trim().split('\n').at(-1) ?? '';
    throw new OndeleteError(
      'MODELS_UNREADABLE',
      `${command.join(' ')} gave no facts (exit ${exitCode ?? 'by a signal'})${last === '' ? '' : `: ${last}`}`,
      `It has to be a Python 3 that runs the program on its standard input, with ${job.title}; choose one with --python.`,
    );
  }
  const facts = withoutSecrets(parseFacts(answer, 'the probe'));
  if (facts.tables.length === 0) throw nothingRead(facts, job.help);
  return facts;
}

/** What was asked for, else the active or the folder's virtual environment, else `python3`. */
function interpreterFor(request: ReadRequest): readonly string[] {
  if (request.python !== null) {
    const words = commandWords(request.python);
    if (words.length > 0) return words;
  }
  const folders = [request.environment['VIRTUAL_ENV'], join(request.cwd, '.venv')];
  const programs = folders.flatMap((folder) =>
    folder === undefined || folder === ''
      ? []
      : [join(folder, 'bin/python'), join(folder, 'Scripts/python.exe')],
  );
  return [programs.find((path) => existsSync(path)) ?? 'python3'];
}

function withoutSecrets(facts: Facts): Facts {
  const errors = facts.errors.map((error) => ({ ...error, message: withoutPasswords(error.message) }));
  return { ...facts, errors };
}

function nothingRead(facts: Facts, help: HelpTexts): OndeleteError {
  const [error] = facts.errors;
  const place = error?.place == null ? '' : `${error.place.file}:${error.place.line}: `;
  return new OndeleteError(
    'MODELS_UNREADABLE',
    `no models could be read: ${place}${error?.message ?? 'nothing was found'}`,
    helpFor(error?.stage ?? '', error?.message ?? '', help),
  );
}

function helpFor(stage: string, message: string, help: HelpTexts): string {
  if (stage === 'environment') return 'Choose the application’s own Python with --python.';
  if (message.includes('ModuleNotFoundError') || message.includes('NoSuchModuleError')) return help.missing;
  if (message.includes('KeyError') || message.includes('SystemExit'))
    return 'If the application wants variables of its environment, set them or give --env-file FILE.';
  return stage === 'import' ? help.import : help.otherwise;
}
