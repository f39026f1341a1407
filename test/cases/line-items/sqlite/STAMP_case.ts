// 1 foreign key changes what a delete does.
//
// ondelete.config.yaml:4  order_items -> orders: a line item is part of its order
//   order_items(order_id) -> orders(id)  NO ACTION → CASCADE
//
// Run:  migrateToLatest() of your Migrator
// Back: migrateDown()

import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // Count rows that point to no parent
  await run(db, {
    transaction: null,
    statements: [
      // how many rows of order_items(order_id) -> orders(id) point to no parent; the change does not depend on it
      'SELECT \'rows of order_items(order_id) -> orders(id) that point to no parent\' AS "what", count(*) AS "rows" FROM "main"."order_items" AS "child" WHERE "child"."order_id" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "main"."orders" AS "parent" WHERE "parent"."id" = "child"."order_id")',
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
      'CREATE VIEW main.ondelete_changes_the_schema AS SELECT 1 AS one',
      // the view was only there for that
      'DROP VIEW main.ondelete_changes_the_schema',
      // the tables to change
      'CREATE TABLE temp.ondelete_table AS SELECT name AS tbl, rowid AS number FROM main.sqlite_master WHERE type = \'table\' AND name COLLATE NOCASE IN (\'order_items\')',
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
      'CREATE TABLE temp.ondelete_guard_1 (key_1 INTEGER CONSTRAINT "ondelete: nothing was changed, because order_items(order_id) -> orders(id) is gone or is neither NO ACTION nor CASCADE" CHECK (key_1), text_1 INTEGER CONSTRAINT "ondelete: nothing was changed, because the text of order_items(order_id) -> orders(id) is not what the file was written for" CHECK (text_1))',
      // finds order_items(order_id) -> orders(id)
      'INSERT INTO temp.ondelete_key (number, tbl, id, twins, old, new) SELECT 1, \'order_items\', id, count(*) OVER (), old, \'CASCADE\' FROM (SELECT id, max(on_delete) AS old FROM pragma_foreign_key_list(\'order_items\', \'main\') WHERE "table" = \'orders\' COLLATE NOCASE GROUP BY id HAVING count(*) = 1 AND sum((seq = 0 AND "from" = \'order_id\' COLLATE NOCASE AND "to" = \'id\' COLLATE NOCASE)) = 1) ORDER BY id DESC LIMIT 1 OFFSET 0',
      // stops unless it is NO ACTION, or CASCADE already
      'INSERT OR ROLLBACK INTO temp.ondelete_guard_1 (key_1, text_1) SELECT coalesce((SELECT k.old IN (\'NO ACTION\', \'CASCADE\') AND k.twins = 1 FROM temp.ondelete_key k WHERE k.number = 1), 0), coalesce((SELECT k.old = \'CASCADE\' OR length(m.sql) - length(replace(m.sql, \' FOREIGN KEY (order_id) REFERENCES orders (id)\', \'\')) = length(\' FOREIGN KEY (order_id) REFERENCES orders (id)\') FROM temp.ondelete_key k JOIN temp.ondelete_table t ON t.tbl = k.tbl COLLATE NOCASE JOIN main.sqlite_master m ON m.rowid = t.number WHERE k.number = 1), 0)',
      // order_items(order_id) -> orders(id): NO ACTION becomes CASCADE
      'UPDATE main.sqlite_master SET sql = replace(sql, \' FOREIGN KEY (order_id) REFERENCES orders (id)\', \' FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE\') WHERE type = \'table\' AND rowid = (SELECT number FROM temp.ondelete_table WHERE tbl = \'order_items\' COLLATE NOCASE) AND (SELECT k.old FROM temp.ondelete_key k WHERE k.number = 1) = \'NO ACTION\'',
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
      'RELEASE ondelete',
    ],
    always: [
      // whatever happened, the stored texts are read-only again
      'PRAGMA writable_schema = RESET',
    ],
    retry: { codes: ['SQLITE_BUSY', 'SQLITE_BUSY_SNAPSHOT', 'SQLITE_BUSY_RECOVERY', 'SQLITE_LOCKED'], attempts: 5, pause: [100, 500] },
    probe: ['PRAGMA writable_schema = ON', 'UPDATE main.sqlite_master SET sql = sql WHERE 0', 'PRAGMA writable_schema = OFF'],
    fallback: async (execute, cause) => {
      await rebuildTables(execute, { maximumRows: 10000, tables: [{ table: 'order_items', edits: [{ key: 'order_items(order_id) -> orders(id)', columns: ['order_id'], parent: 'orders', parentColumns: ['id'], position: 0, twins: 1, from: 'NO ACTION', to: 'CASCADE', before: ' FOREIGN KEY (order_id) REFERENCES orders (id)', after: ' FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE' }] }] }, cause);
    },
  });
}

