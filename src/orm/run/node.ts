/** Reads models in the application's own Node.js: starts a probe beside them and takes its facts. */
import { fileURLToPath } from 'node:url';
import { OndeleteError, withoutPasswords } from '../../core/errors.ts';
import type { ReadRequest } from '../adapter.ts';
import { parseFacts, type Facts } from '../facts.ts';
import { commandWords, run } from './subprocess.ts';

export interface NodeProbe {
  /** The probe's file, beside base.mjs. */
  readonly probe: URL;
  /** For people: `Drizzle`. */
  readonly title: string;
  /** What is imported, in the ORM's way of naming; at least one. */
  readonly models: readonly string[];
  /** What to do where nothing could be read and no more is known. */
  readonly help: string;
}

/**
 * Imports the models and returns what they say; what could not be read stands in `errors`.
 * @throws OndeleteError MODELS_UNREADABLE where nothing could be read
 */
export async function readInNode(request: ReadRequest, job: NodeProbe): Promise<Facts> {
  const command = commandFor(request);
  const shown = request.node === null ? 'Node.js' : command.join(' ');
  request.talk(`Importing ${job.models.join(', ')} with ${shown}: this runs the application’s code.`);
  const { answer, noise, exitCode } = await run({
    command,
    program: { file: fileURLToPath(job.probe) },
    request: { models: job.models, flavor: request.flavor, stubEngine: request.stubEngine },
    cwd: request.cwd,
    environment: request.environment,
    timeLimitMilliseconds: request.timeLimitMilliseconds,
  });
  if (answer === null) {
    const last = withoutPasswords(noise).trim().split('\n').at(-1) ?? '';
    throw new OndeleteError(
      'MODELS_UNREADABLE',
      `${shown} gave no facts (exit ${exitCode ?? 'by a signal'})${last === '' ? '' : `: ${last}`}`,
      'It has to be a Node.js 20 or newer; choose one with --node.',
    );
  }
  const facts = parseFacts(answer, 'the probe');
  const errors = facts.errors.map((error) => ({ ...error, message: withoutPasswords(error.message) }));
  if (facts.tables.length > 0) return { ...facts, errors };
  const [error] = errors;
  const place = error?.place == null ? '' : `${error.place.file}:${error.place.line}: `;
  throw new OndeleteError(
    'MODELS_UNREADABLE',
    `no ${job.title} models could be read: ${place}${error?.message ?? 'nothing was found'}`,
    helpFor(error?.stage ?? '', error?.message ?? '', job.help),
  );
}

function commandFor(request: ReadRequest): readonly string[] {
  const words = request.node === null ? [] : commandWords(request.node);
  return words.length > 0 ? words : [process.execPath];
}

function helpFor(stage: string, message: string, otherwise: string): string {
  if (stage === 'environment')
    return 'Call it from the folder that holds the application’s package.json, after its `npm install`.';
  if (message.includes('Cannot find') || message.includes('ERR_MODULE_NOT_FOUND'))
    return 'Call it from the application’s folder, after its `npm install`, and check the path.';
  if (stage === 'import')
    return 'Variables of the application’s environment can be given with --env-file FILE.';
  return otherwise;
}
