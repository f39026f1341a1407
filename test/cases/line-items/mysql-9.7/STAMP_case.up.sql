-- 1 foreign key changes what a delete does.
--
-- ondelete.config.yaml:4  order_items -> orders: a line item is part of its order
--   shop.order_items(order_id) -> shop.orders(id)  NO ACTION → CASCADE
--
-- Run:  mysql DATABASE < sql/STAMP_case.up.sql
-- Back: mysql DATABASE < sql/STAMP_case.down.sql

SET @ondelete_names = COALESCE(@ondelete_names, CONCAT('SET character_set_client = ', @@character_set_client,
  ', character_set_results = ', COALESCE(@@character_set_results, 'NULL'), ', collation_connection = ', @@collation_connection)), NAMES utf8mb4;
-- One file at a time in this database.
SET @ondelete_steps = NULL, @ondelete_trouble = IF('wsrep_on' IN (SELECT VARIABLE_NAME FROM performance_schema.global_variables)
  OR GET_LOCK(CONCAT_WS(' ', 'ondelete', LEFT(DATABASE(), 50)), 10), NULL,
  CONCAT('connection ', IS_USED_LOCK(CONCAT_WS(' ', 'ondelete', LEFT(DATABASE(), 50))), ' runs another file of ondelete in this database'));
-- Which ALTERs does each key still need? The keys are listed first; a key in an unknown state is trouble.
WITH listed (n, child, cols, parent, parent_cols, own_name, digits, was, becomes, progress) AS (VALUES
  ROW(1, '`order_items`', '`order_id`', '`orders`', '`id`', 'order_items_order', 'aa7aa837', 'NO ACTION', 'CASCADE',
    'SELECT ''1/1 order_items(order_id)'' AS ondelete, COUNT(`order_id`) AS orphans FROM `order_items`
  WHERE `order_id` NOT IN (SELECT `id` FROM `orders`)')
), named AS ( -- the listed keys with the names and actions on their way
  SELECT listed.*, CONCAT('`', own_name, '`') AS name, CONCAT('`', CONCAT(LEFT(own_name, 51), '__od_', digits), '`') AS temporary,
    SHA2(CONCAT_WS(' ', LOWER(CONCAT_WS(' ', child, cols, parent, parent_cols)), IF(@@lower_case_table_names, '', CONCAT(child, parent))), 256) AS joins,
    CONCAT(' ON DELETE ', was, ' ON UPDATE NO ACTION') AS old, CONCAT(' ON DELETE ', becomes, ' ON UPDATE NO ACTION') AS new FROM listed
), hidden AS ( -- columns that this user may not read
  SELECT DISTINCT SHA2(CONCAT_WS('/', TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME), 256) FROM information_schema.COLUMNS WHERE NOT FIND_IN_SET('select', PRIVILEGES)
), found AS ( -- every foreign key that is here, and the indexes over its columns
  SELECT DISTINCT name, actions, renames, is_hidden, SHA2(LOWER(name), 256) AS name_hash,
    SHA2(CONCAT_WS(' ', LOWER(CONCAT_WS(' ', child, cols, parent, parent_cols)), IF(@@lower_case_table_names, '', CONCAT(child, parent))), 256) AS joins
  FROM (SELECT SHA2(CONCAT_WS('/', TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME), 256) AS constraint_id,
      CONCAT('`', MAX(CONSTRAINT_NAME), '`') AS name, MAX(CONCAT('`', TABLE_NAME, '`')) AS child,
      MAX(SHA2(CONCAT_WS('/', TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME), 256) IN (SELECT * FROM hidden) OR
        SHA2(CONCAT_WS('/', REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME), 256) IN (SELECT * FROM hidden)) AS is_hidden,
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
      WHEN own.name IS NULL AND half.actions IN (new, old) THEN 'half' ELSE 'other' END AS state, COALESCE(own.is_hidden, half.is_hidden) AS is_hidden,
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
  IF(is_hidden, CONCAT('SELECT ', n, ' AS ondelete, ''not counted'' AS orphans'), progress), first_step, last_step)),
  COALESCE(@ondelete_trouble, GROUP_CONCAT(trouble ORDER BY n SEPARATOR '; ')) FROM steps INTO @ondelete_asked, @ondelete_trouble;
-- Stop here if there is trouble: a function refuses the text, and its error prints it. So far nothing is changed, and nothing set in this session.
SET @ondelete_trouble = UUID_TO_BIN(CONCAT('ondelete changed nothing: ', CASE
  WHEN @ondelete_asked IS NULL THEN 'the statements above have to run in the same session'
  WHEN @@GLOBAL.read_only THEN 'this server is read-only, as a replica is; run this on its source'
  WHEN (SELECT VARIABLE_VALUE FROM performance_schema.session_variables WHERE VARIABLE_NAME = 'wsrep_OSU_method') <> 'TOI' THEN 'wsrep_OSU_method is not TOI'
  WHEN (SELECT VARIABLE_VALUE FROM performance_schema.global_variables WHERE VARIABLE_NAME = 'group_replication_enforce_update_everywhere_checks') = 'ON'
    THEN 'this group has several primaries and refuses cascading keys'
  ELSE @ondelete_trouble END)), @ondelete_steps = @ondelete_asked, @ondelete_next = 3;
-- In this session alone, so that the ALTERs read no rows. If your client stops at an error and goes on in the session, run the last part by hand.
SET @ondelete_session = COALESCE(@ondelete_session, CONCAT('SET foreign_key_checks = ', @@SESSION.foreign_key_checks,
  ', lock_wait_timeout = ', @@SESSION.lock_wait_timeout, ', innodb_lock_wait_timeout = ', @@SESSION.innodb_lock_wait_timeout,
  ', sql_big_selects = ', @@SESSION.sql_big_selects, ', max_execution_time = ', @@SESSION.max_execution_time));
SET SESSION foreign_key_checks = 0, lock_wait_timeout = 1, innodb_lock_wait_timeout = 1, sql_big_selects = 1, max_execution_time = 0;
-- Fetches what comes next. For each key of the list: its progress, and its two ALTERs, or DO 0.
PREPARE ondelete_next FROM 'SET @ondelete_sql = JSON_UNQUOTE(JSON_EXTRACT(@ondelete_steps,
  CONCAT(''$."'', @ondelete_next DIV 3, ''"['', @ondelete_next MOD 3, '']''))), @ondelete_next = @ondelete_next + 1';
