/**
 * What becomes of each statement of a schema file of MySQL or MariaDB. Only those that make tables are sent, and only when they name no
 * other database, no folder of the server and no engine that reads elsewhere; a few kinds are ignored, and everything else refuses the file.
 */
import type { SqlToken, Treatment } from '../../../src/core/contracts/sql-reader.ts';
import { named, outlineOf, textOf } from '../../sql/tokenizer.ts';

const leave = (what: string | null): Treatment => ({ kind: 'leave out', what });
const refuse = (why: string): Treatment => ({ kind: 'refuse', why });

/** What may stand before the kind of thing: an algorithm, a definer. */
const definition = String.raw`^(?:CREATE|ALTER|DROP) (?:OR REPLACE )?(?:ALGORITHM = \S+ )?(?:DEFINER = .*?)?(?:SQL SECURITY \S+ )?`;

/** Never sent, because no key depends on them; with what they are called in the message, null where it does not mention them. */
const ignored: readonly (readonly [RegExp, string | null])[] = [
  [/^SET (?!.*\b(?:GLOBAL|PERSIST|PERSIST_ONLY|PASSWORD|ROLE|RESOURCE|STATEMENT)\b)/, null],
  [/^(?:COMMIT|ROLLBACK|BEGIN(?! NOT)|START TRANSACTION|LOCK|UNLOCK|SAVEPOINT|RELEASE)\b/, null],
  [/^(?:ANALYZE|OPTIMIZE|CHECK|REPAIR|SHOW|EXPLAIN|DESC|DESCRIBE)\b/, null],
  [/^(?:INSERT|REPLACE|UPDATE|DELETE|TRUNCATE)\b/, 'statements about rows'],
  [/^(?:SELECT|WITH|VALUES|TABLE)\b(?!.* INTO (?:OUTFILE|DUMPFILE)\b)/, 'queries'],
  [/^(?:GRANT|REVOKE)\b/, 'grants'],
  [/^CREATE (?:OR REPLACE )?TEMPORARY\b/, 'temporary tables'],
  [new RegExp(`${definition}VIEW\\b`), 'views'],
  [
    new RegExp(`${definition}(?:AGGREGATE )?(?:TRIGGER|PROCEDURE|FUNCTION|EVENT|PACKAGE)\\b(?!.* SONAME\\b)`),
    'triggers, routines and events',
  ],
];

const needed = new RegExp(
  String.raw`^(?:CREATE (?:OR REPLACE )?TABLE|ALTER (?:ONLINE |IGNORE )*TABLE|RENAME TABLES?|CREATE (?:OR REPLACE )?(?:ONLINE |UNIQUE |FULLTEXT |SPATIAL )*INDEX|CREATE (?:OR REPLACE )?SEQUENCE)\b`,
);
const dropped = /^DROP (?:TABLE|TABLES|INDEX|SEQUENCE)\b/;
const droppedKey = new RegExp(
  String.raw`^ALTER TABLE ${named} DROP (?:FOREIGN KEY|CONSTRAINT|INDEX|KEY) [^,]*$`,
);

/** Engines that keep their rows in the database itself; others read files, other servers or other tables. */
const engines = /^(?:innodb|myisam|aria|memory|heap|archive|blackhole|rocksdb|ndb|ndbcluster|csv|sequence)$/i;

/** Words that lead out of the database, or bring a query with them. */
const reaching = new Map([
  ['DIRECTORY', 'it names a folder of the server'],
  ['CONNECTION', 'it names another server'],
  ['TABLESPACE', 'it names a tablespace, which belongs to the whole server'],
  ['SELECT', 'it makes a table from a query'],
  ['UNION', 'it names tables of elsewhere'],
]);

