// Deleting a row of shop.employees sets manager_id to NULL in the rows of shop.employees that point to it by manager_id (SET NULL; before: RESTRICT).
//   key          shop.employees(manager_id) -> shop.employees(id), constraint employees_manager
//   rule         ondelete.config.yaml:4  employees -> employees
//   reason       people leave, their teams stay
//   fingerprint  efd8096ff6548bb3
// Deleting a row of shop.warehouses deletes the rows of shop.transfers that point to it by from_region, from_id (CASCADE; before: RESTRICT).
//   key          shop.transfers(from_region, from_id) -> shop.warehouses(region, id), constraint transfers_from
//   rule         ondelete.config.yaml:7  transfers(from_*, from_*) -> warehouses
//   fingerprint  7b43ccbb9c17939f
// Deleting a row of shop.warehouses is refused by the rows of shop.transfers that point to it by to_region, to_id (NO ACTION; before: CASCADE).
//   key          shop.transfers(to_region, to_id) -> shop.warehouses(region, id), constraint transfers_to
//   rule         ondelete.config.yaml:9  transfers(to_*, to_*) -> warehouses
//   fingerprint  a908c1e3b641ff61
// 3 steps, one after the other.
// ondelete-key: {"set":"STAMP_case","kind":"change-on-delete","child":{"schema":"","name":"employees"},"columns":["manager_id"],"parent":{"schema":"","name":"employees"},"parentColumns":["id"],"constraint":"employees_manager","twin":0,"from":{"onDelete":"RESTRICT","onDeleteColumns":null},"to":{"onDelete":"SET NULL","onDeleteColumns":null},"fingerprint":"efd8096ff6548bb3"}
// ondelete-key: {"set":"STAMP_case","kind":"change-on-delete","child":{"schema":"","name":"transfers"},"columns":["from_region","from_id"],"parent":{"schema":"","name":"warehouses"},"parentColumns":["region","id"],"constraint":"transfers_from","twin":0,"from":{"onDelete":"RESTRICT","onDeleteColumns":null},"to":{"onDelete":"CASCADE","onDeleteColumns":null},"fingerprint":"7b43ccbb9c17939f"}
// ondelete-key: {"set":"STAMP_case","kind":"change-on-delete","child":{"schema":"","name":"transfers"},"columns":["to_region","to_id"],"parent":{"schema":"","name":"warehouses"},"parentColumns":["region","id"],"constraint":"transfers_to","twin":0,"from":{"onDelete":"CASCADE","onDeleteColumns":null},"to":{"onDelete":"NO ACTION","onDeleteColumns":null},"fingerprint":"a908c1e3b641ff61"}

