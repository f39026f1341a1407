/**
 * Writing files so that nothing is overwritten and nothing is left half written. All of them are drafted in a folder of their own, which
 * then gets another name: from there on they count as written. A run that is killed before leaves drafts, one that is killed after leaves
 * files that the next run puts in their places.
 */
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { codeOf, messageOf, OndeleteError } from '../../core/errors.ts';
import type { MigrationFile } from '../../core/contracts/template.ts';
import type { Context } from './options.ts';

const drafts = '.ondelete-drafts-';
const written = '.ondelete-written-';
const replacing = '.ondelete-replaces';

/**
 * Writes all files or none, below a folder, which is made if need be; a file of bookkeeping is written last and replaces the old one.
 * @throws OndeleteError FILE_EXISTS before anything is written, OUTPUT_NOT_WRITABLE with everything taken back
 */
export function writeNewFiles(below: string, files: readonly MigrationFile[]): void {
  const { folder, targets } = placesOf(below, files);
  for (const { path, replaces, shown } of targets)
    if (replaces !== true && existsSync(resolve(folder, path))) throw exists(shown);
  if (files.length === 0) return;
  const draft = join(folder, `${drafts}${process.pid}`);
  const ready = join(folder, `${written}${process.pid}`);
  const undo: (() => void)[] = [];
  try {
    makeFolders(folder, undo);
    undo.push(() => [draft, ready].forEach((one) => rmSync(one, { recursive: true, force: true })));
    for (const file of targets) {
      mkdirSync(dirname(join(draft, draftOf(file))), { recursive: true });
      writeFileSync(join(draft, draftOf(file)), file.content, { flag: 'wx' });
    }
    renameSync(draft, ready);
    for (const file of targets) {
      const target = resolve(folder, file.path);
      makeFolders(dirname(target), undo);
      if (file.replaces === true) undo.push(replace(join(ready, draftOf(file)), target));
      else {
        appear(join(ready, file.path), target, file.shown);
        undo.push(() => rmSync(target, { force: true }));
      }
    }
    rmSync(ready, { recursive: true });
  } catch (error) {
    for (const step of undo.reverse()) step();
    if (codeOf(error) === 'FILE_EXISTS') throw error;
    throw new OndeleteError(
      'OUTPUT_NOT_WRITABLE',
      `cannot write to ${folder}: ${reasonOf(error)}`,
      'Nothing was written. Choose another folder (--out, for `init` --output), or give yourself the right to write there.',
    );
  }
}

/**
 * Refuses a file that cannot be written, before the work whose result it is to hold. A folder that is not there is a slip more often than
 * a wish.
 * @throws OndeleteError FILE_EXISTS, OUTPUT_NOT_WRITABLE
 */
export function refuseOutput(output: string | null, { cwd }: Pick<Context, 'cwd'>): void {
  if (output === null) return;
  const path = resolve(cwd, output);
  if (existsSync(path)) throw exists(output);
  if (existsSync(dirname(path))) return;
  throw new OndeleteError(
    'OUTPUT_NOT_WRITABLE',
    `cannot write ${output}: the folder ${dirname(output)} does not exist`,
    'Make it, or correct the path.',
  );
}

/** A text on stdout, or in a new file where one is named. */
export function writeText(
  text: string,
  output: string | null,
  context: Pick<Context, 'cwd' | 'stdout'>,
): void {
  refuseOutput(output, context);
  if (output === null) context.stdout(text.trimEnd());
  else writeNewFiles(context.cwd, [{ path: output, content: text }]);
}

/**
 * Writes one file whole or not at all; an older one of our own is replaced.
 * @param isOurs whether a text is such a file
 * @param kind what it is, for messages: `report`
 * @throws OndeleteError FILE_EXISTS when something else stands there, OUTPUT_NOT_WRITABLE
 */
