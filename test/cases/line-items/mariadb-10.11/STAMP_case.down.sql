-- 1 foreign key changes back to what a delete did before.
-- Rows that the new rules deleted or changed do not come back.
--
--   shop.order_items(order_id) -> shop.orders(id)  CASCADE → RESTRICT
--
-- Run: mariadb DATABASE < sql/STAMP_case.down.sql

SET @ondelete_names = COALESCE(@ondelete_names, CONCAT('SET character_set_client = ', @@character_set_client,
  ', character_set_results = ', COALESCE(@@character_set_results, 'NULL'), ', collation_connection = ', @@collation_connection)), NAMES utf8mb4;
-- For this session only: under sql_mode=ORACLE the block would not be understood.
SET @ondelete_mode = COALESCE(@ondelete_mode, @@SESSION.sql_mode), SESSION sql_mode = '';
-- Nothing is changed unless every key is in a state that this file knows. The keys are listed first.
DELIMITER $$
SET STATEMENT sql_big_selects = 1, max_statement_time = 0, group_concat_max_len = 1000000,
    lock_wait_timeout = 30, innodb_lock_wait_timeout = 30 FOR BEGIN NOT ATOMIC
  DECLARE clustered BOOLEAN DEFAULT EXISTS (SELECT 1 FROM information_schema.SYSTEM_VARIABLES WHERE VARIABLE_NAME = 'wsrep_on' AND GLOBAL_VALUE = 'ON');
  DECLARE tries, seconds INT; DECLARE done BOOLEAN; DECLARE turn VARCHAR(64) CHARACTER SET utf8mb4 DEFAULT CONCAT_WS(' ', 'ondelete', LEFT(DATABASE(), 50));
  DECLARE message VARCHAR(255) CHARACTER SET utf8mb4 DEFAULT CASE
    WHEN CONCAT(@@GLOBAL.read_only) NOT IN ('OFF', '0') THEN 'this server is read-only, as a replica is; run this on its source'
    WHEN clustered AND EXISTS (SELECT 1 FROM information_schema.SYSTEM_VARIABLES WHERE VARIABLE_NAME IN ('wsrep_on', 'wsrep_OSU_method')
        AND SESSION_VALUE NOT IN ('ON', 'TOI'))
      THEN 'this is a node of a cluster; wsrep_on must be ON and wsrep_OSU_method TOI'
    WHEN GET_LOCK(turn, 10) <> 1 THEN CONCAT('connection ', IS_USED_LOCK(turn), ' runs another file of ondelete in this database')
    END;
  FOR one IN (WITH listed (n, child, cols, parent, parent_cols, own_name, digits, was, becomes, progress) AS (VALUES
  (1, '`order_items`', '`order_id`', '`orders`', '`id`', 'order_items_order', 'aa7aa837', 'CASCADE', 'RESTRICT',
    'SELECT ''1/1 order_items(order_id)'' AS ondelete')
), named AS ( -- the listed keys with the names and actions on their way
  SELECT listed.*, CONCAT('`', own_name, '`') AS name, CONCAT('`', CONCAT(LEFT(own_name, 51), '__od_', digits), '`') AS temporary,
    SHA2(CONCAT_WS(' ', LOWER(CONCAT_WS(' ', child, cols, parent, parent_cols)), IF(@@lower_case_table_names, '', CONCAT(child, parent))), 256) AS joins,
    CONCAT(' ON DELETE ', was, ' ON UPDATE RESTRICT') AS old, CONCAT(' ON DELETE ', becomes, ' ON UPDATE RESTRICT') AS new FROM listed
), found AS ( -- every foreign key that is here, and the indexes over its columns
  SELECT DISTINCT name, actions, renames, SHA2(LOWER(name), 256) AS name_hash,
    SHA2(CONCAT_WS(' ', LOWER(CONCAT_WS(' ', child, cols, parent, parent_cols)), IF(@@lower_case_table_names, '', CONCAT(child, parent))), 256) AS joins
  FROM (SELECT SHA2(CONCAT_WS('/', TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME), 256) AS constraint_id,
      CONCAT('`', MAX(CONSTRAINT_NAME), '`') AS name, MAX(CONCAT('`', TABLE_NAME, '`')) AS child,
      GROUP_CONCAT('`', COLUMN_NAME, '`' ORDER BY ORDINAL_POSITION SEPARATOR ', ') AS cols,
      MAX(CONCAT(IF(REFERENCED_TABLE_SCHEMA = DATABASE(), '', CONCAT('`', REFERENCED_TABLE_SCHEMA, '`', '.')), '`', REFERENCED_TABLE_NAME, '`')) AS parent,
      GROUP_CONCAT('`', REFERENCED_COLUMN_NAME, '`' ORDER BY ORDINAL_POSITION SEPARATOR ', ') AS parent_cols
    FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME IS NOT NULL GROUP BY constraint_id) AS k
  LEFT JOIN (SELECT DISTINCT SHA2(CONCAT_WS('/', CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME), 256) AS constraint_id,
      CONVERT(CONCAT(' ON DELETE ', DELETE_RULE, ' ON UPDATE ', UPDATE_RULE) USING ascii) AS actions
    FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE()) AS r USING (constraint_id)
  LEFT JOIN (SELECT SHA2(CONCAT_WS('/', child, LOWER(cols)), 256) AS place, GROUP_CONCAT(' RENAME INDEX ', name, ' TO ', name, ',' SEPARATOR '') AS renames
    FROM (SELECT CONCAT('`', REPLACE(MAX(INDEX_NAME), '`', '``'), '`') AS name, MAX(CONCAT('`', TABLE_NAME, '`')) AS child,
        GROUP_CONCAT('`', COLUMN_NAME, '`' ORDER BY SEQ_IN_INDEX SEPARATOR ', ') AS cols FROM information_schema.STATISTICS
      WHERE TABLE_SCHEMA = DATABASE() AND NON_UNIQUE = 1 GROUP BY SHA2(CONCAT_WS('/', TABLE_SCHEMA, TABLE_NAME, INDEX_NAME), 256)) AS s GROUP BY place) AS i
    ON place = SHA2(CONCAT_WS('/', k.child, LOWER(k.cols)), 256)
), states AS ( -- how far each listed key is; renamed to its own name, an index is not dropped with it
  SELECT named.*, CASE WHEN half.name IS NULL AND own.actions = new THEN 'new' WHEN half.name IS NULL AND own.actions = old THEN 'old'
      WHEN own.name IS NULL AND half.actions IN (new, old) THEN 'half' ELSE 'other' END AS state,
    CONCAT('ALTER TABLE ', child, COALESCE(own.renames, half.renames, ''), ' DROP FOREIGN KEY ') AS start,
    CONCAT(' FOREIGN KEY (', cols, ') REFERENCES ', parent, ' (', parent_cols, ')',
      REPLACE(REPLACE(new, ' ON DELETE RESTRICT', ''), ' ON UPDATE RESTRICT', ''), ', ALGORITHM=NOCOPY, LOCK=NONE') AS definition
  FROM named LEFT JOIN found AS own ON own.joins = named.joins AND own.name_hash = SHA2(LOWER(named.name), 256)
  LEFT JOIN found AS half ON half.joins = named.joins AND half.name_hash = SHA2(LOWER(temporary), 256)
), steps AS ( -- what it still needs
  SELECT states.*, IF(state = 'old', CONCAT(start, name, ', ADD CONSTRAINT ', temporary, definition), 'DO 0') AS first_step,
    IF(state IN ('old', 'half'), CONCAT(start, temporary, ', ADD CONSTRAINT ', name, definition), 'DO 0') AS last_step,
    CASE WHEN state = 'other' THEN CONCAT('key ', n, ' of ', child, ' is ', COALESCE((SELECT GROUP_CONCAT(found.name, actions SEPARATOR ' and ')
      FROM found WHERE found.joins = states.joins), 'missing')) END AS trouble FROM states
)
SELECT n, step, progress, ELT(step, first_step, last_step) AS statement, COALESCE(message, FIRST_VALUE(trouble) OVER (ORDER BY trouble IS NULL, n)) AS trouble
FROM steps JOIN (SELECT 1 AS step UNION SELECT 2) AS all_steps ORDER BY n, step) DO
    IF one.trouble IS NOT NULL THEN
      SET message = CONCAT('ondelete changed nothing: ', one.trouble); SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = message; END IF;
    IF one.step = 1 THEN BEGIN -- the progress, and orphans for information
      DECLARE EXIT HANDLER FOR SQLEXCEPTION SELECT one.n AS ondelete, 'not counted' AS orphans;
      SET SESSION lock_wait_timeout = 30; EXECUTE IMMEDIATE one.progress; END; END IF;
    SET done = FALSE, tries = 0; WHILE NOT done DO
      BEGIN
        DECLARE EXIT HANDLER FOR 1205, 1213 BEGIN -- somebody has a lock: pause, then try again; after 100 tries wait a second for it
          SET tries = tries + 1; IF tries >= 130 THEN RESIGNAL; END IF; DO SLEEP((0.5 + RAND()) * IF(seconds = 0, 0.1, 1)); END;
        SET seconds = IF(clustered, 86400, tries >= 100);
        SET SESSION lock_wait_timeout = seconds, innodb_lock_wait_timeout = seconds;
        EXECUTE IMMEDIATE CONCAT('SET STATEMENT foreign_key_checks = 0 FOR ', one.statement);
        SET done = TRUE;
      END;
    END WHILE;
  END FOR; END$$
DELIMITER ;
-- Put the session back as it was.
SET SESSION sql_mode = COALESCE(@ondelete_mode, @@SESSION.sql_mode), @ondelete_mode = NULL;
DO RELEASE_LOCK(CONCAT_WS(' ', 'ondelete', LEFT(DATABASE(), 50)));
PREPARE ondelete FROM @ondelete_names; EXECUTE ondelete; DEALLOCATE PREPARE ondelete; SET @ondelete_names = NULL;
