/** Runs the files on the connection of a rehearsal, as the engine's own client would. */
import { compareText } from '../../src/core/names.ts';
import type { EngineName } from '../../src/core/model.ts';
import type { MigrationFile, Replay, Stage } from '../../src/core/contracts/template.ts';

/** The server accepts several statements at once, but not the commands for the client. */
export function replay(files: readonly MigrationFile[], stage: Stage): Replay {
  const sorted = (ending: string): readonly MigrationFile[] =>
    files.filter((one) => one.path.endsWith(ending)).sort((a, b) => compareText(a.path, b.path));
  const run = async (some: readonly MigrationFile[]): Promise<void> => {
    for (const one of some) for (const text of messages(one.content, stage.flavor)) await stage.run(text);
  };
  return { up: () => run(sorted('.up.sql')), down: () => run([...sorted('.down.sql')].reverse()) };
}

/** The file in pieces to send, each without commands for the client. */
function messages(content: string, flavor: EngineName): readonly string[] {
  const lines = content.split(/\r?\n/);
  const pieces =
    flavor === 'postgres' ? byStatement(lines) : flavor === 'mariadb' ? byDelimiter(lines) : [lines];
  const isCommand = (line: string): boolean => flavor === 'sqlite' && /^\.[a-z]+ /.test(line);
  return pieces
    .map((piece) => piece.filter((line) => !isCommand(line)))
    .filter((piece) => piece.some((line) => line.trim() !== '' && !line.startsWith('--')))
    .map((piece) => piece.join('\n').trimEnd());
}

/** A block that commits must be a message of its own. What stands behind \if is for errors, which end a rehearsal anyway. */
function byStatement(lines: readonly string[]): readonly (readonly string[])[] {
  const pieces: string[][] = [[]];
  let block: string | null = null;
  let skips = false;
  for (const line of lines) {
    if (block === null && line.startsWith('\\')) skips = line.startsWith('\\if');
    else if (!skips) pieces.at(-1)?.push(line);
    block ??= /^DO (\$\w*\$)/.exec(line)?.[1] ?? null;
    if (block !== null && line.endsWith(`${block};`)) block = null;
    if (block === null && line.endsWith(';')) pieces.push([]);
  }
  return pieces;
}

/** MariaDB's blocks stand between two DELIMITER commands. */
function byDelimiter(lines: readonly string[]): readonly (readonly string[])[] {
  const pieces: string[][] = [[]];
  let delimiter = ';';
  for (const line of lines) {
    const next = /^DELIMITER (\S+)$/.exec(line)?.[1];
    if (next === undefined) pieces.at(-1)?.push(delimiter === ';' ? line : withoutEnd(line, delimiter));
    else pieces.push([]);
    delimiter = next ?? delimiter;
  }
  return pieces;
}

function withoutEnd(line: string, delimiter: string): string {
  return line.endsWith(delimiter) ? line.slice(0, -delimiter.length) : line;
}
