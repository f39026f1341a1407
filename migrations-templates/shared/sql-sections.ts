/** Pieces of migrations that are SQL files: comments, and the statements of one direction. */
import type { Direction } from '../../src/core/model.ts';
import type { Migration } from '../../src/core/contracts/template.ts';
import { type Line, nothingToDo, sections, stepsInOrder } from './sections.ts';

export function sqlComment(text: string): string {
  return text === '' ? '--' : `-- ${text.replace(/[\r\n]+/g, ' ')}`;
}

interface SectionOptions {
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
  const withComment = ({ comment, sql }: Line): readonly string[] => [
    ...(comment === '' ? [] : [sqlComment(comment)]),
    ...write(sql),
  ];
  const ordered = stepsInOrder(steps, direction);
  const lines = ordered.flatMap((step) => {
    const body = step[direction];
    if (body.kind === 'nothing') return [sqlComment(nothingToDo(step, body.reason)), ''];
    const running = sections([step], direction, toolCommits ? 'none' : 'own transactions');
    return [
      ...(steps.length === 1 ? [] : [sqlComment(step.title)]),
      ...running.flatMap(({ statements, always }) => [...statements, ...always]).flatMap(withComment),
      '',
    ];
  });
  // MySQL and MariaDB take no text that holds comments alone.
  const isIdle = ordered.every((step) => step[direction].kind === 'nothing');
  return isIdle && migration.flavor !== 'postgres' ? [...lines, ...write('SELECT 1'), ''] : lines;
}

export function withSemicolon(sql: string): readonly string[] {
  return [`${sql};`];
}

/** For tools that cut a file at semicolons, unless two marks say where a statement begins and ends. */
export function between(begin: string, end: string): (sql: string) => readonly string[] {
  return (sql) => (sql.includes(';') ? [begin, `${sql};`, end] : [`${sql};`]);
}

/** A block for tools and clients that cut at semicolons and know DELIMITER. */
export function mariadbBlock(sql: string): readonly string[] {
  if (!sql.includes(';')) return [`${sql};`];
  let delimiter = '$$';
  while (sql.includes(delimiter)) delimiter += '$';
  return [`DELIMITER ${delimiter}`, `${sql}${delimiter}`, 'DELIMITER ;'];
}
