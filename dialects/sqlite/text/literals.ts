/** Texts in SQL that clients and repositories leave alone, on lines that fit a screen. */
import type { Ddl } from '../../sql/ddl.ts';

/** Control characters, semicolons and beginnings of comments. */
const needsCare = /[\p{Cc};]|--|\/\*/u;

/** A text that is safe in comments, messages and clients that split at semicolons. */
export function label(text: string): string {
  if (!needsCare.test(text)) return text;
  return text.replace(/[\p{Cc};]+/gu, ' ').replace(/-(?=-)|\/(?=\*)/g, '$& ');
}

/**
 * A text literal on one line without semicolons and comment marks, so that no client's splitting and no conversion of line
 * ends in a repository can alter it.
 */
export function textLiteral(ddl: Ddl, text: string): string {
  if (!needsCare.test(text)) return ddl.text(ddl.literal(text));
  const pieces = text.split(/([\p{Cc};]+|--+|\/\*)/u).filter((piece) => piece !== '');
  const literals = pieces.map((piece) => {
    if (!/^(?:[\p{Cc};]|--|\/\*)/u.test(piece)) return ddl.text(ddl.literal(piece));
    return `char(${Array.from(piece, (character) => character.codePointAt(0)).join(', ')})`;
  });
  return literals.length === 1 ? literals.join('') : `(${literals.join(' || ')})`;
}

const longestLine = 160;

/**
 * Pieces with spaces between, on as few lines as their length allows; a piece is never broken.
 * @param taken how much of the lines is taken by what stands around
 */
export function filled(pieces: readonly string[], indent: string, taken = 0): string {
  const longest = longestLine - taken;
  const whole = pieces.join(' ');
  if (whole.length < longest) return whole;
  const lines: string[] = [];
  let line = '';
  for (const piece of pieces) {
    // One character is left for what closes the statement.
    const fits = line !== '' && line.length + 1 + piece.length < longest;
    if (fits) line += ` ${piece}`;
    else {
      if (line !== '') lines.push(line);
      line = (lines.length === 0 ? '' : indent) + piece;
    }
  }
  return [...lines, line].join('\n');
}
