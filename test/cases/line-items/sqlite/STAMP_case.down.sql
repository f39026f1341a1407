-- 1 foreign key changes back to what a delete did before.
-- Rows that the new rules deleted or changed do not come back.
--
--   order_items(order_id) -> orders(id)  CASCADE → NO ACTION
--
-- Run: sqlite3 FILE < sql/STAMP_case.down.sql

.bail on
.timeout 5000
.dbconfig defensive off
BEGIN IMMEDIATE;
-- one transaction whatever the client has begun; the view takes the write lock, and makes others read the schema anew
SAVEPOINT ondelete;
CREATE VIEW main.ondelete_changes_the_schema AS SELECT 1 AS one;
DROP VIEW main.ondelete_changes_the_schema;
-- the keys to change: in the stored CREATE TABLE of child, what stands behind "text" is replaced, "was" by "becomes"
CREATE TEMP TABLE ondelete_key (number INTEGER PRIMARY KEY, child COLLATE NOCASE, columns COLLATE NOCASE, parent COLLATE NOCASE,
  parent_columns COLLATE NOCASE, old, new, text, was, becomes, before AS (text || was), after AS (text || becomes), place DEFAULT 1, alike DEFAULT 1,
  id, action, key AS (child || '(' || columns || ') -> ' || parent), UNIQUE (child, number), UNIQUE (child, id));
INSERT INTO ondelete_key (old, new, was, becomes, number, child, columns, parent, parent_columns, text)
SELECT 'CASCADE', 'NO ACTION', ' ON DELETE CASCADE', '', * FROM (VALUES
  (1, 'order_items', 'order_id', 'orders', 'id', ' FOREIGN KEY (order_id) REFERENCES orders (id)'));
-- what the database says of these tables: keys, columns and indexes
CREATE TEMP VIEW ondelete_fact AS WITH t AS (SELECT DISTINCT child FROM ondelete_key)
  SELECT child, id, seq, "table", "from", "to", on_update, match, on_delete FROM t, pragma_foreign_key_list(child, 'main') UNION ALL
  SELECT child, NULL, cid, x.name, type, "notnull", dflt_value, pk, hidden FROM t, pragma_table_xinfo(child, 'main') AS x UNION ALL
  SELECT child, NULL, NULL, name, "unique", origin, partial, NULL, NULL FROM t, pragma_index_list(child, 'main');
-- finds each key by its columns and parent, and sees what it does now
UPDATE ondelete_key AS k SET id = f.id, action = f.on_delete FROM (
  SELECT *, row_number() OVER (same ORDER BY id DESC) AS place, count(*) OVER same AS alike FROM (
    SELECT child, id, seq, "table" AS parent, on_delete, group_concat(replace("from", ',', ',,'), ', ') OVER whole AS columns,
      coalesce(group_concat(replace("to", ',', ',,'), ', ') OVER whole, '') AS parent_columns FROM ondelete_fact WHERE id IS NOT NULL
    WINDOW whole AS (PARTITION BY child, id ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)) WHERE seq = 0
  WINDOW same AS (PARTITION BY child, columns COLLATE NOCASE, parent COLLATE NOCASE, parent_columns COLLATE NOCASE)) AS f
WHERE (k.child, k.columns, k.parent, k.parent_columns, k.place, k.alike) = (f.child, f.columns, f.parent, f.parent_columns, f.place, f.alike);
CREATE TEMP TABLE ondelete_expected AS SELECT f.child, f.id, seq, "table", "from", "to", on_update, match, coalesce(new, on_delete)
FROM ondelete_fact AS f LEFT JOIN ondelete_key AS k ON k.child = f.child AND k.id = f.id;
-- the new texts, edited key by key; none where a key is neither as before nor as after
CREATE TEMP TABLE ondelete_text AS WITH RECURSIVE edited (stored, child, number, sql) AS (
  SELECT rowid, name, 0, sql FROM main.sqlite_master WHERE type = 'table' AND name COLLATE NOCASE IN (SELECT child FROM ondelete_key)
  UNION ALL SELECT stored, e.child, k.number, CASE WHEN action = new THEN sql
    WHEN action = old AND length(sql) - length(replace(sql, before, '')) = length(before) AND substr(before, -1) || substr(sql,
      instr(sql, before) + length(before), 1) NOT GLOB replace('##', '#', '[0-9A-Za-z_$' || char(128, 45, 1114111) || ']')
    THEN replace(sql, before, after) END
  FROM edited AS e JOIN ondelete_key AS k ON k.number = (SELECT min(number) FROM ondelete_key WHERE child = e.child AND number > e.number)
  WHERE sql IS NOT NULL)
SELECT * FROM edited AS e WHERE sql IS NULL OR number = (SELECT max(number) FROM ondelete_key WHERE child = e.child);
-- stops at the first such key: plain SQL cannot raise an error, but asking for a database of that name is one, and prints the message
SELECT page_count FROM (SELECT 'ondelete: nothing was changed, because ' || CASE WHEN action IN (old, new)
    THEN 'the text of ' || key || ' is not what the file was written for' ELSE key || ' is gone or is neither ' || old || ' nor ' || new END AS problem
  FROM ondelete_key WHERE id IS NULL OR number IN (SELECT number FROM ondelete_text WHERE sql IS NULL) ORDER BY number LIMIT 1), pragma_page_count(problem);
-- the change, of the ON DELETE words alone, checked below; a defensive connection refuses it (sqlite3: .dbconfig defensive off, better-sqlite3: unsafeMode)
PRAGMA writable_schema = ON;
UPDATE main.sqlite_master AS m SET sql = t.sql FROM ondelete_text AS t WHERE m.rowid = t.stored AND m.type = 'table' AND t.sql IS NOT NULL;
-- reads the schema anew, and rolls everything back unless the new actions are there and nothing else has changed
PRAGMA writable_schema = RESET;
CREATE TEMP TABLE ondelete_guard (ok CONSTRAINT "ondelete: nothing was changed, because the result would not have been what was planned" CHECK (ok));
INSERT OR ROLLBACK INTO ondelete_guard SELECT NOT EXISTS (SELECT * FROM ondelete_expected EXCEPT SELECT * FROM ondelete_fact)
  AND NOT EXISTS (SELECT * FROM ondelete_fact EXCEPT SELECT * FROM ondelete_expected) AND NOT EXISTS (SELECT * FROM ondelete_key WHERE id IS NULL);
DROP VIEW temp.ondelete_fact;
DROP TABLE temp.ondelete_guard;
DROP TABLE temp.ondelete_expected;
DROP TABLE temp.ondelete_text;
RELEASE ondelete;
COMMIT;
PRAGMA writable_schema = RESET;
SELECT printf('ondelete: %d of %d keys changed, %d were as wanted already', sum(action = old), count(*), sum(action = new)) FROM ondelete_key;
DROP TABLE temp.ondelete_key;
