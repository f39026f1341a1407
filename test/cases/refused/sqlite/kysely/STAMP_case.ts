// Deleting a row of users sets user_id to NULL in the rows of logins that point to it by user_id (SET NULL; before: NO ACTION).
//   key          logins(user_id) -> users(id), constraint logins_user
//   rule         ondelete.config.yaml:7  logins -> users
//   fingerprint  dcc3edd40fa3d673
// 2 steps, one after the other.
// ondelete-key: {"set":"STAMP_case","kind":"change-on-delete","child":{"schema":"main","name":"logins"},"columns":["user_id"],"parent":{"schema":"main","name":"users"},"parentColumns":["id"],"constraint":"logins_user","twin":0,"from":{"onDelete":"NO ACTION","onDeleteColumns":null},"to":{"onDelete":"SET NULL","onDeleteColumns":null},"fingerprint":"dcc3edd40fa3d673"}

import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // Count rows that point to no parent
  await run(db, {
    transaction: null,
    statements: [
      // how many rows of logins(user_id) -> users(id) point to no parent; the change does not depend on it
      // takes SHARED on logins while rows are scanned: blocks writes
      'SELECT \'rows of logins(user_id) -> users(id) that point to no parent\' AS "what", count(*) AS "rows" FROM "main"."logins" AS "child" WHERE "child"."user_id" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "main"."users" AS "parent" WHERE "parent"."id" = "child"."user_id")',
    ],
    always: [],
    retry: null,
  });
  // Change the ON DELETE clauses in the stored CREATE TABLE texts
  await run(db, {
    transaction: ['BEGIN IMMEDIATE', 'COMMIT', 'ROLLBACK'],
    statements: [
      // one transaction from here on, whatever the client has begun
      'SAVEPOINT ondelete',
      // takes the write lock and tells other connections to read the schema anew
      // takes RESERVED on logins for a moment: blocks writes
      'CREATE VIEW main.ondelete_changes_the_schema AS SELECT 1 AS one',
      // the view was only there for that
      'DROP VIEW main.ondelete_changes_the_schema',
      // the tables to change
      'CREATE TABLE temp.ondelete_table AS SELECT name AS tbl, rowid AS number FROM main.sqlite_master WHERE type = \'table\' AND name COLLATE NOCASE IN (\'logins\')',
      // what decides about them: columns, indexes and keys
      'CREATE VIEW temp.ondelete_facts AS SELECT t.tbl, \'column\' AS kind, x.cid AS id, 0 AS seq, quote(x.name) || \' \' || quote(x.type) || \' \' || x."notnull" || \' \' || quote(x.dflt_value) || \' \' || x.pk || \' \' || x.hidden AS fact, \'\' AS action FROM temp.ondelete_table t JOIN pragma_table_xinfo(t.tbl, \'main\') x UNION ALL SELECT t.tbl, \'index\', 0, 0, quote(i.name) || \' \' || i."unique" || \' \' || i.origin || \' \' || i.partial, \'\' FROM temp.ondelete_table t JOIN pragma_index_list(t.tbl, \'main\') i UNION ALL SELECT t.tbl, \'key\', f.id, f.seq, quote(f."table") || \' \' || quote(f."from") || \' \' || quote(f."to") || \' \' || f.on_update || \' \' || f.match, f.on_delete FROM temp.ondelete_table t JOIN pragma_foreign_key_list(t.tbl, \'main\') f',
      // expected result, captured before the change
      'CREATE TABLE temp.ondelete_expected AS SELECT * FROM temp.ondelete_facts',
      // the keys to change
      'CREATE TABLE temp.ondelete_key (number INTEGER UNIQUE, tbl TEXT COLLATE NOCASE, id INTEGER, twins INTEGER, old TEXT, new TEXT, PRIMARY KEY (tbl, id))',
      // checks of the whole; a failing one rolls everything back
      'CREATE TABLE temp.ondelete_guard (writable INTEGER CONSTRAINT "ondelete: nothing was changed, because this connection may not edit the schema: switch its defensive mode off (sqlite3: .dbconfig defensive off, better-sqlite3: unsafeMode)" CHECK (writable), unchanged INTEGER CONSTRAINT "ondelete: nothing was changed, because the result would not have been what was planned" CHECK (unchanged))',
      // lets this connection edit stored texts
      'PRAGMA writable_schema = ON',
      // stops where the connection is defensive
      'INSERT OR ROLLBACK INTO temp.ondelete_guard (writable) SELECT coalesce((SELECT writable_schema FROM pragma_writable_schema), 0)',
      // checks of the keys
      'CREATE TABLE temp.ondelete_guard_1 (key_1 INTEGER CONSTRAINT "ondelete: nothing was changed, because logins(user_id) -> users(id) is gone or is neither NO ACTION nor SET NULL" CHECK (key_1), text_1 INTEGER CONSTRAINT "ondelete: nothing was changed, because the text of logins(user_id) -> users(id) is not what the file was written for" CHECK (text_1))',
      // finds logins(user_id) -> users(id)
      'INSERT INTO temp.ondelete_key (number, tbl, id, twins, old, new) SELECT 1, \'logins\', id, count(*) OVER (), old, \'SET NULL\' FROM (SELECT id, max(on_delete) AS old FROM pragma_foreign_key_list(\'logins\', \'main\') WHERE "table" = \'users\' COLLATE NOCASE GROUP BY id HAVING count(*) = 1 AND sum((seq = 0 AND "from" = \'user_id\' COLLATE NOCASE AND "to" = \'id\' COLLATE NOCASE)) = 1) ORDER BY id DESC LIMIT 1 OFFSET 0',
      // stops unless it is NO ACTION, or SET NULL already
      'INSERT OR ROLLBACK INTO temp.ondelete_guard_1 (key_1, text_1) SELECT coalesce((SELECT k.old IN (\'NO ACTION\', \'SET NULL\') AND k.twins = 1 FROM temp.ondelete_key k WHERE k.number = 1), 0), coalesce((SELECT k.old = \'SET NULL\' OR length(m.sql) - length(replace(m.sql, \' FOREIGN KEY (user_id) REFERENCES users (id)\', \'\')) = length(\' FOREIGN KEY (user_id) REFERENCES users (id)\') FROM temp.ondelete_key k JOIN temp.ondelete_table t ON t.tbl = k.tbl COLLATE NOCASE JOIN main.sqlite_master m ON m.rowid = t.number WHERE k.number = 1), 0)',
      // logins(user_id) -> users(id): NO ACTION becomes SET NULL
      // takes RESERVED on logins for a moment: blocks writes
      'UPDATE main.sqlite_master SET sql = replace(sql, \' FOREIGN KEY (user_id) REFERENCES users (id)\', \' FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL\') WHERE type = \'table\' AND rowid = (SELECT number FROM temp.ondelete_table WHERE tbl = \'logins\' COLLATE NOCASE) AND (SELECT k.old FROM temp.ondelete_key k WHERE k.number = 1) = \'NO ACTION\'',
      // add the new ON DELETE actions to the expected result
      'UPDATE temp.ondelete_expected SET action = (SELECT k.new FROM temp.ondelete_key k WHERE k.tbl = ondelete_expected.tbl COLLATE NOCASE AND k.id = ondelete_expected.id) WHERE kind = \'key\' AND EXISTS (SELECT 1 FROM temp.ondelete_key k WHERE k.tbl = ondelete_expected.tbl COLLATE NOCASE AND k.id = ondelete_expected.id)',
      // reads the schema anew, and makes the stored texts read-only again
      'PRAGMA writable_schema = RESET',
      // stops unless the new actions are there and nothing else has changed
      'INSERT OR ROLLBACK INTO temp.ondelete_guard (unchanged) SELECT NOT EXISTS (SELECT * FROM temp.ondelete_expected EXCEPT SELECT * FROM temp.ondelete_facts) AND NOT EXISTS (SELECT * FROM temp.ondelete_facts EXCEPT SELECT * FROM temp.ondelete_expected)',
      // tidies up
      'DROP VIEW temp.ondelete_facts',
      // tidies up
      'DROP TABLE temp.ondelete_guard_1',
      // tidies up
      'DROP TABLE temp.ondelete_guard',
      // tidies up
      'DROP TABLE temp.ondelete_key',
      // tidies up
      'DROP TABLE temp.ondelete_expected',
      // tidies up
      'DROP TABLE temp.ondelete_table',
      // done; at the commit readers wait for a moment as well
      // takes EXCLUSIVE on logins for a moment: blocks reads and writes
      'RELEASE ondelete',
    ],
    always: [
      // whatever happened, the stored texts are read-only again
      'PRAGMA writable_schema = RESET',
    ],
    retry: { codes: ['SQLITE_BUSY', 'SQLITE_BUSY_SNAPSHOT', 'SQLITE_BUSY_RECOVERY', 'SQLITE_LOCKED'], attempts: 5, pause: [100, 500] },
    probe: ['PRAGMA writable_schema = ON', 'UPDATE main.sqlite_master SET sql = sql WHERE 0', 'PRAGMA writable_schema = OFF'],
    fallback: async (execute, cause) => {
      await rebuildTables(execute, { maximumRows: 10000, tables: [{ table: 'logins', edits: [{ key: 'logins(user_id) -> users(id)', columns: ['user_id'], parent: 'users', parentColumns: ['id'], position: 0, twins: 1, from: 'NO ACTION', to: 'SET NULL', before: ' FOREIGN KEY (user_id) REFERENCES users (id)', after: ' FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL' }] }] }, cause);
    },
  });
}

