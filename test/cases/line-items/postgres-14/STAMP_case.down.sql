-- 1 foreign key changes back to what a delete did before.
-- Rows that the new rules deleted or changed do not come back.
--
--   public.order_items(order_id) -> public.orders(id)  CASCADE → NO ACTION
--
-- Run: psql "$DATABASE_URL" -f STAMP_case.down.sql

\set ondelete_on_error_stop :ON_ERROR_STOP
\set ondelete_encoding :ENCODING
\set ON_ERROR_STOP on
\encoding UTF8

-- Swap: drop the key and add it with the new action, in one statement
BEGIN;
-- statement_timeout off: the block itself bounds how long it waits for locks
DO $ondelete$
BEGIN
  PERFORM set_config('ondelete.statement_timeout', current_setting('statement_timeout'), true), set_config('statement_timeout', '0', true);
END
$ondelete$;
-- order_items_order on public.order_items: ON DELETE NO ACTION, enforced at once
DO $ondelete$
DECLARE
  child     CONSTANT regclass := '"public"."order_items"';
  parent    CONSTANT regclass := '"public"."orders"';
  tables    CONSTANT oid[]    := ARRAY[child]::oid[] || ARRAY[parent]::oid[];
  key_name  CONSTANT text     := 'order_items_order';
  ready     CONSTANT text[]   := ARRAY[
    'FOREIGN KEY ("order_id") REFERENCES "public"."orders"("id") ON DELETE CASCADE',
    'FOREIGN KEY ("order_id") REFERENCES "public"."orders"("id") ON DELETE CASCADE ondelete half-done {"from":["NO ACTION"],"to":["CASCADE"]}'];
  done      CONSTANT text[]   := ARRAY[
    'FOREIGN KEY ("order_id") REFERENCES "public"."orders"("id") ondelete half-done {"from":["CASCADE"],"to":["NO ACTION"]}',
    'FOREIGN KEY ("order_id") REFERENCES "public"."orders"("id")'];
  settings  CONSTANT text[]   := ARRAY[current_setting('search_path'), current_setting('quote_all_identifiers'), current_setting('lock_timeout')];
  key       record;
  held      oid[];