EXECUTE ondelete_next; PREPARE ondelete FROM @ondelete_sql; EXECUTE ondelete; EXECUTE ondelete_next; PREPARE ondelete FROM @ondelete_sql; EXECUTE ondelete;
EXECUTE ondelete_next; PREPARE ondelete FROM @ondelete_sql; EXECUTE ondelete;
-- Put the session back as it was.
SET @ondelete_session = COALESCE(@ondelete_session, 'DO 0'); PREPARE ondelete FROM @ondelete_session; EXECUTE ondelete; DEALLOCATE PREPARE ondelete;
SET @ondelete_session = NULL, @ondelete_trouble = NULL, @ondelete_next = NULL, @ondelete_sql = NULL, @ondelete_asked = NULL, @ondelete_steps = NULL;
PREPARE ondelete_next FROM 'DO 0'; DEALLOCATE PREPARE ondelete_next; DO RELEASE_LOCK(CONCAT_WS(' ', 'ondelete', LEFT(DATABASE(), 50)));
PREPARE ondelete FROM @ondelete_names; EXECUTE ondelete; DEALLOCATE PREPARE ondelete; SET @ondelete_names = NULL;
-- ondelete-set: {"set":"STAMP_case","changes":[{"from":["NO ACTION"],"to":["CASCADE"],"keys":[[["","order_items"],["order_id"],["","orders"],["id"],"order_items_order","7e90e3d75e6dd301"]]}]}