// Reverses the file of the same name: restores the rule, not rows that were deleted or changed under the new one.
// Deleting a row of users is refused by the rows of logins that point to it by user_id (NO ACTION; before: SET NULL).
// 2 steps, one after the other.
export async function down(db: Kysely<unknown>): Promise<void> {
  // Change the ON DELETE clauses in the stored CREATE TABLE texts
  await run(db, {
    transaction: ['BEGIN IMMEDIATE', 'COMMIT', 'ROLLBACK'],
    statements: [
      // one transaction from here on, whatever the client has begun
      'SAVEPOINT ondelete',
      // takes the write lock and tells other connections to read the schema anew
      // takes RESERVED on logins for a moment: blocks writes
      'CREATE VIEW main.ondelete_changes_the_schema AS SELECT 1 AS one',
      // the view was only there for that
      'DROP VIEW main.ondelete_changes_the_schema',
      // the tables to change
      'CREATE TABLE temp.ondelete_table AS SELECT name AS tbl, rowid AS number FROM main.sqlite_master WHERE type = \'table\' AND name COLLATE NOCASE IN (\'logins\')',
      // what decides about them: columns, indexes and keys
      'CREATE VIEW temp.ondelete_facts AS SELECT t.tbl, \'column\' AS kind, x.cid AS id, 0 AS seq, quote(x.name) || \' \' || quote(x.type) || \' \' || x."notnull" || \' \' || quote(x.dflt_value) || \' \' || x.pk || \' \' || x.hidden AS fact, \'\' AS action FROM temp.ondelete_table t JOIN pragma_table_xinfo(t.tbl, \'main\') x UNION ALL SELECT t.tbl, \'index\', 0, 0, quote(i.name) || \' \' || i."unique" || \' \' || i.origin || \' \' || i.partial, \'\' FROM temp.ondelete_table t JOIN pragma_index_list(t.tbl, \'main\') i UNION ALL SELECT t.tbl, \'key\', f.id, f.seq, quote(f."table") || \' \' || quote(f."from") || \' \' || quote(f."to") || \' \' || f.on_update || \' \' || f.match, f.on_delete FROM temp.ondelete_table t JOIN pragma_foreign_key_list(t.tbl, \'main\') f',
      // expected result, captured before the change
      'CREATE TABLE temp.ondelete_expected AS SELECT * FROM temp.ondelete_facts',
      // the keys to change
      'CREATE TABLE temp.ondelete_key (number INTEGER UNIQUE, tbl TEXT COLLATE NOCASE, id INTEGER, twins INTEGER, old TEXT, new TEXT, PRIMARY KEY (tbl, id))',
      // checks of the whole; a failing one rolls everything back
      'CREATE TABLE temp.ondelete_guard (writable INTEGER CONSTRAINT "ondelete: nothing was changed, because this connection may not edit the schema: switch its defensive mode off (sqlite3: .dbconfig defensive off, better-sqlite3: unsafeMode)" CHECK (writable), unchanged INTEGER CONSTRAINT "ondelete: nothing was changed, because the result would not have been what was planned" CHECK (unchanged))',
      // lets this connection edit stored texts
      'PRAGMA writable_schema = ON',
      // stops where the connection is defensive
      'INSERT OR ROLLBACK INTO temp.ondelete_guard (writable) SELECT coalesce((SELECT writable_schema FROM pragma_writable_schema), 0)',
      // checks of the keys
      'CREATE TABLE temp.ondelete_guard_1 (key_1 INTEGER CONSTRAINT "ondelete: nothing was changed, because logins(user_id) -> users(id) is gone or is neither SET NULL nor NO ACTION" CHECK (key_1), text_1 INTEGER CONSTRAINT "ondelete: nothing was changed, because the text of logins(user_id) -> users(id) is not what the file was written for" CHECK (text_1))',
      // finds logins(user_id) -> users(id)
      'INSERT INTO temp.ondelete_key (number, tbl, id, twins, old, new) SELECT 1, \'logins\', id, count(*) OVER (), old, \'NO ACTION\' FROM (SELECT id, max(on_delete) AS old FROM pragma_foreign_key_list(\'logins\', \'main\') WHERE "table" = \'users\' COLLATE NOCASE GROUP BY id HAVING count(*) = 1 AND sum((seq = 0 AND "from" = \'user_id\' COLLATE NOCASE AND "to" = \'id\' COLLATE NOCASE)) = 1) ORDER BY id DESC LIMIT 1 OFFSET 0',
      // stops unless it is SET NULL, or NO ACTION already
      'INSERT OR ROLLBACK INTO temp.ondelete_guard_1 (key_1, text_1) SELECT coalesce((SELECT k.old IN (\'SET NULL\', \'NO ACTION\') AND k.twins = 1 FROM temp.ondelete_key k WHERE k.number = 1), 0), coalesce((SELECT k.old = \'NO ACTION\' OR (length(m.sql) - length(replace(m.sql, \' FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL\', \'\')) = length(\' FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL\') AND substr(m.sql, instr(m.sql, \' FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL\') + length(\' FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL\'), 1) NOT GLOB \'[0-9A-Za-z_$]\' AND coalesce(unicode(substr(m.sql, instr(m.sql, \' FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL\') + length(\' FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL\'), 1)), 0) < 128) FROM temp.ondelete_key k JOIN temp.ondelete_table t ON t.tbl = k.tbl COLLATE NOCASE JOIN main.sqlite_master m ON m.rowid = t.number WHERE k.number = 1), 0)',
      // logins(user_id) -> users(id): SET NULL becomes NO ACTION
      // takes RESERVED on logins for a moment: blocks writes
      'UPDATE main.sqlite_master SET sql = replace(sql, \' FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL\', \' FOREIGN KEY (user_id) REFERENCES users (id)\') WHERE type = \'table\' AND rowid = (SELECT number FROM temp.ondelete_table WHERE tbl = \'logins\' COLLATE NOCASE) AND (SELECT k.old FROM temp.ondelete_key k WHERE k.number = 1) = \'SET NULL\'',
      // add the new ON DELETE actions to the expected result
      'UPDATE temp.ondelete_expected SET action = (SELECT k.new FROM temp.ondelete_key k WHERE k.tbl = ondelete_expected.tbl COLLATE NOCASE AND k.id = ondelete_expected.id) WHERE kind = \'key\' AND EXISTS (SELECT 1 FROM temp.ondelete_key k WHERE k.tbl = ondelete_expected.tbl COLLATE NOCASE AND k.id = ondelete_expected.id)',
      // reads the schema anew, and makes the stored texts read-only again
      'PRAGMA writable_schema = RESET',
      // stops unless the new actions are there and nothing else has changed
      'INSERT OR ROLLBACK INTO temp.ondelete_guard (unchanged) SELECT NOT EXISTS (SELECT * FROM temp.ondelete_expected EXCEPT SELECT * FROM temp.ondelete_facts) AND NOT EXISTS (SELECT * FROM temp.ondelete_facts EXCEPT SELECT * FROM temp.ondelete_expected)',
      // tidies up
      'DROP VIEW temp.ondelete_facts',
      // tidies up
      'DROP TABLE temp.ondelete_guard_1',
      // tidies up
      'DROP TABLE temp.ondelete_guard',
      // tidies up
      'DROP TABLE temp.ondelete_key',
      // tidies up
      'DROP TABLE temp.ondelete_expected',
      // tidies up
      'DROP TABLE temp.ondelete_table',
      // done; at the commit readers wait for a moment as well
      // takes EXCLUSIVE on logins for a moment: blocks reads and writes
      'RELEASE ondelete',
    ],
    always: [
      // whatever happened, the stored texts are read-only again
      'PRAGMA writable_schema = RESET',
    ],
    retry: { codes: ['SQLITE_BUSY', 'SQLITE_BUSY_SNAPSHOT', 'SQLITE_BUSY_RECOVERY', 'SQLITE_LOCKED'], attempts: 5, pause: [100, 500] },
    probe: ['PRAGMA writable_schema = ON', 'UPDATE main.sqlite_master SET sql = sql WHERE 0', 'PRAGMA writable_schema = OFF'],
    fallback: async (execute, cause) => {
      await rebuildTables(execute, { maximumRows: 10000, tables: [{ table: 'logins', edits: [{ key: 'logins(user_id) -> users(id)', columns: ['user_id'], parent: 'users', parentColumns: ['id'], position: 0, twins: 1, from: 'SET NULL', to: 'NO ACTION', before: ' FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL', after: ' FOREIGN KEY (user_id) REFERENCES users (id)' }] }] }, cause);
    },
  });
  // Count rows that point to no parent: nothing to do, counting changed nothing
}

