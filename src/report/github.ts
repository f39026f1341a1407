/** Workflow commands that GitHub Actions shows beside the lines of the policy file. */
import type { Problem } from './problems.ts';

const commands = { error: 'error', warning: 'warning', info: 'notice' } as const;

/**
 * @param pathOf a file as the policy names it → its path from the root of the repository
 * @returns one line for each problem, and one for all where there is none
 * Escapes: https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
 */
export function githubText(problems: readonly Problem[], pathOf: (file: string) => string): string {
  if (problems.length === 0) return '::notice title=ondelete::In policy: nothing to tell.';
  return problems
    .map(({ code, level, title, message, position }) => {
      const place =
        position === null
          ? []
          : [`file=${property(pathOf(position.file))}`, `line=${position.line}`, `col=${position.column}`];
      const properties = [...place, `title=${property(`${code}: ${title}`)}`].join(',');
      return `::${commands[level]} ${properties}::${data(message)}`;
    })
    .join('\n');
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
