/** Text to pattern. No `parse…` function throws: a text that does not fit comes back with the reason and the place. */
import { OndeleteError } from '../../core/errors.ts';
import {
  literalOf,
  type NamePart,
  type NamePattern,
  type PathPattern,
  type Pattern,
  type EndPattern,
  type TablePattern,
} from './ast.ts';

/** What a text means, or what is wrong with it and where (`offset` counts UTF-16 units from 0). */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string; readonly offset: number };

/**
 * More stars in one name would make a backtracking RegExp slow on names that are made to be slow:
 * five take at most some ten million steps on a name of 64 characters, ten would take 10^11.
 */
const MAXIMUM_STARS = 5;

const PLAIN = /(?:(?!->|~>)[^\s.,(){}"*?])+/y;
const QUOTED = /"((?:[^"]|"")*)"/y;
const SPACE = /\s*/y;

export function parsePattern(text: string): Parsed<Pattern> {
  return parseWith(text, (reader) => {
    const child = reader.end();
    reader.arrow();
    return { child, parent: reader.end() };
  });
}

/** What `--only` and `--allow CODE:` take: a full pattern, or the child alone. */
export function parseSelector(text: string): Parsed<Pattern> {
  return parseWith(text, (reader) => {
    const child = reader.end();
    if (reader.atEnd()) return { child, parent: null };
    reader.arrow();
    return { child, parent: reader.end() };
  });
}

/** `parseSelector` for a command-line option; throws USAGE that names the option and the character. */
export function readSelector(text: string, option: string): Pattern {
  const parsed = parseSelector(text);
  if (parsed.ok) return parsed.value;
  throw new OndeleteError(
    'USAGE',
    `${option} '${text}': ${parsed.message}, at character ${parsed.offset + 1}`,
    "Write it as `child -> parent` or `child`, in single quotes, such as 'order_items -> orders'.",
  );
}

export function parsePathPattern(text: string): Parsed<PathPattern> {
  return parseWith(text, (reader) => {
    const from = reader.table();
    reader.pathArrow();
    return { from, to: reader.table() };
  });
}

/** `[schema.]table`, as in `exclude`. */
export function parseTablePattern(text: string): Parsed<TablePattern> {
  return parseWith(text, (reader) => reader.table());
}

/** A glob on one name, as in `schemas`. */
export function parseNamePattern(text: string): Parsed<NamePattern> {
  return parseWith(text, (reader) => reader.name());
}

/** The `(a, "b c")` after an action: names without globs. */
export function parseColumnList(text: string): Parsed<readonly string[]> {
  return parseWith(text, (reader) =>
    (reader.columns() ?? []).map(
      (name) => literalOf(name) ?? reader.fail('a column list takes names, not globs (* ? {})', 0),
    ),
  );
}

function parseWith<T>(text: string, read: (reader: PatternReader) => T): Parsed<T> {
  const reader = new PatternReader(text);
  try {
    const value = read(reader);
    return reader.atEnd() ? { ok: true, value } : reader.fail(reader.unexpected());
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    return { ok: false, message: error.message, offset: error.offset };
  }
}

/** Ends the reading of one text; never leaves this file. */
class PatternError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** Recursive descent over one text. Each method reads one thing at the current offset, or fails there. */
class PatternReader {
  readonly #text: string;
  #offset = 0;

  constructor(text: string) {
    this.#text = text;
  }

  fail(message: string, offset = this.#offset): never {
    throw new PatternError(message, offset);
  }

  atEnd(): boolean {
    this.#match(SPACE);
    return this.#offset === this.#text.length;
  }

