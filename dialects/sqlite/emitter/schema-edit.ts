/**
 * The edit of stored clauses as SQL that stands by itself: it needs no client that stops at errors, no client that starts
 * the transaction, and changes nothing unless everything is as it was when it was written.
 *
 *  1. A savepoint, so that all of it is one transaction even where BEGIN failed and the client went on.
 *  2. A view is made and dropped, which takes the write lock and raises the schema's number: without that, other connections
 *     would go on with the old action as long as they live (measured on 3.40.1 and 3.53).
 *  3. What the pragmas say of the tables is kept in temporary tables, as what is expected afterwards.
 *  4. Every key is found by its columns and must have the old action (its text is edited, if the piece stands there once)
 *     or the new one (nothing to do).
 *  5. The schema is read anew, and must be what was expected with the new actions in it. A text that did not parse would
 *     fail here, before anything is committed.
 * Each check is an INSERT OR ROLLBACK into a table whose CHECK carries the message. After a rollback every later statement
 * fails for want of the temporary tables, and does nothing.
 */
import type { Ddl } from '../../sql/ddl.ts';
import type { Lock, ReferentialAction, Statement, TableName } from '../../../src/core/model.ts';
import { main } from '../text/names.ts';
import { continuesWord } from '../text/tokens.ts';

/** One clause to edit, and how to know its key from the others at the time the file runs. */
export interface KeyEdit {
  readonly number: number;
  readonly table: string;
  /** For messages; see `label`. */
  readonly label: string;
  readonly columns: readonly string[];
  readonly parent: string;
  readonly parentColumns: readonly string[] | null;
  /** Which of the keys with these very columns and parent, in the order of the text, and how many there are. */
  readonly position: number;
  readonly twins: number;
  /** Those of replacing the words, one list for both directions. */
  readonly locks: readonly Lock[];
  readonly from: ReferentialAction;
  readonly to: ReferentialAction;
  readonly before: string;
  readonly after: string;
}

/** Control characters, semicolons and beginnings of comments. */
const needsCare = /[\p{Cc};]|--|\/\*/u;

/** A text that is safe in comments, messages and clients that split at semicolons. */
export function label(text: string): string {
  if (!needsCare.test(text)) return text;
  return text.replace(/[\p{Cc};]+/gu, ' ').replace(/-(?=-)|\/(?=\*)/g, '$& ');
}

/**
 * A text literal on one line without semicolons and comment marks, so that no client's splitting and no conversion of line
 * ends in a repository can alter it.
 */
export function textLiteral(ddl: Ddl, text: string): string {
  if (!needsCare.test(text)) return ddl.text(ddl.literal(text));
  const pieces = text.split(/([\p{Cc};]+|--+|\/\*)/u).filter((piece) => piece !== '');
  const literals = pieces.map((piece) => {
    if (!/^(?:[\p{Cc};]|--|\/\*)/u.test(piece)) return ddl.text(ddl.literal(piece));
    return `char(${Array.from(piece, (character) => character.codePointAt(0)).join(', ')})`;
  });
  return literals.length === 1 ? literals.join('') : `(${literals.join(' || ')})`;
}

const plain = (comment: string, sql: string, locks: readonly Lock[] = []): Statement => ({
  sql,
  comment,
  work: locks.length === 0 ? [] : [{ sql, comment, locks, scans: [] }],
});

/** The statements of one direction, in order, to run inside a transaction of the caller or of their own. */
export function editStatements(ddl: Ddl, edits: readonly KeyEdit[], isWal: boolean): readonly Statement[] {
  const tables = [...new Set(edits.map((edit) => edit.table))];
  const chunks = chunksOf(edits);
  return [
    plain('one transaction from here on, whatever the client has begun', 'SAVEPOINT ondelete'),
    plain(
      'takes the write lock and tells other connections to read the schema anew',
      `CREATE VIEW main.${mark} AS SELECT 1 AS one`,
      fileLocks(tables.map(main), 'RESERVED'),
    ),
    plain('the view was only there for that', `DROP VIEW main.${mark}`),
    plain('the tables to change', tablesTable(ddl, tables)),
    plain(
      'what decides about them: columns, indexes and keys',
      `CREATE VIEW temp.ondelete_facts AS ${facts}`,
    ),
    plain(
      'expected result, captured before the change',
      'CREATE TABLE temp.ondelete_expected AS SELECT * FROM temp.ondelete_facts',
    ),
    plain('the keys to change', keysTable),
    plain('checks of the whole; a failing one rolls everything back', guardTable(ddl, guard, wholeChecks)),
    plain('lets this connection edit stored texts', 'PRAGMA writable_schema = ON'),
    plain('stops where the connection is defensive', writableCheck),
    ...chunks.flatMap((chunk, index) => [
      plain('checks of the keys', guardTable(ddl, guardName(index), chunk.flatMap(keyChecks))),
      ...chunk.flatMap((edit) => keyStatements(ddl, edit, guardName(index))),
    ]),
    plain('add the new ON DELETE actions to the expected result', expectNewActions),
    plain(
      'reads the schema anew, and makes the stored texts read-only again',
      'PRAGMA writable_schema = RESET',
    ),
    plain('stops unless the new actions are there and nothing else has changed', unchangedCheck),
    plain('tidies up', 'DROP VIEW temp.ondelete_facts'),
    ...[
      ...chunks.map((_, index) => guardName(index)),
      guard,
      'ondelete_key',
      'ondelete_expected',
      'ondelete_table',
    ].map((name) => plain('tidies up', `DROP TABLE temp.${name}`)),
    plain(
      isWal ? 'done' : 'done; at the commit readers wait for a moment as well',
      'RELEASE ondelete',
      isWal ? [] : fileLocks(tables.map(main), 'EXCLUSIVE'),
    ),
  ];
}

