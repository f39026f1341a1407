// 1 foreign key changes what a delete does.
//
// ondelete.config.yaml:4  order_items -> orders: a line item is part of its order
//   shop.order_items(order_id) -> shop.orders(id)  NO ACTION → CASCADE
//
// Run:  await migrator.migrateToLatest()
// Back: await migrator.migrateDown()

import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // order_items(order_id) -> orders(id): ON DELETE NO ACTION becomes CASCADE
  await run(db, {
    transaction: null,
    statements: [
      // One file at a time in this database.
      `SET @ondelete_steps = NULL, @ondelete_trouble = IF('wsrep_on' IN (SELECT VARIABLE_NAME FROM performance_schema.global_variables)
  OR GET_LOCK(CONCAT_WS(' ', 'ondelete', LEFT(DATABASE(), 50)), 10), NULL,
  CONCAT('connection ', IS_USED_LOCK(CONCAT_WS(' ', 'ondelete', LEFT(DATABASE(), 50))), ' runs another file of ondelete in this database'))`,
      // Which ALTERs does each key still need? The keys are listed first; a key in an unknown state is trouble.
      `WITH listed (n, child, cols, parent, parent_cols, own_name, digits, was, becomes) AS (VALUES
  ROW(1, '\`order_items\`', '\`order_id\`', '\`orders\`', '\`id\`', 'order_items_order', 'aa7aa837', 'NO ACTION', 'CASCADE')
), named AS ( -- the listed keys with the names and actions on their way
  SELECT listed.*, CONCAT('\`', own_name, '\`') AS name, CONCAT('\`', CONCAT(LEFT(own_name, 51), '__od_', digits), '\`') AS temporary,
    SHA2(CONCAT_WS(' ', LOWER(CONCAT_WS(' ', child, cols, parent, parent_cols)), IF(@@lower_case_table_names, '', CONCAT(child, parent))), 256) AS joins,
    CONCAT(' ON DELETE ', was, ' ON UPDATE NO ACTION') AS old, CONCAT(' ON DELETE ', becomes, ' ON UPDATE NO ACTION') AS new FROM listed
), found AS ( -- every foreign key that is here, and the indexes over its columns
  SELECT DISTINCT name, actions, renames, SHA2(LOWER(name), 256) AS name_hash,
    SHA2(CONCAT_WS(' ', LOWER(CONCAT_WS(' ', child, cols, parent, parent_cols)), IF(@@lower_case_table_names, '', CONCAT(child, parent))), 256) AS joins
  FROM (SELECT SHA2(CONCAT_WS('/', TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME), 256) AS constraint_id,
      CONCAT('\`', MAX(CONSTRAINT_NAME), '\`') AS name, MAX(CONCAT('\`', TABLE_NAME, '\`')) AS child,
      GROUP_CONCAT('\`', COLUMN_NAME, '\`' ORDER BY ORDINAL_POSITION SEPARATOR ', ') AS cols,
      MAX(CONCAT(IF(REFERENCED_TABLE_SCHEMA = DATABASE(), '', CONCAT('\`', REFERENCED_TABLE_SCHEMA, '\`', '.')), '\`', REFERENCED_TABLE_NAME, '\`')) AS parent,
      GROUP_CONCAT('\`', REFERENCED_COLUMN_NAME, '\`' ORDER BY ORDINAL_POSITION SEPARATOR ', ') AS parent_cols
    FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME IS NOT NULL GROUP BY constraint_id) AS k
  LEFT JOIN (SELECT DISTINCT SHA2(CONCAT_WS('/', CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME), 256) AS constraint_id,
      CONVERT(CONCAT(' ON DELETE ', DELETE_RULE, ' ON UPDATE ', UPDATE_RULE) USING ascii) AS actions
    FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE()) AS r USING (constraint_id)
  LEFT JOIN (SELECT SHA2(CONCAT_WS('/', child, LOWER(cols)), 256) AS place, GROUP_CONCAT(' RENAME INDEX ', name, ' TO ', name, ',' SEPARATOR '') AS renames
    FROM (SELECT CONCAT('\`', REPLACE(MAX(INDEX_NAME), '\`', '\`\`'), '\`') AS name, MAX(CONCAT('\`', TABLE_NAME, '\`')) AS child,
        GROUP_CONCAT('\`', COLUMN_NAME, '\`' ORDER BY SEQ_IN_INDEX SEPARATOR ', ') AS cols FROM information_schema.STATISTICS
      WHERE TABLE_SCHEMA = DATABASE() AND NON_UNIQUE = 1 GROUP BY SHA2(CONCAT_WS('/', TABLE_SCHEMA, TABLE_NAME, INDEX_NAME), 256)) AS s GROUP BY place) AS i
    ON place = SHA2(CONCAT_WS('/', k.child, LOWER(k.cols)), 256)
), states AS ( -- how far each listed key is; renamed to its own name, an index is not dropped with it
  SELECT named.*, CASE WHEN half.name IS NULL AND own.actions = new THEN 'new' WHEN half.name IS NULL AND own.actions = old THEN 'old'
      WHEN own.name IS NULL AND half.actions IN (new, old) THEN 'half' ELSE 'other' END AS state,
    CONCAT('ALTER TABLE ', child, COALESCE(own.renames, half.renames, ''), ' DROP FOREIGN KEY ') AS start,
    CONCAT(' FOREIGN KEY (', cols, ') REFERENCES ', parent, ' (', parent_cols, ')', new, ', ALGORITHM=INPLACE, LOCK=NONE') AS definition
  FROM named LEFT JOIN found AS own ON own.joins = named.joins AND own.name_hash = SHA2(LOWER(named.name), 256)
  LEFT JOIN found AS half ON half.joins = named.joins AND half.name_hash = SHA2(LOWER(temporary), 256)
), steps AS ( -- what it still needs
  SELECT states.*, IF(state = 'old', CONCAT(start, name, ', ADD CONSTRAINT ', temporary, definition), 'DO 0') AS first_step,
    IF(state IN ('old', 'half'), CONCAT(start, temporary, ', ADD CONSTRAINT ', name, definition), 'DO 0') AS last_step,
    CASE WHEN state = 'other' THEN CONCAT('key ', n, ' of ', child, ' is ', COALESCE((SELECT GROUP_CONCAT(found.name, actions SEPARATOR ' and ')
      FROM found WHERE found.joins = states.joins), 'missing')) END AS trouble FROM states
)
SELECT /*+ SET_VAR(sql_big_selects=1) SET_VAR(group_concat_max_len=1000000) MAX_EXECUTION_TIME(3600000) */ JSON_OBJECTAGG(n, JSON_ARRAY(
  first_step, last_step)),
  COALESCE(@ondelete_trouble, GROUP_CONCAT(trouble ORDER BY n SEPARATOR '; ')) FROM steps INTO @ondelete_asked, @ondelete_trouble`,
      // Stop here if there is trouble: a function refuses the text, and its error prints it. So far nothing is changed, and nothing set in this session.
      `SET @ondelete_trouble = UUID_TO_BIN(CONCAT('ondelete changed nothing: ', CASE
  WHEN @ondelete_asked IS NULL THEN 'the statements above have to run in the same session'
  WHEN @@GLOBAL.read_only THEN 'this server is read-only, as a replica is; run this on its source'
  WHEN (SELECT VARIABLE_VALUE FROM performance_schema.session_variables WHERE VARIABLE_NAME = 'wsrep_OSU_method') <> 'TOI' THEN 'wsrep_OSU_method is not TOI'
  WHEN (SELECT VARIABLE_VALUE FROM performance_schema.global_variables WHERE VARIABLE_NAME = 'group_replication_enforce_update_everywhere_checks') = 'ON'
    THEN 'this group has several primaries and refuses cascading keys'
  ELSE @ondelete_trouble END)), @ondelete_steps = @ondelete_asked, @ondelete_next = 2`,
      // In this session alone, so that the ALTERs read no rows. If your client stops at an error and goes on in the session, run the last part by hand.
      `SET @ondelete_session = COALESCE(@ondelete_session, CONCAT('SET foreign_key_checks = ', @@SESSION.foreign_key_checks,
  ', lock_wait_timeout = ', @@SESSION.lock_wait_timeout, ', innodb_lock_wait_timeout = ', @@SESSION.innodb_lock_wait_timeout))`,
      'SET SESSION foreign_key_checks = 0, lock_wait_timeout = 1, innodb_lock_wait_timeout = 1',
      // Fetches what comes next. For each key of the list: its two ALTERs, or DO 0.
      `PREPARE ondelete_next FROM 'SET @ondelete_sql = JSON_UNQUOTE(JSON_EXTRACT(@ondelete_steps,
  CONCAT(''$."'', @ondelete_next DIV 2, ''"['', @ondelete_next MOD 2, '']''))), @ondelete_next = @ondelete_next + 1'`,
      'EXECUTE ondelete_next',
      'PREPARE ondelete FROM @ondelete_sql',
      'EXECUTE ondelete',
      'EXECUTE ondelete_next',
      'PREPARE ondelete FROM @ondelete_sql',
      'EXECUTE ondelete',
    ],
    always: [
      // Put the session back as it was.
      'SET @ondelete_session = COALESCE(@ondelete_session, \'DO 0\')',
      'PREPARE ondelete FROM @ondelete_session',
      'EXECUTE ondelete',
      'DEALLOCATE PREPARE ondelete',
      'SET @ondelete_session = NULL, @ondelete_trouble = NULL, @ondelete_next = NULL, @ondelete_sql = NULL, @ondelete_asked = NULL, @ondelete_steps = NULL',
      'PREPARE ondelete_next FROM \'DO 0\'',
      'DEALLOCATE PREPARE ondelete_next',
      'DO RELEASE_LOCK(CONCAT_WS(\' \', \'ondelete\', LEFT(DATABASE(), 50)))',
    ],
    retry: { codes: ['ER_LOCK_WAIT_TIMEOUT', '1205', 'ER_LOCK_DEADLOCK', '1213'], attempts: 30, pause: [500, 2000] },
  });
}

