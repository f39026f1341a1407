/** Workflow commands that GitHub Actions shows beside the lines of the policy file. */
import type { Problem } from './content.ts';
import { commandData, commandProperty } from './escape.ts';

const commands = { error: 'error', warning: 'warning', info: 'notice' } as const;

/**
 * @param pathOf a file as the policy names it → its path from the root of the repository
 * @returns one line for each problem, or one line if there is none
 */
export function githubText(problems: readonly Problem[], pathOf: (file: string) => string): string {
  if (problems.length === 0) return '::notice title=ondelete::No findings.';
  return problems
    .map(({ code, level, title, message, position }) => {
      const place =
        position === null
          ? []
          : [
              `file=${commandProperty(pathOf(position.file))}`,
              `line=${position.line}`,
              `col=${position.column}`,
            ];
      const properties = [...place, `title=${commandProperty(`${code}: ${title}`)}`].join(',');
      return `::${commands[level]} ${properties}::${commandData(message)}`;
    })
    .join('\n');
}
