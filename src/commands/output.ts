/** Writing files so that nothing is overwritten and nothing is left half written. */
import {
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { codeOf, messageOf, OndeleteError } from '../errors.ts';
import type { MigrationFile } from '../template.ts';

/**
 * Writes all files or none, below `folder`, which is made if need be. Each is written whole under another name first.
 * @throws OndeleteError FILE_EXISTS before anything is written, OUTPUT_NOT_WRITABLE with everything taken back
 */
export function writeNewFiles(folder: string, files: readonly MigrationFile[]): void {
  const targets = files.map((file) => ({
    content: file.content,
    path: resolve(folder, file.path),
    shown: file.path,
  }));
  const taken = targets.find((target) => existsSync(target.path));
  if (taken !== undefined) throw exists(taken.shown);
  const undo: (() => void)[] = [];
  try {
    for (const target of targets) {
      const made = mkdirSync(dirname(target.path), { recursive: true });
      if (made !== undefined) undo.push(() => removeEmpty(dirname(target.path), made));
      const draft = `${target.path}.${process.pid}.draft`;
      undo.push(() => rmSync(draft, { force: true }));
      writeFileSync(draft, target.content, { flag: 'wx' });
      appear(draft, target.path, target.shown);
      undo.push(() => rmSync(target.path, { force: true }));
      rmSync(draft);
    }
  } catch (error) {
    for (const step of undo.reverse()) step();
    if (codeOf(error) === 'FILE_EXISTS') throw error;
    throw new OndeleteError(
      'OUTPUT_NOT_WRITABLE',
      `cannot write to ${folder}: ${reasonOf(error)}`,
      'Nothing was written. Choose another folder with --out, or give yourself the right to write there.',
    );
  }
}

/** A hard link appears whole or not at all, and never over a file; where the file system has none, a copy has to do. */
function appear(draft: string, path: string, shown: string): void {
  try {
    linkSync(draft, path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw exists(shown);
    copyFileSync(draft, path, constants.COPYFILE_EXCL);
  }
}

function exists(path: string): OndeleteError {
  return new OndeleteError(
    'FILE_EXISTS',
    `${path} is there already and is not overwritten`,
    'Move it away or choose another name.',
  );
}

/** Folders that were made for this call, from the innermost up to the first that was new. */
function removeEmpty(from: string, upTo: string): void {
  let folder = from;
  try {
    for (;;) {
      rmdirSync(folder);
      if (folder === upTo) return;
      folder = dirname(folder);
    }
  } catch {
    // a folder that somebody else has put something into meanwhile stays
  }
}

function reasonOf(error: unknown): string {
  const reasons: Readonly<Record<string, string>> = {
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    EROFS: 'the file system is read-only',
    ENOTDIR: 'a file stands where a folder should be',
    ENOSPC: 'the disk is full',
  };
  return reasons[codeOf(error)] ?? messageOf(error);
}
