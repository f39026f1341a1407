/**
 * What becomes of each statement of a schema file of PostgreSQL. Only those that make tables, keys and what these need are sent; a few
 * kinds are ignored, and everything else refuses the file. A function is made without its body, so no code of the file runs; a
 * function of the server that reads files, runs text as SQL or acts on the server may not be called.
 */
import type { SqlToken, Treatment } from '../../../src/core/contracts/sql-reader.ts';
import { named, outermost, outlineOf, textOf } from '../../sql/tokenizer.ts';

interface Treatments {
  statement(tokens: readonly SqlToken[]): Treatment;
  /** A command of psql: its words, and whether it stands inside a statement. */
  command(words: string, inside: boolean): Treatment;
}

const leave = (what: string | null): Treatment => ({ kind: 'leave out', what });
const refuse = (why: string): Treatment => ({ kind: 'refuse', why });

/** Extensions whose types, operators and indexes tables are made of, and which reach nowhere. */
const extensions = new Set(
  (
    'btree_gin btree_gist citext cube dict_int dict_xsyn earthdistance fuzzystrmatch hstore intarray isn lo ltree pg_trgm pg_uuidv7 ' +
    'pgcrypto postgis postgis_topology seg tcn tsm_system_rows tsm_system_time unaccent uuid-ossp vector'
  ).split(' '),
);

/** Functions of the server that look at files, run a text as SQL, write large objects or act on the server and its sessions. */
const reaching =
  /^(?:pg_.*|lo_.*|loread|lowrite|dblink.*|(?:query|cursor|table|schema|database)_to_.*|ts_stat|ts_rewrite|set_config)$/;

/** Never sent, because no key depends on them; with what they are called in the message, null where it does not mention them. */
const ignored: readonly (readonly [RegExp, string | null])[] = [
  [
    /^(?:SET|RESET|BEGIN|START TRANSACTION|COMMIT|END|ROLLBACK|SAVEPOINT|RELEASE|DISCARD|LISTEN|UNLISTEN|NOTIFY|LOCK|ANALYZE|VACUUM|REINDEX|CLUSTER|REFRESH|EXPLAIN|SHOW)\b/,
    null,
  ],
  [/^(?:INSERT|UPDATE|DELETE|TRUNCATE|MERGE|COPY .* FROM STDIN)\b/, 'statements about rows'],
  [/^(?:SELECT|WITH|VALUES|TABLE)\b/, 'queries'],
  [
    /^(?:GRANT\b|REVOKE\b|ALTER DEFAULT PRIVILEGES\b|SECURITY LABEL\b|ALTER (?!.* RENAME ).* OWNER TO \S+$)/,
    'owners and grants',
  ],
  [/^COMMENT ON\b/, 'comments'],
  [
    /^(?:CREATE|ALTER|DROP) (?:OR REPLACE )?(?:TEMP |TEMPORARY |RECURSIVE )*(?:MATERIALIZED )?VIEW\b/,
    'views',
  ],
  [
    /^(?:CREATE|ALTER|DROP) (?:OR REPLACE )?(?:CONSTRAINT |EVENT )?(?:TRIGGER|RULE|POLICY)\b/,
    'triggers, rules and policies',
  ],
  [
    /^(?:CREATE|ALTER|DROP) (?:OR REPLACE )?(?:TRUSTED |PROCEDURAL )*(?:PUBLICATION|SUBSCRIPTION|SERVER|USER MAPPING|FOREIGN|LANGUAGE)\b/,
    'publications, subscriptions, foreign tables and languages',
  ],
  [
    /^(?:CREATE|ALTER|DROP) (?:OR REPLACE )?(?:AGGREGATE|PROCEDURE|ROUTINE|OPERATOR|CAST|TRANSFORM|ACCESS METHOD|STATISTICS|(?:DEFAULT )?CONVERSION)\b/,
    'procedures, aggregates, operators and statistics',
  ],
  [/^(?:ALTER|DROP) (?:FUNCTION|EXTENSION|COLLATION|TEXT SEARCH|LARGE OBJECT|INDEX .* SET)\b/, null],
  [/^CREATE (?:GLOBAL |LOCAL )?(?:TEMP|TEMPORARY)\b/, 'temporary tables'],
  [new RegExp(String.raw`^CREATE TYPE ${named}(?:$| \((?!.*SUBTYPE))`), 'base types'],
  [
    new RegExp(
      String.raw`^ALTER TABLE (?:IF EXISTS )?(?:ONLY )?${named} (?:(?:NO )?FORCE|ENABLE|DISABLE|CLUSTER|SET WITHOUT|REPLICA)\b`,
    ),
    null,
  ],
];

