/**
 * MySQL's and MariaDB's tokens. A comment that a server of this version would run, such as slash, star, `!80016 … `, is code here as well;
 * another one is a comment: https://dev.mysql.com/doc/refman/9.7/en/comments.html, https://mariadb.com/kb/en/comment-syntax/
 */
import type { EngineName } from '../../../src/core/model.ts';
import { type Lexis, rule, unquoted } from '../../sql/tokenizer.ts';

/** A dash-dash comment wants a blank behind it. */
const space = /(?:\s+|#[^\n]*|--(?=\s|$)[^\n]*)+/y;
const versioned = /\/\*(M?)!(\d{5,6})?/y;

const rules = [
  rule('string', /'[^'\\]*(?:(?:\\[\s\S]|'')[^'\\]*)*'/y, unquoted, "'"),
  rule('string', /"[^"\\]*(?:(?:\\[\s\S]|"")[^"\\]*)*"/y, unquoted, '"'),
  rule('name', /`[^`]*(?:``[^`]*)*`/y, unquoted, '`'),
  rule('number', /\d+(?![\w$\u0080-\uffff])/y),
  // a name may begin with a digit
  rule('word', /[\w$\u0080-\uffff]+/y),
];

/** @param version null for one that runs every comment of its kind */
export function mysqlLexis(flavor: EngineName, version: readonly number[] | null): Lexis {
  const [major = 0, minor = 0, patch = 0] = version ?? [99, 99, 98];
  const number = major * 10_000 + minor * 100 + patch;
  const runs = (onlyMariadb: boolean, from: number): boolean => {
    if (flavor !== 'mariadb') return !onlyMariadb && from <= number;
    // MariaDB leaves out what is for MySQL 5.7 and later
    return from <= number && (onlyMariadb || from < 50_700 || from > 99_999);
  };
  let inside = false;
  const skip = (sql: string, from: number): number => {
    let at = from;
    for (;;) {
      space.lastIndex = at;
      if (space.test(sql)) at = space.lastIndex;
      if (inside && sql.startsWith('*/', at)) {
        inside = false;
        at += 2;
        continue;
      }
      if (!sql.startsWith('/*', at)) return at;
      versioned.lastIndex = at;
      const [opening, onlyMariadb, since] = versioned.exec(sql) ?? [];
      if (opening !== undefined && !inside && runs(onlyMariadb === 'M', Number(since ?? 0))) {
        inside = true;
        at += opening.length;
        continue;
      }
      at = behindComment(sql, at, opening !== undefined);
      if (at === -1) return -1;
    }
  };
  return { skip, rules: () => rules };
}

/** A versioned comment that is not run may hold one more inside. */
function behindComment(sql: string, from: number, mayNest: boolean): number {
  let at = from + 2;
  const end = sql.indexOf('*/', at);
  const inner = sql.indexOf('/*', at);
  if (mayNest && inner !== -1 && inner < end) {
    at = behindComment(sql, inner, true);
    if (at === -1) return -1;
    const outer = sql.indexOf('*/', at);
    return outer === -1 ? -1 : outer + 2;
  }
  return end === -1 ? -1 : end + 2;
}
