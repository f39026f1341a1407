/** Reads models in the application's own Python: sends it a reader on standard input and takes its facts. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReadRequest } from '../adapter.ts';
import type { Facts } from '../facts.ts';
import { commandWords, type HelpTexts, type ModelReader, readFacts } from './subprocess.ts';

interface PythonReader extends Pick<ModelReader, 'title' | 'label' | 'question'> {
  /** The files of the program, in this order, behind run/base.py. */
  readonly files: readonly URL[];
  readonly help: Pick<HelpTexts, 'missing' | 'import' | 'otherwise' | 'special'>;
}

/** @throws OndeleteError MODELS_UNREADABLE where nothing could be read */
export async function readInPython(request: ReadRequest, reader: PythonReader): Promise<Facts> {
  const command = commandFor(request);
  const files = [new URL('./base.py', import.meta.url), ...reader.files];
  const parts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  return readFacts(request, {
    ...reader,
    command,
    interpreter: command.join(' '),
    program: { text: parts.join('\n\n') },
    help: {
      ...reader.help,
      interpreter: `It has to be a Python 3 that runs the program on its standard input, with ${reader.title}; choose one with --python.`,
      environment: 'Choose the application’s own Python with --python, such as --python .venv/bin/python.',
      special: [
        [
          /: (Syntax|Indentation|Tab)Error: /,
          'Mend the syntax there; where the application runs on another version of Python, name it with --python.',
        ],
        [
          /relative import/,
          'Call it from the folder above the package, and name the module as the application imports it: --models package.module.',
        ],
        ...(reader.help.special ?? []),
      ],
    },
  });
}

/** `--python`, else the active or the folder's virtual environment, else `python3`. */
function commandFor({ python, environment, cwd }: ReadRequest): readonly string[] {
  const words = commandWords(python ?? '');
  if (words.length > 0) return words;
  const ofFolder = join(cwd, '.venv');
  const folders = [
    environment['VIRTUAL_ENV'] ?? '',
    existsSync(join(ofFolder, 'pyvenv.cfg')) ? ofFolder : '',
  ].filter((folder) => folder !== '');
  const programs = folders.flatMap((folder) =>
    ['bin/python', 'Scripts/python.exe'].map((program) => join(folder, program)),
  );
  return [programs.find((path) => existsSync(path)) ?? 'python3'];
}
