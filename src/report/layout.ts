/** How text reports are laid out: colours, wrapping, plural forms. Pure: the caller says whether there are colours and how wide the page is. */
import { createColors } from 'picocolors';

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

export function colorsFor(page: Terminal): Colors {
  return createColors(page.color);
}

/** No colours, whatever the page can show. */
export const plain = colorsFor({ columns: 80, color: false });

/** Breaks a text at blanks so that no line is wider than the page; a longer word stands alone. Every line is indented. */
export function wrap(text: string, page: Terminal, indent: number, hanging = indent): readonly string[] {
  const width = Math.max(40, Math.min(page.columns, 120));
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

/** `rehearsal: deletes ██████░░░░ 6 of 10`: one line of progress; without a number where nobody knows how much there is. */
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
