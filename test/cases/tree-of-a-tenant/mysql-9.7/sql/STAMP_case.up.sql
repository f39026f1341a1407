-- Deleting a row of shop.folders deletes the rows of shop.folders that point to it by tenant_id, parent_id (CASCADE; before: NO ACTION).
--   key          shop.folders(tenant_id, parent_id) -> shop.folders(tenant_id, id), constraint folders_parent
--   rule         ondelete.config.yaml:4  folders -> folders
--   reason       a folder goes with the one that holds it
--   fingerprint  77bc3b11a2e112b0
-- folders(tenant_id, parent_id) -> folders(tenant_id, id): ON DELETE NO ACTION becomes CASCADE
-- ondelete-key: {"set":"STAMP_case","kind":"change-on-delete","child":{"schema":"","name":"folders"},"columns":["tenant_id","parent_id"],"parent":{"schema":"","name":"folders"},"parentColumns":["tenant_id","id"],"constraint":"folders_parent","twin":0,"from":{"onDelete":"NO ACTION","onDeleteColumns":null},"to":{"onDelete":"CASCADE","onDeleteColumns":null},"fingerprint":"77bc3b11a2e112b0"}

SET NAMES utf8mb4;

-- 1. folders(tenant_id, parent_id) -> folders(tenant_id, id): ON DELETE NO ACTION becomes CASCADE
-- For this session only: swap without a copy of the table, and wait at most one second for a lock.
SET @ondelete_checks = COALESCE(@ondelete_checks, @@SESSION.foreign_key_checks), @ondelete_wait = COALESCE(@ondelete_wait, @@SESSION.lock_wait_timeout),
  SESSION foreign_key_checks = 0, SESSION lock_wait_timeout = 1;
-- Count orphaned rows of folders; they are reported, not changed.
-- takes metadata SHARED_READ on shop.folders while rows are scanned: blocks schema changes
SELECT COUNT(*) AS `orphans: folders(tenant_id, parent_id) -> folders(tenant_id, id)` FROM `folders` AS child_row
LEFT JOIN `folders` AS parent_row ON parent_row.`tenant_id` = child_row.`tenant_id` AND parent_row.`id` = child_row.`parent_id`
WHERE child_row.`tenant_id` IS NOT NULL AND child_row.`parent_id` IS NOT NULL AND parent_row.`tenant_id` IS NULL;
-- The name of folders(tenant_id, parent_id) -> folders(tenant_id, id) in this database.
SET @ondelete_name = (SELECT k.CONSTRAINT_NAME FROM information_schema.KEY_COLUMN_USAGE AS k
  WHERE k.TABLE_SCHEMA = DATABASE() AND k.TABLE_NAME = 'folders' AND k.REFERENCED_TABLE_NAME IS NOT NULL
  GROUP BY k.CONSTRAINT_NAME
  HAVING COUNT(*) = 2 AND SUM((k.ORDINAL_POSITION, k.COLUMN_NAME, k.REFERENCED_TABLE_SCHEMA, k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME)
    IN ((1, 'tenant_id', DATABASE(), 'folders', 'tenant_id'), (2, 'parent_id', DATABASE(), 'folders', 'id'))) = 2
  ORDER BY k.CONSTRAINT_NAME = 'folders_parent' DESC, k.CONSTRAINT_NAME = 'folders_parent__od_8574da0a' DESC LIMIT 1);
-- The key's current ON DELETE and ON UPDATE.
SET @ondelete_rule = (SELECT CONCAT('ON DELETE ', r.DELETE_RULE, ' ON UPDATE ', r.UPDATE_RULE) FROM information_schema.REFERENTIAL_CONSTRAINTS AS r
  WHERE r.CONSTRAINT_SCHEMA = DATABASE() AND r.TABLE_NAME = 'folders' AND CONVERT(r.CONSTRAINT_NAME USING utf8mb4) COLLATE utf8mb4_general_ci = CONVERT(@ondelete_name USING utf8mb4) COLLATE utf8mb4_general_ci);
-- How far folders_parent is on its way from ON DELETE NO ACTION to ON DELETE CASCADE.
SET @ondelete_state = CASE WHEN @ondelete_name = 'folders_parent' AND @ondelete_rule IN ('ON DELETE NO ACTION ON UPDATE NO ACTION') THEN 'old' WHEN @ondelete_name = 'folders_parent' AND @ondelete_rule IN ('ON DELETE CASCADE ON UPDATE NO ACTION') THEN 'new' WHEN @ondelete_name = 'folders_parent__od_8574da0a' AND @ondelete_rule IN ('ON DELETE NO ACTION ON UPDATE NO ACTION', 'ON DELETE CASCADE ON UPDATE NO ACTION') THEN 'half' ELSE 'other' END;
-- Stop with an error that says what was found, unless folders_parent is in one of the states that this file expects.
SET @ondelete_state = IF(@ondelete_state = 'other', UUID_TO_BIN(CONCAT('ondelete changed nothing; this key is here: ', COALESCE(CONCAT(@ondelete_name, ' ', @ondelete_rule), 'missing'))), @ondelete_state);
-- Unless it is there already: the key as a temporary name, ON DELETE CASCADE.
SET @ondelete_sql = IF(@ondelete_state IN ('old'), 'ALTER TABLE `folders` RENAME INDEX `folders_parent_ix` TO `folders_parent_ix`, DROP FOREIGN KEY `folders_parent`, ADD CONSTRAINT `folders_parent__od_8574da0a` FOREIGN KEY (`tenant_id`, `parent_id`) REFERENCES `folders` (`tenant_id`, `id`) ON DELETE CASCADE ON UPDATE NO ACTION, ALGORITHM=INPLACE, LOCK=NONE', 'DO 0');
-- One statement drops and adds, so the key exists at every moment.
PREPARE ondelete_hop FROM @ondelete_sql;
-- Metadata only: no row of folders is read or copied.
-- takes metadata EXCLUSIVE on shop.folders for a moment: blocks reads and writes
EXECUTE ondelete_hop;
-- Unless it is there already: the key as folders_parent, ON DELETE CASCADE.
SET @ondelete_sql = IF(@ondelete_state IN ('old', 'half'), 'ALTER TABLE `folders` DROP FOREIGN KEY `folders_parent__od_8574da0a`, ADD CONSTRAINT `folders_parent` FOREIGN KEY (`tenant_id`, `parent_id`) REFERENCES `folders` (`tenant_id`, `id`) ON DELETE CASCADE ON UPDATE NO ACTION, ALGORITHM=INPLACE, LOCK=NONE', 'DO 0');
-- One statement drops and adds, so the key exists at every moment.
PREPARE ondelete_hop FROM @ondelete_sql;
-- Metadata only: no row of folders is read or copied.
-- takes metadata EXCLUSIVE on shop.folders for a moment: blocks reads and writes
EXECUTE ondelete_hop;
-- Restore the session's settings.
SET SESSION foreign_key_checks = IF(@ondelete_checks IS NULL, @@SESSION.foreign_key_checks, @ondelete_checks <> 0),
  SESSION lock_wait_timeout = IF(@ondelete_wait IS NULL, @@SESSION.lock_wait_timeout, CAST(@ondelete_wait AS UNSIGNED));
-- Prepare a no-op so that DEALLOCATE cannot fail.
PREPARE ondelete_hop FROM 'DO 0';
-- Remove the prepared statement.
DEALLOCATE PREPARE ondelete_hop;
-- Clear the variables.
SET @ondelete_name = NULL, @ondelete_rule = NULL, @ondelete_state = NULL, @ondelete_sql = NULL, @ondelete_checks = NULL, @ondelete_wait = NULL;

