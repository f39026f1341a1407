// Deleting a row of shop.employees sets manager_id to NULL in the rows of shop.employees that point to it by manager_id (SET NULL; before: NO ACTION).
//   key          shop.employees(manager_id) -> shop.employees(id), constraint employees_manager
//   rule         ondelete.config.yaml:4  employees -> employees
//   reason       people leave, their teams stay
//   fingerprint  b2000b91e284cd2e
// Deleting a row of shop.warehouses deletes the rows of shop.transfers that point to it by from_region, from_id (CASCADE; before: NO ACTION).
//   key          shop.transfers(from_region, from_id) -> shop.warehouses(region, id), constraint transfers_from
//   rule         ondelete.config.yaml:7  transfers(from_*, from_*) -> warehouses
//   fingerprint  998dd5e8ddb4eeff
// Deleting a row of shop.warehouses is refused by the rows of shop.transfers that point to it by to_region, to_id (NO ACTION; before: CASCADE).
//   key          shop.transfers(to_region, to_id) -> shop.warehouses(region, id), constraint transfers_to
//   rule         ondelete.config.yaml:9  transfers(to_*, to_*) -> warehouses
//   fingerprint  1963c528060263ea
// 3 steps, one after the other.
// ondelete-key: {"set":"STAMP_case","kind":"change-on-delete","child":{"schema":"","name":"employees"},"columns":["manager_id"],"parent":{"schema":"","name":"employees"},"parentColumns":["id"],"constraint":"employees_manager","twin":0,"from":{"onDelete":"NO ACTION","onDeleteColumns":null},"to":{"onDelete":"SET NULL","onDeleteColumns":null},"fingerprint":"b2000b91e284cd2e"}
// ondelete-key: {"set":"STAMP_case","kind":"change-on-delete","child":{"schema":"","name":"transfers"},"columns":["from_region","from_id"],"parent":{"schema":"","name":"warehouses"},"parentColumns":["region","id"],"constraint":"transfers_from","twin":0,"from":{"onDelete":"NO ACTION","onDeleteColumns":null},"to":{"onDelete":"CASCADE","onDeleteColumns":null},"fingerprint":"998dd5e8ddb4eeff"}
// ondelete-key: {"set":"STAMP_case","kind":"change-on-delete","child":{"schema":"","name":"transfers"},"columns":["to_region","to_id"],"parent":{"schema":"","name":"warehouses"},"parentColumns":["region","id"],"constraint":"transfers_to","twin":0,"from":{"onDelete":"CASCADE","onDeleteColumns":null},"to":{"onDelete":"NO ACTION","onDeleteColumns":null},"fingerprint":"1963c528060263ea"}