BEGIN
  PERFORM set_config('search_path', '', true), set_config('quote_all_identifiers', 'on', true);
  <<work>>
  BEGIN
    -- In which state is the key?
    SELECT k.oid, k.xmin, k.conindid, coalesce(d.description, '') AS comment,
           CASE WHEN starts_with(d.description, 'ondelete half-done ')
                THEN regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID$', '') || ' ' || split_part(d.description, chr(10), 1)
                ELSE pg_get_constraintdef(k.oid) END
           || coalesce((
             SELECT string_agg(label, '' ORDER BY label COLLATE "C")
               FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid, format(' [%s %s %s]',
                    CASE WHEN p.proname LIKE 'RI_FKey_check%' THEN 'child' ELSE 'parent' END,
                    CASE right(p.proname, 3) WHEN 'ins' THEN 'insert' WHEN 'upd' THEN 'update' ELSE 'delete' END, t.tgenabled) AS label
              WHERE t.tgisinternal AND p.proname LIKE 'RI_FKey%' AND t.tgenabled <> 'O' AND t.tgconstraint = k.oid), '') AS state
      INTO key
      FROM pg_constraint k LEFT JOIN pg_description d ON d.objoid = k.oid AND d.classoid = 'pg_constraint'::regclass
     WHERE k.conrelid = child AND k.contype = 'f' AND k.conname = key_name;
    EXIT work WHEN key.state = ANY (done);
    IF key.state IS NULL OR key.state <> ALL (ready) THEN
      RAISE object_not_in_prerequisite_state USING
        MESSAGE = format('ondelete: %s of %s is not as this file knows it, so nothing was changed; expected: %s; found: %s', key_name, child,
          array_to_string(ready, ' or '), coalesce(key.state, (
            SELECT 'this key is called ' || string_agg(quote_ident(conname), ', ') || ' here' FROM pg_constraint
             WHERE conrelid = child AND contype = 'f' AND starts_with(pg_get_constraintdef(oid), 'FOREIGN KEY ("order_id") REFERENCES "public"."orders"("id")')), 'no such key')),
        HINT = 'Run "ondelete diff" to see the keys of this database.';
    END IF;
    -- Would strong locks of this transaction outlast the work?
    held := ARRAY(SELECT relation FROM pg_locks JOIN pg_class ON pg_class.oid = relation AND relkind IN ('r', 'p')
                   WHERE pid = pg_backend_pid() AND locktype = 'relation' AND granted AND relnamespace <> 'pg_catalog'::regnamespace
                   GROUP BY relation HAVING CASE WHEN relation = ANY (tables) THEN NOT bool_or(mode = 'AccessExclusiveLock') ELSE bool_or(mode IN ('AccessExclusiveLock', 'ShareRowExclusiveLock')) END);
    IF held <> '{}' AND (SELECT sum(pg_relation_size(t)) FROM unnest(tables || held) AS t) > 1000 * 8192 THEN
      RAISE object_not_in_prerequisite_state USING
        MESSAGE = format('ondelete: this transaction already holds locks on %s, and the tables are not small; nothing was changed',
          (SELECT string_agg(t::regclass::text, ', ') FROM unnest(held) AS t)),
        HINT = 'Migrate one step at a time, or switch off the single transaction of the runner: strong locks must not last while rows are scanned.';
    END IF;
    FOR attempt IN 1..100 LOOP
      BEGIN
        PERFORM set_config('lock_timeout', '3s', true);
        IF has_table_privilege(parent, 'UPDATE, DELETE, TRUNCATE') THEN
          LOCK TABLE ONLY "public"."orders" IN SHARE UPDATE EXCLUSIVE MODE;
        END IF;
        LOCK TABLE ONLY "public"."order_items" IN SHARE UPDATE EXCLUSIVE MODE;
        PERFORM set_config('lock_timeout', least(100, 5 + attempt * attempt / 100) || 'ms', true);
        IF attempt % 2 = 1 AND has_table_privilege(parent, 'UPDATE, DELETE, TRUNCATE') THEN
          LOCK TABLE ONLY "public"."orders" IN ACCESS EXCLUSIVE MODE;
        END IF;
        LOCK TABLE ONLY "public"."order_items" IN ACCESS EXCLUSIVE MODE;
        IF attempt % 2 = 0 AND has_table_privilege(parent, 'UPDATE, DELETE, TRUNCATE') THEN
          LOCK TABLE ONLY "public"."orders" IN ACCESS EXCLUSIVE MODE;
        END IF;
        IF NOT EXISTS (SELECT FROM pg_constraint WHERE oid = key.oid AND xmin = key.xmin) THEN
          RAISE serialization_failure USING MESSAGE = format('ondelete: somebody else changed %s of %s at this moment; nothing was changed here, run this again', key_name, child);
        END IF;
        ALTER TABLE ONLY "public"."order_items"
          DROP CONSTRAINT "order_items_order",
          ADD CONSTRAINT "order_items_order" FOREIGN KEY ("order_id") REFERENCES "public"."orders" NOT VALID;
        IF (SELECT conindid FROM pg_constraint WHERE conrelid = child AND conname = key_name) <> key.conindid THEN
          RAISE object_not_in_prerequisite_state USING MESSAGE = format('ondelete: %s would come to rest on another index of %s; nothing was changed', key_name, parent);
        END IF;
        IF starts_with(key.comment, 'ondelete half-done ') THEN -- its first line is the mark
          key.comment := substr(key.comment, length(split_part(key.comment, chr(10), 1)) + 2);
        END IF;
        EXECUTE format('COMMENT ON CONSTRAINT %I ON %s IS %L', key_name, child, nullif(concat_ws(chr(10), 'ondelete half-done {"from":["CASCADE"],"to":["NO ACTION"]}', nullif(key.comment, '')), ''));
        EXIT;
      EXCEPTION
        WHEN lock_not_available OR deadlock_detected THEN
          IF attempt = 100 THEN
            RAISE lock_not_available USING
              MESSAGE = format('ondelete: no lock on %s and %s after %s tries; nothing was changed', child, parent, attempt),
              HINT = 'A long transaction, a prepared transaction or a vacuum against wraparound holds one of them (pg_locks). Run this again when it is over.';
          END IF;
          PERFORM pg_sleep(least(100, 5 + attempt * attempt / 100) * (0.002 + random() * 0.008));
        WHEN object_in_use THEN
          RAISE object_in_use USING
            MESSAGE = format('ondelete: %s; nothing was changed', SQLERRM),
            HINT = 'Rows of these tables were written, or are being read, earlier in this transaction. Run this in a transaction of its own.';
      END;
    END LOOP;
  END work;
  PERFORM set_config('search_path', settings[1], true), set_config('quote_all_identifiers', settings[2], true), set_config('lock_timeout', settings[3], true);