type Execute = (statement: string) => Promise<readonly Record<string, unknown>[]>;

interface Step {
  readonly transaction: readonly [begin: string, commit: string, rollback: string] | null;
  readonly statements: readonly string[];
  readonly always: readonly string[];
  readonly retry: { readonly codes: readonly string[]; readonly attempts: number; readonly pause: readonly [number, number] } | null;
  readonly probe?: readonly string[];
  readonly fallback?: (execute: Execute, cause: unknown) => Promise<void>;
}

/** Runs a step on one connection, in a transaction of its own unless the migrator has opened one. */
async function run(db: Kysely<unknown>, step: Step): Promise<void> {
  if (db.isTransaction) return attempt(db, { ...step, transaction: null });
  await db.connection().execute((connection) => attempt(connection, step));
}

async function attempt(connection: Kysely<unknown>, step: Step, attempts = 1): Promise<void> {
  const execute: Execute = async (statement) =>
    (await sql.raw<Record<string, unknown>>(statement).execute(connection)).rows;
  try {
    const cause = await refusal(execute, step);
    if (cause !== null && step.fallback !== undefined) return await step.fallback(execute, cause);
    await runOnce(execute, step);
  } catch (error) {
    const { code, errno } = error as { code?: unknown; errno?: unknown };
    const again = step.retry?.codes.some((one) => one === String(code) || one === String(errno)) ?? false;
    if (step.retry === null || !again || attempts >= step.retry.attempts) throw error;
    const [least, most] = step.retry.pause;
    await new Promise((resolve) => setTimeout(resolve, least + Math.random() * (most - least)));
    return attempt(connection, step, attempts + 1);
  }
}

