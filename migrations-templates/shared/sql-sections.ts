/** Pieces of migrations that are SQL files: comments, and the statements of one direction. */
import { OndeleteError } from '../../src/core/errors.ts';
import type { Statement } from '../../src/core/model.ts';
import type { Migration } from '../../src/core/contracts/template.ts';

export type Direction = 'up' | 'down';

export function sqlComment(text: string): string {
  return text === '' ? '--' : `-- ${text.replace(/[\r\n]+/g, ' ')}`;
}

export interface SectionOptions {
  /** The tool opens and commits the transaction by itself. */
  readonly toolCommits: boolean;
  /** One statement as the tool wants it; by default it ends with a semicolon. */
  readonly write?: (sql: string) => readonly string[];
}

/** The lines of one direction: every statement below its comment, transactions opened and committed unless the tool does. */
export function sectionLines(
  { steps, ...migration }: Migration,
  direction: Direction,
  { toolCommits, write = withSemicolon }: SectionOptions,
): readonly string[] {
  const ordered = direction === 'up' ? steps : [...steps].reverse();
  const lines = ordered.flatMap((step) => {
    const side = step[direction];
    if (side.kind === 'nothing') return [sqlComment(`${step.title}: nothing to do, ${side.reason}`), ''];
    const transaction = toolCommits ? null : step.transaction;
    return [
      ...(steps.length === 1 ? [] : [sqlComment(step.title)]),
      ...(transaction === null ? [] : write(transaction.begin)),
      ...side.statements.flatMap((one) => statementLines(one, write)),
      ...(transaction === null ? [] : write(transaction.commit)),
      ...side.always.flatMap((one) => statementLines(one, write)),
      '',
    ];
  });
  // MySQL and MariaDB take no text that holds comments alone.
  const isIdle = ordered.every((step) => step[direction].kind === 'nothing');
  return isIdle && migration.flavor !== 'postgres' ? [...lines, ...write('SELECT 1'), ''] : lines;
}

function statementLines(
  { comment, sql }: Statement,
  write: (sql: string) => readonly string[],
): readonly string[] {
  return [...(comment === '' ? [] : [sqlComment(comment)]), ...write(sql)];
}

export function withSemicolon(sql: string): readonly string[] {
  return [`${sql};`];
}

/** For tools that cut a file at semicolons, unless two marks say where a statement begins and ends. */
export function between(begin: string, end: string): (sql: string) => readonly string[] {
  return (sql) => (sql.includes(';') ? [begin, `${sql};`, end] : [`${sql};`]);
}

/** @throws OndeleteError USAGE where the text of a name would be read as one of the tool's marks */
export function refuseMarks(content: string, marks: RegExp, wanted: number, tool: string): string {
  const found = content.split('\n').filter((line) => marks.test(line)).length;
  if (found === wanted) return content;
  throw new OndeleteError(
    'USAGE',
    `a name in this change holds a line that ${tool} would read as a mark of its own`,
    'Leave that key out with --only, or write it with --tool sql.',
  );
}

/** A block for tools and clients that cut at semicolons and know DELIMITER. */
export function mariadbBlock(sql: string): readonly string[] {
  if (!sql.includes(';')) return [`${sql};`];
  let delimiter = '$$';
  while (sql.includes(delimiter)) delimiter += '$';
  return [`DELIMITER ${delimiter}`, `${sql}${delimiter}`, 'DELIMITER ;'];
}