END
$ondelete$;
-- statement_timeout as it was
DO $ondelete$
BEGIN
  PERFORM set_config('statement_timeout', coalesce(nullif(current_setting('ondelete.statement_timeout', true), ''), current_setting('statement_timeout')), true);
END
$ondelete$;
COMMIT;

-- Check: count the rows that point to no parent, before anything is changed
BEGIN;
-- statement_timeout off: a scan takes as long as it takes; the block itself bounds how long it waits for locks
DO $ondelete$
BEGIN
  PERFORM set_config('ondelete.statement_timeout', current_setting('statement_timeout'), true), set_config('statement_timeout', '0', true);
END
$ondelete$;
-- order_items_order on public.order_items: the old rows are checked; reads and writes go on
DO $ondelete$
DECLARE
  child     CONSTANT regclass := '"public"."order_items"';
  parent    CONSTANT regclass := '"public"."orders"';
  tables    CONSTANT oid[]    := ARRAY[child]::oid[] || ARRAY[parent]::oid[];
  key_name  CONSTANT text     := 'order_items_order';
  ready     CONSTANT text[]   := ARRAY[
    'FOREIGN KEY ("order_id") REFERENCES "public"."orders"("id") ondelete half-done {"from":["CASCADE"],"to":["NO ACTION"]}'];
  done      CONSTANT text[]   := ARRAY[
    'FOREIGN KEY ("order_id") REFERENCES "public"."orders"("id")'];
  settings  CONSTANT text[]   := ARRAY[current_setting('search_path'), current_setting('quote_all_identifiers'), current_setting('lock_timeout')];
  key       record;
  held      oid[];
