// 1 foreign key changes what a delete does.
//
// ondelete.config.yaml:4  order_items -> orders: a line item is part of its order
//   shop.order_items(order_id) -> shop.orders(id)  NO ACTION → CASCADE
//
// Run:  migrateToLatest() of your Migrator
// Back: migrateDown()

import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // order_items(order_id) -> orders(id): ON DELETE NO ACTION becomes CASCADE
  await run(db, {
    transaction: null,
    statements: [
      // For this session only: swap without a copy of the table, and wait at most one second for a lock.
      `SET @ondelete_checks = COALESCE(@ondelete_checks, @@SESSION.foreign_key_checks), @ondelete_wait = COALESCE(@ondelete_wait, @@SESSION.lock_wait_timeout),
  SESSION foreign_key_checks = 0, SESSION lock_wait_timeout = 1`,
      // Count orphaned rows of order_items; they are reported, not changed.
      `SELECT COUNT(*) AS \`orphans: order_items(order_id) -> orders(id)\` FROM \`order_items\` AS child_row
LEFT JOIN \`orders\` AS parent_row ON parent_row.\`id\` = child_row.\`order_id\`
WHERE child_row.\`order_id\` IS NOT NULL AND parent_row.\`id\` IS NULL`,
      // The name of order_items(order_id) -> orders(id) in this database.
      `SET @ondelete_name = (SELECT k.CONSTRAINT_NAME FROM information_schema.KEY_COLUMN_USAGE AS k
  WHERE k.TABLE_SCHEMA = DATABASE() AND k.TABLE_NAME = 'order_items' AND k.REFERENCED_TABLE_NAME IS NOT NULL
  GROUP BY k.CONSTRAINT_NAME
  HAVING COUNT(*) = 1 AND SUM((k.ORDINAL_POSITION, k.COLUMN_NAME, k.REFERENCED_TABLE_SCHEMA, k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME)
    IN ((1, 'order_id', DATABASE(), 'orders', 'id'))) = 1
  ORDER BY k.CONSTRAINT_NAME = 'order_items_order' DESC, k.CONSTRAINT_NAME = 'order_items_order__od_aa7aa837' DESC LIMIT 1)`,
      // The key's current ON DELETE and ON UPDATE.
      `SET @ondelete_rule = (SELECT CONCAT('ON DELETE ', r.DELETE_RULE, ' ON UPDATE ', r.UPDATE_RULE) FROM information_schema.REFERENTIAL_CONSTRAINTS AS r
  WHERE r.CONSTRAINT_SCHEMA = DATABASE() AND r.TABLE_NAME = 'order_items' AND CONVERT(r.CONSTRAINT_NAME USING utf8mb4) COLLATE utf8mb4_general_ci = CONVERT(@ondelete_name USING utf8mb4) COLLATE utf8mb4_general_ci)`,
      // How far order_items_order is on its way from ON DELETE NO ACTION to ON DELETE CASCADE.
      'SET @ondelete_state = CASE WHEN @ondelete_name = \'order_items_order\' AND @ondelete_rule IN (\'ON DELETE NO ACTION ON UPDATE NO ACTION\') THEN \'old\' WHEN @ondelete_name = \'order_items_order\' AND @ondelete_rule IN (\'ON DELETE CASCADE ON UPDATE NO ACTION\') THEN \'new\' WHEN @ondelete_name = \'order_items_order__od_aa7aa837\' AND @ondelete_rule IN (\'ON DELETE NO ACTION ON UPDATE NO ACTION\', \'ON DELETE CASCADE ON UPDATE NO ACTION\') THEN \'half\' ELSE \'other\' END',
      // Stop with an error that says what was found, unless order_items_order is in one of the states that this file expects.
      'SET @ondelete_state = IF(@ondelete_state = \'other\', UUID_TO_BIN(CONCAT(\'ondelete changed nothing; this key is here: \', COALESCE(CONCAT(@ondelete_name, \' \', @ondelete_rule), \'missing\'))), @ondelete_state)',
      // Unless it is there already: the key as a temporary name, ON DELETE CASCADE.
      'SET @ondelete_sql = IF(@ondelete_state IN (\'old\'), \'ALTER TABLE `order_items` RENAME INDEX `order_items_order_id` TO `order_items_order_id`, DROP FOREIGN KEY `order_items_order`, ADD CONSTRAINT `order_items_order__od_aa7aa837` FOREIGN KEY (`order_id`) REFERENCES `orders` (`id`) ON DELETE CASCADE ON UPDATE NO ACTION, ALGORITHM=INPLACE, LOCK=NONE\', \'DO 0\')',
      // One statement drops and adds, so the key exists at every moment.
      'PREPARE ondelete_hop FROM @ondelete_sql',
      // Metadata only: no row of order_items is read or copied.
      'EXECUTE ondelete_hop',
      // Unless it is there already: the key as order_items_order, ON DELETE CASCADE.
      'SET @ondelete_sql = IF(@ondelete_state IN (\'old\', \'half\'), \'ALTER TABLE `order_items` DROP FOREIGN KEY `order_items_order__od_aa7aa837`, ADD CONSTRAINT `order_items_order` FOREIGN KEY (`order_id`) REFERENCES `orders` (`id`) ON DELETE CASCADE ON UPDATE NO ACTION, ALGORITHM=INPLACE, LOCK=NONE\', \'DO 0\')',
      // One statement drops and adds, so the key exists at every moment.
      'PREPARE ondelete_hop FROM @ondelete_sql',
      // Metadata only: no row of order_items is read or copied.
      'EXECUTE ondelete_hop',
    ],
    always: [
      // Restore the session's settings.
      `SET SESSION foreign_key_checks = IF(@ondelete_checks IS NULL, @@SESSION.foreign_key_checks, @ondelete_checks <> 0),
  SESSION lock_wait_timeout = IF(@ondelete_wait IS NULL, @@SESSION.lock_wait_timeout, CAST(@ondelete_wait AS UNSIGNED))`,
      // Prepare a no-op so that DEALLOCATE cannot fail.
      'PREPARE ondelete_hop FROM \'DO 0\'',
      // Remove the prepared statement.
      'DEALLOCATE PREPARE ondelete_hop',
      // Clear the variables.
      'SET @ondelete_name = NULL, @ondelete_rule = NULL, @ondelete_state = NULL, @ondelete_sql = NULL, @ondelete_checks = NULL, @ondelete_wait = NULL',
    ],
    retry: { codes: ['ER_LOCK_WAIT_TIMEOUT', '1205', 'ER_LOCK_DEADLOCK', '1213'], attempts: 30, pause: [500, 2000] },
  });
}

