/** `--format github` and `--format sarif`, which `diff` and `lint` share. */
import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { type Problematic, problemsOf } from '../../report/content.ts';
import { githubText } from '../../report/github.ts';
import { sarifText } from '../../report/sarif.ts';
import type { Context } from './options.ts';

/** The problems of a report, with paths from the root of the repository. */
export function annotations(
  problematic: Problematic,
  policyFile: string,
  format: 'github' | 'sarif',
  { cwd }: Pick<Context, 'cwd'>,
): string {
  const problems = problemsOf(problematic);
  const root = repositoryRoot(cwd);
  const pathOf = (file: string): string => relative(root, resolve(cwd, file)).split(sep).join('/');
  return format === 'sarif' ? sarifText(problems, policyFile, pathOf) : githubText(problems, pathOf);
}

/** The folder that holds `.git`, upward from here; the folder itself where there is none. */
function repositoryRoot(folder: string): string {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return resolve(folder);
  }
}
