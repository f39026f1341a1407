/**
 * The edit of stored clauses as SQL that stands by itself: it needs no client that stops at errors, no client that starts
 * the transaction, and changes nothing unless everything is as it was when it was written.
 *
 *  1. A savepoint, so that all of it is one transaction even where BEGIN failed and the client went on.
 *  2. A view is made and dropped, which takes the write lock and raises the schema's number: without that, other connections
 *     would go on with the old action as long as they live (measured on 3.40.1 and 3.53).
 *  3. Every key is found by its columns and must have the old action (its text is edited, if the piece stands there once)
 *     or the new one (nothing to do). What the pragmas say of the tables is kept, with the new actions, as what is expected.
 *  4. Where a key is neither, an error names it. Nothing was changed yet.
 *  5. The stored texts are replaced, all in one statement.
 *  6. The schema is read anew, and must be what is expected. A text that did not parse would fail here, before anything is committed;
 *     so does a library before 3.37, whose RESET reads nothing (measured on 3.36 and 3.37).
 * The last check is an INSERT OR ROLLBACK into a table whose CHECK carries the message, so it holds where a client goes on after the
 * error of 4 as well. After a rollback every later statement fails for want of the temporary tables, and does nothing.
 */
import type { Ddl } from '../../sql/ddl.ts';
import type { Wraps } from '../../../src/core/contracts/engine.ts';
import type { Lock, Statement, Operation } from '../../../src/core/model.ts';
import { keyText } from '../../../src/core/names.ts';
import { label, textLiteral } from '../text/literals.ts';
import { alterStatements, type ColumnEdit } from './alter-column.ts';
import { createKeys, insertKeys, type KeyEdit, placesOfKeys } from './key-table.ts';
import { guard } from '../../sql/guard.ts';

export interface FileContext {
  readonly isWal: boolean;
  readonly wraps: Wraps;
  readonly withOperations: boolean;
  /** `lastStatements` follow, which need the table of keys. */
  readonly isTold: boolean;
  /** libSQL: the columns that it changes in place, and whether this is the way back; none elsewhere. */
  readonly columns: readonly ColumnEdit[];
  readonly back: boolean;
}

/** The statements of one direction, in order, to run inside a transaction of the caller or of their own. */
export function editStatements(
  ddl: Ddl,
  edits: readonly KeyEdit[],
  { back, columns, isTold, isWal, withOperations, wraps }: FileContext,
): readonly Statement[] {
  const altered = new Set(columns.map(({ edit }) => edit.child));
  const left = edits.filter(({ child }) => !altered.has(child));
  return [
    setup([
      'one transaction whatever the client has begun; the view takes the write lock, and makes others read the schema anew',
      'SAVEPOINT ondelete',
    ]),
    ...raiseSchemaNumber(''),
    ...findingStatements(ddl, edits),
    ...alterStatements(ddl, columns, { back, withOperations }),
    ...(left.length === 0 ? [] : replaceStatements(ddl, left, withOperations)),
    ...compare(wraps, left.length > 0).map(setup),
    ...tidy(isTold).map((sql) => setup(['', sql])),
    ending('RELEASE ondelete', isWal),
  ];
}

/** The change of the stored texts. */
function replaceStatements(
  ddl: Ddl,
  edits: readonly KeyEdit[],
  withOperations: boolean,
): readonly Statement[] {
  return [
    setup([
      'the change, of the ON DELETE words alone, checked below; a defensive connection refuses it (sqlite3: .dbconfig defensive off, better-sqlite3: unsafeMode)',
      'PRAGMA writable_schema = ON',
    ]),
    {
      sql: replaceTexts,
      comment: '',
      operations: withOperations ? edits.map((edit) => inOneUpdate(operationOf(ddl, edit))) : [],
    },
  ];
}

/** The change alone, for --plain. */
export function plainStatements(
  ddl: Ddl,
  edits: readonly KeyEdit[],
  { isWal }: FileContext,
): readonly Statement[] {
  return [
    ...raiseSchemaNumber('takes the write lock, and makes other connections read the schema anew'),
    setup(['lets this connection edit stored texts', 'PRAGMA writable_schema = ON']),
    ...edits.map((edit) => {
      const operation = operationOf(ddl, edit);
      return { sql: operation.sql, comment: label(operation.comment), operations: [operation] };
    }),
    ending('PRAGMA writable_schema = RESET', isWal),
  ];
}

/** What finds the keys and makes the new texts, in temporary tables only. */
export function findingStatements(ddl: Ddl, edits: readonly KeyEdit[]): readonly Statement[] {
  return [...keyStatements(ddl, edits), ...finding.map(setup)];
}

