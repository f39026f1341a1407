-- Deleting a row of shop.users sets user_id to NULL in the rows of shop.logins that point to it by user_id (SET NULL; before: NO ACTION).
--   key          shop.logins(user_id) -> shop.users(id), constraint logins_user
--   rule         ondelete.config.yaml:7  logins -> users
--   fingerprint  8c5f4ad7206330d0
-- logins(user_id) -> users(id): ON DELETE NO ACTION becomes SET NULL
-- ondelete-key: {"set":"STAMP_case","kind":"change-on-delete","child":{"schema":"","name":"logins"},"columns":["user_id"],"parent":{"schema":"","name":"users"},"parentColumns":["id"],"constraint":"logins_user","twin":0,"from":{"onDelete":"NO ACTION","onDeleteColumns":null},"to":{"onDelete":"SET NULL","onDeleteColumns":null},"fingerprint":"8c5f4ad7206330d0"}

SET NAMES utf8mb4;

-- 1. logins(user_id) -> users(id): ON DELETE NO ACTION becomes SET NULL
-- For this session only: swap without a copy of the table, and wait at most one second for a lock.
SET @ondelete_checks = COALESCE(@ondelete_checks, @@SESSION.foreign_key_checks), @ondelete_wait = COALESCE(@ondelete_wait, @@SESSION.lock_wait_timeout),
  SESSION foreign_key_checks = 0, SESSION lock_wait_timeout = 1;
-- Count orphaned rows of logins; they are reported, not changed.
-- takes metadata SHARED_READ on shop.logins, shop.users while rows are scanned: blocks schema changes
SELECT COUNT(*) AS `orphans: logins(user_id) -> users(id)` FROM `logins` AS child_row
LEFT JOIN `users` AS parent_row ON parent_row.`id` = child_row.`user_id`
WHERE child_row.`user_id` IS NOT NULL AND parent_row.`id` IS NULL;
-- The name of logins(user_id) -> users(id) in this database.
SET @ondelete_name = (SELECT k.CONSTRAINT_NAME FROM information_schema.KEY_COLUMN_USAGE AS k
  WHERE k.TABLE_SCHEMA = DATABASE() AND k.TABLE_NAME = 'logins' AND k.REFERENCED_TABLE_NAME IS NOT NULL
  GROUP BY k.CONSTRAINT_NAME
  HAVING COUNT(*) = 1 AND SUM((k.ORDINAL_POSITION, k.COLUMN_NAME, k.REFERENCED_TABLE_SCHEMA, k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME)
    IN ((1, 'user_id', DATABASE(), 'users', 'id'))) = 1
  ORDER BY k.CONSTRAINT_NAME = 'logins_user' DESC, k.CONSTRAINT_NAME = 'logins_user__od_d0fa910a' DESC LIMIT 1);
-- The key's current ON DELETE and ON UPDATE.
SET @ondelete_rule = (SELECT CONCAT('ON DELETE ', r.DELETE_RULE, ' ON UPDATE ', r.UPDATE_RULE) FROM information_schema.REFERENTIAL_CONSTRAINTS AS r
  WHERE r.CONSTRAINT_SCHEMA = DATABASE() AND r.TABLE_NAME = 'logins' AND CONVERT(r.CONSTRAINT_NAME USING utf8mb4) COLLATE utf8mb4_general_ci = CONVERT(@ondelete_name USING utf8mb4) COLLATE utf8mb4_general_ci);
-- How far logins_user is on its way from ON DELETE NO ACTION to ON DELETE SET NULL.
SET @ondelete_state = CASE WHEN @ondelete_name = 'logins_user' AND @ondelete_rule IN ('ON DELETE NO ACTION ON UPDATE NO ACTION') THEN 'old' WHEN @ondelete_name = 'logins_user' AND @ondelete_rule IN ('ON DELETE SET NULL ON UPDATE NO ACTION') THEN 'new' WHEN @ondelete_name = 'logins_user__od_d0fa910a' AND @ondelete_rule IN ('ON DELETE NO ACTION ON UPDATE NO ACTION', 'ON DELETE SET NULL ON UPDATE NO ACTION') THEN 'half' ELSE 'other' END;
-- Stop with an error that says what was found, unless logins_user is in one of the states that this file expects.
SET @ondelete_state = IF(@ondelete_state = 'other', UUID_TO_BIN(CONCAT('ondelete changed nothing; this key is here: ', COALESCE(CONCAT(@ondelete_name, ' ', @ondelete_rule), 'missing'))), @ondelete_state);
-- Unless it is there already: the key as a temporary name, ON DELETE SET NULL.
SET @ondelete_sql = IF(@ondelete_state IN ('old'), 'ALTER TABLE `logins` RENAME INDEX `logins_user_id` TO `logins_user_id`, DROP FOREIGN KEY `logins_user`, ADD CONSTRAINT `logins_user__od_d0fa910a` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE SET NULL ON UPDATE NO ACTION, ALGORITHM=INPLACE, LOCK=NONE', 'DO 0');
-- One statement drops and adds, so the key exists at every moment.
PREPARE ondelete_hop FROM @ondelete_sql;
-- Metadata only: no row of logins is read or copied.
-- takes metadata EXCLUSIVE on shop.logins, shop.users for a moment: blocks reads and writes
EXECUTE ondelete_hop;
-- Unless it is there already: the key as logins_user, ON DELETE SET NULL.
SET @ondelete_sql = IF(@ondelete_state IN ('old', 'half'), 'ALTER TABLE `logins` DROP FOREIGN KEY `logins_user__od_d0fa910a`, ADD CONSTRAINT `logins_user` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE SET NULL ON UPDATE NO ACTION, ALGORITHM=INPLACE, LOCK=NONE', 'DO 0');
-- One statement drops and adds, so the key exists at every moment.
PREPARE ondelete_hop FROM @ondelete_sql;
-- Metadata only: no row of logins is read or copied.
-- takes metadata EXCLUSIVE on shop.logins, shop.users for a moment: blocks reads and writes
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