async function runOnce(execute: Execute, step: Step): Promise<void> {
  try {
    if (step.transaction !== null) await execute(step.transaction[0]);
    for (const statement of step.statements) await execute(statement);
    if (step.transaction !== null) await execute(step.transaction[1]);
  } catch (error) {
    if (step.transaction !== null) await execute(step.transaction[2]).catch(() => []);
    throw error;
  } finally {
    for (const statement of step.always) {
      await execute(statement).catch(() => []);
    }
  }
}

/** The error that the probe met, or null where the step's statements can work on this connection. */
async function refusal(execute: Execute, step: Step): Promise<unknown> {
  if (step.probe === undefined) return null;
  try {
    for (const statement of step.probe) await execute(statement);
    return null;
  } catch (error) {
    return error;
  }
}

// Part of migrations for connections that may not edit stored texts: it imports nothing and is copied into the file as it stands.

type RebuildRow = Readonly<Record<string, unknown>>;
type RebuildExecute = (statement: string) => Promise<readonly RebuildRow[]>;

interface RebuildEdit {
  /** The key as people read it. */
  readonly key: string;
  readonly columns: readonly string[];
  readonly parent: string;
  /** Null where the key names no parent columns. */
  readonly parentColumns: readonly string[] | null;
  /** Which of the keys with these columns and parent, in the order of the text, and how many there are. */
  readonly position: number;
  readonly twins: number;
  readonly from: string;
  readonly to: string;
  /** The piece of the table's CREATE TABLE text to replace, and what by. */
  readonly before: string;
  readonly after: string;
}