// 1 foreign key changes back to what a delete did before.
// Rows that the new rules deleted or changed do not come back.
//
//   shop.order_items(order_id) -> shop.orders(id)  CASCADE → NO ACTION
//
// Run: await migrator.migrateDown()
export async function down(db: Kysely<unknown>): Promise<void> {
  // order_items(order_id) -> orders(id): ON DELETE NO ACTION becomes CASCADE
  await run(db, {
    transaction: null,
    statements: [
      // One file at a time in this database.
      `SET @ondelete_steps = NULL, @ondelete_trouble = IF('wsrep_on' IN (SELECT VARIABLE_NAME FROM performance_schema.global_variables)
  OR GET_LOCK(CONCAT_WS(' ', 'ondelete', LEFT(DATABASE(), 50)), 10), NULL,
  CONCAT('connection ', IS_USED_LOCK(CONCAT_WS(' ', 'ondelete', LEFT(DATABASE(), 50))), ' runs another file of ondelete in this database'))`,
      // Which ALTERs does each key still need? The keys are listed first; a key in an unknown state is trouble.
      `WITH listed (n, child, cols, parent, parent_cols, own_name, digits, was, becomes) AS (VALUES
  ROW(1, '\`order_items\`', '\`order_id\`', '\`orders\`', '\`id\`', 'order_items_order', 'aa7aa837', 'CASCADE', 'NO ACTION')
), named AS ( -- the listed keys with the names and actions on their way
  SELECT listed.*, CONCAT('\`', own_name, '\`') AS name, CONCAT('\`', CONCAT(LEFT(own_name, 51), '__od_', digits), '\`') AS temporary,
    SHA2(CONCAT_WS(' ', LOWER(CONCAT_WS(' ', child, cols, parent, parent_cols)), IF(@@lower_case_table_names, '', CONCAT(child, parent))), 256) AS joins,
    CONCAT(' ON DELETE ', was, ' ON UPDATE NO ACTION') AS old, CONCAT(' ON DELETE ', becomes, ' ON UPDATE NO ACTION') AS new FROM listed
), found AS ( -- every foreign key that is here, and the indexes over its columns
  SELECT DISTINCT name, actions, renames, SHA2(LOWER(name), 256) AS name_hash,
    SHA2(CONCAT_WS(' ', LOWER(CONCAT_WS(' ', child, cols, parent, parent_cols)), IF(@@lower_case_table_names, '', CONCAT(child, parent))), 256) AS joins
  FROM (SELECT SHA2(CONCAT_WS('/', TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME), 256) AS constraint_id,
      CONCAT('\`', MAX(CONSTRAINT_NAME), '\`') AS name, MAX(CONCAT('\`', TABLE_NAME, '\`')) AS child,
      GROUP_CONCAT('\`', COLUMN_NAME, '\`' ORDER BY ORDINAL_POSITION SEPARATOR ', ') AS cols,
      MAX(CONCAT(IF(REFERENCED_TABLE_SCHEMA = DATABASE(), '', CONCAT('\`', REFERENCED_TABLE_SCHEMA, '\`', '.')), '\`', REFERENCED_TABLE_NAME, '\`')) AS parent,
      GROUP_CONCAT('\`', REFERENCED_COLUMN_NAME, '\`' ORDER BY ORDINAL_POSITION SEPARATOR ', ') AS parent_cols
    FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME IS NOT NULL GROUP BY constraint_id) AS k
  LEFT JOIN (SELECT DISTINCT SHA2(CONCAT_WS('/', CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME), 256) AS constraint_id,
      CONVERT(CONCAT(' ON DELETE ', DELETE_RULE, ' ON UPDATE ', UPDATE_RULE) USING ascii) AS actions
    FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE()) AS r USING (constraint_id)
  LEFT JOIN (SELECT SHA2(CONCAT_WS('/', child, LOWER(cols)), 256) AS place, GROUP_CONCAT(' RENAME INDEX ', name, ' TO ', name, ',' SEPARATOR '') AS renames
    FROM (SELECT CONCAT('\`', REPLACE(MAX(INDEX_NAME), '\`', '\`\`'), '\`') AS name, MAX(CONCAT('\`', TABLE_NAME, '\`')) AS child,
        GROUP_CONCAT('\`', COLUMN_NAME, '\`' ORDER BY SEQ_IN_INDEX SEPARATOR ', ') AS cols FROM information_schema.STATISTICS
      WHERE TABLE_SCHEMA = DATABASE() AND NON_UNIQUE = 1 GROUP BY SHA2(CONCAT_WS('/', TABLE_SCHEMA, TABLE_NAME, INDEX_NAME), 256)) AS s GROUP BY place) AS i
    ON place = SHA2(CONCAT_WS('/', k.child, LOWER(k.cols)), 256)
), states AS ( -- how far each listed key is; renamed to its own name, an index is not dropped with it
  SELECT named.*, CASE WHEN half.name IS NULL AND own.actions = new THEN 'new' WHEN half.name IS NULL AND own.actions = old THEN 'old'
      WHEN own.name IS NULL AND half.actions IN (new, old) THEN 'half' ELSE 'other' END AS state,
    CONCAT('ALTER TABLE ', child, COALESCE(own.renames, half.renames, ''), ' DROP FOREIGN KEY ') AS start,
    CONCAT(' FOREIGN KEY (', cols, ') REFERENCES ', parent, ' (', parent_cols, ')', new, ', ALGORITHM=INPLACE, LOCK=NONE') AS definition
  FROM named LEFT JOIN found AS own ON own.joins = named.joins AND own.name_hash = SHA2(LOWER(named.name), 256)
  LEFT JOIN found AS half ON half.joins = named.joins AND half.name_hash = SHA2(LOWER(temporary), 256)
), steps AS ( -- what it still needs
  SELECT states.*, IF(state = 'old', CONCAT(start, name, ', ADD CONSTRAINT ', temporary, definition), 'DO 0') AS first_step,
    IF(state IN ('old', 'half'), CONCAT(start, temporary, ', ADD CONSTRAINT ', name, definition), 'DO 0') AS last_step,
    CASE WHEN state = 'other' THEN CONCAT('key ', n, ' of ', child, ' is ', COALESCE((SELECT GROUP_CONCAT(found.name, actions SEPARATOR ' and ')
      FROM found WHERE found.joins = states.joins), 'missing')) END AS trouble FROM states
)
SELECT /*+ SET_VAR(sql_big_selects=1) SET_VAR(group_concat_max_len=1000000) MAX_EXECUTION_TIME(3600000) */ JSON_OBJECTAGG(n, JSON_ARRAY(
  first_step, last_step)),
  COALESCE(@ondelete_trouble, GROUP_CONCAT(trouble ORDER BY n SEPARATOR '; ')) FROM steps INTO @ondelete_asked, @ondelete_trouble`,
      // Stop here if there is trouble: a function refuses the text, and its error prints it. So far nothing is changed, and nothing set in this session.
      `SET @ondelete_trouble = UUID_TO_BIN(CONCAT('ondelete changed nothing: ', CASE
  WHEN @ondelete_asked IS NULL THEN 'the statements above have to run in the same session'
  WHEN @@GLOBAL.read_only THEN 'this server is read-only, as a replica is; run this on its source'
  WHEN (SELECT VARIABLE_VALUE FROM performance_schema.session_variables WHERE VARIABLE_NAME = 'wsrep_OSU_method') <> 'TOI' THEN 'wsrep_OSU_method is not TOI'
  ELSE @ondelete_trouble END)), @ondelete_steps = @ondelete_asked, @ondelete_next = 2`,
      // In this session alone, so that the ALTERs read no rows. If your client stops at an error and goes on in the session, run the last part by hand.
      `SET @ondelete_session = COALESCE(@ondelete_session, CONCAT('SET foreign_key_checks = ', @@SESSION.foreign_key_checks,
  ', lock_wait_timeout = ', @@SESSION.lock_wait_timeout, ', innodb_lock_wait_timeout = ', @@SESSION.innodb_lock_wait_timeout))`,
      'SET SESSION foreign_key_checks = 0, lock_wait_timeout = 1, innodb_lock_wait_timeout = 1',
      // Fetches what comes next. For each key of the list: its two ALTERs, or DO 0.
      `PREPARE ondelete_next FROM 'SET @ondelete_sql = JSON_UNQUOTE(JSON_EXTRACT(@ondelete_steps,
  CONCAT(''$."'', @ondelete_next DIV 2, ''"['', @ondelete_next MOD 2, '']''))), @ondelete_next = @ondelete_next + 1'`,
      'EXECUTE ondelete_next',
      'PREPARE ondelete FROM @ondelete_sql',
      'EXECUTE ondelete',
      'EXECUTE ondelete_next',
      'PREPARE ondelete FROM @ondelete_sql',
      'EXECUTE ondelete',
    ],
    always: [
      // Put the session back as it was.
      'SET @ondelete_session = COALESCE(@ondelete_session, \'DO 0\')',
      'PREPARE ondelete FROM @ondelete_session',
      'EXECUTE ondelete',
      'DEALLOCATE PREPARE ondelete',
      'SET @ondelete_session = NULL, @ondelete_trouble = NULL, @ondelete_next = NULL, @ondelete_sql = NULL, @ondelete_asked = NULL, @ondelete_steps = NULL',
      'PREPARE ondelete_next FROM \'DO 0\'',
      'DEALLOCATE PREPARE ondelete_next',
      'DO RELEASE_LOCK(CONCAT_WS(\' \', \'ondelete\', LEFT(DATABASE(), 50)))',
    ],
    retry: { codes: ['ER_LOCK_WAIT_TIMEOUT', '1205', 'ER_LOCK_DEADLOCK', '1213'], attempts: 30, pause: [500, 2000] },
  });
}

type Execute = (statement: string) => Promise<readonly Record<string, unknown>[]>;

interface Step {
  readonly transaction: readonly [begin: string, commit: string, rollback: string] | null;
  readonly statements: readonly string[];
  readonly always: readonly string[];
  readonly retry: { readonly codes: readonly string[]; readonly attempts: number; readonly pause: readonly [number, number] } | null;
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
    if (transaction === null) for (const statement of statements) await again(step, () => execute(statement));
    else await again(step, () => inTransaction(execute, transaction, statements));
  } finally {
    for (const statement of step.always) {
      await execute(statement).catch(() => execute('KILL CONNECTION_ID()').catch(() => []));
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

// ondelete-set: {"set":"STAMP_case","changes":[{"from":["NO ACTION"],"to":["CASCADE"],"keys":[[["","order_items"],["order_id"],["","orders"],["id"],"order_items_order","7e90e3d75e6dd301"]]}]}