// 1 foreign key changes back to what a delete did before.
// Rows that the new rules deleted or changed do not come back.
//
//   shop.order_items(order_id) -> shop.orders(id)  CASCADE → NO ACTION
//
// Run: migrateDown()
export async function down(db: Kysely<unknown>): Promise<void> {
  // order_items(order_id) -> orders(id): ON DELETE NO ACTION becomes CASCADE
  await run(db, {
    transaction: null,
    statements: [
      // For this session only: swap without a copy of the table, and wait at most one second for a lock.
      `SET @ondelete_checks = COALESCE(@ondelete_checks, @@SESSION.foreign_key_checks), @ondelete_wait = COALESCE(@ondelete_wait, @@SESSION.lock_wait_timeout),
  SESSION foreign_key_checks = 0, SESSION lock_wait_timeout = 1`,
      // Count orphaned rows of order_items; they are reported, not changed.
      `SELECT COUNT(*) AS \`orphans: order_items(order_id) -> orders(id)\` FROM \`order_items\` AS child_row
LEFT JOIN \`orders\` AS parent_row ON parent_row.\`id\` = child_row.\`order_id\`
WHERE child_row.\`order_id\` IS NOT NULL AND parent_row.\`id\` IS NULL`,
      // The name of order_items(order_id) -> orders(id) in this database.
      `SET @ondelete_name = (SELECT k.CONSTRAINT_NAME FROM information_schema.KEY_COLUMN_USAGE AS k
  WHERE k.TABLE_SCHEMA = DATABASE() AND k.TABLE_NAME = 'order_items' AND k.REFERENCED_TABLE_NAME IS NOT NULL
  GROUP BY k.CONSTRAINT_NAME
  HAVING COUNT(*) = 1 AND SUM((k.ORDINAL_POSITION, k.COLUMN_NAME, k.REFERENCED_TABLE_SCHEMA, k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME)
    IN ((1, 'order_id', DATABASE(), 'orders', 'id'))) = 1
  ORDER BY k.CONSTRAINT_NAME = 'order_items_order' DESC, k.CONSTRAINT_NAME = 'order_items_order__od_aa7aa837' DESC LIMIT 1)`,
      // The key's current ON DELETE and ON UPDATE.
      `SET @ondelete_rule = (SELECT CONCAT('ON DELETE ', r.DELETE_RULE, ' ON UPDATE ', r.UPDATE_RULE) FROM information_schema.REFERENTIAL_CONSTRAINTS AS r
  WHERE r.CONSTRAINT_SCHEMA = DATABASE() AND r.TABLE_NAME = 'order_items' AND CONVERT(r.CONSTRAINT_NAME USING utf8mb4) COLLATE utf8mb4_general_ci = CONVERT(@ondelete_name USING utf8mb4) COLLATE utf8mb4_general_ci)`,
      // How far order_items_order is on its way from ON DELETE CASCADE to ON DELETE NO ACTION.
      'SET @ondelete_state = CASE WHEN @ondelete_name = \'order_items_order\' AND @ondelete_rule IN (\'ON DELETE CASCADE ON UPDATE NO ACTION\') THEN \'old\' WHEN @ondelete_name = \'order_items_order\' AND @ondelete_rule IN (\'ON DELETE NO ACTION ON UPDATE NO ACTION\') THEN \'new\' WHEN @ondelete_name = \'order_items_order__od_aa7aa837\' AND @ondelete_rule IN (\'ON DELETE CASCADE ON UPDATE NO ACTION\', \'ON DELETE NO ACTION ON UPDATE NO ACTION\') THEN \'half\' ELSE \'other\' END',
      // Stop with an error that says what was found, unless order_items_order is in one of the states that this file expects.
      'SET @ondelete_state = IF(@ondelete_state = \'other\', UUID_TO_BIN(CONCAT(\'ondelete changed nothing; this key is here: \', COALESCE(CONCAT(@ondelete_name, \' \', @ondelete_rule), \'missing\'))), @ondelete_state)',
      // Unless it is there already: the key as a temporary name, ON DELETE NO ACTION.
      'SET @ondelete_sql = IF(@ondelete_state IN (\'old\'), \'ALTER TABLE `order_items` RENAME INDEX `order_items_order_id` TO `order_items_order_id`, DROP FOREIGN KEY `order_items_order`, ADD CONSTRAINT `order_items_order__od_aa7aa837` FOREIGN KEY (`order_id`) REFERENCES `orders` (`id`) ON DELETE NO ACTION ON UPDATE NO ACTION, ALGORITHM=INPLACE, LOCK=NONE\', \'DO 0\')',
      // One statement drops and adds, so the key exists at every moment.
      'PREPARE ondelete_hop FROM @ondelete_sql',
      // Metadata only: no row of order_items is read or copied.
      'EXECUTE ondelete_hop',
      // Unless it is there already: the key as order_items_order, ON DELETE NO ACTION.
      'SET @ondelete_sql = IF(@ondelete_state IN (\'old\', \'half\'), \'ALTER TABLE `order_items` DROP FOREIGN KEY `order_items_order__od_aa7aa837`, ADD CONSTRAINT `order_items_order` FOREIGN KEY (`order_id`) REFERENCES `orders` (`id`) ON DELETE NO ACTION ON UPDATE NO ACTION, ALGORITHM=INPLACE, LOCK=NONE\', \'DO 0\')',
      // One statement drops and adds, so the key exists at every moment.
      'PREPARE ondelete_hop FROM @ondelete_sql',
      // Metadata only: no row of order_items is read or copied.
      'EXECUTE ondelete_hop',
    ],
    always: [
      // Restore the session's settings.
      `SET SESSION foreign_key_checks = IF(@ondelete_checks IS NULL, @@SESSION.foreign_key_checks, @ondelete_checks <> 0),
  SESSION lock_wait_timeout = IF(@ondelete_wait IS NULL, @@SESSION.lock_wait_timeout, CAST(@ondelete_wait AS UNSIGNED))`,
      // Prepare a no-op so that DEALLOCATE cannot fail.
      'PREPARE ondelete_hop FROM \'DO 0\'',
      // Remove the prepared statement.
      'DEALLOCATE PREPARE ondelete_hop',
      // Clear the variables.
      'SET @ondelete_name = NULL, @ondelete_rule = NULL, @ondelete_state = NULL, @ondelete_sql = NULL, @ondelete_checks = NULL, @ondelete_wait = NULL',
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

// ondelete-set: {"set":"STAMP_case","keys":[{"child":["","order_items"],"columns":["order_id"],"parent":["","orders"],"parentColumns":["id"],"constraint":"order_items_order","from":["NO ACTION"],"to":["CASCADE"],"fingerprint":"7e90e3d75e6dd301"}]}
