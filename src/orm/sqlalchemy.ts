/** SQLAlchemy 1.4 and 2.x: a probe in the application's own Python reads the mapped classes; the rules run here. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OndeleteError, withoutPasswords } from '../errors.ts';
import type { OrmAdapter, ReadRequest } from './adapter.ts';
import { parseFacts, type Facts } from './facts.ts';
import { commandWords, run } from './interpreter.ts';
import { sqlalchemyFindings } from './sqlalchemy-rules.ts';

const probe = new URL('./sqlalchemy-probe.py', import.meta.url);

export const sqlalchemy: OrmAdapter = {
  name: 'sqlalchemy',
  title: 'SQLAlchemy',
  deletes: {
    unloaded: 'session.delete, not loaded',
    loaded: 'session.delete, loaded',
    bulk: 'bulk delete, plain SQL',
  },
  read,
  lint: sqlalchemyFindings,
};

async function read(request: ReadRequest): Promise<Facts> {
  if (request.models.length === 0 && request.alembic === null) {
    throw new OndeleteError(
      'USAGE',
      'no models are named',
      'Name them with --models package.module (once for each), or --alembic alembic.ini.',
    );
  }
  const command = interpreterFor(request);
  const what = [
    ...request.models,
    ...(request.alembic === null ? [] : [`env.py of ${request.alembic}`]),
  ].join(', ');
  request.talk(`Importing ${what} with ${command.join(' ')}: this runs the application’s code.`);
  const { answer, noise, exitCode } = await run({
    command,
    program: { text: await readFile(probe, 'utf8') },
    request: {
      models: request.models,
      alembic: request.alembic,
      dialect: request.flavor,
      stubEngine: request.stubEngine,
    },
    cwd: request.cwd,
    environment: request.environment,
    timeLimitMilliseconds: request.timeLimitMilliseconds,
  });
  if (answer === null) {
    const last = withoutPasswords(noise).trim().split('\n').at(-1) ?? '';
    throw new OndeleteError(
      'MODELS_UNREADABLE',
      `${command.join(' ')} gave no facts (exit ${exitCode ?? 'by a signal'})${last === '' ? '' : `: ${last}`}`,
      'It has to be a Python 3 that runs the program on its standard input, with SQLAlchemy; choose one with --python.',
    );
  }
  const facts = withoutSecrets(parseFacts(answer, 'the probe'));
  if (facts.tables.length === 0) throw nothingRead(facts);
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

function nothingRead(facts: Facts): OndeleteError {
  const [error] = facts.errors;
  const place = error?.place == null ? '' : `${error.place.file}:${error.place.line}: `;
  return new OndeleteError(
    'MODELS_UNREADABLE',
    `no models could be read: ${place}${error?.message ?? 'nothing was found'}`,
    wayOut(facts),
  );
}

function wayOut(facts: Facts): string {
  const [error] = facts.errors;
  const message = error?.message ?? '';
  if (error?.stage === 'environment') return 'Choose the application’s own Python with --python.';
  if (message.includes('ModuleNotFoundError') || message.includes('NoSuchModuleError')) {
    return 'Call it from the folder the application is started from, choose its Python with --python, or replace a missing driver with --stub-engine.';
  }
  if (message.includes('KeyError') || message.includes('SystemExit')) {
    return 'If the application wants variables of its environment, set them or give --env-file FILE.';
  }
  return error?.stage === 'import'
    ? 'If it opens its database while it is imported, try --stub-engine; variables of its environment can be given with --env-file FILE.'
    : 'Name the modules that define the models with --models.';
}
