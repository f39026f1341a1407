/** Reads models in the application's own Node.js: starts a reader and takes its facts. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OndeleteError } from '../../core/errors.ts';
import type { ReadRequest } from '../adapter.ts';
import type { Facts } from '../facts.ts';
import { commandWords, type HelpTexts, readFacts } from './subprocess.ts';

interface NodeReader {
  readonly file: URL;
  /** For people: `Drizzle`. */
  readonly title: string;
  /** What is imported, as the ORM names it; at least one. */
  readonly models: readonly string[];
  /** How to name the models. */
  readonly help: string;
  readonly special?: HelpTexts['special'];
}

const syntaxHelp =
  'Mend the syntax there; where the application runs on another version of Node.js, name it with --node.';

/** @throws OndeleteError MODELS_UNREADABLE where nothing could be read */
export async function readInNode(
  request: ReadRequest,
  { file, title, models, help, special = [] }: NodeReader,
): Promise<Facts> {
  const words = commandWords(request.node ?? '');
  return readFacts(request, {
    title,
    label: models.join(', '),
    command: words.length > 0 ? words : [process.execPath],
    interpreter: words.length > 0 ? words.join(' ') : 'Node.js',
    program: { file: fileURLToPath(file) },
    question: { models, flavor: request.flavor, stubEngine: request.stubEngine },
    help: {
      interpreter: 'It has to be a Node.js 20 or newer; choose one with --node.',
      environment:
        'Call it from the folder that holds the application’s package.json, after its `npm install`.',
      missing: 'Call it from the application’s folder, after its `npm install`, and check the path.',
      import: 'Variables of the application’s environment can be given with --env-file FILE.',
      otherwise: help,
      special: [...special, [/SyntaxError|ParseError|Unexpected token/, syntaxHelp]],
    },
  });
}

/**
 * What `--models` names, else the first of the files that the ORM's own tools look for.
 * @throws OndeleteError USAGE where there is none
 */
export function modelsOr(
  { models, cwd }: ReadRequest,
  usual: readonly string[],
  help: string,
): readonly string[] {
  const found =
    models.length > 0 ? models : usual.filter((file) => existsSync(resolve(cwd, file))).slice(0, 1);
  if (found.length > 0) return found;
  const [first] = usual;
  throw new OndeleteError(
    'USAGE',
    `no models are named${first === undefined ? '' : `, and there is no ${first}`}`,
    help,
  );
}
