-- 1 foreign key changes what a delete does.
--
-- ondelete.config.yaml:4  order_items -> orders: a line item is part of its order
--   shop.order_items(order_id) -> shop.orders(id)  RESTRICT → CASCADE
--
-- Run:  mariadb DATABASE < STAMP_case.up.sql
-- Back: mariadb DATABASE < STAMP_case.down.sql

SET NAMES utf8mb4;

-- Count orphaned rows of order_items; they are reported, not changed.
SET STATEMENT lock_wait_timeout = 30 FOR SELECT COUNT(*) AS `orphans: order_items(order_id) -> orders(id)` FROM `order_items` AS child_row
LEFT JOIN `orders` AS parent_row ON parent_row.`id` = child_row.`order_id`
WHERE child_row.`order_id` IS NOT NULL AND parent_row.`id` IS NULL;
-- Change order_items_order from ON DELETE RESTRICT to ON DELETE CASCADE; stop unless it is in one of the states that this file expects.
DELIMITER $$
BEGIN NOT ATOMIC
  DECLARE ondelete_name VARCHAR(64) CHARACTER SET utf8mb3;
  DECLARE ondelete_rule, ondelete_state VARCHAR(64) CHARACTER SET utf8mb3;
  DECLARE ondelete_message VARCHAR(255) CHARACTER SET utf8mb4;
  DECLARE ondelete_tries INT DEFAULT 0;
  SET STATEMENT lock_wait_timeout = 30 FOR SELECT (SELECT k.CONSTRAINT_NAME FROM information_schema.KEY_COLUMN_USAGE AS k
  WHERE k.TABLE_SCHEMA = DATABASE() AND k.TABLE_NAME = 'order_items' AND k.REFERENCED_TABLE_NAME IS NOT NULL
  GROUP BY k.CONSTRAINT_NAME
  HAVING COUNT(*) = 1 AND SUM((k.ORDINAL_POSITION, k.COLUMN_NAME, k.REFERENCED_TABLE_SCHEMA, BINARY k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME)
    IN ((1, 'order_id', DATABASE(), 'orders', 'id'))) = 1
  ORDER BY k.CONSTRAINT_NAME = 'order_items_order' DESC, k.CONSTRAINT_NAME = 'order_items_order__od_aa7aa837' DESC LIMIT 1) INTO ondelete_name;
  SET STATEMENT lock_wait_timeout = 30 FOR SELECT (SELECT CONCAT('ON DELETE ', r.DELETE_RULE, ' ON UPDATE ', r.UPDATE_RULE) FROM information_schema.REFERENTIAL_CONSTRAINTS AS r
  WHERE r.CONSTRAINT_SCHEMA = DATABASE() AND r.TABLE_NAME = 'order_items' AND CONVERT(r.CONSTRAINT_NAME USING utf8mb4) COLLATE utf8mb4_general_ci = CONVERT(ondelete_name USING utf8mb4) COLLATE utf8mb4_general_ci) INTO ondelete_rule;
  SET ondelete_state = CASE WHEN ondelete_name = 'order_items_order' AND ondelete_rule IN ('ON DELETE RESTRICT ON UPDATE RESTRICT') THEN 'old' WHEN ondelete_name = 'order_items_order' AND ondelete_rule IN ('ON DELETE CASCADE ON UPDATE RESTRICT') THEN 'new' WHEN ondelete_name = 'order_items_order__od_aa7aa837' AND ondelete_rule IN ('ON DELETE RESTRICT ON UPDATE RESTRICT', 'ON DELETE CASCADE ON UPDATE RESTRICT') THEN 'half' ELSE 'other' END;
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
        ALTER TABLE `order_items` RENAME INDEX `order_items_order_id` TO `order_items_order_id`, DROP FOREIGN KEY `order_items_order`, ADD CONSTRAINT `order_items_order__od_aa7aa837` FOREIGN KEY (`order_id`) REFERENCES `orders` (`id`) ON DELETE CASCADE, ALGORITHM=NOCOPY, LOCK=NONE;
        SET ondelete_state = 'half';
      END IF;
      IF ondelete_state = 'half' THEN
        SET STATEMENT foreign_key_checks = 0, lock_wait_timeout = 1 FOR
        ALTER TABLE `order_items` DROP FOREIGN KEY `order_items_order__od_aa7aa837`, ADD CONSTRAINT `order_items_order` FOREIGN KEY (`order_id`) REFERENCES `orders` (`id`) ON DELETE CASCADE, ALGORITHM=NOCOPY, LOCK=NONE;
        SET ondelete_state = 'new';
      END IF;
    END;
  END WHILE;
END$$
DELIMITER ;

-- ondelete-set: {"set":"STAMP_case","keys":[{"child":["","order_items"],"columns":["order_id"],"parent":["","orders"],"parentColumns":["id"],"constraint":"order_items_order","from":["RESTRICT"],"to":["CASCADE"],"fingerprint":"f4aadc141b27d81d"}]}