/** Failing is no harm: what is dropped is not there, what is attached was left out, what a table does not need cannot be made. */
const optional: readonly (readonly [RegExp, string | null])[] = [
  [/^DROP (?:TABLE|TYPE|SEQUENCE|DOMAIN|SCHEMA|INDEX)\b/, null],
  [new RegExp(String.raw`^ALTER TABLE (?:IF EXISTS )?(?:ONLY )?${named} DROP CONSTRAINT [^,]*$`), null],
  [/^ALTER (?:INDEX|SEQUENCE)\b/, null],
  [/^CREATE COLLATION\b/, 'a collation'],
  [/^(?:CREATE|ALTER) TEXT SEARCH (?:CONFIGURATION|DICTIONARY)\b/, 'a text search configuration'],
];

const needed =
  /^(?:CREATE (?:UNLOGGED )?TABLE|ALTER TABLE|CREATE (?:UNLOGGED )?SEQUENCE|CREATE TYPE|ALTER TYPE|CREATE DOMAIN|ALTER DOMAIN|ALTER SCHEMA)\b/;

export function treatments(text: string): Treatments {
  /** The one database that the file itself makes: its dump was taken with --create. */
  let own: string | null = null;

  const database = (tokens: readonly SqlToken[], outline: string): Treatment | null => {
    const name = tokens[2]?.value ?? '';
    if (/^CREATE DATABASE\b/.test(outline) && (own === null || own === name)) {
      own = name;
      return leave(null);
    }
    if (!/^(?:CREATE|ALTER) DATABASE\b/.test(outline)) return null;
    return name === own ? leave(null) : refuse('it is about another database');
  };

  return {
    statement(tokens) {
      const outline = outlineOf(tokens);
      const unclear = unclearIn(tokens, text);
      if (unclear !== null) return refuse(unclear);
      const about = database(tokens, outline);
      if (about !== null) return about;
      return setting(tokens, outline, text) ?? made(tokens, outline, text);
    },
    command(words, inside) {
      const [name = '', argument = ''] = words.split(/\s+/);
      if (
        !inside &&
        /^(?:restrict|unrestrict|set|unset|echo|qecho|warn|timing|pset|encoding|x|t|a)$/.test(name)
      ) {
        return leave(null);
      }
      // what pg_dump --create writes behind its CREATE DATABASE
      const quoted = argument.replace(/^["']|["']$/g, '');
      const isOwn = /^(?:c|connect)$/.test(name) && (quoted === own || quoted === `dbname='${own}'`);
      if (!inside && own !== null && isOwn) return leave(null);
      return refuse(`\\${name} is a command of psql that reaches beyond one database`);
    },
  };
}

/** What could be read in two ways. */
function unclearIn(tokens: readonly SqlToken[], text: string): string | null {
  for (const [index, token] of tokens.entries()) {
    const before = tokens[index - 1];
    if (token.kind === 'unclosed') return 'a quote or a comment that is opened here never ends';
    if (token.kind === 'string' && before?.kind === 'string') return 'a text is continued on another line';
    const isEscaped = token.kind === 'string' || token.kind === 'name';
    if (isEscaped && before?.value === '&' && /u/i.test(text.charAt(before.start - 1)))
      return 'it holds a name or text with Unicode escapes (U&)';
  }
  return null;
}

const schemaPath = new RegExp(String.raw`^SET (?:SESSION |LOCAL )?SEARCH_PATH (?:TO|=) [\w$"' ,]+$`);

/** The two settings by which the rest of a file is understood. */
function setting(tokens: readonly SqlToken[], outline: string, text: string): Treatment | null {
  const isPath =
    schemaPath.test(outline) ||
    (/^SELECT (?:PG_CATALOG \. )?SET_CONFIG \( ' , ' , (?:TRUE|FALSE) \)$/.test(outline) &&
      tokens.find((token) => token.kind === 'string')?.value === 'search_path');
  const isStrings = /^SET (?:SESSION )?STANDARD_CONFORMING_STRINGS (?:=|TO) \S+$/.test(outline);
  if (!isPath && !isStrings) return null;
  const sql = textOf(text, tokens).replace(/^SET\s+LOCAL\b/i, 'SET');
  return { kind: 'load', sql, optional: false, without: null };
}

function made(tokens: readonly SqlToken[], outline: string, text: string): Treatment {
  const unneeded = ignored.find(([pattern]) => pattern.test(outline));
  if (unneeded !== undefined) return leave(unneeded[1]);
  const call = callOf(tokens);
  if (call !== null) return refuse(`it calls ${call}(), which reaches beyond the tables`);
  const load = (sql: string, isOptional: boolean, without: string | null): Treatment => ({
    kind: 'load',
    sql,
    optional: isOptional,
    without,
  });
  const sql = textOf(text, tokens);
  if (/^CREATE SCHEMA\b/.test(outline)) return schema(tokens, outline, text);
  if (/^CREATE EXTENSION\b/.test(outline)) return extension(tokens, text);
  if (/^CREATE (?:OR REPLACE )?FUNCTION\b/.test(outline)) return load(withoutBody(tokens, text), true, null);
  if (/^CREATE (?:UNIQUE )?INDEX\b/.test(outline)) {
    // no key rests on another one
    const counts = outline.startsWith('CREATE UNIQUE') && !/ WHERE /.test(outermost(tokens));
    return counts ? load(sql, false, null) : leave('indexes that no key can rest on');
  }
  if (/^CREATE (?:UNLOGGED )?TABLE\b/.test(outline) && / AS /.test(outermost(tokens)))
    return refuse('it makes a table from a query');
  if (/ ; /.test(outline)) return refuse('it is more than one statement');
  const without = optional.find(([pattern]) => pattern.test(outline));
  if (without !== undefined) return load(sql, true, without[1]);
  if (needed.test(outline)) return load(sql, false, null);
  return refuse('it is not one of the statements that make a schema');
}

/** The name of a function of the server that a statement calls and may not. */
function callOf(tokens: readonly SqlToken[]): string | null {
  const called = tokens.find((token, index) => {
    const behind = tokens[index + 1];
    const isName = token.kind === 'word' || token.kind === 'name';
    return isName && behind?.kind === 'sign' && behind.value === '(' && reaching.test(token.value);
  });
  return called?.value ?? null;
}

/** Without its owner, who may not be there; `public` is there already. */
function schema(tokens: readonly SqlToken[], outline: string, text: string): Treatment {
  const [, before] = /^(CREATE SCHEMA (?:IF NOT EXISTS )?(?:AUTHORIZATION )?)/.exec(outline) ?? [];
  const name = tokens[(before ?? '').trim().split(' ').length];
  if (name === undefined || / (?:CREATE|GRANT) /.test(outline))
    return refuse('a schema is made with tables in one statement');
  const sql = `CREATE SCHEMA IF NOT EXISTS ${textOf(text, [name])}`;
  return { kind: 'load', sql, optional: false, without: null };
}

function extension(tokens: readonly SqlToken[], text: string): Treatment {
  const at = outlineOf(tokens.slice(0, 5)) === 'CREATE EXTENSION IF NOT EXISTS' ? 5 : 2;
  const name = tokens[at];
  if (name === undefined || name.value === 'plpgsql') return leave(null);
  if (!extensions.has(name.value)) return leave(`the extension ${name.value}`);
  const word = tokens.findIndex(
    (token, index) => index > at && token.kind === 'word' && token.value === 'schema',
  );
  const place = word === -1 ? [] : tokens.slice(word, word + 2);
  const sql = `CREATE EXTENSION IF NOT EXISTS ${textOf(text, [name])} ${textOf(text, place)} CASCADE`;
  return { kind: 'load', sql, optional: true, without: `the extension ${name.value}` };
}

/** A head and nothing behind it: a default or a check may name the function, and none is ever called. */
function withoutBody(tokens: readonly SqlToken[], text: string): string {
  const kept: SqlToken[] = [];
  let depth = 0;
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index];
    if (token === undefined) break;
    if (token.kind === 'sign') depth += token.value === '(' ? 1 : token.value === ')' ? -1 : 0;
    const isWord = depth === 0 && token.kind === 'word';
    if (isWord && token.value === 'language') index++;
    else if (isWord && token.value === 'as') {
      // AS 'file', 'symbol'
      index += tokens[index + 2]?.value === ',' ? 3 : 1;
    } else if (isWord && (token.value === 'return' || token.value === 'begin')) break;
    else if (isWord && token.value === 'window') continue;
    else kept.push(token);
  }
  return `${textOf(text, kept)} LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`;
}