export function replaceOwn(
  folder: string,
  file: MigrationFile,
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

/** A single file may be asked for anywhere: its draft stands beside it, as one file system is needed. */
function placesOf(
  below: string,
  files: readonly MigrationFile[],
): { readonly folder: string; readonly targets: readonly (MigrationFile & { readonly shown: string })[] } {
  const [only] = files;
  if (only === undefined || files.length > 1)
    return { folder: below, targets: inOrder(files).map((file) => ({ ...file, shown: file.path })) };
  const path = resolve(below, only.path);
  return { folder: dirname(path), targets: [{ ...only, path: basename(path), shown: only.path }] };
}

/**
 * Ends what a killed run had begun to write. A file that is there already stays as it is: it is whole, and may have been edited since.
 * @returns the files that were still missing
 * @throws OndeleteError OUTPUT_NOT_WRITABLE
 */
export function finishWriting(folder: string): readonly string[] {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return [];
  try {
    return readdirSync(folder).flatMap((name) => {
      const [, kind, pid] = /^(\.ondelete-(?:drafts|written)-)(\d+)$/.exec(name) ?? [];
      if (kind === undefined || isAtWork(Number(pid))) return [];
      const left = join(folder, name);
      const all = kind === drafts ? [] : filesBelow(left);
      const ofTool = all.filter((path) => path.startsWith(replacing));
      const missing = all.filter((path) => !ofTool.includes(path) && !existsSync(resolve(folder, path)));
      for (const path of missing) {
        makeFolders(dirname(resolve(folder, path)), []);
        appear(join(left, path), resolve(folder, path), path);
      }
      const replaced = ofTool.map((path) => relative(replacing, path));
      for (const path of replaced) replace(join(left, replacing, path), resolve(folder, path));
      rmSync(left, { recursive: true });
      return [...missing, ...replaced];
    });
  } catch (error) {
    throw new OndeleteError(
      'OUTPUT_NOT_WRITABLE',
      `a run of ondelete was killed while it wrote to ${folder}, and its files cannot be completed: ${reasonOf(error)}`,
      'Give yourself the right to write there and run this again.',
    );
  }
}

/** Another process that may still be writing; a container may give the same number to the next run. */
function isAtWork(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

/** A hard link appears whole or not at all, and never over a file; where the file system has none, moving it there has to do. */
function appear(draft: string, path: string, shown: string): void {
  try {
    linkSync(draft, path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST' || existsSync(path)) throw exists(shown);
    renameSync(draft, path);
  }
}

/** Whoever reads the bookkeeping finds the files that it names. */
function inOrder(files: readonly MigrationFile[]): readonly MigrationFile[] {
  return [
    ...files.filter((file) => file.replaces !== true),
    ...files.filter((file) => file.replaces === true),
  ];
}

/** Where a file waits: what replaces another stands apart, so that a later run knows it. */
function draftOf({ path, replaces }: MigrationFile): string {
  return replaces === true ? join(replacing, path) : path;
}

/** Moves a draft over a file. @returns what puts the old text back */
function replace(draft: string, path: string): () => void {
  const old = existsSync(path) ? readFileSync(path) : null;
  renameSync(draft, path);
  return () => (old === null ? rmSync(path, { force: true }) : writeFileSync(path, old));
}

/** Said before anything else is done. @throws OndeleteError FILE_EXISTS */
export function refuseExisting(path: string, { cwd }: Pick<Context, 'cwd'>, help?: string): void {
  if (existsSync(resolve(cwd, path))) throw exists(path, help);
}

function exists(path: string, help = 'Move it away or choose another name.'): OndeleteError {
  return new OndeleteError('FILE_EXISTS', `${path} is there already and is not overwritten`, help);
}

/**
 * One folder at a time, the outermost first: the recursive form never returns below a folder that is there and takes none, such as /proc
 * (Node.js 20, measured).
 * @param undo gets what takes back the folders that are new
 */
function makeFolders(folder: string, undo: (() => void)[]): void {
  const isThere = (): boolean => statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
  if (isThere()) return;
  makeFolders(dirname(folder), undo);
  try {
    mkdirSync(folder);
  } catch (error) {
    // somebody else has made it meanwhile
    if (isThere()) return;
    throw error;
  }
  undo.push(() => removeEmpty(folder));
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // a folder that somebody else has put something into meanwhile stays
  }
}

function reasonOf(error: unknown): string {
  const reasons: Readonly<Record<string, string>> = {
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    ENOENT: 'it cannot be made there',
    EROFS: 'the file system is read-only',
    EEXIST: 'a file stands where a folder should be',
    ENOTDIR: 'a file stands where a folder should be',
    ENOSPC: 'the disk is full',
  };
  return reasons[codeOf(error)] ?? messageOf(error);
}
