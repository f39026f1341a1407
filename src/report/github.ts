/** Workflow commands that GitHub Actions shows beside the lines of the policy file. */
import { groupBy } from '../core/group-by.ts';
import type { Problem } from './content.ts';
import { commandData, commandProperty } from './escape.ts';

const commands = { error: 'error', warning: 'warning', info: 'notice' } as const;

/** GitHub shows ten annotations of a kind per step, so problems with one code at one place are one annotation with a line for each. */
const linesShown = 20;

/**
 * @param pathOf a file as the policy names it → its path from the root of the repository
 * @returns one line for each code at each place, or one line if there is none
 */
export function githubText(problems: readonly Problem[], pathOf: (file: string) => string): string {
  if (problems.length === 0) return '::notice title=ondelete::No findings.';
  const groups = groupBy(problems, ({ code, level, position }) => JSON.stringify([code, level, position]));
  return [...groups.values()].flatMap((alike) => annotation(alike, pathOf)).join('\n');
}

function annotation(alike: readonly Problem[], pathOf: (file: string) => string): readonly string[] {
  return alike.slice(0, 1).map(({ code, level, title, message, position, shared }) => {
    const place =
      position === null
        ? []
        : [
            `file=${commandProperty(pathOf(position.file))}`,
            `line=${position.line}`,
            `col=${position.column}`,
          ];
    const number = alike.length === 1 ? '' : ` (${alike.length})`;
    const properties = [...place, `title=${commandProperty(`${code}: ${title}${number}`)}`].join(',');
    const rest = alike.length - linesShown;
    const lines = [
      ...(shared === '' ? [] : [shared]),
      ...alike.slice(0, linesShown).map(({ line }) => line),
      ...(rest > 0 ? [`and ${rest} more`] : []),
    ];
    const text = alike.length === 1 ? message : lines.join('\n');
    return `::${commands[level]} ${properties}::${commandData(text)}`;
  });
}