/** After the commit: what was done. */
export const lastStatements: readonly Statement[] = [
  guard(
    `SELECT printf('ondelete: %d of %d keys changed, %d were as wanted already', sum(action = old), count(*), sum(action = new)) FROM ondelete_key`,
  ),
  guard('DROP TABLE temp.ondelete_key'),
];

function keyStatements(ddl: Ddl, edits: readonly KeyEdit[]): readonly Statement[] {
  return [
    setup([
      'the keys to change: in the stored CREATE TABLE of child, what stands behind "text" is replaced, "was" by "becomes"',
      createKeys,
    ]),
    ...insertKeys(ddl, edits).map((sql) => setup(['', sql])),
    ...placesOfKeys(edits).map((sql, at) =>
      setup([at === 0 ? 'which one of the keys that look alike, in the order of the text' : '', sql]),
    ),
  ];
}

type Commented = readonly [comment: string, sql: string];
const setup = ([comment, sql]: Commented): Statement => guard(sql, comment);

/** A reader of the preview looks for this statement in the file. */
function inOneUpdate(operation: Operation): Operation {
  return { ...operation, comment: `${operation.comment}; the file edits all keys in one UPDATE` };
}

/** What the file does to one key, as a reader wants to see it. */
function operationOf(ddl: Ddl, { child, foreignKey, from, to, text, was, becomes }: KeyEdit): Operation {
  const [before, after] = [text + was, text + becomes].map((piece) => textLiteral(ddl, piece));
  return {
    sql: `UPDATE main.sqlite_master SET sql = replace(sql, ${before ?? ''}, ${after ?? ''}) WHERE type = 'table' AND name = ${textLiteral(ddl, child)}`,
    comment: `${keyText(foreignKey)}: ${from} becomes ${to}`,
    locks: [],
    scans: [],
  };
}

function raiseSchemaNumber(comment: string): readonly Statement[] {
  const sql = 'CREATE VIEW main.ondelete_changes_the_schema AS SELECT 1 AS one';
  const purpose = 'takes the write lock, and makes other connections read the schema anew';
  return [
    { sql, comment, operations: [{ sql, comment: purpose, locks: [fileLock('RESERVED')], scans: [] }] },
    setup(['', 'DROP VIEW main.ondelete_changes_the_schema']),
  ];
}

/** The last statement before the commit, which readers wait for unless there is a write-ahead log. */
function ending(sql: string, isWal: boolean): Statement {
  if (isWal) return guard(sql);
  const comment = 'at the commit, readers wait for a moment as well';
  return { sql, comment: '', operations: [{ sql, comment, locks: [fileLock('EXCLUSIVE')], scans: [] }] };
}

/** SQLite locks the file as a whole: https://sqlite.org/lockingv3.html; in WAL mode readers go on even while it commits. */
function fileLock(mode: 'RESERVED' | 'EXCLUSIVE'): Lock {
  return {
    mode,
    table: null,
    blocks: mode === 'RESERVED' ? 'writes' : 'reads and writes',
    held: 'for a moment',
  };
}

/**
 * The keys first, then columns and indexes with their facts in whatever column is free.
 * Indexes count by name, because their order may change when the schema is read anew.
 */
const facts = `CREATE TEMP VIEW ondelete_fact AS WITH t AS (SELECT DISTINCT child FROM ondelete_key)
  SELECT child, id, seq, "table", "from", "to", on_update, match, on_delete FROM t, pragma_foreign_key_list(child, 'main') UNION ALL
  SELECT child, NULL, cid, x.name, type, "notnull", dflt_value, pk, hidden FROM t, pragma_table_xinfo(child, 'main') AS x UNION ALL
  SELECT child, NULL, NULL, name, "unique", origin, partial, NULL, NULL FROM t, pragma_index_list(child, 'main')`;

/** By columns and parent, as ids move when keys are added; of keys that look alike by their place, ids counting down along the text. */
const findKeys = `UPDATE ondelete_key AS k SET id = f.id, action = f.on_delete FROM (
  SELECT *, row_number() OVER (same ORDER BY id DESC) AS place, count(*) OVER same AS alike FROM (
    SELECT child, id, seq, "table" AS parent, on_delete, group_concat(replace("from", ',', ',,'), ', ') OVER whole AS columns,
      coalesce(group_concat(replace("to", ',', ',,'), ', ') OVER whole, '') AS parent_columns FROM ondelete_fact WHERE id IS NOT NULL
    WINDOW whole AS (PARTITION BY child, id ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)) WHERE seq = 0
  WINDOW same AS (PARTITION BY child, columns COLLATE NOCASE, parent COLLATE NOCASE, parent_columns COLLATE NOCASE)) AS f
WHERE (k.child, k.columns, k.parent, k.parent_columns, k.place, k.alike) = (f.child, f.columns, f.parent, f.parent_columns, f.place, f.alike)`;

