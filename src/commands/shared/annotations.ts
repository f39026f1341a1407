/** `--format github` and `--format sarif`, which `diff` and `lint` share. */
import { problemsOf, type Problematic } from '../../report/content.ts';
import type { Arguments, Context } from './options.ts';
import { pathInRepository } from './git-root.ts';
import { sarifText } from '../../report/sarif.ts';
import { githubText } from '../../report/github.ts';

/** Prints what a report complains of, with paths from the root of the repository. */
export function printProblems(
  problematic: Problematic,
  policyFile: string,
  args: Arguments,
  context: Context,
): void {
  const problems = problemsOf(problematic);
  const pathOf = pathInRepository(context.cwd);
  if (args['format'] === 'sarif') {
    context.stdout(sarifText(problems, policyFile, pathOf));
  } else {
    context.stdout(githubText(problems, pathOf));
  }
}