// 1 foreign key changes back to what a delete did before.
// Rows that the new rules deleted or changed do not come back.
//
//   order_items(order_id) -> orders(id)  CASCADE → NO ACTION
//
// Run: migrateDown()
export async function down(db: Kysely<unknown>): Promise<void> {
  // Change the ON DELETE clauses in the stored CREATE TABLE texts
  await run(db, {
    transaction: ['BEGIN IMMEDIATE', 'COMMIT', 'ROLLBACK'],
    statements: [
      // one transaction from here on, whatever the client has begun
      'SAVEPOINT ondelete',
      // takes the write lock and tells other connections to read the schema anew
      'CREATE VIEW main.ondelete_changes_the_schema AS SELECT 1 AS one',
      // the view was only there for that
      'DROP VIEW main.ondelete_changes_the_schema',
      // the tables to change
      'CREATE TABLE temp.ondelete_table AS SELECT name AS tbl, rowid AS number FROM main.sqlite_master WHERE type = \'table\' AND name COLLATE NOCASE IN (\'order_items\')',
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
      'CREATE TABLE temp.ondelete_guard_1 (key_1 INTEGER CONSTRAINT "ondelete: nothing was changed, because order_items(order_id) -> orders(id) is gone or is neither CASCADE nor NO ACTION" CHECK (key_1), text_1 INTEGER CONSTRAINT "ondelete: nothing was changed, because the text of order_items(order_id) -> orders(id) is not what the file was written for" CHECK (text_1))',
      // finds order_items(order_id) -> orders(id)
      'INSERT INTO temp.ondelete_key (number, tbl, id, twins, old, new) SELECT 1, \'order_items\', id, count(*) OVER (), old, \'NO ACTION\' FROM (SELECT id, max(on_delete) AS old FROM pragma_foreign_key_list(\'order_items\', \'main\') WHERE "table" = \'orders\' COLLATE NOCASE GROUP BY id HAVING count(*) = 1 AND sum((seq = 0 AND "from" = \'order_id\' COLLATE NOCASE AND "to" = \'id\' COLLATE NOCASE)) = 1) ORDER BY id DESC LIMIT 1 OFFSET 0',
      // stops unless it is CASCADE, or NO ACTION already
      'INSERT OR ROLLBACK INTO temp.ondelete_guard_1 (key_1, text_1) SELECT coalesce((SELECT k.old IN (\'CASCADE\', \'NO ACTION\') AND k.twins = 1 FROM temp.ondelete_key k WHERE k.number = 1), 0), coalesce((SELECT k.old = \'NO ACTION\' OR (length(m.sql) - length(replace(m.sql, \' FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE\', \'\')) = length(\' FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE\') AND substr(m.sql, instr(m.sql, \' FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE\') + length(\' FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE\'), 1) NOT GLOB \'[0-9A-Za-z_$]\' AND coalesce(unicode(substr(m.sql, instr(m.sql, \' FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE\') + length(\' FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE\'), 1)), 0) < 128) FROM temp.ondelete_key k JOIN temp.ondelete_table t ON t.tbl = k.tbl COLLATE NOCASE JOIN main.sqlite_master m ON m.rowid = t.number WHERE k.number = 1), 0)',
      // order_items(order_id) -> orders(id): CASCADE becomes NO ACTION
      'UPDATE main.sqlite_master SET sql = replace(sql, \' FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE\', \' FOREIGN KEY (order_id) REFERENCES orders (id)\') WHERE type = \'table\' AND rowid = (SELECT number FROM temp.ondelete_table WHERE tbl = \'order_items\' COLLATE NOCASE) AND (SELECT k.old FROM temp.ondelete_key k WHERE k.number = 1) = \'CASCADE\'',
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
      'RELEASE ondelete',
    ],
    always: [
      // whatever happened, the stored texts are read-only again
      'PRAGMA writable_schema = RESET',
    ],
    retry: { codes: ['SQLITE_BUSY', 'SQLITE_BUSY_SNAPSHOT', 'SQLITE_BUSY_RECOVERY', 'SQLITE_LOCKED'], attempts: 5, pause: [100, 500] },
    probe: ['PRAGMA writable_schema = ON', 'UPDATE main.sqlite_master SET sql = sql WHERE 0', 'PRAGMA writable_schema = OFF'],
    fallback: async (execute, cause) => {
      await rebuildTables(execute, { maximumRows: 10000, tables: [{ table: 'order_items', edits: [{ key: 'order_items(order_id) -> orders(id)', columns: ['order_id'], parent: 'orders', parentColumns: ['id'], position: 0, twins: 1, from: 'CASCADE', to: 'NO ACTION', before: ' FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE', after: ' FOREIGN KEY (order_id) REFERENCES orders (id)' }] }] }, cause);
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
  if (db.isTransaction) return runOn(db, { ...step, transaction: null });
  await db.connection().execute((connection) => runOn(connection, step));
}

async function runOn(connection: Kysely<unknown>, step: Step): Promise<void> {
  const execute: Execute = async (statement) =>
    (await sql.raw<Record<string, unknown>>(statement).execute(connection)).rows;
  const { statements, transaction } = step;
  try {
    const cause = await refusal(execute, step);
    if (cause !== null && step.fallback !== undefined) return await step.fallback(execute, cause);
    if (transaction === null) for (const statement of statements) await again(step, () => execute(statement));
    else await again(step, () => inTransaction(execute, transaction, statements));
  } finally {
    for (const statement of step.always) {
      await execute(statement).catch(() => []);
    }
  }
}

async function inTransaction(
  execute: Execute,
  [begin, commit, rollback]: NonNullable<Step['transaction']>,
  statements: readonly string[],
): Promise<void> {
  try {
    await execute(begin);
    for (const statement of statements) await execute(statement);
    await execute(commit);
  } catch (error) {
    await execute(rollback).catch(() => []);
    throw error;
  }
}

/** Repeats the work while it fails for want of a lock. */
async function again({ retry }: Step, work: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await work();
      return;
    } catch (error) {
      const { code, errno } = error as { code?: unknown; errno?: unknown };
      const canRetry = retry?.codes.some((one) => one === String(code) || one === String(errno)) ?? false;
      if (retry === null || !canRetry || attempt >= retry.attempts) throw error;
      const [least, most] = retry.pause;
      await new Promise((resolve) => setTimeout(resolve, least + Math.random() * (most - least)));
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

// Here the file holds the text of dialects/sqlite/emitter/rebuild.runtime.ts.
import { rebuildTables } from '../../../../dialects/sqlite/emitter/rebuild.runtime.ts';

// ondelete-set: {"set":"STAMP_case","keys":[{"child":["main","order_items"],"columns":["order_id"],"parent":["main","orders"],"parentColumns":["id"],"constraint":"order_items_order","from":["NO ACTION"],"to":["CASCADE"],"fingerprint":"4a6e42895aa74b0e"}]}
