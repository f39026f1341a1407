/** Packages that an installation holds only where somebody asked for them: large, or built for one machine. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { codeOf, messageOf, OndeleteError, type ErrorCode } from './errors.ts';

/**
 * What `load` gives.
 * @param purpose what needs the package, as the beginning of a sentence: `a SQLite file`
 * @throws OndeleteError PACKAGE_MISSING with the one command that helps
 */
export async function packageFor<T>(name: string, purpose: string, load: () => Promise<T>): Promise<T> {
  return load().catch((error: unknown) => {
    throw missingPackage(name, `${purpose} needs the package ${name}, which`, '', error);
  });
}

/**
 * The error for a package that cannot be loaded.
 * @param sentence up to the verb: `a SQLite file needs the package better-sqlite3, which`
 * @param otherwise another way out than an installation; '' for none
 */
export function missingPackage(
  name: string,
  sentence: string,
  otherwise: string,
  cause: unknown,
  code: ErrorCode = 'PACKAGE_MISSING',
): OndeleteError {
  // ERR_MODULE_NOT_FOUND, ERR_PACKAGE_PATH_NOT_EXPORTED, MODULE_NOT_FOUND
  const isMissing = /NOT_FOUND|NOT_EXPORTED/.test(codeOf(cause));
  const why = isMissing
    ? 'is not installed'
    : `cannot be loaded: ${messageOf(cause).split('\n')[0]?.slice(0, 200) ?? ''}`;
  const own = fileURLToPath(import.meta.url);
  // One that is there and fails was built for another Node.js, or its build did not run.
  const help = isMissing ? installCommand(name, own) : `npm rebuild ${name}`;
  return new OndeleteError(code, `${sentence} ${why}`, `${help}${otherwise}`, cause);
}

/** How to put a package beside this one, which is at `own`: what npx fetched, what is global, and what belongs to a project differ. */
export function installCommand(name: string, own: string): string {
  const folders = own.split(/[/\\]/);
  if (folders.includes('_npx')) return `npx --package ondelete --package ${name} ondelete …`;
  if (folders.includes('.pnpm')) return `pnpm add --save-dev ${name}`;
  const above = folders.indexOf('node_modules');
  const isGlobal = above > 0 && !existsSync(join(folders.slice(0, above).join('/') || '/', 'package.json'));
  return `npm install ${isGlobal ? '--global' : '--save-dev'} ${name}`;
}
