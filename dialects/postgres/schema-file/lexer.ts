/** PostgreSQL's tokens: https://www.postgresql.org/docs/current/sql-syntax-lexical.html */
import { type Lexis, rule, type TokenRule, unquoted } from '../../sql/tokenizer.ts';

const space = /(?:\s+|--[^\n]*)+/y;
const dollar = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;

const plain = rule('string', /'[^']*(?:''[^']*)*'/y, unquoted, "'");
const withBackslashes = rule('string', /'[^'\\]*(?:(?:\\[\s\S]|'')[^'\\]*)*'/y, unquoted, "'");
const escaped = rule('string', /[eE]'[^'\\]*(?:(?:\\[\s\S]|'')[^'\\]*)*'/y, (text) =>
  unquoted(text.slice(1)),
);

const dollarQuoted: TokenRule = {
  kind: 'string',
  value: (text) => text.slice(text.indexOf('$', 1) + 1, -(text.indexOf('$', 1) + 1)),
  end(sql, at) {
    dollar.lastIndex = at;
    const tag = dollar.exec(sql)?.[0];
    if (tag === undefined) return null;
    const end = sql.indexOf(tag, at + tag.length);
    return end === -1 ? -1 : end + tag.length;
  },
};

const others: readonly TokenRule[] = [
  dollarQuoted,
  rule('name', /"[^"]*(?:""[^"]*)*"/y, unquoted, '"'),
  // only ASCII letters are folded in UTF-8
  rule('word', /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y, (text) =>
    text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
  ),
  rule('number', /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y),
];
const standard: readonly TokenRule[] = [escaped, plain, ...others];
const old: readonly TokenRule[] = [escaped, withBackslashes, ...others];

/** @param standardStrings whether a backslash is a character like others in '…', as `standard_conforming_strings` says */
export function postgresLexis(standardStrings: () => boolean): Lexis {
  return { skip, rules: () => (standardStrings() ? standard : old) };
}

/** Comments between slash and star may stand inside each other. */
function skip(sql: string, from: number): number {
  let at = from;
  for (;;) {
    space.lastIndex = at;
    if (space.test(sql)) at = space.lastIndex;
    if (!sql.startsWith('/*', at)) return at;
    at = behindComment(sql, at);
    if (at === -1) return -1;
  }
}

const mark = /\/\*|\*\//g;

function behindComment(sql: string, from: number): number {
  let depth = 0;
  mark.lastIndex = from;
  for (let found = mark.exec(sql); found !== null; found = mark.exec(sql)) {
    depth += found[0] === '/*' ? 1 : -1;
    if (depth === 0) return mark.lastIndex;
  }
  return -1;
}