interface RebuildArgument {
  /** Tables with more rows are refused; -1 for no bound. */
  readonly maximumRows: number;
  readonly tables: readonly { readonly table: string; readonly edits: readonly RebuildEdit[] }[];
}

/**
 * Changes ON DELETE by building each table anew: its rows are kept aside, the table is dropped and made again under its own
 * name from its own text with the clause changed, and the rows come back. With foreign_keys off nothing cascades; where they
 * cannot be switched off, in a transaction, nothing is begun. Each table is one transaction.
 */
async function rebuildTables(execute: RebuildExecute, argument: RebuildArgument, cause: unknown): Promise<void> {
  await execute('PRAGMA writable_schema = OFF');
  const tables: { readonly table: string; readonly edits: readonly RebuildEdit[] }[] = [];
  for (const { table, edits } of argument.tables) {
    const pending = await rebuildPending(execute, table, edits);
    if (pending.length === 0) continue;
    await rebuildCheckSize(execute, table, argument.maximumRows, cause);
    tables.push({ table, edits: pending });
  }
  if (tables.length === 0) return;
  const settings = ['foreign_keys', 'ignore_check_constraints'];
  const found: (readonly [string, unknown])[] = [];
  for (const setting of settings) found.push([setting, await rebuildPragma(execute, setting)]);
  try {
    await execute('PRAGMA foreign_keys = OFF');
    if (Number(await rebuildPragma(execute, 'foreign_keys')) !== 0) {
      throw new Error('ondelete: nothing was changed, because foreign_keys cannot be switched off here: run this migration outside a transaction');
    }
    // Rows are moved, not judged: one that a CHECK would refuse today was there before and stays.
    await execute('PRAGMA ignore_check_constraints = ON');
    for (const { table, edits } of tables) await rebuildInTransaction(execute, table, edits);
  } finally {
    for (const [setting, value] of found) await execute(`PRAGMA ${setting} = ${Number(value) === 0 ? 'OFF' : 'ON'}`);
  }
}