const expected = `CREATE TEMP TABLE ondelete_expected AS SELECT f.child, f.id, seq, "table", "from", "to", on_update, match, coalesce(new, on_delete)
FROM ondelete_fact AS f LEFT JOIN ondelete_key AS k ON k.child = f.child AND k.id = f.id`;

/** A piece that ends in a word must end there in the stored text as well, or the new words would run into the rest of it. */
const newTexts = `CREATE TEMP TABLE ondelete_text AS WITH RECURSIVE edited (stored, child, number, sql) AS (
  SELECT rowid, name, 0, sql FROM main.sqlite_master WHERE type = 'table' AND name COLLATE NOCASE IN (SELECT child FROM ondelete_key)
  UNION ALL SELECT stored, e.child, k.number, CASE WHEN action = new THEN sql
    WHEN action = old AND length(sql) - length(replace(sql, before, '')) = length(before) AND substr(before, -1) || substr(sql,
      instr(sql, before) + length(before), 1) NOT GLOB replace('##', '#', '[0-9A-Za-z_$' || char(128, 45, 1114111) || ']')
    THEN replace(sql, before, after) END
  FROM edited AS e JOIN ondelete_key AS k ON k.number = (SELECT min(number) FROM ondelete_key WHERE child = e.child AND number > e.number)
  WHERE sql IS NOT NULL)
SELECT * FROM edited AS e WHERE sql IS NULL OR number = (SELECT max(number) FROM ondelete_key WHERE child = e.child)`;

/** RAISE takes no expression before 3.47, and the schema of pragma_table_info was not read with a row before it in 3.35 and 3.40 (measured). */
const stop = `SELECT page_count FROM (SELECT 'ondelete: nothing was changed, because ' || CASE WHEN action IN (old, new)
    THEN 'the text of ' || key || ' is not what the file was written for' ELSE key || ' is gone or is neither ' || old || ' nor ' || new END AS problem
  FROM ondelete_key WHERE id IS NULL OR number IN (SELECT number FROM ondelete_text WHERE sql IS NULL) ORDER BY number LIMIT 1), pragma_page_count(problem)`;

const finding: readonly Commented[] = [
  ['what the database says of these tables: keys, columns and indexes', facts],
  ['finds each key by its columns and parent, and sees what it does now', findKeys],
  ['', expected],
  ['the new texts, edited key by key; none where a key is neither as before nor as after', newTexts],
  [
    'stops at the first such key: plain SQL cannot raise an error, but asking for a database of that name is one, and prints the message',
    stop,
  ],
];

const replaceTexts = `UPDATE main.sqlite_master AS m SET sql = t.sql FROM ondelete_text AS t WHERE m.rowid = t.stored AND m.type = 'table' AND t.sql IS NOT NULL`;

/** The last look. In a transaction of the tool's the statement alone fails, and the tool rolls back by itself. */
function compare(wraps: Wraps, isEdited: boolean): readonly Commented[] {
  const conflict = wraps === 'nothing' ? 'ROLLBACK' : 'ABORT';
  const purpose = 'rolls everything back unless the new actions are there and nothing else has changed';
  return [
    ...(isEdited
      ? [[`reads the schema anew, and ${purpose}`, 'PRAGMA writable_schema = RESET'] as const]
      : []),
    [
      isEdited ? '' : purpose,
      `CREATE TEMP TABLE ondelete_guard (ok CONSTRAINT "ondelete: nothing was changed, because the result would not have been what was planned" CHECK (ok))`,
    ],
    [
      '',
      `INSERT OR ${conflict} INTO ondelete_guard SELECT NOT EXISTS (SELECT * FROM ondelete_expected EXCEPT SELECT * FROM ondelete_fact)
  AND NOT EXISTS (SELECT * FROM ondelete_fact EXCEPT SELECT * FROM ondelete_expected) AND NOT EXISTS (SELECT * FROM ondelete_key WHERE id IS NULL)`,
    ],
  ];
}

/** The view first, as it reads a table. */
const tidy = (isTold: boolean): readonly string[] => [
  'DROP VIEW temp.ondelete_fact',
  ...['guard', 'expected', 'text', ...(isTold ? [] : ['key'])].map(
    (name) => `DROP TABLE temp.ondelete_${name}`,
  ),
];
