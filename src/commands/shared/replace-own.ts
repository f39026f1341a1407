/** Writing one file of our own anew. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { codeOf, OndeleteError } from '../../core/errors.ts';
import { reasonOf } from './atomic-write.ts';

/**
 * Writes the file whole or not at all; an older one of our own is replaced.
 * @param isOurs whether a text is such a file
 * @param kind what it is, for messages: `report`
 * @throws OndeleteError FILE_EXISTS when something else stands there, OUTPUT_NOT_WRITABLE
 */
export function replaceOwn(
  folder: string,
  file: { readonly path: string; readonly content: string },
  isOurs: (text: string) => boolean,
  kind: string,
): void {
  const path = resolve(folder, file.path);
  const draft = `${path}.${process.pid}.draft`;
  try {
    if (existsSync(path) && !isOurs(readFileSync(path, 'utf8'))) {
      throw new OndeleteError(
        'FILE_EXISTS',
        `${file.path} is there already and is no ${kind} of ondelete, so it is not overwritten`,
        'Choose another name.',
      );
    }
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(draft, file.content, { flag: 'wx' });
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    if (codeOf(error) === 'FILE_EXISTS') throw error;
    throw new OndeleteError(
      'OUTPUT_NOT_WRITABLE',
      `cannot write ${file.path}: ${reasonOf(error)}`,
      'Choose another place.',
    );
  }
}