  unexpected(): string {
    if (this.#comes('.'))
      return 'a name has at most two parts, `schema.table`; put a name that contains a dot in "double quotes"';
    if (this.#comes('->')) return 'a second `->`; a pattern has one child and one parent';
    const found = String.fromCodePoint(this.#text.codePointAt(this.#offset) ?? 0);
    return `unexpected \`${found}\`; put a name with spaces or other special characters in "double quotes"`;
  }

  arrow(): void {
    if (this.atEnd()) this.fail('`->` is missing; a pattern is written `child -> parent`');
    if (!this.#take('->')) this.fail(this.unexpected());
  }

  pathArrow(): void {
    if (this.atEnd()) this.fail('`~>` is missing; a path rule is written `table ~> table`');
    if (this.#comes('->'))
      this.fail('a path rule is written `table ~> table`, over any number of keys; `->` stands for one key');
    if (this.#comes('(')) this.fail('a path rule names tables, without columns');
    if (!this.#take('~>')) this.fail(this.unexpected());
  }

  end(): EndPattern {
    return { ...this.table(), columns: this.columns() };
  }

  table(): TablePattern {
    const first = this.name();
    return this.#take('.') ? { schema: first, name: this.#nameHere() } : { schema: null, name: first };
  }

  name(): NamePattern {
    this.#match(SPACE);
    return this.#nameHere();
  }

  columns(): NamePattern[] | null {
    this.#match(SPACE);
    if (!this.#comes('(')) return null;
    const names = this.#list(() => this.#nameHere());
    if (this.#take(')')) return names;
    return this.fail(this.atEnd() || this.#comes('->') ? '`)` is missing' : this.unexpected());
  }

  #nameHere(): NamePattern {
    const start = this.#offset;
    const parts = this.#parts(false);
    if (this.#offset === start) this.fail('a name is missing');
    if (countStars(parts) > MAXIMUM_STARS) this.fail(`a name may hold at most ${MAXIMUM_STARS} stars`, start);
    return parts.length === 0 ? [{ kind: 'text', text: '' }] : parts;
  }

  /** Adjacent texts and adjacent stars are merged, and empty texts dropped. */
  #parts(inChoice: boolean): NamePattern {
    const parts: NamePart[] = [];
    for (let part = this.#part(inChoice); part !== null; part = this.#part(inChoice)) {
      const last = parts.at(-1);
      if (part.kind === 'text' && last?.kind === 'text') {
        parts[parts.length - 1] = { kind: 'text', text: last.text + part.text };
      } else if (part.kind === 'text' ? part.text !== '' : part.kind !== 'any' || last?.kind !== 'any') {
        parts.push(part);
      }
    }
    return parts;
  }

  #part(inChoice: boolean): NamePart | null {
    if (this.#comes('"')) return { kind: 'text', text: this.#quoted() };
    if (this.#comes('{')) return inChoice ? this.fail('braces cannot stand inside braces') : this.#choice();
    if (this.#take('*')) return { kind: 'any' };
    if (this.#take('?')) return { kind: 'one' };
    const [text] = this.#match(PLAIN) ?? [];
    return text === undefined ? null : { kind: 'text', text };
  }

  #quoted(): string {
    const found = this.#match(QUOTED) ?? this.fail('the closing double quote is missing');
    return (found[1] ?? '').replaceAll('""', '"');
  }

  #choice(): NamePart {
    const start = this.#offset;
    const options = this.#list(() => this.#parts(true));
    if (this.#take('}')) return { kind: 'choice', options };
    if (this.atEnd()) this.fail('`}` is missing', start);
    return this.fail('braces hold parts of one name, `{a,b}`; put other characters in "double quotes"');
  }

  /** Items between commas, up to the closing sign; the opening one is read first. */
  #list<T>(read: () => T): T[] {
    const items: T[] = [];
    do {
      this.#offset += 1;
      this.#match(SPACE);
      items.push(read());
      this.#match(SPACE);
    } while (this.#comes(','));
    return items;
  }

  #comes(token: string): boolean {
    return this.#text.startsWith(token, this.#offset);
  }

  #take(token: string): boolean {
    const there = this.#comes(token);
    if (there) this.#offset += token.length;
    return there;
  }

  #match(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.#offset;
    const found = expression.exec(this.#text);
    this.#offset += found?.[0].length ?? 0;
    return found;
  }
}

function countStars(pattern: NamePattern): number {
  return pattern.reduce((sum, part) => {
    if (part.kind === 'choice') return sum + Math.max(...part.options.map(countStars));
    return sum + (part.kind === 'any' ? 1 : 0);
  }, 0);
}