import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // employees(manager_id) -> employees(id): ON DELETE RESTRICT becomes SET NULL
  await run(db, {
    transaction: null,
    statements: [
      // Count orphaned rows of employees; they are reported, not changed.
      // takes metadata SHARED_READ on shop.employees while rows are scanned: blocks schema changes
      `SET STATEMENT lock_wait_timeout = 30 FOR SELECT COUNT(*) AS \`orphans: employees(manager_id) -> employees(id)\` FROM \`employees\` AS child_row
LEFT JOIN \`employees\` AS parent_row ON parent_row.\`id\` = child_row.\`manager_id\`
WHERE child_row.\`manager_id\` IS NOT NULL AND parent_row.\`id\` IS NULL`,
      // Change employees_manager from ON DELETE RESTRICT to ON DELETE SET NULL; stop unless it is in one of the states that this file expects.
      // takes metadata EXCLUSIVE on shop.employees for a moment: blocks reads and writes
      `BEGIN NOT ATOMIC
  DECLARE ondelete_name VARCHAR(64) CHARACTER SET utf8mb3;
  DECLARE ondelete_rule, ondelete_state VARCHAR(64) CHARACTER SET utf8mb3;
  DECLARE ondelete_message VARCHAR(255) CHARACTER SET utf8mb4;
  DECLARE ondelete_tries INT DEFAULT 0;
  SET STATEMENT lock_wait_timeout = 30 FOR SELECT (SELECT k.CONSTRAINT_NAME FROM information_schema.KEY_COLUMN_USAGE AS k
  WHERE k.TABLE_SCHEMA = DATABASE() AND k.TABLE_NAME = 'employees' AND k.REFERENCED_TABLE_NAME IS NOT NULL
  GROUP BY k.CONSTRAINT_NAME
  HAVING COUNT(*) = 1 AND SUM((k.ORDINAL_POSITION, k.COLUMN_NAME, k.REFERENCED_TABLE_SCHEMA, BINARY k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME)
    IN ((1, 'manager_id', DATABASE(), 'employees', 'id'))) = 1
  ORDER BY k.CONSTRAINT_NAME = 'employees_manager' DESC, k.CONSTRAINT_NAME = 'employees_manager__od_e100b904' DESC LIMIT 1) INTO ondelete_name;
  SET STATEMENT lock_wait_timeout = 30 FOR SELECT (SELECT CONCAT('ON DELETE ', r.DELETE_RULE, ' ON UPDATE ', r.UPDATE_RULE) FROM information_schema.REFERENTIAL_CONSTRAINTS AS r
  WHERE r.CONSTRAINT_SCHEMA = DATABASE() AND r.TABLE_NAME = 'employees' AND CONVERT(r.CONSTRAINT_NAME USING utf8mb4) COLLATE utf8mb4_general_ci = CONVERT(ondelete_name USING utf8mb4) COLLATE utf8mb4_general_ci) INTO ondelete_rule;
  SET ondelete_state = CASE WHEN ondelete_name = 'employees_manager' AND ondelete_rule IN ('ON DELETE RESTRICT ON UPDATE RESTRICT') THEN 'old' WHEN ondelete_name = 'employees_manager' AND ondelete_rule IN ('ON DELETE SET NULL ON UPDATE RESTRICT') THEN 'new' WHEN ondelete_name = 'employees_manager__od_e100b904' AND ondelete_rule IN ('ON DELETE RESTRICT ON UPDATE RESTRICT', 'ON DELETE SET NULL ON UPDATE RESTRICT') THEN 'half' ELSE 'other' END;
  IF ondelete_state = 'other' THEN
    SET ondelete_message = CONCAT('ondelete changed nothing; this key is here: ', COALESCE(CONCAT(ondelete_name, ' ', ondelete_rule), 'missing'));
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = ondelete_message;
  END IF;
  WHILE ondelete_state <> 'new' DO
    BEGIN
      DECLARE EXIT HANDLER FOR 1205, 1213
      BEGIN
        SET ondelete_tries = ondelete_tries + 1;
        IF ondelete_tries >= 30 THEN RESIGNAL; END IF;
        DO SLEEP(0.5 + RAND() * 1.5);
      END;
      IF ondelete_state = 'old' THEN
        SET STATEMENT foreign_key_checks = 0, lock_wait_timeout = 1 FOR
        ALTER TABLE \`employees\` RENAME INDEX \`employees_manager_id\` TO \`employees_manager_id\`, DROP FOREIGN KEY \`employees_manager\`, ADD CONSTRAINT \`employees_manager__od_e100b904\` FOREIGN KEY (\`manager_id\`) REFERENCES \`employees\` (\`id\`) ON DELETE SET NULL, ALGORITHM=NOCOPY, LOCK=NONE;
        SET ondelete_state = 'half';
      END IF;
      IF ondelete_state = 'half' THEN
        SET STATEMENT foreign_key_checks = 0, lock_wait_timeout = 1 FOR
        ALTER TABLE \`employees\` DROP FOREIGN KEY \`employees_manager__od_e100b904\`, ADD CONSTRAINT \`employees_manager\` FOREIGN KEY (\`manager_id\`) REFERENCES \`employees\` (\`id\`) ON DELETE SET NULL, ALGORITHM=NOCOPY, LOCK=NONE;
        SET ondelete_state = 'new';
      END IF;
    END;
  END WHILE;
END`,
    ],
    always: [],
    retry: null,
  });
  // transfers(from_region, from_id) -> warehouses(region, id): ON DELETE RESTRICT becomes CASCADE
  await run(db, {
    transaction: null,
    statements: [
      // Count orphaned rows of transfers; they are reported, not changed.
      // takes metadata SHARED_READ on shop.transfers, shop.warehouses while rows are scanned: blocks schema changes
      `SET STATEMENT lock_wait_timeout = 30 FOR SELECT COUNT(*) AS \`orphans: transfers(from_region, from_id) -> warehouses(region, id)\` FROM \`transfers\` AS child_row
LEFT JOIN \`warehouses\` AS parent_row ON parent_row.\`region\` = child_row.\`from_region\` AND parent_row.\`id\` = child_row.\`from_id\`
WHERE child_row.\`from_region\` IS NOT NULL AND child_row.\`from_id\` IS NOT NULL AND parent_row.\`region\` IS NULL`,
      // Change transfers_from from ON DELETE RESTRICT to ON DELETE CASCADE; stop unless it is in one of the states that this file expects.
      // takes metadata EXCLUSIVE on shop.transfers for a moment: blocks reads and writes
      `BEGIN NOT ATOMIC
  DECLARE ondelete_name VARCHAR(64) CHARACTER SET utf8mb3;
  DECLARE ondelete_rule, ondelete_state VARCHAR(64) CHARACTER SET utf8mb3;
  DECLARE ondelete_message VARCHAR(255) CHARACTER SET utf8mb4;
  DECLARE ondelete_tries INT DEFAULT 0;
  SET STATEMENT lock_wait_timeout = 30 FOR SELECT (SELECT k.CONSTRAINT_NAME FROM information_schema.KEY_COLUMN_USAGE AS k
  WHERE k.TABLE_SCHEMA = DATABASE() AND k.TABLE_NAME = 'transfers' AND k.REFERENCED_TABLE_NAME IS NOT NULL
  GROUP BY k.CONSTRAINT_NAME
  HAVING COUNT(*) = 2 AND SUM((k.ORDINAL_POSITION, k.COLUMN_NAME, k.REFERENCED_TABLE_SCHEMA, BINARY k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME)
    IN ((1, 'from_region', DATABASE(), 'warehouses', 'region'), (2, 'from_id', DATABASE(), 'warehouses', 'id'))) = 2
  ORDER BY k.CONSTRAINT_NAME = 'transfers_from' DESC, k.CONSTRAINT_NAME = 'transfers_from__od_9b00af23' DESC LIMIT 1) INTO ondelete_name;
  SET STATEMENT lock_wait_timeout = 30 FOR SELECT (SELECT CONCAT('ON DELETE ', r.DELETE_RULE, ' ON UPDATE ', r.UPDATE_RULE) FROM information_schema.REFERENTIAL_CONSTRAINTS AS r
  WHERE r.CONSTRAINT_SCHEMA = DATABASE() AND r.TABLE_NAME = 'transfers' AND CONVERT(r.CONSTRAINT_NAME USING utf8mb4) COLLATE utf8mb4_general_ci = CONVERT(ondelete_name USING utf8mb4) COLLATE utf8mb4_general_ci) INTO ondelete_rule;
  SET ondelete_state = CASE WHEN ondelete_name = 'transfers_from' AND ondelete_rule IN ('ON DELETE RESTRICT ON UPDATE CASCADE') THEN 'old' WHEN ondelete_name = 'transfers_from' AND ondelete_rule IN ('ON DELETE CASCADE ON UPDATE CASCADE') THEN 'new' WHEN ondelete_name = 'transfers_from__od_9b00af23' AND ondelete_rule IN ('ON DELETE RESTRICT ON UPDATE CASCADE', 'ON DELETE CASCADE ON UPDATE CASCADE') THEN 'half' ELSE 'other' END;
  IF ondelete_state = 'other' THEN
    SET ondelete_message = CONCAT('ondelete changed nothing; this key is here: ', COALESCE(CONCAT(ondelete_name, ' ', ondelete_rule), 'missing'));
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = ondelete_message;
  END IF;
  WHILE ondelete_state <> 'new' DO
    BEGIN
      DECLARE EXIT HANDLER FOR 1205, 1213
      BEGIN
        SET ondelete_tries = ondelete_tries + 1;
        IF ondelete_tries >= 30 THEN RESIGNAL; END IF;
        DO SLEEP(0.5 + RAND() * 1.5);
      END;
      IF ondelete_state = 'old' THEN
        SET STATEMENT foreign_key_checks = 0, lock_wait_timeout = 1 FOR
        ALTER TABLE \`transfers\` RENAME INDEX \`transfers_from_ix\` TO \`transfers_from_ix\`, DROP FOREIGN KEY \`transfers_from\`, ADD CONSTRAINT \`transfers_from__od_9b00af23\` FOREIGN KEY (\`from_region\`, \`from_id\`) REFERENCES \`warehouses\` (\`region\`, \`id\`) ON DELETE CASCADE ON UPDATE CASCADE, ALGORITHM=NOCOPY, LOCK=NONE;
        SET ondelete_state = 'half';
      END IF;
      IF ondelete_state = 'half' THEN
        SET STATEMENT foreign_key_checks = 0, lock_wait_timeout = 1 FOR
        ALTER TABLE \`transfers\` DROP FOREIGN KEY \`transfers_from__od_9b00af23\`, ADD CONSTRAINT \`transfers_from\` FOREIGN KEY (\`from_region\`, \`from_id\`) REFERENCES \`warehouses\` (\`region\`, \`id\`) ON DELETE CASCADE ON UPDATE CASCADE, ALGORITHM=NOCOPY, LOCK=NONE;
        SET ondelete_state = 'new';
      END IF;
    END;
  END WHILE;
END`,
    ],
    always: [],
    retry: null,
  });
  // transfers(to_region, to_id) -> warehouses(region, id): ON DELETE CASCADE becomes NO ACTION
  await run(db, {
    transaction: null,
    statements: [
      // Count orphaned rows of transfers; they are reported, not changed.
      // takes metadata SHARED_READ on shop.transfers, shop.warehouses while rows are scanned: blocks schema changes
      `SET STATEMENT lock_wait_timeout = 30 FOR SELECT COUNT(*) AS \`orphans: transfers(to_region, to_id) -> warehouses(region, id)\` FROM \`transfers\` AS child_row
LEFT JOIN \`warehouses\` AS parent_row ON parent_row.\`region\` = child_row.\`to_region\` AND parent_row.\`id\` = child_row.\`to_id\`
WHERE child_row.\`to_region\` IS NOT NULL AND child_row.\`to_id\` IS NOT NULL AND parent_row.\`region\` IS NULL`,
      // Change transfers_to from ON DELETE CASCADE to ON DELETE NO ACTION; stop unless it is in one of the states that this file expects.
      // takes metadata EXCLUSIVE on shop.transfers for a moment: blocks reads and writes
      `BEGIN NOT ATOMIC
  DECLARE ondelete_name VARCHAR(64) CHARACTER SET utf8mb3;
  DECLARE ondelete_rule, ondelete_state VARCHAR(64) CHARACTER SET utf8mb3;
  DECLARE ondelete_message VARCHAR(255) CHARACTER SET utf8mb4;
  DECLARE ondelete_tries INT DEFAULT 0;
  SET STATEMENT lock_wait_timeout = 30 FOR SELECT (SELECT k.CONSTRAINT_NAME FROM information_schema.KEY_COLUMN_USAGE AS k
  WHERE k.TABLE_SCHEMA = DATABASE() AND k.TABLE_NAME = 'transfers' AND k.REFERENCED_TABLE_NAME IS NOT NULL
  GROUP BY k.CONSTRAINT_NAME
  HAVING COUNT(*) = 2 AND SUM((k.ORDINAL_POSITION, k.COLUMN_NAME, k.REFERENCED_TABLE_SCHEMA, BINARY k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME)
    IN ((1, 'to_region', DATABASE(), 'warehouses', 'region'), (2, 'to_id', DATABASE(), 'warehouses', 'id'))) = 2
  ORDER BY k.CONSTRAINT_NAME = 'transfers_to' DESC, k.CONSTRAINT_NAME = 'transfers_to__od_89bf681d' DESC LIMIT 1) INTO ondelete_name;
  SET STATEMENT lock_wait_timeout = 30 FOR SELECT (SELECT CONCAT('ON DELETE ', r.DELETE_RULE, ' ON UPDATE ', r.UPDATE_RULE) FROM information_schema.REFERENTIAL_CONSTRAINTS AS r
  WHERE r.CONSTRAINT_SCHEMA = DATABASE() AND r.TABLE_NAME = 'transfers' AND CONVERT(r.CONSTRAINT_NAME USING utf8mb4) COLLATE utf8mb4_general_ci = CONVERT(ondelete_name USING utf8mb4) COLLATE utf8mb4_general_ci) INTO ondelete_rule;
  SET ondelete_state = CASE WHEN ondelete_name = 'transfers_to' AND ondelete_rule IN ('ON DELETE CASCADE ON UPDATE RESTRICT') THEN 'old' WHEN ondelete_name = 'transfers_to' AND ondelete_rule IN ('ON DELETE NO ACTION ON UPDATE RESTRICT') THEN 'new' WHEN ondelete_name = 'transfers_to__od_89bf681d' AND ondelete_rule IN ('ON DELETE CASCADE ON UPDATE RESTRICT', 'ON DELETE NO ACTION ON UPDATE RESTRICT') THEN 'half' ELSE 'other' END;
  IF ondelete_state = 'other' THEN
    SET ondelete_message = CONCAT('ondelete changed nothing; this key is here: ', COALESCE(CONCAT(ondelete_name, ' ', ondelete_rule), 'missing'));
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = ondelete_message;
  END IF;
  WHILE ondelete_state <> 'new' DO
    BEGIN
      DECLARE EXIT HANDLER FOR 1205, 1213
      BEGIN
        SET ondelete_tries = ondelete_tries + 1;
        IF ondelete_tries >= 30 THEN RESIGNAL; END IF;
        DO SLEEP(0.5 + RAND() * 1.5);
      END;
      IF ondelete_state = 'old' THEN
        SET STATEMENT foreign_key_checks = 0, lock_wait_timeout = 1 FOR
        ALTER TABLE \`transfers\` RENAME INDEX \`transfers_to_ix\` TO \`transfers_to_ix\`, DROP FOREIGN KEY \`transfers_to\`, ADD CONSTRAINT \`transfers_to__od_89bf681d\` FOREIGN KEY (\`to_region\`, \`to_id\`) REFERENCES \`warehouses\` (\`region\`, \`id\`) ON DELETE NO ACTION, ALGORITHM=NOCOPY, LOCK=NONE;
        SET ondelete_state = 'half';
      END IF;
      IF ondelete_state = 'half' THEN
        SET STATEMENT foreign_key_checks = 0, lock_wait_timeout = 1 FOR
        ALTER TABLE \`transfers\` DROP FOREIGN KEY \`transfers_to__od_89bf681d\`, ADD CONSTRAINT \`transfers_to\` FOREIGN KEY (\`to_region\`, \`to_id\`) REFERENCES \`warehouses\` (\`region\`, \`id\`) ON DELETE NO ACTION, ALGORITHM=NOCOPY, LOCK=NONE;
        SET ondelete_state = 'new';
      END IF;
    END;
  END WHILE;
END`,
    ],
    always: [],
    retry: null,
  });
}

