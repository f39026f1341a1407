/**
 * TOML 1.0 (https://toml.io/en/v1.0.0), as far as who names a database needs it: all of its structure and its strings; numbers, dates and
 * booleans stay text. What is not understood is an error, never a guess. Pure.
 */

/** @throws Error with the line of what is not understood */
export function readToml(text: string): object {
  const reader = readerOf(text);
  const root: Fields = emptyTable();
  let here = root;
  reader.skip(true);
  while (!reader.ended()) {
    const isList = reader.take('[[');
    if (isList || reader.take('[')) {
      const path = reader.path();
      reader.need(isList ? ']]' : ']');
      here = isList ? listEntry(root, path, reader) : tableAt(root, path, reader);
    } else assign(here, reader);
    reader.skip(false);
    if (!reader.ended() && !reader.take('\n')) reader.fail();
    reader.skip(true);
  }
  return root;
}

type Fields = Record<string, unknown>;
/** Without a prototype, so that every name is only a name. */
const emptyTable = (): Fields => Object.create(null) as Fields;

type Reader = ReturnType<typeof readerOf>;

function readerOf(text: string) {
  let at = text.startsWith('\ufeff') ? 1 : 0;
  const fail = (): never => {
    throw new Error(`line ${text.slice(0, at).split('\n').length} is not understood`);
  };
  /** The match here of a sticky pattern. */
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found !== null) at = pattern.lastIndex;
    return found;
  };
  const take = (sign: string): boolean => {
    const isHere = text.startsWith(sign, at);
    if (isHere) at += sign.length;
    return isHere;
  };
  return {
    fail,
    match,
    take,
    ended: (): boolean => at >= text.length,
    need: (sign: string): void => {
      if (!take(sign)) fail();
    },
    /** Blanks and comments, over the ends of lines or up to one. */
    skip: (overLines: boolean): void => {
      match(overLines ? /(?:[ \t\r\n]|#[^\n]*)*/y : /(?:[ \t\r]|#[^\n]*)*/y);
    },
    path(): readonly string[] {
      const names: string[] = [];
      do {
        match(/[ \t]*/y);
        names.push(match(/[\w-]+/y)?.[0] ?? line() ?? fail());
        match(/[ \t]*/y);
      } while (take('.'));
      return names;
    },
    text: (): string | null => block() ?? line(),
  };

  function line(): string | null {
    const [, basic, literal] = match(/"((?:[^"\\\n]|\\[^\n])*)"|'([^'\n]*)'/y) ?? [];
    return basic === undefined ? (literal ?? null) : unescaped(basic, fail);
  }

  function block(): string | null {
    const found = match(/"""\r?\n?((?:[^"\\]|\\[^]|"{1,2}(?!"))*"{0,2})"""|'''\r?\n?([^]*?'{0,2})'''(?!')/y);
    const [, basic, literal] = found ?? [];
    if (basic === undefined) return literal ?? null;
    return unescaped(basic.replace(/((?:^|[^\\])(?:\\\\)*)\\[ \t]*\r?\n\s*/g, '$1'), fail);
  }
}

const escapes: Readonly<Record<string, string>> = {
  b: '\b',
  t: '\t',
  n: '\n',
  f: '\f',
  r: '\r',
  '"': '"',
  '\\': '\\',
};

function unescaped(text: string, fail: () => never): string {
  return text.replace(/\\(?:u([\da-fA-F]{4})|U(00[01][\da-fA-F]{5})|([^]))/g, (_, short, long, sign) => {
    const code = (short ?? long) as string | undefined;
    return code === undefined
      ? (escapes[sign as string] ?? fail())
      : String.fromCodePoint(Number.parseInt(code, 16));
  });
}

function assign(table: Fields, reader: Reader): void {
  const path = reader.path();
  reader.need('=');
  reader.skip(false);
  const owner = tableAt(table, path.slice(0, -1), reader);
  const name = path.at(-1) ?? '';
  if (name in owner) reader.fail();
  owner[name] = value(reader);
}

function value(reader: Reader): unknown {
  if (reader.take('[')) return list(reader, ']', () => value(reader));
  if (reader.take('{')) {
    const table = emptyTable();
    list(reader, '}', () => assign(table, reader));
    return table;
  }
  return (
    reader.text() ??
    reader.match(/true|false|[+-]?(?:inf|nan|\d[\w.:+-]*(?: \d\d:[\d:.]+(?:Z|[+-][\d:]+)?)?)/y)?.[0] ??
    reader.fail()
  );
}

/** Entries with commas between, up to the sign that ends them. */
function list<T>(reader: Reader, end: string, entry: () => T): readonly T[] {
  const entries: T[] = [];
  reader.skip(true);
  while (!reader.take(end)) {
    entries.push(entry());
    reader.skip(true);
    if (!reader.take(',')) {
      reader.need(end);
      break;
    }
    reader.skip(true);
  }
  return entries;
}

/** The table of this path; of a list of tables its last one. */
function tableAt(root: Fields, path: readonly string[], reader: Reader): Fields {
  return path.reduce((table, name) => {
    const found = (table[name] ??= emptyTable());
    const last: unknown = Array.isArray(found) ? found.at(-1) : found;
    return typeof last === 'object' && last !== null ? (last as Fields) : reader.fail();
  }, root);
}

function listEntry(root: Fields, path: readonly string[], reader: Reader): Fields {
  const owner = tableAt(root, path.slice(0, -1), reader);
  const found = (owner[path.at(-1) ?? ''] ??= []);
  const entry = emptyTable();
  if (!Array.isArray(found)) return reader.fail();
  found.push(entry);
  return entry;
}