const mark = 'ondelete_changes_the_schema';
const guard = 'ondelete_guard';
const guardName = (chunk: number): string => `${guard}_${chunk + 1}`;

/** A table holds 2,000 columns at most, and every table more makes the next one slower: SQLite reads through the temporary schema. */
const keysPerGuard = 200;

function chunksOf(edits: readonly KeyEdit[]): readonly (readonly KeyEdit[])[] {
  const count = Math.ceil(edits.length / keysPerGuard);
  return Array.from({ length: count }, (_, chunk) =>
    edits.slice(chunk * keysPerGuard, (chunk + 1) * keysPerGuard),
  );
}

/** SQLite locks the file as a whole: https://sqlite.org/lockingv3.html; in WAL mode readers go on even while it commits. */
export function fileLocks(tables: readonly TableName[], mode: 'RESERVED' | 'EXCLUSIVE'): readonly Lock[] {
  const blocks = mode === 'RESERVED' ? 'writes' : 'reads and writes';
  return tables.map((table) => ({ mode, table, blocks, held: 'for a moment' }));
}

function tablesTable(ddl: Ddl, tables: readonly string[]): string {
  const names = tables.map((table) => textLiteral(ddl, table)).join(', ');
  return `CREATE TABLE temp.ondelete_table AS SELECT name AS tbl, rowid AS number FROM main.sqlite_master WHERE type = 'table' AND name COLLATE NOCASE IN (${names})`;
}

/** No pragma_table_list: it came with 3.37 only. Indexes count by name, because their order may change when the schema is read anew. */
const facts = [
  "SELECT t.tbl, 'column' AS kind, x.cid AS id, 0 AS seq, quote(x.name) || ' ' || quote(x.type) || ' ' || x.\"notnull\" || ' ' || quote(x.dflt_value) || ' ' || x.pk || ' ' || x.hidden AS fact, '' AS action FROM temp.ondelete_table t JOIN pragma_table_xinfo(t.tbl, 'main') x",
  "SELECT t.tbl, 'index', 0, 0, quote(i.name) || ' ' || i.\"unique\" || ' ' || i.origin || ' ' || i.partial, '' FROM temp.ondelete_table t JOIN pragma_index_list(t.tbl, 'main') i",
  "SELECT t.tbl, 'key', f.id, f.seq, quote(f.\"table\") || ' ' || quote(f.\"from\") || ' ' || quote(f.\"to\") || ' ' || f.on_update || ' ' || f.match, f.on_delete FROM temp.ondelete_table t JOIN pragma_foreign_key_list(t.tbl, 'main') f",
].join(' UNION ALL ');

const keysTable =
  'CREATE TABLE temp.ondelete_key (number INTEGER UNIQUE, tbl TEXT COLLATE NOCASE, id INTEGER, twins INTEGER, old TEXT, new TEXT, PRIMARY KEY (tbl, id))';

interface Check {
  readonly column: string;
  /** Shown by SQLite as `CHECK constraint failed: MESSAGE`. */
  readonly message: string;
}

const wholeChecks: readonly Check[] = [
  {
    column: 'writable',
    message:
      'ondelete: nothing was changed, because this connection may not edit the schema: switch its defensive mode off (sqlite3: .dbconfig defensive off, better-sqlite3: unsafeMode)',
  },
  {
    column: 'unchanged',
    message: 'ondelete: nothing was changed, because the result would not have been what was planned',
  },
];

function keyChecks(edit: KeyEdit): readonly Check[] {
  const { number, label: key, from, to } = edit;
  return [
    {
      column: `key_${number}`,
      message: `ondelete: nothing was changed, because ${key} is gone or is neither ${from} nor ${to}`,
    },
    {
      column: `text_${number}`,
      message: `ondelete: nothing was changed, because the text of ${key} is not what the file was written for`,
    },
  ];
}