// Reverses the file of the same name: restores the rule, not rows that were deleted or changed under the new one.
// Deleting a row of shop.employees is refused at once by the rows of shop.employees that point to it by manager_id (RESTRICT; before: SET NULL).
// Deleting a row of shop.warehouses is refused at once by the rows of shop.transfers that point to it by from_region, from_id (RESTRICT; before: CASCADE).
// Deleting a row of shop.warehouses deletes the rows of shop.transfers that point to it by to_region, to_id (CASCADE; before: NO ACTION).
// 3 steps, one after the other.
export async function down(db: Kysely<unknown>): Promise<void> {
  // transfers(to_region, to_id) -> warehouses(region, id): ON DELETE CASCADE becomes NO ACTION
  await run(db, {
    transaction: null,
    statements: [
      // Count orphaned rows of transfers; they are reported, not changed.
      // takes metadata SHARED_READ on shop.transfers, shop.warehouses while rows are scanned: blocks schema changes
      `SET STATEMENT lock_wait_timeout = 30 FOR SELECT COUNT(*) AS \`orphans: transfers(to_region, to_id) -> warehouses(region, id)\` FROM \`transfers\` AS child_row
LEFT JOIN \`warehouses\` AS parent_row ON parent_row.\`region\` = child_row.\`to_region\` AND parent_row.\`id\` = child_row.\`to_id\`
WHERE child_row.\`to_region\` IS NOT NULL AND child_row.\`to_id\` IS NOT NULL AND parent_row.\`region\` IS NULL`,
      // Change transfers_to from ON DELETE NO ACTION to ON DELETE CASCADE; stop unless it is in one of the states that this file expects.
      // takes metadata EXCLUSIVE on shop.transfers for a moment: blocks reads and writes
      `BEGIN NOT ATOMIC
  DECLARE ondelete_name VARCHAR(64) CHARACTER SET utf8mb3;
  DECLARE ondelete_rule, ondelete_state VARCHAR(64) CHARACTER SET utf8mb3;
  DECLARE ondelete_message VARCHAR(255) CHARACTER SET utf8mb4;
  DECLARE ondelete_tries INT DEFAULT 0;
  SET STATEMENT lock_wait_timeout = 30 FOR SELECT (SELECT k.CONSTRAINT_NAME FROM information_schema.KEY_COLUMN_USAGE AS k
  WHERE k.TABLE_SCHEMA = DATABASE() AND k.TABLE_NAME = 'transfers' AND k.REFERENCED_TABLE_NAME IS NOT NULL
  GROUP BY k.CONSTRAINT_NAME
  HAVING COUNT(*) = 2 AND SUM((k.ORDINAL_POSITION, k.COLUMN_NAME, k.REFERENCED_TABLE_SCHEMA, BINARY k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME)
    IN ((1, 'to_region', DATABASE(), 'warehouses', 'region'), (2, 'to_id', DATABASE(), 'warehouses', 'id'))) = 2
  ORDER BY k.CONSTRAINT_NAME = 'transfers_to' DESC, k.CONSTRAINT_NAME = 'transfers_to__od_89bf681d' DESC LIMIT 1) INTO ondelete_name;
  SET STATEMENT lock_wait_timeout = 30 FOR SELECT (SELECT CONCAT('ON DELETE ', r.DELETE_RULE, ' ON UPDATE ', r.UPDATE_RULE) FROM information_schema.REFERENTIAL_CONSTRAINTS AS r
  WHERE r.CONSTRAINT_SCHEMA = DATABASE() AND r.TABLE_NAME = 'transfers' AND CONVERT(r.CONSTRAINT_NAME USING utf8mb4) COLLATE utf8mb4_general_ci = CONVERT(ondelete_name USING utf8mb4) COLLATE utf8mb4_general_ci) INTO ondelete_rule;
  SET ondelete_state = CASE WHEN ondelete_name = 'transfers_to' AND ondelete_rule IN ('ON DELETE NO ACTION ON UPDATE RESTRICT') THEN 'old' WHEN ondelete_name = 'transfers_to' AND ondelete_rule IN ('ON DELETE CASCADE ON UPDATE RESTRICT') THEN 'new' WHEN ondelete_name = 'transfers_to__od_89bf681d' AND ondelete_rule IN ('ON DELETE NO ACTION ON UPDATE RESTRICT', 'ON DELETE CASCADE ON UPDATE RESTRICT') THEN 'half' ELSE 'other' END;
  IF ondelete_state = 'other' THEN
    SET ondelete_message = CONCAT('ondelete changed nothing; this key is here: ', COALESCE(CONCAT(ondelete_name, ' ', ondelete_rule), 'missing'));
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = ondelete_message;
  END IF;
  WHILE ondelete_state <> 'new' DO
    BEGIN
      DECLARE EXIT HANDLER FOR 1205, 1213
      BEGIN
        SET ondelete_tries = ondelete_tries + 1;
        IF ondelete_tries >= 30 THEN RESIGNAL; END IF;
        DO SLEEP(0.5 + RAND() * 1.5);
      END;
      IF ondelete_state = 'old' THEN
        SET STATEMENT foreign_key_checks = 0, lock_wait_timeout = 1 FOR
        ALTER TABLE \`transfers\` RENAME INDEX \`transfers_to_ix\` TO \`transfers_to_ix\`, DROP FOREIGN KEY \`transfers_to\`, ADD CONSTRAINT \`transfers_to__od_89bf681d\` FOREIGN KEY (\`to_region\`, \`to_id\`) REFERENCES \`warehouses\` (\`region\`, \`id\`) ON DELETE CASCADE, ALGORITHM=NOCOPY, LOCK=NONE;
        SET ondelete_state = 'half';
      END IF;
      IF ondelete_state = 'half' THEN
        SET STATEMENT foreign_key_checks = 0, lock_wait_timeout = 1 FOR
        ALTER TABLE \`transfers\` DROP FOREIGN KEY \`transfers_to__od_89bf681d\`, ADD CONSTRAINT \`transfers_to\` FOREIGN KEY (\`to_region\`, \`to_id\`) REFERENCES \`warehouses\` (\`region\`, \`id\`) ON DELETE CASCADE, ALGORITHM=NOCOPY, LOCK=NONE;
        SET ondelete_state = 'new';
      END IF;
    END;
  END WHILE;
END`,
    ],
    always: [],
    retry: null,
  });
  // transfers(from_region, from_id) -> warehouses(region, id): ON DELETE RESTRICT becomes CASCADE
  await run(db, {
    transaction: null,
    statements: [
      // Count orphaned rows of transfers; they are reported, not changed.
      // takes metadata SHARED_READ on shop.transfers, shop.warehouses while rows are scanned: blocks schema changes
      `SET STATEMENT lock_wait_timeout = 30 FOR SELECT COUNT(*) AS \`orphans: transfers(from_region, from_id) -> warehouses(region, id)\` FROM \`transfers\` AS child_row
LEFT JOIN \`warehouses\` AS parent_row ON parent_row.\`region\` = child_row.\`from_region\` AND parent_row.\`id\` = child_row.\`from_id\`
WHERE child_row.\`from_region\` IS NOT NULL AND child_row.\`from_id\` IS NOT NULL AND parent_row.\`region\` IS NULL`,
      // Change transfers_from from ON DELETE CASCADE to ON DELETE RESTRICT; stop unless it is in one of the states that this file expects.
      // takes metadata EXCLUSIVE on shop.transfers for a moment: blocks reads and writes
      `BEGIN NOT ATOMIC
  DECLARE ondelete_name VARCHAR(64) CHARACTER SET utf8mb3;
  DECLARE ondelete_rule, ondelete_state VARCHAR(64) CHARACTER SET utf8mb3;
  DECLARE ondelete_message VARCHAR(255) CHARACTER SET utf8mb4;
  DECLARE ondelete_tries INT DEFAULT 0;
  SET STATEMENT lock_wait_timeout = 30 FOR SELECT (SELECT k.CONSTRAINT_NAME FROM information_schema.KEY_COLUMN_USAGE AS k
  WHERE k.TABLE_SCHEMA = DATABASE() AND k.TABLE_NAME = 'transfers' AND k.REFERENCED_TABLE_NAME IS NOT NULL
  GROUP BY k.CONSTRAINT_NAME
  HAVING COUNT(*) = 2 AND SUM((k.ORDINAL_POSITION, k.COLUMN_NAME, k.REFERENCED_TABLE_SCHEMA, BINARY k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME)
    IN ((1, 'from_region', DATABASE(), 'warehouses', 'region'), (2, 'from_id', DATABASE(), 'warehouses', 'id'))) = 2
  ORDER BY k.CONSTRAINT_NAME = 'transfers_from' DESC, k.CONSTRAINT_NAME = 'transfers_from__od_9b00af23' DESC LIMIT 1) INTO ondelete_name;
  SET STATEMENT lock_wait_timeout = 30 FOR SELECT (SELECT CONCAT('ON DELETE ', r.DELETE_RULE, ' ON UPDATE ', r.UPDATE_RULE) FROM information_schema.REFERENTIAL_CONSTRAINTS AS r
  WHERE r.CONSTRAINT_SCHEMA = DATABASE() AND r.TABLE_NAME = 'transfers' AND CONVERT(r.CONSTRAINT_NAME USING utf8mb4) COLLATE utf8mb4_general_ci = CONVERT(ondelete_name USING utf8mb4) COLLATE utf8mb4_general_ci) INTO ondelete_rule;
  SET ondelete_state = CASE WHEN ondelete_name = 'transfers_from' AND ondelete_rule IN ('ON DELETE CASCADE ON UPDATE CASCADE') THEN 'old' WHEN ondelete_name = 'transfers_from' AND ondelete_rule IN ('ON DELETE RESTRICT ON UPDATE CASCADE') THEN 'new' WHEN ondelete_name = 'transfers_from__od_9b00af23' AND ondelete_rule IN ('ON DELETE CASCADE ON UPDATE CASCADE', 'ON DELETE RESTRICT ON UPDATE CASCADE') THEN 'half' ELSE 'other' END;
  IF ondelete_state = 'other' THEN
    SET ondelete_message = CONCAT('ondelete changed nothing; this key is here: ', COALESCE(CONCAT(ondelete_name, ' ', ondelete_rule), 'missing'));
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = ondelete_message;
  END IF;
  WHILE ondelete_state <> 'new' DO
    BEGIN
      DECLARE EXIT HANDLER FOR 1205, 1213
      BEGIN
        SET ondelete_tries = ondelete_tries + 1;
        IF ondelete_tries >= 30 THEN RESIGNAL; END IF;
        DO SLEEP(0.5 + RAND() * 1.5);
      END;
      IF ondelete_state = 'old' THEN
        SET STATEMENT foreign_key_checks = 0, lock_wait_timeout = 1 FOR
        ALTER TABLE \`transfers\` RENAME INDEX \`transfers_from_ix\` TO \`transfers_from_ix\`, DROP FOREIGN KEY \`transfers_from\`, ADD CONSTRAINT \`transfers_from__od_9b00af23\` FOREIGN KEY (\`from_region\`, \`from_id\`) REFERENCES \`warehouses\` (\`region\`, \`id\`) ON UPDATE CASCADE, ALGORITHM=NOCOPY, LOCK=NONE;
        SET ondelete_state = 'half';
      END IF;
      IF ondelete_state = 'half' THEN
        SET STATEMENT foreign_key_checks = 0, lock_wait_timeout = 1 FOR
        ALTER TABLE \`transfers\` DROP FOREIGN KEY \`transfers_from__od_9b00af23\`, ADD CONSTRAINT \`transfers_from\` FOREIGN KEY (\`from_region\`, \`from_id\`) REFERENCES \`warehouses\` (\`region\`, \`id\`) ON UPDATE CASCADE, ALGORITHM=NOCOPY, LOCK=NONE;
        SET ondelete_state = 'new';
      END IF;
    END;
  END WHILE;
END`,
    ],
    always: [],
    retry: null,
  });
  // employees(manager_id) -> employees(id): ON DELETE RESTRICT becomes SET NULL
  await run(db, {
    transaction: null,
    statements: [
      // Count orphaned rows of employees; they are reported, not changed.
      // takes metadata SHARED_READ on shop.employees while rows are scanned: blocks schema changes
      `SET STATEMENT lock_wait_timeout = 30 FOR SELECT COUNT(*) AS \`orphans: employees(manager_id) -> employees(id)\` FROM \`employees\` AS child_row
LEFT JOIN \`employees\` AS parent_row ON parent_row.\`id\` = child_row.\`manager_id\`
WHERE child_row.\`manager_id\` IS NOT NULL AND parent_row.\`id\` IS NULL`,
      // Change employees_manager from ON DELETE SET NULL to ON DELETE RESTRICT; stop unless it is in one of the states that this file expects.
      // takes metadata EXCLUSIVE on shop.employees for a moment: blocks reads and writes
      `BEGIN NOT ATOMIC
  DECLARE ondelete_name VARCHAR(64) CHARACTER SET utf8mb3;
  DECLARE ondelete_rule, ondelete_state VARCHAR(64) CHARACTER SET utf8mb3;
  DECLARE ondelete_message VARCHAR(255) CHARACTER SET utf8mb4;
  DECLARE ondelete_tries INT DEFAULT 0;
  SET STATEMENT lock_wait_timeout = 30 FOR SELECT (SELECT k.CONSTRAINT_NAME FROM information_schema.KEY_COLUMN_USAGE AS k
  WHERE k.TABLE_SCHEMA = DATABASE() AND k.TABLE_NAME = 'employees' AND k.REFERENCED_TABLE_NAME IS NOT NULL
  GROUP BY k.CONSTRAINT_NAME
  HAVING COUNT(*) = 1 AND SUM((k.ORDINAL_POSITION, k.COLUMN_NAME, k.REFERENCED_TABLE_SCHEMA, BINARY k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME)
    IN ((1, 'manager_id', DATABASE(), 'employees', 'id'))) = 1
  ORDER BY k.CONSTRAINT_NAME = 'employees_manager' DESC, k.CONSTRAINT_NAME = 'employees_manager__od_e100b904' DESC LIMIT 1) INTO ondelete_name;
  SET STATEMENT lock_wait_timeout = 30 FOR SELECT (SELECT CONCAT('ON DELETE ', r.DELETE_RULE, ' ON UPDATE ', r.UPDATE_RULE) FROM information_schema.REFERENTIAL_CONSTRAINTS AS r
  WHERE r.CONSTRAINT_SCHEMA = DATABASE() AND r.TABLE_NAME = 'employees' AND CONVERT(r.CONSTRAINT_NAME USING utf8mb4) COLLATE utf8mb4_general_ci = CONVERT(ondelete_name USING utf8mb4) COLLATE utf8mb4_general_ci) INTO ondelete_rule;
  SET ondelete_state = CASE WHEN ondelete_name = 'employees_manager' AND ondelete_rule IN ('ON DELETE SET NULL ON UPDATE RESTRICT') THEN 'old' WHEN ondelete_name = 'employees_manager' AND ondelete_rule IN ('ON DELETE RESTRICT ON UPDATE RESTRICT') THEN 'new' WHEN ondelete_name = 'employees_manager__od_e100b904' AND ondelete_rule IN ('ON DELETE SET NULL ON UPDATE RESTRICT', 'ON DELETE RESTRICT ON UPDATE RESTRICT') THEN 'half' ELSE 'other' END;
  IF ondelete_state = 'other' THEN
    SET ondelete_message = CONCAT('ondelete changed nothing; this key is here: ', COALESCE(CONCAT(ondelete_name, ' ', ondelete_rule), 'missing'));
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = ondelete_message;
  END IF;
  WHILE ondelete_state <> 'new' DO
    BEGIN
      DECLARE EXIT HANDLER FOR 1205, 1213
      BEGIN
        SET ondelete_tries = ondelete_tries + 1;
        IF ondelete_tries >= 30 THEN RESIGNAL; END IF;
        DO SLEEP(0.5 + RAND() * 1.5);
      END;
      IF ondelete_state = 'old' THEN
        SET STATEMENT foreign_key_checks = 0, lock_wait_timeout = 1 FOR
        ALTER TABLE \`employees\` RENAME INDEX \`employees_manager_id\` TO \`employees_manager_id\`, DROP FOREIGN KEY \`employees_manager\`, ADD CONSTRAINT \`employees_manager__od_e100b904\` FOREIGN KEY (\`manager_id\`) REFERENCES \`employees\` (\`id\`), ALGORITHM=NOCOPY, LOCK=NONE;
        SET ondelete_state = 'half';
      END IF;
      IF ondelete_state = 'half' THEN
        SET STATEMENT foreign_key_checks = 0, lock_wait_timeout = 1 FOR
        ALTER TABLE \`employees\` DROP FOREIGN KEY \`employees_manager__od_e100b904\`, ADD CONSTRAINT \`employees_manager\` FOREIGN KEY (\`manager_id\`) REFERENCES \`employees\` (\`id\`), ALGORITHM=NOCOPY, LOCK=NONE;
        SET ondelete_state = 'new';
      END IF;
    END;
  END WHILE;
END`,
    ],
    always: [],
    retry: null,
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
      await execute(statement).catch(() => []);
    }
  }
}
