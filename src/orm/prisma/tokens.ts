/** The text of a schema.prisma as words, texts, marks, comments and line ends. Pure. */

export interface Token {
  readonly kind: 'newline' | 'comment' | 'text' | 'word' | 'mark' | 'end';
  /** Of a text without its quotes, of a comment without its slashes. */
  readonly text: string;
  readonly line: number;
}

const lexeme =
  /(?<blank>[\s\uFEFF]+)|(?<comment>\/\/.*|\/\*[^]*?\*\/)|(?<text>"(?:[^"\\\n]|\\.)*")|(?<word>-?[\p{L}\p{N}_][\p{L}\p{M}\p{N}_.+-]*)|(?<mark>@@|[^])/gu;

const letters: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

/** Takes any text; the last token is `end`. */
export function tokensOf(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let line = 1;
  for (const { 0: found, groups = {} } of source.matchAll(lexeme)) {
    const lines = found.split('\n').length - 1;
    if (groups['blank'] !== undefined) {
      for (let each = 0; each < lines; each += 1)
        tokens.push({ kind: 'newline', text: 'the end of the line', line: line + each });
    } else if (groups['comment'] !== undefined) {
      tokens.push({ kind: 'comment', text: found.replace(/^\/[/*]+|\*\/$/g, '').trim(), line });
    } else if (groups['text'] !== undefined) {
      tokens.push({ kind: 'text', text: unescaped(found), line });
    } else {
      tokens.push({ kind: groups['word'] === undefined ? 'mark' : 'word', text: found, line });
    }
    line += lines;
  }
  return [...tokens, { kind: 'end', text: 'the end of the file', line }];
}

function unescaped(quoted: string): string {
  return quoted
    .slice(1, -1)
    .replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_, code: string | undefined, letter: string) =>
      code === undefined ? (letters[letter] ?? letter) : String.fromCharCode(parseInt(code, 16)),
    );
}
