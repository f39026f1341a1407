/** Paths as the repository sees them. */
import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

/** The folder that holds `.git`, upward from here; the folder itself where there is none. */
export function repositoryRoot(folder: string): string {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return resolve(folder);
  }
}

/** A file as seen from the working directory → its path from the root of the repository, with slashes. */
export function pathInRepository(cwd: string): (file: string) => string {
  const root = repositoryRoot(cwd);
  return (file) => relative(root, resolve(cwd, file)).split(sep).join('/');
}