async function rebuildInTransaction(execute: RebuildExecute, table: string, edits: readonly RebuildEdit[]): Promise<void> {
  // Fails in an open transaction, before anything is changed.
  await execute('BEGIN IMMEDIATE');
  try {
    await rebuildTable(execute, table, edits);
    await execute('COMMIT');
  } catch (error) {
    await execute('ROLLBACK').catch(() => []);
    throw error;
  }
}

async function rebuildTable(execute: RebuildExecute, table: string, edits: readonly RebuildEdit[]): Promise<void> {
  const isNamed = `tbl_name = ${rebuildText(table)} COLLATE NOCASE`;
  const [stored] = await execute(`SELECT name, sql FROM main.sqlite_master WHERE type = 'table' AND ${isNamed}`);
  if (stored === undefined) throw new Error(`ondelete: there is no table ${table}`);
  const name = String(stored['name']);
  const [shadow] = await execute(`SELECT name FROM temp.sqlite_master WHERE name = ${rebuildText(table)} COLLATE NOCASE OR ${isNamed}`);
  if (shadow !== undefined) throw new Error(`ondelete: nothing was changed, because a temporary object hides ${table} or belongs to it`);
  const text = (await rebuildPending(execute, table, edits)).reduce((sql, edit) => rebuildReplace(sql, edit), String(stored['sql']));
  const around = await execute(
    `SELECT type, sql FROM main.sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL AND ${isNamed} ORDER BY type, rowid`,
  );
  const before = await rebuildFacts(execute, name, edits);
  const orphans = await rebuildOrphans(execute, name);
  const columns = await rebuildColumns(execute, name);
  const places = columns.map((_, index) => `c${index}`).join(', ');
  await execute(`CREATE TABLE temp.ondelete_rows (${places})`);
  await execute(`INSERT INTO temp.ondelete_rows SELECT ${columns.join(', ')} FROM main.${rebuildName(name)}`);
  const restore = await rebuildKeepAside(execute, name);
  await execute(`DROP TABLE main.${rebuildName(name)}`);
  await execute(text);
  await execute(`INSERT INTO main.${rebuildName(name)} (${columns.join(', ')}) SELECT ${places} FROM temp.ondelete_rows ORDER BY rowid`);
  await rebuildExpect(execute, `SELECT (SELECT count(*) FROM temp.ondelete_rows) = (SELECT count(*) FROM main.${rebuildName(name)}) AS same`, table, 'rows');
  for (const object of around) await execute(String(object['sql']));
  for (const statement of restore) await execute(statement);
  await execute('DROP TABLE temp.ondelete_rows');
  const changed = [
    [before, await rebuildFacts(execute, name, edits)],
    [orphans, await rebuildOrphans(execute, name)],
    [edits.map((edit) => edit.to).join(), (await rebuildActions(execute, table, edits)).join()],
  ].some(([expected, now]) => expected !== now);
  if (changed) throw new Error(`ondelete: nothing was changed, because ${table} would not have come back as it was`);
}

