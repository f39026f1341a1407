/** `--format github` and `--format sarif`, which `diff` and `lint` share. */
import { problemsOf, type Problematic } from '../../report/content.ts';
import type { Arguments, Context } from './options.ts';
import { pathInRepository } from './git-root.ts';

/** Prints what a report complains of, with paths from the root of the repository. */
export async function printProblems(
  problematic: Problematic,
  policyFile: string,
  args: Arguments,
  context: Context,
): Promise<void> {
  const problems = problemsOf(problematic);
  const pathOf = pathInRepository(context.cwd);
  if (args['format'] === 'sarif') {
    const { sarifText } = await import('../../report/sarif.ts');
    context.stdout(sarifText(problems, policyFile, pathOf));
  } else {
    const { githubText } = await import('../../report/github.ts');
    context.stdout(githubText(problems, pathOf));
  }
}