import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // employees(manager_id) -> employees(id): ON DELETE NO ACTION becomes SET NULL
  await run(db, {
    transaction: null,
    statements: [
      // For this session only: swap without a copy of the table, and wait at most one second for a lock.
      `SET @ondelete_checks = COALESCE(@ondelete_checks, @@SESSION.foreign_key_checks), @ondelete_wait = COALESCE(@ondelete_wait, @@SESSION.lock_wait_timeout),
  SESSION foreign_key_checks = 0, SESSION lock_wait_timeout = 1`,
      // Count orphaned rows of employees; they are reported, not changed.
      // takes metadata SHARED_READ on shop.employees while rows are scanned: blocks schema changes
      `SELECT COUNT(*) AS \`orphans: employees(manager_id) -> employees(id)\` FROM \`employees\` AS child_row
LEFT JOIN \`employees\` AS parent_row ON parent_row.\`id\` = child_row.\`manager_id\`
WHERE child_row.\`manager_id\` IS NOT NULL AND parent_row.\`id\` IS NULL`,
      // The name of employees(manager_id) -> employees(id) in this database.
      `SET @ondelete_name = (SELECT k.CONSTRAINT_NAME FROM information_schema.KEY_COLUMN_USAGE AS k
  WHERE k.TABLE_SCHEMA = DATABASE() AND k.TABLE_NAME = 'employees' AND k.REFERENCED_TABLE_NAME IS NOT NULL
  GROUP BY k.CONSTRAINT_NAME
  HAVING COUNT(*) = 1 AND SUM((k.ORDINAL_POSITION, k.COLUMN_NAME, k.REFERENCED_TABLE_SCHEMA, k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME)
    IN ((1, 'manager_id', DATABASE(), 'employees', 'id'))) = 1
  ORDER BY k.CONSTRAINT_NAME = 'employees_manager' DESC, k.CONSTRAINT_NAME = 'employees_manager__od_e100b904' DESC LIMIT 1)`,
      // The key's current ON DELETE and ON UPDATE.
      `SET @ondelete_rule = (SELECT CONCAT('ON DELETE ', r.DELETE_RULE, ' ON UPDATE ', r.UPDATE_RULE) FROM information_schema.REFERENTIAL_CONSTRAINTS AS r
  WHERE r.CONSTRAINT_SCHEMA = DATABASE() AND r.TABLE_NAME = 'employees' AND CONVERT(r.CONSTRAINT_NAME USING utf8mb4) COLLATE utf8mb4_general_ci = CONVERT(@ondelete_name USING utf8mb4) COLLATE utf8mb4_general_ci)`,
      // How far employees_manager is on its way from ON DELETE NO ACTION to ON DELETE SET NULL.
      'SET @ondelete_state = CASE WHEN @ondelete_name = \'employees_manager\' AND @ondelete_rule IN (\'ON DELETE NO ACTION ON UPDATE NO ACTION\') THEN \'old\' WHEN @ondelete_name = \'employees_manager\' AND @ondelete_rule IN (\'ON DELETE SET NULL ON UPDATE NO ACTION\') THEN \'new\' WHEN @ondelete_name = \'employees_manager__od_e100b904\' AND @ondelete_rule IN (\'ON DELETE NO ACTION ON UPDATE NO ACTION\', \'ON DELETE SET NULL ON UPDATE NO ACTION\') THEN \'half\' ELSE \'other\' END',
      // Stop with an error that says what was found, unless employees_manager is in one of the states that this file expects.
      'SET @ondelete_state = IF(@ondelete_state = \'other\', UUID_TO_BIN(CONCAT(\'ondelete changed nothing; this key is here: \', COALESCE(CONCAT(@ondelete_name, \' \', @ondelete_rule), \'missing\'))), @ondelete_state)',
      // Unless it is there already: the key as a temporary name, ON DELETE SET NULL.
      'SET @ondelete_sql = IF(@ondelete_state IN (\'old\'), \'ALTER TABLE `employees` RENAME INDEX `employees_manager_id` TO `employees_manager_id`, DROP FOREIGN KEY `employees_manager`, ADD CONSTRAINT `employees_manager__od_e100b904` FOREIGN KEY (`manager_id`) REFERENCES `employees` (`id`) ON DELETE SET NULL ON UPDATE NO ACTION, ALGORITHM=INPLACE, LOCK=NONE\', \'DO 0\')',
      // One statement drops and adds, so the key exists at every moment.
      'PREPARE ondelete_hop FROM @ondelete_sql',
      // Metadata only: no row of employees is read or copied.
      // takes metadata EXCLUSIVE on shop.employees for a moment: blocks reads and writes
      'EXECUTE ondelete_hop',
      // Unless it is there already: the key as employees_manager, ON DELETE SET NULL.
      'SET @ondelete_sql = IF(@ondelete_state IN (\'old\', \'half\'), \'ALTER TABLE `employees` DROP FOREIGN KEY `employees_manager__od_e100b904`, ADD CONSTRAINT `employees_manager` FOREIGN KEY (`manager_id`) REFERENCES `employees` (`id`) ON DELETE SET NULL ON UPDATE NO ACTION, ALGORITHM=INPLACE, LOCK=NONE\', \'DO 0\')',
      // One statement drops and adds, so the key exists at every moment.
      'PREPARE ondelete_hop FROM @ondelete_sql',
      // Metadata only: no row of employees is read or copied.
      // takes metadata EXCLUSIVE on shop.employees for a moment: blocks reads and writes
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
  // transfers(from_region, from_id) -> warehouses(region, id): ON DELETE NO ACTION becomes CASCADE
  await run(db, {
    transaction: null,
    statements: [
      // For this session only: swap without a copy of the table, and wait at most one second for a lock.
      `SET @ondelete_checks = COALESCE(@ondelete_checks, @@SESSION.foreign_key_checks), @ondelete_wait = COALESCE(@ondelete_wait, @@SESSION.lock_wait_timeout),
  SESSION foreign_key_checks = 0, SESSION lock_wait_timeout = 1`,
      // Count orphaned rows of transfers; they are reported, not changed.
      // takes metadata SHARED_READ on shop.transfers, shop.warehouses while rows are scanned: blocks schema changes
      `SELECT COUNT(*) AS \`orphans: transfers(from_region, from_id) -> warehouses(region, id)\` FROM \`transfers\` AS child_row
LEFT JOIN \`warehouses\` AS parent_row ON parent_row.\`region\` = child_row.\`from_region\` AND parent_row.\`id\` = child_row.\`from_id\`
WHERE child_row.\`from_region\` IS NOT NULL AND child_row.\`from_id\` IS NOT NULL AND parent_row.\`region\` IS NULL`,
      // The name of transfers(from_region, from_id) -> warehouses(region, id) in this database.
      `SET @ondelete_name = (SELECT k.CONSTRAINT_NAME FROM information_schema.KEY_COLUMN_USAGE AS k
  WHERE k.TABLE_SCHEMA = DATABASE() AND k.TABLE_NAME = 'transfers' AND k.REFERENCED_TABLE_NAME IS NOT NULL
  GROUP BY k.CONSTRAINT_NAME
  HAVING COUNT(*) = 2 AND SUM((k.ORDINAL_POSITION, k.COLUMN_NAME, k.REFERENCED_TABLE_SCHEMA, k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME)
    IN ((1, 'from_region', DATABASE(), 'warehouses', 'region'), (2, 'from_id', DATABASE(), 'warehouses', 'id'))) = 2
  ORDER BY k.CONSTRAINT_NAME = 'transfers_from' DESC, k.CONSTRAINT_NAME = 'transfers_from__od_9b00af23' DESC LIMIT 1)`,
      // The key's current ON DELETE and ON UPDATE.
      `SET @ondelete_rule = (SELECT CONCAT('ON DELETE ', r.DELETE_RULE, ' ON UPDATE ', r.UPDATE_RULE) FROM information_schema.REFERENTIAL_CONSTRAINTS AS r
  WHERE r.CONSTRAINT_SCHEMA = DATABASE() AND r.TABLE_NAME = 'transfers' AND CONVERT(r.CONSTRAINT_NAME USING utf8mb4) COLLATE utf8mb4_general_ci = CONVERT(@ondelete_name USING utf8mb4) COLLATE utf8mb4_general_ci)`,
      // How far transfers_from is on its way from ON DELETE NO ACTION to ON DELETE CASCADE.
      'SET @ondelete_state = CASE WHEN @ondelete_name = \'transfers_from\' AND @ondelete_rule IN (\'ON DELETE NO ACTION ON UPDATE CASCADE\') THEN \'old\' WHEN @ondelete_name = \'transfers_from\' AND @ondelete_rule IN (\'ON DELETE CASCADE ON UPDATE CASCADE\') THEN \'new\' WHEN @ondelete_name = \'transfers_from__od_9b00af23\' AND @ondelete_rule IN (\'ON DELETE NO ACTION ON UPDATE CASCADE\', \'ON DELETE CASCADE ON UPDATE CASCADE\') THEN \'half\' ELSE \'other\' END',
      // Stop with an error that says what was found, unless transfers_from is in one of the states that this file expects.
      'SET @ondelete_state = IF(@ondelete_state = \'other\', UUID_TO_BIN(CONCAT(\'ondelete changed nothing; this key is here: \', COALESCE(CONCAT(@ondelete_name, \' \', @ondelete_rule), \'missing\'))), @ondelete_state)',
      // Unless it is there already: the key as a temporary name, ON DELETE CASCADE.
      'SET @ondelete_sql = IF(@ondelete_state IN (\'old\'), \'ALTER TABLE `transfers` RENAME INDEX `transfers_from_ix` TO `transfers_from_ix`, DROP FOREIGN KEY `transfers_from`, ADD CONSTRAINT `transfers_from__od_9b00af23` FOREIGN KEY (`from_region`, `from_id`) REFERENCES `warehouses` (`region`, `id`) ON DELETE CASCADE ON UPDATE CASCADE, ALGORITHM=INPLACE, LOCK=NONE\', \'DO 0\')',
      // One statement drops and adds, so the key exists at every moment.
      'PREPARE ondelete_hop FROM @ondelete_sql',
      // Metadata only: no row of transfers is read or copied.
      // takes metadata EXCLUSIVE on shop.transfers, shop.warehouses for a moment: blocks reads and writes
      'EXECUTE ondelete_hop',
      // Unless it is there already: the key as transfers_from, ON DELETE CASCADE.
      'SET @ondelete_sql = IF(@ondelete_state IN (\'old\', \'half\'), \'ALTER TABLE `transfers` DROP FOREIGN KEY `transfers_from__od_9b00af23`, ADD CONSTRAINT `transfers_from` FOREIGN KEY (`from_region`, `from_id`) REFERENCES `warehouses` (`region`, `id`) ON DELETE CASCADE ON UPDATE CASCADE, ALGORITHM=INPLACE, LOCK=NONE\', \'DO 0\')',
      // One statement drops and adds, so the key exists at every moment.
      'PREPARE ondelete_hop FROM @ondelete_sql',
      // Metadata only: no row of transfers is read or copied.
      // takes metadata EXCLUSIVE on shop.transfers, shop.warehouses for a moment: blocks reads and writes
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
  // transfers(to_region, to_id) -> warehouses(region, id): ON DELETE CASCADE becomes NO ACTION
  await run(db, {
    transaction: null,
    statements: [
      // For this session only: swap without a copy of the table, and wait at most one second for a lock.
      `SET @ondelete_checks = COALESCE(@ondelete_checks, @@SESSION.foreign_key_checks), @ondelete_wait = COALESCE(@ondelete_wait, @@SESSION.lock_wait_timeout),
  SESSION foreign_key_checks = 0, SESSION lock_wait_timeout = 1`,
      // Count orphaned rows of transfers; they are reported, not changed.
      // takes metadata SHARED_READ on shop.transfers, shop.warehouses while rows are scanned: blocks schema changes
      `SELECT COUNT(*) AS \`orphans: transfers(to_region, to_id) -> warehouses(region, id)\` FROM \`transfers\` AS child_row
LEFT JOIN \`warehouses\` AS parent_row ON parent_row.\`region\` = child_row.\`to_region\` AND parent_row.\`id\` = child_row.\`to_id\`
WHERE child_row.\`to_region\` IS NOT NULL AND child_row.\`to_id\` IS NOT NULL AND parent_row.\`region\` IS NULL`,
      // The name of transfers(to_region, to_id) -> warehouses(region, id) in this database.
      `SET @ondelete_name = (SELECT k.CONSTRAINT_NAME FROM information_schema.KEY_COLUMN_USAGE AS k
  WHERE k.TABLE_SCHEMA = DATABASE() AND k.TABLE_NAME = 'transfers' AND k.REFERENCED_TABLE_NAME IS NOT NULL
  GROUP BY k.CONSTRAINT_NAME
  HAVING COUNT(*) = 2 AND SUM((k.ORDINAL_POSITION, k.COLUMN_NAME, k.REFERENCED_TABLE_SCHEMA, k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME)
    IN ((1, 'to_region', DATABASE(), 'warehouses', 'region'), (2, 'to_id', DATABASE(), 'warehouses', 'id'))) = 2
  ORDER BY k.CONSTRAINT_NAME = 'transfers_to' DESC, k.CONSTRAINT_NAME = 'transfers_to__od_89bf681d' DESC LIMIT 1)`,
      // The key's current ON DELETE and ON UPDATE.
      `SET @ondelete_rule = (SELECT CONCAT('ON DELETE ', r.DELETE_RULE, ' ON UPDATE ', r.UPDATE_RULE) FROM information_schema.REFERENTIAL_CONSTRAINTS AS r
  WHERE r.CONSTRAINT_SCHEMA = DATABASE() AND r.TABLE_NAME = 'transfers' AND CONVERT(r.CONSTRAINT_NAME USING utf8mb4) COLLATE utf8mb4_general_ci = CONVERT(@ondelete_name USING utf8mb4) COLLATE utf8mb4_general_ci)`,
      // How far transfers_to is on its way from ON DELETE CASCADE to ON DELETE NO ACTION.
      'SET @ondelete_state = CASE WHEN @ondelete_name = \'transfers_to\' AND @ondelete_rule IN (\'ON DELETE CASCADE ON UPDATE NO ACTION\') THEN \'old\' WHEN @ondelete_name = \'transfers_to\' AND @ondelete_rule IN (\'ON DELETE NO ACTION ON UPDATE NO ACTION\') THEN \'new\' WHEN @ondelete_name = \'transfers_to__od_89bf681d\' AND @ondelete_rule IN (\'ON DELETE CASCADE ON UPDATE NO ACTION\', \'ON DELETE NO ACTION ON UPDATE NO ACTION\') THEN \'half\' ELSE \'other\' END',
      // Stop with an error that says what was found, unless transfers_to is in one of the states that this file expects.
      'SET @ondelete_state = IF(@ondelete_state = \'other\', UUID_TO_BIN(CONCAT(\'ondelete changed nothing; this key is here: \', COALESCE(CONCAT(@ondelete_name, \' \', @ondelete_rule), \'missing\'))), @ondelete_state)',
      // Unless it is there already: the key as a temporary name, ON DELETE NO ACTION.
      'SET @ondelete_sql = IF(@ondelete_state IN (\'old\'), \'ALTER TABLE `transfers` RENAME INDEX `transfers_to_ix` TO `transfers_to_ix`, DROP FOREIGN KEY `transfers_to`, ADD CONSTRAINT `transfers_to__od_89bf681d` FOREIGN KEY (`to_region`, `to_id`) REFERENCES `warehouses` (`region`, `id`) ON DELETE NO ACTION ON UPDATE NO ACTION, ALGORITHM=INPLACE, LOCK=NONE\', \'DO 0\')',
      // One statement drops and adds, so the key exists at every moment.
      'PREPARE ondelete_hop FROM @ondelete_sql',
      // Metadata only: no row of transfers is read or copied.
      // takes metadata EXCLUSIVE on shop.transfers, shop.warehouses for a moment: blocks reads and writes
      'EXECUTE ondelete_hop',
      // Unless it is there already: the key as transfers_to, ON DELETE NO ACTION.
      'SET @ondelete_sql = IF(@ondelete_state IN (\'old\', \'half\'), \'ALTER TABLE `transfers` DROP FOREIGN KEY `transfers_to__od_89bf681d`, ADD CONSTRAINT `transfers_to` FOREIGN KEY (`to_region`, `to_id`) REFERENCES `warehouses` (`region`, `id`) ON DELETE NO ACTION ON UPDATE NO ACTION, ALGORITHM=INPLACE, LOCK=NONE\', \'DO 0\')',
      // One statement drops and adds, so the key exists at every moment.
      'PREPARE ondelete_hop FROM @ondelete_sql',
      // Metadata only: no row of transfers is read or copied.
      // takes metadata EXCLUSIVE on shop.transfers, shop.warehouses for a moment: blocks reads and writes
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

// Reverses the file of the same name: restores the rule, not rows that were deleted or changed under the new one.
// Deleting a row of shop.employees is refused by the rows of shop.employees that point to it by manager_id (NO ACTION; before: SET NULL).
// Deleting a row of shop.warehouses is refused by the rows of shop.transfers that point to it by from_region, from_id (NO ACTION; before: CASCADE).
// Deleting a row of shop.warehouses deletes the rows of shop.transfers that point to it by to_region, to_id (CASCADE; before: NO ACTION).
// 3 steps, one after the other.
export async function down(db: Kysely<unknown>): Promise<void> {
  // transfers(to_region, to_id) -> warehouses(region, id): ON DELETE CASCADE becomes NO ACTION
  await run(db, {
    transaction: null,
    statements: [
      // For this session only: swap without a copy of the table, and wait at most one second for a lock.
      `SET @ondelete_checks = COALESCE(@ondelete_checks, @@SESSION.foreign_key_checks), @ondelete_wait = COALESCE(@ondelete_wait, @@SESSION.lock_wait_timeout),
  SESSION foreign_key_checks = 0, SESSION lock_wait_timeout = 1`,
      // Count orphaned rows of transfers; they are reported, not changed.
      // takes metadata SHARED_READ on shop.transfers, shop.warehouses while rows are scanned: blocks schema changes
      `SELECT COUNT(*) AS \`orphans: transfers(to_region, to_id) -> warehouses(region, id)\` FROM \`transfers\` AS child_row
LEFT JOIN \`warehouses\` AS parent_row ON parent_row.\`region\` = child_row.\`to_region\` AND parent_row.\`id\` = child_row.\`to_id\`
WHERE child_row.\`to_region\` IS NOT NULL AND child_row.\`to_id\` IS NOT NULL AND parent_row.\`region\` IS NULL`,
      // The name of transfers(to_region, to_id) -> warehouses(region, id) in this database.
      `SET @ondelete_name = (SELECT k.CONSTRAINT_NAME FROM information_schema.KEY_COLUMN_USAGE AS k
  WHERE k.TABLE_SCHEMA = DATABASE() AND k.TABLE_NAME = 'transfers' AND k.REFERENCED_TABLE_NAME IS NOT NULL
  GROUP BY k.CONSTRAINT_NAME
  HAVING COUNT(*) = 2 AND SUM((k.ORDINAL_POSITION, k.COLUMN_NAME, k.REFERENCED_TABLE_SCHEMA, k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME)
    IN ((1, 'to_region', DATABASE(), 'warehouses', 'region'), (2, 'to_id', DATABASE(), 'warehouses', 'id'))) = 2
  ORDER BY k.CONSTRAINT_NAME = 'transfers_to' DESC, k.CONSTRAINT_NAME = 'transfers_to__od_89bf681d' DESC LIMIT 1)`,
      // The key's current ON DELETE and ON UPDATE.
      `SET @ondelete_rule = (SELECT CONCAT('ON DELETE ', r.DELETE_RULE, ' ON UPDATE ', r.UPDATE_RULE) FROM information_schema.REFERENTIAL_CONSTRAINTS AS r
  WHERE r.CONSTRAINT_SCHEMA = DATABASE() AND r.TABLE_NAME = 'transfers' AND CONVERT(r.CONSTRAINT_NAME USING utf8mb4) COLLATE utf8mb4_general_ci = CONVERT(@ondelete_name USING utf8mb4) COLLATE utf8mb4_general_ci)`,
      // How far transfers_to is on its way from ON DELETE NO ACTION to ON DELETE CASCADE.
      'SET @ondelete_state = CASE WHEN @ondelete_name = \'transfers_to\' AND @ondelete_rule IN (\'ON DELETE NO ACTION ON UPDATE NO ACTION\') THEN \'old\' WHEN @ondelete_name = \'transfers_to\' AND @ondelete_rule IN (\'ON DELETE CASCADE ON UPDATE NO ACTION\') THEN \'new\' WHEN @ondelete_name = \'transfers_to__od_89bf681d\' AND @ondelete_rule IN (\'ON DELETE NO ACTION ON UPDATE NO ACTION\', \'ON DELETE CASCADE ON UPDATE NO ACTION\') THEN \'half\' ELSE \'other\' END',
      // Stop with an error that says what was found, unless transfers_to is in one of the states that this file expects.
      'SET @ondelete_state = IF(@ondelete_state = \'other\', UUID_TO_BIN(CONCAT(\'ondelete changed nothing; this key is here: \', COALESCE(CONCAT(@ondelete_name, \' \', @ondelete_rule), \'missing\'))), @ondelete_state)',
      // Unless it is there already: the key as a temporary name, ON DELETE CASCADE.
      'SET @ondelete_sql = IF(@ondelete_state IN (\'old\'), \'ALTER TABLE `transfers` RENAME INDEX `transfers_to_ix` TO `transfers_to_ix`, DROP FOREIGN KEY `transfers_to`, ADD CONSTRAINT `transfers_to__od_89bf681d` FOREIGN KEY (`to_region`, `to_id`) REFERENCES `warehouses` (`region`, `id`) ON DELETE CASCADE ON UPDATE NO ACTION, ALGORITHM=INPLACE, LOCK=NONE\', \'DO 0\')',
      // One statement drops and adds, so the key exists at every moment.
      'PREPARE ondelete_hop FROM @ondelete_sql',
      // Metadata only: no row of transfers is read or copied.
      // takes metadata EXCLUSIVE on shop.transfers, shop.warehouses for a moment: blocks reads and writes
      'EXECUTE ondelete_hop',
      // Unless it is there already: the key as transfers_to, ON DELETE CASCADE.
      'SET @ondelete_sql = IF(@ondelete_state IN (\'old\', \'half\'), \'ALTER TABLE `transfers` DROP FOREIGN KEY `transfers_to__od_89bf681d`, ADD CONSTRAINT `transfers_to` FOREIGN KEY (`to_region`, `to_id`) REFERENCES `warehouses` (`region`, `id`) ON DELETE CASCADE ON UPDATE NO ACTION, ALGORITHM=INPLACE, LOCK=NONE\', \'DO 0\')',
      // One statement drops and adds, so the key exists at every moment.
      'PREPARE ondelete_hop FROM @ondelete_sql',
      // Metadata only: no row of transfers is read or copied.
      // takes metadata EXCLUSIVE on shop.transfers, shop.warehouses for a moment: blocks reads and writes
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
  // transfers(from_region, from_id) -> warehouses(region, id): ON DELETE NO ACTION becomes CASCADE
  await run(db, {
    transaction: null,
    statements: [
      // For this session only: swap without a copy of the table, and wait at most one second for a lock.
      `SET @ondelete_checks = COALESCE(@ondelete_checks, @@SESSION.foreign_key_checks), @ondelete_wait = COALESCE(@ondelete_wait, @@SESSION.lock_wait_timeout),
  SESSION foreign_key_checks = 0, SESSION lock_wait_timeout = 1`,
      // Count orphaned rows of transfers; they are reported, not changed.
      // takes metadata SHARED_READ on shop.transfers, shop.warehouses while rows are scanned: blocks schema changes
      `SELECT COUNT(*) AS \`orphans: transfers(from_region, from_id) -> warehouses(region, id)\` FROM \`transfers\` AS child_row
LEFT JOIN \`warehouses\` AS parent_row ON parent_row.\`region\` = child_row.\`from_region\` AND parent_row.\`id\` = child_row.\`from_id\`
WHERE child_row.\`from_region\` IS NOT NULL AND child_row.\`from_id\` IS NOT NULL AND parent_row.\`region\` IS NULL`,
      // The name of transfers(from_region, from_id) -> warehouses(region, id) in this database.
      `SET @ondelete_name = (SELECT k.CONSTRAINT_NAME FROM information_schema.KEY_COLUMN_USAGE AS k
  WHERE k.TABLE_SCHEMA = DATABASE() AND k.TABLE_NAME = 'transfers' AND k.REFERENCED_TABLE_NAME IS NOT NULL
  GROUP BY k.CONSTRAINT_NAME
  HAVING COUNT(*) = 2 AND SUM((k.ORDINAL_POSITION, k.COLUMN_NAME, k.REFERENCED_TABLE_SCHEMA, k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME)
    IN ((1, 'from_region', DATABASE(), 'warehouses', 'region'), (2, 'from_id', DATABASE(), 'warehouses', 'id'))) = 2
  ORDER BY k.CONSTRAINT_NAME = 'transfers_from' DESC, k.CONSTRAINT_NAME = 'transfers_from__od_9b00af23' DESC LIMIT 1)`,
      // The key's current ON DELETE and ON UPDATE.
      `SET @ondelete_rule = (SELECT CONCAT('ON DELETE ', r.DELETE_RULE, ' ON UPDATE ', r.UPDATE_RULE) FROM information_schema.REFERENTIAL_CONSTRAINTS AS r
  WHERE r.CONSTRAINT_SCHEMA = DATABASE() AND r.TABLE_NAME = 'transfers' AND CONVERT(r.CONSTRAINT_NAME USING utf8mb4) COLLATE utf8mb4_general_ci = CONVERT(@ondelete_name USING utf8mb4) COLLATE utf8mb4_general_ci)`,
      // How far transfers_from is on its way from ON DELETE CASCADE to ON DELETE NO ACTION.
      'SET @ondelete_state = CASE WHEN @ondelete_name = \'transfers_from\' AND @ondelete_rule IN (\'ON DELETE CASCADE ON UPDATE CASCADE\') THEN \'old\' WHEN @ondelete_name = \'transfers_from\' AND @ondelete_rule IN (\'ON DELETE NO ACTION ON UPDATE CASCADE\') THEN \'new\' WHEN @ondelete_name = \'transfers_from__od_9b00af23\' AND @ondelete_rule IN (\'ON DELETE CASCADE ON UPDATE CASCADE\', \'ON DELETE NO ACTION ON UPDATE CASCADE\') THEN \'half\' ELSE \'other\' END',
      // Stop with an error that says what was found, unless transfers_from is in one of the states that this file expects.
      'SET @ondelete_state = IF(@ondelete_state = \'other\', UUID_TO_BIN(CONCAT(\'ondelete changed nothing; this key is here: \', COALESCE(CONCAT(@ondelete_name, \' \', @ondelete_rule), \'missing\'))), @ondelete_state)',
      // Unless it is there already: the key as a temporary name, ON DELETE NO ACTION.
      'SET @ondelete_sql = IF(@ondelete_state IN (\'old\'), \'ALTER TABLE `transfers` RENAME INDEX `transfers_from_ix` TO `transfers_from_ix`, DROP FOREIGN KEY `transfers_from`, ADD CONSTRAINT `transfers_from__od_9b00af23` FOREIGN KEY (`from_region`, `from_id`) REFERENCES `warehouses` (`region`, `id`) ON DELETE NO ACTION ON UPDATE CASCADE, ALGORITHM=INPLACE, LOCK=NONE\', \'DO 0\')',
      // One statement drops and adds, so the key exists at every moment.
      'PREPARE ondelete_hop FROM @ondelete_sql',
      // Metadata only: no row of transfers is read or copied.
      // takes metadata EXCLUSIVE on shop.transfers, shop.warehouses for a moment: blocks reads and writes
      'EXECUTE ondelete_hop',
      // Unless it is there already: the key as transfers_from, ON DELETE NO ACTION.
      'SET @ondelete_sql = IF(@ondelete_state IN (\'old\', \'half\'), \'ALTER TABLE `transfers` DROP FOREIGN KEY `transfers_from__od_9b00af23`, ADD CONSTRAINT `transfers_from` FOREIGN KEY (`from_region`, `from_id`) REFERENCES `warehouses` (`region`, `id`) ON DELETE NO ACTION ON UPDATE CASCADE, ALGORITHM=INPLACE, LOCK=NONE\', \'DO 0\')',
      // One statement drops and adds, so the key exists at every moment.
      'PREPARE ondelete_hop FROM @ondelete_sql',
      // Metadata only: no row of transfers is read or copied.
      // takes metadata EXCLUSIVE on shop.transfers, shop.warehouses for a moment: blocks reads and writes
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
  // employees(manager_id) -> employees(id): ON DELETE NO ACTION becomes SET NULL
  await run(db, {
    transaction: null,
    statements: [
      // For this session only: swap without a copy of the table, and wait at most one second for a lock.
      `SET @ondelete_checks = COALESCE(@ondelete_checks, @@SESSION.foreign_key_checks), @ondelete_wait = COALESCE(@ondelete_wait, @@SESSION.lock_wait_timeout),
  SESSION foreign_key_checks = 0, SESSION lock_wait_timeout = 1`,
      // Count orphaned rows of employees; they are reported, not changed.
      // takes metadata SHARED_READ on shop.employees while rows are scanned: blocks schema changes
      `SELECT COUNT(*) AS \`orphans: employees(manager_id) -> employees(id)\` FROM \`employees\` AS child_row
LEFT JOIN \`employees\` AS parent_row ON parent_row.\`id\` = child_row.\`manager_id\`
WHERE child_row.\`manager_id\` IS NOT NULL AND parent_row.\`id\` IS NULL`,
      // The name of employees(manager_id) -> employees(id) in this database.
      `SET @ondelete_name = (SELECT k.CONSTRAINT_NAME FROM information_schema.KEY_COLUMN_USAGE AS k
  WHERE k.TABLE_SCHEMA = DATABASE() AND k.TABLE_NAME = 'employees' AND k.REFERENCED_TABLE_NAME IS NOT NULL
  GROUP BY k.CONSTRAINT_NAME
  HAVING COUNT(*) = 1 AND SUM((k.ORDINAL_POSITION, k.COLUMN_NAME, k.REFERENCED_TABLE_SCHEMA, k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME)
    IN ((1, 'manager_id', DATABASE(), 'employees', 'id'))) = 1
  ORDER BY k.CONSTRAINT_NAME = 'employees_manager' DESC, k.CONSTRAINT_NAME = 'employees_manager__od_e100b904' DESC LIMIT 1)`,
      // The key's current ON DELETE and ON UPDATE.
      `SET @ondelete_rule = (SELECT CONCAT('ON DELETE ', r.DELETE_RULE, ' ON UPDATE ', r.UPDATE_RULE) FROM information_schema.REFERENTIAL_CONSTRAINTS AS r
  WHERE r.CONSTRAINT_SCHEMA = DATABASE() AND r.TABLE_NAME = 'employees' AND CONVERT(r.CONSTRAINT_NAME USING utf8mb4) COLLATE utf8mb4_general_ci = CONVERT(@ondelete_name USING utf8mb4) COLLATE utf8mb4_general_ci)`,
      // How far employees_manager is on its way from ON DELETE SET NULL to ON DELETE NO ACTION.
      'SET @ondelete_state = CASE WHEN @ondelete_name = \'employees_manager\' AND @ondelete_rule IN (\'ON DELETE SET NULL ON UPDATE NO ACTION\') THEN \'old\' WHEN @ondelete_name = \'employees_manager\' AND @ondelete_rule IN (\'ON DELETE NO ACTION ON UPDATE NO ACTION\') THEN \'new\' WHEN @ondelete_name = \'employees_manager__od_e100b904\' AND @ondelete_rule IN (\'ON DELETE SET NULL ON UPDATE NO ACTION\', \'ON DELETE NO ACTION ON UPDATE NO ACTION\') THEN \'half\' ELSE \'other\' END',
      // Stop with an error that says what was found, unless employees_manager is in one of the states that this file expects.
      'SET @ondelete_state = IF(@ondelete_state = \'other\', UUID_TO_BIN(CONCAT(\'ondelete changed nothing; this key is here: \', COALESCE(CONCAT(@ondelete_name, \' \', @ondelete_rule), \'missing\'))), @ondelete_state)',
      // Unless it is there already: the key as a temporary name, ON DELETE NO ACTION.
      'SET @ondelete_sql = IF(@ondelete_state IN (\'old\'), \'ALTER TABLE `employees` RENAME INDEX `employees_manager_id` TO `employees_manager_id`, DROP FOREIGN KEY `employees_manager`, ADD CONSTRAINT `employees_manager__od_e100b904` FOREIGN KEY (`manager_id`) REFERENCES `employees` (`id`) ON DELETE NO ACTION ON UPDATE NO ACTION, ALGORITHM=INPLACE, LOCK=NONE\', \'DO 0\')',
      // One statement drops and adds, so the key exists at every moment.
      'PREPARE ondelete_hop FROM @ondelete_sql',
      // Metadata only: no row of employees is read or copied.
      // takes metadata EXCLUSIVE on shop.employees for a moment: blocks reads and writes
      'EXECUTE ondelete_hop',
      // Unless it is there already: the key as employees_manager, ON DELETE NO ACTION.
      'SET @ondelete_sql = IF(@ondelete_state IN (\'old\', \'half\'), \'ALTER TABLE `employees` DROP FOREIGN KEY `employees_manager__od_e100b904`, ADD CONSTRAINT `employees_manager` FOREIGN KEY (`manager_id`) REFERENCES `employees` (`id`) ON DELETE NO ACTION ON UPDATE NO ACTION, ALGORITHM=INPLACE, LOCK=NONE\', \'DO 0\')',
      // One statement drops and adds, so the key exists at every moment.
      'PREPARE ondelete_hop FROM @ondelete_sql',
      // Metadata only: no row of employees is read or copied.
      // takes metadata EXCLUSIVE on shop.employees for a moment: blocks reads and writes
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
  if (db.isTransaction) return attempt(db, { ...step, transaction: null });
  await db.connection().execute((connection) => attempt(connection, step));
}

async function attempt(connection: Kysely<unknown>, step: Step, attempts = 1): Promise<void> {
  const execute: Execute = async (statement) =>
    (await sql.raw<Record<string, unknown>>(statement).execute(connection)).rows;
  try {
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
      await execute(statement).catch(() => execute('KILL CONNECTION_ID()').catch(() => []));
    }
  }
}