/** The edits still to make; throws where a key is neither as it was nor as it shall be, or its text has another shape. */
async function rebuildPending(execute: RebuildExecute, table: string, edits: readonly RebuildEdit[]): Promise<readonly RebuildEdit[]> {
  const actions = await rebuildActions(execute, table, edits);
  const pending = edits.filter((edit, index) => {
    if (actions[index] === edit.to) return false;
    if (actions[index] === edit.from) return true;
    throw new Error(`ondelete: nothing was changed, because ${edit.key} is gone or is neither ${edit.from} nor ${edit.to}`);
  });
  const [stored] = await execute(`SELECT sql FROM main.sqlite_master WHERE type = 'table' AND name = ${rebuildText(table)} COLLATE NOCASE`);
  pending.reduce((sql, edit) => rebuildReplace(sql, edit), String(stored?.['sql'] ?? ''));
  return pending;
}

/** What each key does now; undefined for one that is not there. */
async function rebuildActions(execute: RebuildExecute, table: string, edits: readonly RebuildEdit[]): Promise<readonly (string | undefined)[]> {
  const rows = await execute(`SELECT * FROM pragma_foreign_key_list(${rebuildText(table)}, 'main') ORDER BY id DESC, seq`);
  const keys = new Map<unknown, RebuildRow[]>();
  for (const row of rows) keys.set(row['id'], [...(keys.get(row['id']) ?? []), row]);
  const fold = (name: unknown): string => String(name).replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return edits.map((edit) => {
    const twins = [...keys.values()].filter(
      (key) =>
        key.length === edit.columns.length &&
        key.every(
          (row, seq) =>
            fold(row['table']) === fold(edit.parent) &&
            fold(row['from']) === fold(edit.columns[seq]) &&
            (edit.parentColumns === null ? row['to'] === null : row['to'] !== null && fold(row['to']) === fold(edit.parentColumns[seq])),
        ),
    );
    const action = twins.length === edit.twins ? twins[edit.position]?.[0]?.['on_delete'] : undefined;
    return action === undefined ? undefined : String(action);
  });
}

function rebuildReplace(sql: string, edit: RebuildEdit): string {
  const pieces = sql.split(edit.before);
  const [head, tail] = pieces;
  const runsOn = /[\w$\u0080-\uffff]$/.test(edit.before) && /^[\w$\u0080-\uffff]/.test(tail ?? '');
  if (pieces.length !== 2 || head === undefined || tail === undefined || runsOn) {
    throw new Error(`ondelete: nothing was changed, because the text of ${edit.key} is not what the file was written for`);
  }
  return head + edit.after + tail;
}

