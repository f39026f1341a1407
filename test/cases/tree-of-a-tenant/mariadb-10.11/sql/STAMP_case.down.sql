-- Reverses the file of the same name: restores the rule, not rows that were deleted or changed under the new one.
-- Deleting a row of shop.folders is refused at once by the rows of shop.folders that point to it by tenant_id, parent_id (RESTRICT; before: CASCADE).
-- folders(tenant_id, parent_id) -> folders(tenant_id, id): ON DELETE RESTRICT becomes CASCADE

SET NAMES utf8mb4;

-- 1. folders(tenant_id, parent_id) -> folders(tenant_id, id): ON DELETE RESTRICT becomes CASCADE
-- Count orphaned rows of folders; they are reported, not changed.
-- takes metadata SHARED_READ on shop.folders while rows are scanned: blocks schema changes
SET STATEMENT lock_wait_timeout = 30 FOR SELECT COUNT(*) AS `orphans: folders(tenant_id, parent_id) -> folders(tenant_id, id)` FROM `folders` AS child_row
LEFT JOIN `folders` AS parent_row ON parent_row.`tenant_id` = child_row.`tenant_id` AND parent_row.`id` = child_row.`parent_id`
WHERE child_row.`tenant_id` IS NOT NULL AND child_row.`parent_id` IS NOT NULL AND parent_row.`tenant_id` IS NULL;
-- Change folders_parent from ON DELETE CASCADE to ON DELETE RESTRICT; stop unless it is in one of the states that this file expects.
-- takes metadata EXCLUSIVE on shop.folders for a moment: blocks reads and writes
DELIMITER $$
BEGIN NOT ATOMIC
  DECLARE ondelete_name VARCHAR(64) CHARACTER SET utf8mb3;
  DECLARE ondelete_rule, ondelete_state VARCHAR(64) CHARACTER SET utf8mb3;
  DECLARE ondelete_message VARCHAR(255) CHARACTER SET utf8mb4;
  DECLARE ondelete_tries INT DEFAULT 0;
  SET STATEMENT lock_wait_timeout = 30 FOR SELECT (SELECT k.CONSTRAINT_NAME FROM information_schema.KEY_COLUMN_USAGE AS k
  WHERE k.TABLE_SCHEMA = DATABASE() AND k.TABLE_NAME = 'folders' AND k.REFERENCED_TABLE_NAME IS NOT NULL
  GROUP BY k.CONSTRAINT_NAME
  HAVING COUNT(*) = 2 AND SUM((k.ORDINAL_POSITION, k.COLUMN_NAME, k.REFERENCED_TABLE_SCHEMA, BINARY k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME)
    IN ((1, 'tenant_id', DATABASE(), 'folders', 'tenant_id'), (2, 'parent_id', DATABASE(), 'folders', 'id'))) = 2
  ORDER BY k.CONSTRAINT_NAME = 'folders_parent' DESC, k.CONSTRAINT_NAME = 'folders_parent__od_8574da0a' DESC LIMIT 1) INTO ondelete_name;
  SET STATEMENT lock_wait_timeout = 30 FOR SELECT (SELECT CONCAT('ON DELETE ', r.DELETE_RULE, ' ON UPDATE ', r.UPDATE_RULE) FROM information_schema.REFERENTIAL_CONSTRAINTS AS r
  WHERE r.CONSTRAINT_SCHEMA = DATABASE() AND r.TABLE_NAME = 'folders' AND CONVERT(r.CONSTRAINT_NAME USING utf8mb4) COLLATE utf8mb4_general_ci = CONVERT(ondelete_name USING utf8mb4) COLLATE utf8mb4_general_ci) INTO ondelete_rule;
  SET ondelete_state = CASE WHEN ondelete_name = 'folders_parent' AND ondelete_rule IN ('ON DELETE CASCADE ON UPDATE RESTRICT') THEN 'old' WHEN ondelete_name = 'folders_parent' AND ondelete_rule IN ('ON DELETE RESTRICT ON UPDATE RESTRICT') THEN 'new' WHEN ondelete_name = 'folders_parent__od_8574da0a' AND ondelete_rule IN ('ON DELETE CASCADE ON UPDATE RESTRICT', 'ON DELETE RESTRICT ON UPDATE RESTRICT') THEN 'half' ELSE 'other' END;
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
        ALTER TABLE `folders` RENAME INDEX `folders_parent_ix` TO `folders_parent_ix`, DROP FOREIGN KEY `folders_parent`, ADD CONSTRAINT `folders_parent__od_8574da0a` FOREIGN KEY (`tenant_id`, `parent_id`) REFERENCES `folders` (`tenant_id`, `id`), ALGORITHM=NOCOPY, LOCK=NONE;
        SET ondelete_state = 'half';
      END IF;
      IF ondelete_state = 'half' THEN
        SET STATEMENT foreign_key_checks = 0, lock_wait_timeout = 1 FOR
        ALTER TABLE `folders` DROP FOREIGN KEY `folders_parent__od_8574da0a`, ADD CONSTRAINT `folders_parent` FOREIGN KEY (`tenant_id`, `parent_id`) REFERENCES `folders` (`tenant_id`, `id`), ALGORITHM=NOCOPY, LOCK=NONE;
        SET ondelete_state = 'new';
      END IF;
    END;
  END WHILE;
END$$
DELIMITER ;

