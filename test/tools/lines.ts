// The lines of docs/tools.md and of a file's head, run as somebody pastes them: in a shell in the project's folder, or in code of the project.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CliResult, run } from '../support/cli.ts';
import { paste, type Programs } from '../support/paste.ts';

/** What the shell of a project has, as the tool's documentation sets it up. */
export interface Shell {
  /** On the PATH. */
  readonly programs?: Programs;
  readonly env?: Readonly<Record<string, string>>;
  /** What stands for the words in capitals, such as `DATA_SOURCE`. */
  readonly words?: Readonly<Record<string, string>>;
  /** For a tool that is a library: a module of the project around a line of code. */
  readonly module?: (line: string) => string;
}

/** `npx NAME`: the program of a package of the project. */
export const npx: Programs = {
  npx: { command: ['sh', '-c', 'program=$1; shift; exec "./node_modules/.bin/$program" "$@"', 'npx'] },
  node: { command: [process.execPath] },
};

const placeholders = /(?<![A-Z_])(?:APP|DATABASE|DATA_SOURCE|FILE|FOLDER)(?![A-Z_])/g;

/** @throws Error where nothing stands for a word in capitals */
export function filled(line: string, words: Readonly<Record<string, string>>): string {
  return line.replace(placeholders, (word) => {
    const value = words[word];
    if (value === undefined) throw new Error(`nothing stands for ${word} in ${line}`);
    return value;
  });
}

/** Runs a line in which no word in capitals is left. @param bin the folder of the shell's programs */
export function runLine(
  line: string,
  { env = {}, module }: Shell,
  bin: string,
  folder: string,
): Promise<CliResult> {
  if (module === undefined) return paste(line, bin, { cwd: folder, env });
  writeFileSync(join(folder, 'line.mjs'), module(line));
  return run(process.execPath, ['line.mjs'], { cwd: folder, env });
}

/** The commands in the head of a file. @throws Error where the file has none */
export function headLines(text: string): { readonly up: string; readonly down: string } {
  const [, up] = /Run: {2}(.+)/.exec(text) ?? [];
  const [, down] = /Back: (.+)/.exec(text) ?? [];
  if (up === undefined || down === undefined) throw new Error(`no commands in the head of\n${text}`);
  return { up, down };
}

/** A line of the page, with any name where the page has a word in capitals for one. */
export function shapeOf(line: string): RegExp {
  const text = line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${text.replace(/NAME|NUMBER|PREVIOUS/g, '.+')}$`);
}
