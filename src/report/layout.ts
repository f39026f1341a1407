/** How text reports are laid out: colours, wrapping, plural forms. Pure: the caller knows the terminal. */
import { createColors } from 'picocolors';
import type { Severity } from '../core/codes/index.ts';
import type { Commands } from '../core/contracts/template.ts';

export interface Terminal {
  readonly columns: number;
  readonly color: boolean;
}

export interface Colors {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly green: (text: string) => string;
  readonly cyan: (text: string) => string;
}

export function colorsFor(terminal: Terminal): Colors {
  return createColors(terminal.color);
}

/** No colours, whatever the terminal can show. */
export const plain = colorsFor({ columns: 80, color: false });

/** What text is laid out on: the colours of a terminal, and lines of its width. */
export interface Page extends Colors {
  readonly wrap: (text: string, indent: number, hanging?: number) => readonly string[];
}

export function pageFor(terminal: Terminal): Page {
  return { ...colorsFor(terminal), wrap: (text, ...indents) => wrap(text, terminal, ...indents) };
}

/** The colour of a finding's code. */
export function severityColor(severity: Severity, page: Page): (text: string) => string {
  return { error: page.red, warning: page.yellow, info: page.cyan }[severity];
}

/** Indented lines no wider than the terminal, broken at spaces; a word that is longer stands alone. */
export function wrap(text: string, terminal: Terminal, indent: number, hanging = indent): readonly string[] {
  const width = Math.max(40, Math.min(terminal.columns, 120));
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const margin = lines.length === 0 ? indent : hanging;
    if (line !== '' && margin + line.length + 1 + word.length > width) {
      lines.push(' '.repeat(margin) + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(' '.repeat(lines.length === 0 ? indent : hanging) + line);
  return lines;
}

/** `rehearsal: deletes ██████░░░░ 6 of 10`; without a number where the total is unknown. */
export function progressBar(what: string, done: number, all: number): string {
  if (all === 0) return what;
  const width = 20;
  const full = Math.round((width * done) / all);
  return `${what} ${'█'.repeat(full)}${'░'.repeat(width - full)} ${done} of ${all}`;
}

/** `1 key`, `3 keys`. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${number.toLocaleString('en-US')} ${number === 1 ? noun : plural}`;
}

/** The first of many as lines, then how many there are beyond. */
export function firstOf<Item>(
  items: readonly Item[],
  most: number,
  indent: number,
  linesOf: (item: Item) => readonly string[],
): readonly string[] {
  const rest = items.length - most;
  return [
    ...items.slice(0, most).flatMap(linesOf),
    ...(rest > 0 ? [`${' '.repeat(indent)}… and ${rest} more (--format json lists all)`] : []),
  ];
}

/** How to run files and how to go back, where there is room for one line only. */
export function inOneLine({ down, up }: Commands): string {
  return `${up}   (back: ${down})`;
}