BEGIN
  PERFORM set_config('search_path', '', true), set_config('quote_all_identifiers', 'on', true);
  <<work>>
  BEGIN
    -- In which state is the key?
    SELECT k.oid, k.xmin, k.conindid, coalesce(d.description, '') AS comment,
           CASE WHEN starts_with(d.description, 'ondelete half-done ')
                THEN regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID$', '') || ' ' || split_part(d.description, chr(10), 1)
                ELSE pg_get_constraintdef(k.oid) END
           || coalesce((
             SELECT string_agg(label, '' ORDER BY label COLLATE "C")
               FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid, format(' [%s %s %s]',
                    CASE WHEN p.proname LIKE 'RI_FKey_check%' THEN 'child' ELSE 'parent' END,
                    CASE right(p.proname, 3) WHEN 'ins' THEN 'insert' WHEN 'upd' THEN 'update' ELSE 'delete' END, t.tgenabled) AS label
              WHERE t.tgisinternal AND p.proname LIKE 'RI_FKey%' AND t.tgenabled <> 'O' AND t.tgconstraint = k.oid), '') AS state
      INTO key
      FROM pg_constraint k LEFT JOIN pg_description d ON d.objoid = k.oid AND d.classoid = 'pg_constraint'::regclass
     WHERE k.conrelid = child AND k.contype = 'f' AND k.conname = key_name;
    EXIT work WHEN key.state = ANY (done);
    IF key.state IS NULL OR key.state <> ALL (ready) THEN
      RAISE object_not_in_prerequisite_state USING
        MESSAGE = format('ondelete: %s of %s is not as this file knows it, so nothing was changed; expected: %s; found: %s', key_name, child,
          array_to_string(ready, ' or '), coalesce(key.state, (
            SELECT 'this key is called ' || string_agg(quote_ident(conname), ', ') || ' here' FROM pg_constraint
             WHERE conrelid = child AND contype = 'f' AND starts_with(pg_get_constraintdef(oid), 'FOREIGN KEY ("order_id") REFERENCES "public"."orders"("id")')), 'no such key')),
        HINT = 'Run "ondelete diff" to see the keys of this database.';
    END IF;
    -- Would strong locks of this transaction outlast the work?
    held := ARRAY(SELECT relation FROM pg_locks JOIN pg_class ON pg_class.oid = relation AND relkind IN ('r', 'p')
                   WHERE pid = pg_backend_pid() AND locktype = 'relation' AND granted AND relnamespace <> 'pg_catalog'::regnamespace
                   GROUP BY relation HAVING bool_or(mode IN ('AccessExclusiveLock', 'ShareRowExclusiveLock')));
    IF held <> '{}' AND (SELECT sum(pg_relation_size(t)) FROM unnest(tables || held) AS t) > 1000 * 8192 THEN
      RAISE object_not_in_prerequisite_state USING
        MESSAGE = format('ondelete: this transaction already holds locks on %s, and the tables are not small; nothing was changed',
          (SELECT string_agg(t::regclass::text, ', ') FROM unnest(held) AS t)),
        HINT = 'Migrate one step at a time, or switch off the single transaction of the runner: strong locks must not last while rows are scanned.';
    END IF;
    FOR attempt IN 1..20 LOOP
      BEGIN
        PERFORM set_config('lock_timeout', '3s', true);
        ALTER TABLE ONLY "public"."order_items" VALIDATE CONSTRAINT "order_items_order";
        IF starts_with(key.comment, 'ondelete half-done ') THEN -- its first line is the mark
          key.comment := substr(key.comment, length(split_part(key.comment, chr(10), 1)) + 2);
        END IF;
        EXECUTE format('COMMENT ON CONSTRAINT %I ON %s IS %L', key_name, child, nullif(concat_ws(chr(10), NULL, nullif(key.comment, '')), ''));
        EXIT;
      EXCEPTION
        WHEN lock_not_available OR deadlock_detected THEN
          IF attempt = 20 THEN
            RAISE lock_not_available USING
              MESSAGE = format('ondelete: no lock on %s and %s after %s tries; nothing was changed', child, parent, attempt),
              HINT = 'A long transaction, a prepared transaction or a vacuum against wraparound holds one of them (pg_locks). Run this again when it is over.';
          END IF;
          PERFORM pg_sleep(0.05 + random() * 0.3);
        WHEN object_in_use THEN
          RAISE object_in_use USING
            MESSAGE = format('ondelete: %s; nothing was changed', SQLERRM),
            HINT = 'Rows of these tables were written, or are being read, earlier in this transaction. Run this in a transaction of its own.';
      END;
    END LOOP;
  END work;
  PERFORM set_config('search_path', settings[1], true), set_config('quote_all_identifiers', settings[2], true), set_config('lock_timeout', settings[3], true);
END
$ondelete$;
-- statement_timeout as it was
DO $ondelete$
BEGIN
  PERFORM set_config('statement_timeout', coalesce(nullif(current_setting('ondelete.statement_timeout', true), ''), current_setting('statement_timeout')), true);
END
$ondelete$;
COMMIT;

\encoding :ondelete_encoding
\set ON_ERROR_STOP :ondelete_on_error_stop