function guardTable(ddl: Ddl, name: string, checks: readonly Check[]): string {
  const columns = checks.map(
    ({ column, message }) => `${column} INTEGER CONSTRAINT ${ddl.text(ddl.id(message))} CHECK (${column})`,
  );
  return `CREATE TABLE temp.${name} (${columns.join(', ')})`;
}

/** Where a defensive connection says ON all the same (before 3.53), the first UPDATE fails instead: it cannot be prepared. */
const writableCheck = `INSERT OR ROLLBACK INTO temp.${guard} (writable) SELECT coalesce((SELECT writable_schema FROM pragma_writable_schema), 0)`;

const expectNewActions =
  "UPDATE temp.ondelete_expected SET action = (SELECT k.new FROM temp.ondelete_key k WHERE k.tbl = ondelete_expected.tbl COLLATE NOCASE AND k.id = ondelete_expected.id) WHERE kind = 'key' AND EXISTS (SELECT 1 FROM temp.ondelete_key k WHERE k.tbl = ondelete_expected.tbl COLLATE NOCASE AND k.id = ondelete_expected.id)";

const unchangedCheck = `INSERT OR ROLLBACK INTO temp.${guard} (unchanged) SELECT NOT EXISTS (SELECT * FROM temp.ondelete_expected EXCEPT SELECT * FROM temp.ondelete_facts) AND NOT EXISTS (SELECT * FROM temp.ondelete_facts EXCEPT SELECT * FROM temp.ondelete_expected)`;

function keyStatements(ddl: Ddl, edit: KeyEdit, guardName: string): readonly Statement[] {
  const { number } = edit;
  const from = textLiteral(ddl, edit.from);
  const to = textLiteral(ddl, edit.to);
  const before = textLiteral(ddl, edit.before);
  const after = textLiteral(ddl, edit.after);
  const key = `FROM temp.ondelete_key k WHERE k.number = ${number}`;
  const stored = `FROM temp.ondelete_key k JOIN temp.ondelete_table t ON t.tbl = k.tbl COLLATE NOCASE JOIN main.sqlite_master m ON m.rowid = t.number WHERE k.number = ${number}`;
  const isKnown = `SELECT k.old IN (${from}, ${to}) AND k.twins = ${edit.twins} ${key}`;
  const isThere = `SELECT k.old = ${to} OR ${occursOnce(edit.before, before)} ${stored}`;
  return [
    plain(`finds ${edit.label}`, findKey(ddl, edit)),
    plain(
      `stops unless it is ${edit.from}, or ${edit.to} already`,
      `INSERT OR ROLLBACK INTO temp.${guardName} (key_${number}, text_${number}) SELECT coalesce((${isKnown}), 0), coalesce((${isThere}), 0)`,
    ),
    plain(
      `${edit.label}: ${edit.from} becomes ${edit.to}`,
      `UPDATE main.sqlite_master SET sql = replace(sql, ${before}, ${after}) WHERE type = 'table' AND rowid = (SELECT number FROM temp.ondelete_table WHERE tbl = ${textLiteral(ddl, edit.table)} COLLATE NOCASE) AND (SELECT k.old ${key}) = ${from}`,
      edit.locks,
    ),
  ];
}

/** By columns and parent, as ids move when keys are added; of twins the one at its place, ids counting down along the text. */
function findKey(ddl: Ddl, edit: KeyEdit): string {
  const pairs = edit.columns.map((column, seq) => {
    const to = edit.parentColumns?.[seq];
    const isTo = to === undefined ? '"to" IS NULL' : `"to" = ${textLiteral(ddl, to)} COLLATE NOCASE`;
    return `(seq = ${seq} AND "from" = ${textLiteral(ddl, column)} COLLATE NOCASE AND ${isTo})`;
  });
  const table = textLiteral(ddl, edit.table);
  const same = `SELECT id, max(on_delete) AS old FROM pragma_foreign_key_list(${table}, 'main') WHERE "table" = ${textLiteral(ddl, edit.parent)} COLLATE NOCASE GROUP BY id HAVING count(*) = ${pairs.length} AND sum(${pairs.join(' OR ')}) = ${pairs.length}`;
  return `INSERT INTO temp.ondelete_key (number, tbl, id, twins, old, new) SELECT ${edit.number}, ${table}, id, count(*) OVER (), old, ${textLiteral(ddl, edit.to)} FROM (${same}) ORDER BY id DESC LIMIT 1 OFFSET ${edit.position}`;
}

/** A piece that ends in a word must end there in the stored text as well, or the new words would run into the rest of it. */
function occursOnce(piece: string, literal: string): string {
  const once = `length(m.sql) - length(replace(m.sql, ${literal}, '')) = length(${literal})`;
  if (!continuesWord(piece.slice(-1))) return once;
  const next = `substr(m.sql, instr(m.sql, ${literal}) + length(${literal}), 1)`;
  return `(${once} AND ${next} NOT GLOB '[0-9A-Za-z_$]' AND coalesce(unicode(${next}), 0) < 128)`;
}