export function treatments(text: string): (tokens: readonly SqlToken[]) => Treatment {
  /** The one database that the file itself makes: its dump was taken with --databases. */
  let own: string | null = null;

  const database = (tokens: readonly SqlToken[], outline: string): Treatment | null => {
    const [, before] =
      /^((?:USE|(?:CREATE|ALTER) (?:OR REPLACE )?(?:DATABASE|SCHEMA)(?: IF NOT EXISTS)?) )/.exec(
        `${outline} `,
      ) ?? [];
    if (before === undefined) return null;
    const name = tokens[before.trim().split(' ').length];
    if (name === undefined || !/^(?:word|name)$/.test(name.kind))
      return refuse('it does not say which database');
    if (outline.startsWith('CREATE')) {
      // OR REPLACE drops one that is there
      if (outline.includes(' OR REPLACE ')) return refuse('it drops a database');
      own ??= name.value;
    }
    return name.value === own ? leave(null) : refuse(`it is about another database, ${name.value}`);
  };

  return (tokens) => {
    const outline = outlineOf(tokens);
    if (tokens.some((token) => token.kind === 'unclosed'))
      return refuse('a quote or a comment that is opened here never ends');
    const about = database(tokens, outline);
    if (about !== null) return about;
    if (/^SET .*\bSQL_MODE\b/.test(outline)) {
      const modes = /ANSI|NO_BACKSLASH_ESCAPES|ORACLE|DB2|MSSQL|MAXDB|POSTGRESQL/i;
      if (tokens.some((token) => token.kind === 'string' && modes.test(token.value)))
        return refuse('with this sql_mode quotes mean something else');
    }
    if (/^SET (?:SESSION )?(?:@ @ )?(?:SESSION \. )?(?:DEFAULT_)?STORAGE_ENGINE = \S+$/.test(outline))
      return engine(tokens, text);
    const unneeded = ignored.find(([pattern]) => pattern.test(outline));
    if (unneeded !== undefined) return leave(unneeded[1]);
    return made(tokens, outline);
  };

  function made(tokens: readonly SqlToken[], outline: string): Treatment {
    const isDrop = dropped.test(outline) || droppedKey.test(outline);
    if (!isDrop && !needed.test(outline)) return refuse('it is not one of the statements that make a schema');
    if (/ ; /.test(outline)) return refuse('it is more than one statement');
    const words = new Set(outline.split(' '));
    for (const [word, why] of reaching) if (words.has(word)) return refuse(why);
    const other = otherEngine(tokens, words.has('PARTITION'));
    if (other !== null) return refuse(`the engine ${other} reads elsewhere`);
    const within = withoutDatabase(tokens);
    if (typeof within === 'string') return refuse(`it names another database, ${within}`);
    return { kind: 'load', sql: textOf(text, within), optional: isDrop, without: null };
  }

  /** Names without the file's own database before them; the name of another one where there is one. */
  function withoutDatabase(tokens: readonly SqlToken[]): readonly SqlToken[] | string {
    const kept: SqlToken[] = [];
    for (const [at, token] of tokens.entries()) {
      if (!isSign(token, '.') || isDecimal(tokens, at)) {
        kept.push(token);
        continue;
      }
      const before = kept.pop();
      if (before === undefined || before.value !== own) return before?.value ?? '?';
    }
    return kept;
  }
}

const isSign = (token: SqlToken | undefined, sign: string): boolean =>
  token?.kind === 'sign' && token.value === sign;

/** A point between the digits of a number. */
function isDecimal(tokens: readonly SqlToken[], at: number): boolean {
  const [before, point, behind] = [tokens[at - 1], tokens[at], tokens[at + 1]];
  return (
    before?.kind === 'number' &&
    behind?.kind === 'number' &&
    before.end === point?.start &&
    point.end === behind.start
  );
}

/** Behind these `engine` is a column's name. */
const beforeColumn = /^(?:ADD|COLUMN|MODIFY|CHANGE|DROP|ALTER|AFTER|BY|TO)$/i;

/** An engine of the table, or of a partition, that is none of those above. */
function otherEngine(tokens: readonly SqlToken[], isPartitioned: boolean): string | null {
  let depth = 0;
  for (const [at, token] of tokens.entries()) {
    if (isSign(token, '(')) depth++;
    if (isSign(token, ')')) depth--;
    const isOption = token.kind === 'word' && /^engine$/i.test(token.value) && (depth === 0 || isPartitioned);
    if (!isOption || beforeColumn.test(tokens[at - 1]?.value ?? '')) continue;
    const name = tokens[isSign(tokens[at + 1], '=') ? at + 2 : at + 1]?.value ?? '';
    if (!engines.test(name)) return name;
  }
  return null;
}

function engine(tokens: readonly SqlToken[], text: string): Treatment {
  const name = tokens.at(-1)?.value ?? '';
  if (!engines.test(name)) return refuse(`the engine ${name} reads elsewhere`);
  return { kind: 'load', sql: textOf(text, tokens), optional: true, without: null };
}
