/**
 * A source file cut into tokens, as far as it takes to find a call and its arguments: strings, comments and brackets are known,
 * the grammar is not. Pure.
 */

export type Language = 'python' | 'javascript' | 'prisma';

export interface Token {
  readonly kind: 'name' | 'text' | 'number' | 'comment' | 'mark';
  readonly text: string;
  /** Offsets in the file. */
  readonly start: number;
  readonly end: number;
  /** Where it begins; counts from 1. */
  readonly line: number;
}

export interface ProgramText {
  readonly language: Language;
  readonly text: string;
  readonly tokens: readonly Token[];
  /** The place of the bracket that closes the one at a place of `tokens`. */
  readonly closing: ReadonlyMap<number, number>;
}

const python =
  /(?<blank>(?:\s|\uFEFF|\\\r?\n)+)|(?<comment>#.*)|(?<text>[rRbBuUfFtT]{0,2}(?:"""(?:[^\\]|\\[^])*?"""|'''(?:[^\\]|\\[^])*?'''|"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*'))|(?<name>[\p{L}_][\p{L}\p{M}\p{N}_]*)|(?<number>\d[\w.]*)|(?<mark>\*\*|[=!<>:]=|->|[^])/uy;

const javascript =
  /(?<blank>[\s\uFEFF]+)|(?<comment>\/\/.*|\/\*[^]*?\*\/)|(?<text>"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*')|(?<name>[\p{L}_$#][\p{L}\p{M}\p{N}_$]*)|(?<number>\d[\w.]*)|(?<mark>=>|={2,3}|!={1,2}|[<>]=|\.{3}|\?\.|[^])/uy;

/** A pattern between slashes, where no value stands before that could be divided. */
const expression = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/uy;

const opening: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

export function programText(text: string, language: Language): ProgramText {
  const tokens = tokensIn(text, language);
  return { language, text, tokens, closing: bracketsIn(tokens) };
}

function tokensIn(text: string, language: Language): readonly Token[] {
  const tokens: Token[] = [];
  let line = 1;
  for (let at = 0; at < text.length;) {
    const { kind, end } = next(text, at, language, tokens);
    const found = text.slice(at, end);
    if (kind !== 'blank') tokens.push({ kind, text: found, start: at, end, line });
    line += found.split('\n').length - 1;
    at = end;
  }
  return tokens;
}

function next(
  text: string,
  at: number,
  language: Language,
  before: readonly Token[],
): { readonly kind: Token['kind'] | 'blank'; readonly end: number } {
  if (language === 'javascript') {
    if (text[at] === '`') return { kind: 'text', end: endOfTemplate(text, at) };
    if (text[at] === '/' && !/^\/[/*]/.test(text.slice(at, at + 2)) && !isValue(before)) {
      expression.lastIndex = at;
      const found = expression.exec(text);
      if (found !== null) return { kind: 'text', end: expression.lastIndex };
    }
  }
  const lexeme = language === 'python' ? python : javascript;
  lexeme.lastIndex = at;
  const groups = lexeme.exec(text)?.groups ?? {};
  const kind = (['blank', 'comment', 'text', 'name', 'number'] as const).find(
    (each) => groups[each] !== undefined,
  );
  return { kind: kind ?? 'mark', end: Math.max(at + 1, lexeme.lastIndex) };
}

/** Behind a value a slash divides. */
function isValue(before: readonly Token[]): boolean {
  const last = before.findLast(({ kind }) => kind !== 'comment');
  if (last === undefined) return false;
  if (last.kind === 'mark') return /^[)\]}]$/.test(last.text);
  return !/^(return|typeof|case|in|of|delete|void|throw|new|else|do|await|yield)$/.test(last.text);
}

/** `a ${b} c`, with whatever stands in its braces. */
function endOfTemplate(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '`') return at + 1;
    else if (text.startsWith('${', at)) at = endOfBraces(text, at + 2) - 1;
  }
  return text.length;
}

function endOfBraces(text: string, start: number): number {
  const inside: Token[] = [];
  let depth = 1;
  for (let at = start; at < text.length;) {
    const { kind, end } = next(text, at, 'javascript', inside);
    const found = text.slice(at, end);
    if (kind === 'mark') depth += found === '{' ? 1 : found === '}' ? -1 : 0;
    if (kind !== 'blank') inside.push({ kind, text: found, start: at, end, line: 0 });
    at = end;
    if (depth === 0) return at;
  }
  return text.length;
}

function bracketsIn(tokens: readonly Token[]): ReadonlyMap<number, number> {
  const closing = new Map<number, number>();
  const open: number[] = [];
  for (const [at, { kind, text }] of tokens.entries()) {
    if (kind !== 'mark') continue;
    if (opening[text] !== undefined) open.push(at);
    else if (/^[)\]}]$/.test(text)) {
      const from = open.pop();
      if (from !== undefined && opening[tokens[from]?.text ?? ''] === text) closing.set(from, at);
    }
  }
  return closing;
}