async function rebuildCheckSize(execute: RebuildExecute, table: string, maximumRows: number, cause: unknown): Promise<void> {
  if (maximumRows < 0) return;
  const more = await execute(`SELECT 1 AS more FROM main.${rebuildName(table)} LIMIT 1 OFFSET ${maximumRows}`);
  if (more.length === 0) return;
  const why = typeof cause === 'object' && cause !== null && 'message' in cause ? String(cause.message) : String(cause);
  throw new Error(
    `ondelete: nothing was changed, because this connection may not edit the schema (${why}) and ${table} has more than ${maximumRows} rows, too many to copy unasked: ` +
      'turn on unsafeMode of better-sqlite3 (docs/kysely.md), or write the migration with --allow TABLE_REBUILD',
    { cause },
  );
}

/** The columns that hold data, quoted, after a name of the rowid where one can be seen. */
async function rebuildColumns(execute: RebuildExecute, name: string): Promise<readonly string[]> {
  const rows = await execute(`SELECT name, hidden FROM pragma_table_xinfo(${rebuildText(name)}, 'main') ORDER BY cid`);
  const taken = rows.map((row) => String(row['name']).toLowerCase());
  const alias = ['rowid', '_rowid_', 'oid'].find((candidate) => !taken.includes(candidate));
  const hasRowid = alias !== undefined && (await execute(`SELECT ${alias} FROM main.${rebuildName(name)} LIMIT 0`).then(() => true, () => false));
  return [...(hasRowid ? [alias] : []), ...rows.filter((row) => Number(row['hidden']) === 0).map((row) => rebuildName(String(row['name'])))];
}

/** Keeps the rows of sqlite_sequence and the statistics that go with the table, and says how to bring them back. */
async function rebuildKeepAside(execute: RebuildExecute, name: string): Promise<readonly string[]> {
  const restore: string[] = [];
  const found = await execute("SELECT name FROM main.sqlite_master WHERE name IN ('sqlite_sequence', 'sqlite_stat1', 'sqlite_stat3', 'sqlite_stat4') ORDER BY name");
  for (const row of found) {
    const kept = String(row['name']);
    const isOwn = `${kept === 'sqlite_sequence' ? 'name' : 'tbl'} = ${rebuildText(name)}`;
    await execute(`CREATE TABLE temp.ondelete_${kept} AS SELECT * FROM main.${kept} WHERE ${isOwn}`);
    restore.push(
      `DELETE FROM main.${kept} WHERE ${isOwn}`,
      `INSERT INTO main.${kept} SELECT * FROM temp.ondelete_${kept} ORDER BY rowid`,
      `DROP TABLE temp.ondelete_${kept}`,
    );
  }
  return restore;
}

/** Columns, indexes and keys as text, the actions of the edited keys left out. */
async function rebuildFacts(execute: RebuildExecute, name: string, edits: readonly RebuildEdit[]): Promise<string> {
  const table = rebuildText(name);
  const columns = await execute(`SELECT * FROM pragma_table_xinfo(${table}, 'main') ORDER BY cid`);
  const indexes = await execute(`SELECT name, "unique", origin, partial FROM pragma_index_list(${table}, 'main') ORDER BY name`);
  const keys = await execute(`SELECT * FROM pragma_foreign_key_list(${table}, 'main') ORDER BY id, seq`);
  const isEdited = (key: RebuildRow): boolean =>
    edits.some((edit) => edit.columns.some((column) => column.toLowerCase() === String(key['from']).toLowerCase()));
  return JSON.stringify([columns, indexes, keys.map((key) => (isEdited(key) ? { ...key, on_delete: null } : key))]);
}

/** How many rows violate each key; empty where a key is so broken that SQLite cannot tell. */
async function rebuildOrphans(execute: RebuildExecute, name: string): Promise<string> {
  const query = `SELECT parent, fkid, count(*) AS rows FROM pragma_foreign_key_check(${rebuildText(name)}, 'main') GROUP BY parent, fkid ORDER BY fkid`;
  return JSON.stringify(await execute(query).catch(() => []));
}

async function rebuildExpect(execute: RebuildExecute, query: string, table: string, what: string): Promise<void> {
  const [row] = await execute(query);
  if (Number(row?.['same']) !== 1) throw new Error(`ondelete: nothing was changed, because ${what} of ${table} would have been lost`);
}

async function rebuildPragma(execute: RebuildExecute, name: string): Promise<unknown> {
  const [row] = await execute(`PRAGMA ${name}`);
  return row === undefined ? 0 : Object.values(row)[0];
}

function rebuildName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function rebuildText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
