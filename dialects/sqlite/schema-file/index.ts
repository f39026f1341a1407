/**
 * Schema files of SQLite: `.schema`, `.dump`, Rails' structure.sql, what an ORM exports, written by hand. Sent are only statements that make
 * tables, to a database in memory.
 */
import type {
  SchemaReader,
  SchemaStatement,
  SqlToken,
  Treatment,
} from '../../../src/core/contracts/sql-reader.ts';
import { outermost, outlineOf, type Scanner, scannerOf, splitAtLines, textOf } from '../../sql/tokenizer.ts';
import { sqliteLexis } from '../text/tokens.ts';

export const schemaReader: SchemaReader = {
  read: (text) => ({ statements: read(text), extensions: [] }),
  session: [],
  help: 'Write the file with `sqlite3 FILE .schema`, or take the statement out.',
};

function read(text: string): readonly SchemaStatement[] {
  const scanner = scannerOf(text, sqliteLexis);
  const statements: SchemaStatement[] = [];
  let ended = false;
  const add = (tokens: readonly SqlToken[]): void => {
    const [first] = tokens;
    if (first !== undefined)
      statements.push({ line: first.line, tokens, treatment: treatmentOf(tokens, text) });
  };
  for (;;) {
    const { tokens, end } = statement(scanner);
    ended ||= end;
    if (end) add(tokens);
    else (ended ? [tokens] : splitAtLines(tokens)).forEach(add);
    if (!end) return statements;
  }
}

/** The next statement, as the client cuts: a trigger goes on to the semicolon behind its END. */
function statement(scanner: Scanner): { readonly tokens: readonly SqlToken[]; readonly end: boolean } {
  const tokens: SqlToken[] = [];
  for (let token = scanner.next(); token !== null; token = scanner.next()) {
    if (token.kind === 'sign' && token.value === ';') {
      const isTrigger = /^CREATE (?:TEMP |TEMPORARY )?TRIGGER\b/.test(outlineOf(tokens.slice(0, 3)));
      if (!isTrigger || / ; END$/.test(outlineOf(tokens.slice(-3)))) return { tokens, end: true };
    }
    tokens.push(token);
  }
  return { tokens, end: false };
}

const leave = (what: string | null): Treatment => ({ kind: 'leave out', what });
const refuse = (why: string): Treatment => ({ kind: 'refuse', why });

const refused: readonly (readonly [RegExp, string])[] = [
  [/^(?:ATTACH|DETACH)\b/, 'it reaches into another file'],
  [/^VACUUM .*INTO\b/, 'it writes a file'],
  [/^PRAGMA (?:\S+ \. )?(?:WRITABLE_SCHEMA\b|["'])/, 'it changes the stored schema by hand'],
  [
    /^PRAGMA (?:\S+ \. )?(?:TEMP_STORE_DIRECTORY|DATA_STORE_DIRECTORY|KEY|REKEY)\b/,
    'it reaches beyond the database',
  ],
  [/^\./, 'it is a command of the sqlite3 client'],
];

const left: readonly (readonly [RegExp, string | null])[] = [
  [/^(?:PRAGMA|BEGIN|COMMIT|END|ROLLBACK|SAVEPOINT|RELEASE|ANALYZE|REINDEX|VACUUM|EXPLAIN)\b/, null],
  [/^(?:INSERT|REPLACE|UPDATE|DELETE)\b/, 'statements about rows'],
  [/^(?:SELECT|WITH|VALUES)\b/, 'queries'],
  [/^(?:CREATE|DROP) (?:TEMP |TEMPORARY )?TRIGGER\b/, 'triggers'],
  [/^(?:CREATE|DROP) (?:TEMP |TEMPORARY )?VIEW\b/, 'views'],
  [/^CREATE VIRTUAL\b/, 'virtual tables'],
  [/^CREATE (?:TEMP|TEMPORARY)\b/, 'temporary tables'],
];

function treatmentOf(tokens: readonly SqlToken[], text: string): Treatment {
  const outline = outlineOf(tokens);
  if (tokens.some((token) => token.kind === 'unclosed'))
    return refuse('a quote that is opened here never ends');
  const against = refused.find(([pattern]) => pattern.test(outline));
  if (against !== undefined) return refuse(against[1]);
  if (tokens.some(({ kind, value }) => kind !== 'string' && value.toLowerCase() === 'load_extension'))
    return refuse('it loads code');
  const aside = left.find(([pattern]) => pattern.test(outline));
  if (aside !== undefined) return leave(aside[1]);
  const load = (optional: boolean): Treatment => ({
    kind: 'load',
    sql: textOf(text, tokens),
    optional,
    without: null,
  });
  if (/^CREATE TABLE\b/.test(outline)) {
    const table = tokens.find((token, at) => at > 1 && !/^(?:if|not|exists)$/i.test(token.value));
    // the engine makes these itself
    if (table !== undefined && /^sqlite_/i.test(table.value)) return leave(null);
    return / AS /.test(outermost(tokens)) ? refuse('it makes a table from a query') : load(false);
  }
  if (/^CREATE UNIQUE INDEX\b/.test(outline)) return load(false);
  if (/^CREATE INDEX\b/.test(outline)) return leave('indexes that no key can rest on');
  if (/^ALTER TABLE\b/.test(outline)) return load(false);
  if (/^DROP (?:TABLE|INDEX)\b/.test(outline)) return load(true);
  return refuse('it is none of the statements that make a schema');
}
