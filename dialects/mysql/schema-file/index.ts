/** Schema files of MySQL and MariaDB: mysqldump, mariadb-dump, Rails' structure.sql, what an ORM exports, written by hand. */
import type { SchemaReader, SchemaStatement, SqlToken } from '../../../src/core/contracts/sql-reader.ts';
import type { EngineName, Server } from '../../../src/core/model.ts';
import { outlineOf, type Scanner, scannerOf, splitAtLines } from '../../sql/tokenizer.ts';
import { mysqlLexis } from './lexer.ts';
import { treatments } from './statements.ts';

export function schemaReaderFor(flavor: EngineName): SchemaReader {
  return {
    read: (text, server) => ({ statements: read(text, flavor, server), extensions: [] }),
    // tables in any order; dates and sizes that a strict mode refuses decide nothing about keys
    session: [`SET SESSION foreign_key_checks = 0, unique_checks = 0, sql_mode = '', lock_wait_timeout = 10`],
    help: `Write the file with \`${flavor === 'mariadb' ? 'mariadb-dump' : 'mysqldump'} --no-data DATABASE\`, or take the statement out.`,
  };
}

function read(text: string, flavor: EngineName, server: Server | null): readonly SchemaStatement[] {
  const scanner = scannerOf(text, mysqlLexis(flavor, server?.version ?? null));
  const treat = treatments(text);
  const statements: SchemaStatement[] = [];
  let delimiter = ';';
  let ended = false;
  const add = (tokens: readonly SqlToken[]): void => {
    const [first] = tokens;
    if (first !== undefined) statements.push({ line: first.line, tokens, treatment: treat(tokens) });
  };
  for (;;) {
    const { tokens, end } = statement(scanner, text, delimiter);
    ended ||= end === 'delimiter';
    if (end === 'command') {
      delimiter = scanner.restOfLine().split(/\s/)[0] ?? '';
      if (delimiter !== '') continue;
      delimiter = ';';
      continue;
    }
    if (end === null && !ended) splitAtLines(tokens).forEach(add);
    else add(tokens);
    if (end === null) return statements;
  }
}

/** The next statement, as the client cuts: at the delimiter, wherever it stands outside quotes and comments. */
function statement(
  scanner: Scanner,
  text: string,
  delimiter: string,
): { readonly tokens: readonly SqlToken[]; readonly end: 'delimiter' | 'command' | null } {
  const tokens: SqlToken[] = [];
  for (let token = scanner.next(); token !== null; token = scanner.next()) {
    if (token.kind !== 'string' && token.kind !== 'name' && token.kind !== 'unclosed') {
      const at = text.slice(token.start, token.end).indexOf(delimiter);
      const begins = text.startsWith(delimiter, token.start);
      if (begins || at > 0) {
        if (at > 0) tokens.push({ ...token, end: token.start + at, value: token.value.slice(0, at) });
        scanner.rewindTo(token.start + Math.max(0, at) + delimiter.length);
        return { tokens, end: 'delimiter' };
      }
    }
    if (tokens.length === 0 && outlineOf([token]) === 'DELIMITER') return { tokens: [], end: 'command' };
    tokens.push(token);
  }
  return { tokens, end: null };
}
