// 1 foreign key changes what a delete does.
// File 1 of 2. Swap: drop each key and add it with the new action, in one statement
//
// ondelete.config.yaml:4  order_items -> orders: a line item is part of its order
//   public.order_items(order_id) -> public.orders(id)  NO ACTION → CASCADE
//
// Run:  await migrator.migrateUp()   // once per file, or migrateToLatest() with disableTransactions: true
// Back: await migrator.migrateDown(); await migrator.migrateDown()

import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // Swap: drop each key and add it with the new action, in one statement
  await run(db, {
    transaction: ['BEGIN', 'COMMIT', 'ROLLBACK'],
    statements: [
      `DO $$ BEGIN IF current_setting('transaction_read_only') = 'on' THEN
  RAISE 'ondelete: this is a standby or read-only, so run this on the primary; nothing was changed' USING ERRCODE = 'read_only_sql_transaction'; END IF;
  PERFORM set_config('ondelete.statement_timeout', current_setting('statement_timeout'), true),
  set_config('statement_timeout', '0', true); END $$`,
      // All keys are checked, then all are swapped under the same locks.
      `DO $ondelete$
DECLARE
  keys CONSTANT text[] := ARRAY[
    -- child, constraint, key, ON DELETE before, ON DELETE after
    ['public.order_items', 'order_items_order', 'FOREIGN KEY ("order_id") REFERENCES "public"."orders"("id")', 'NO ACTION', 'CASCADE']];
  total CONSTANT int := array_length(keys, 1); path CONSTANT text := current_setting('search_path'); phase text; act text; start int; size int; example text;
  quotes CONSTANT text := current_setting('quote_all_identifiers'); k record; orphans bigint; problem text; state text; done text := 'nothing was changed';
  label text; before text; after text; added text; mark text; halfway text; back text; was text; note text; is_now text; since timestamptz;
  waits CONSTANT text := current_setting('lock_timeout'); longest CONSTANT text := current_setting('transaction_timeout', true); held oid[];
BEGIN
  FOREACH phase IN ARRAY ARRAY['check', 'swap'] LOOP
  held := ARRAY(SELECT relation FROM pg_locks JOIN pg_class c ON c.oid = relation AND relkind IN ('r', 'p') AND relnamespace <> 'pg_catalog'::regnamespace
                 WHERE pid = pg_backend_pid() AND locktype = 'relation' AND mode IN ('AccessExclusiveLock', 'ShareRowExclusiveLock'));
  IF held <> '{}' AND 1000 * 8192 < (SELECT sum(pg_relation_size(id)) FROM (SELECT unnest(held) AS id UNION SELECT unnest(ARRAY[con.conrelid, con.confrelid])
       FROM pg_constraint con JOIN generate_series(1, total) AS n ON conrelid = to_regclass(keys[n][1]) AND conname = keys[n][2]) AS tables) THEN
    RAISE 'ondelete: this transaction already holds locks on %, and the tables are not small; nothing was changed',
      (SELECT string_agg(DISTINCT id::regclass::text, ', ') FROM unnest(held) AS id) USING ERRCODE = 'object_not_in_prerequisite_state',
      HINT = 'Migrate one step at a time, or switch off the single transaction of the runner: strong locks must not last while rows are scanned.';
  END IF;
  start := 1; WHILE start <= total LOOP
  size := CASE phase WHEN 'swap' THEN total ELSE 1 END;
  FOR attempt IN 1..100 LOOP PERFORM set_config('transaction_timeout', '0', true) WHERE current_setting('transaction_timeout', true) <> '0';
    BEGIN
      FOREACH act IN ARRAY CASE phase WHEN 'swap' THEN ARRAY['reserve', 'lock', 'swap'] ELSE ARRAY[phase] END LOOP
      since := clock_timestamp(); FOR n IN start..least(total, start + size - 1) LOOP
        -- The key is old, half (swapped, not validated: its comment begins with a mark) or new; note is the comment of its owner.
        PERFORM set_config('search_path', '', true), set_config('quote_all_identifiers', 'on', true);
        SELECT con.*, pg_get_constraintdef(con.oid) AS text, coalesce(obj_description(con.oid, 'pg_constraint'), '') AS comment, p.relnamespace AS schema,
               CASE c.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END || conrelid::regclass AS child, pg_has_role(c.relowner, 'USAGE') AS owns_child,
               CASE p.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END || confrelid::regclass AS parent, pg_has_role(p.relowner, 'USAGE') AS owns_parent,
               (SELECT indisprimary AND indkey::text = array_to_string(confkey, ' ') FROM pg_index WHERE indexrelid = conindid) AS on_primary_key,
               (SELECT format('(%s)', string_agg(quote_ident(attname), ', ' ORDER BY place)) FROM unnest(confkey) WITH ORDINALITY AS u (number, place)
                  JOIN pg_attribute ON attrelid = confrelid AND attnum = number) AS parent_columns,
               (SELECT CASE WHEN bool_or(tgenabled <> 'O') THEN ' with disabled triggers' ELSE '' END FROM pg_trigger WHERE tgconstraint = con.oid) AS triggers
          INTO k FROM pg_constraint con JOIN pg_class c ON c.oid = conrelid JOIN pg_class p ON p.oid = confrelid
         WHERE conrelid = to_regclass(keys[n][1]) AND contype = 'f' AND conname = keys[n][2];
        IF k.text IS NULL AND k.conname = keys[n][2] THEN RAISE lock_not_available USING MESSAGE = 'the key is being changed elsewhere'; END IF;
        label   := keys[n][1] || translate(substring(keys[n][3], '[(].*?[)]'), '"', '');
        before  := keys[n][3] || coalesce(' ON DELETE ' || nullif(keys[n][4], 'NO ACTION'), '');
        after   := keys[n][3] || coalesce(' ON DELETE ' || nullif(keys[n][5], 'NO ACTION'), '');
        added   := CASE WHEN k.on_primary_key THEN replace(after, '"' || k.parent_columns, '"') ELSE after END || ' NOT VALID';
        mark    := format('ondelete half-done {"from":%s,"to":%s}', to_json(keys[n][4]), to_json(keys[n][5])); halfway := after || ' ' || mark;
        back    := before || ' ' || format('ondelete half-done {"from":%s,"to":%s}', to_json(keys[n][5]), to_json(keys[n][4]));
        was     := CASE WHEN starts_with(k.comment, 'ondelete half-done ') THEN split_part(k.comment, chr(10), 1) ELSE '' END;
        note    := CASE was WHEN '' THEN k.comment ELSE substr(k.comment, length(was) + 2) END;
        is_now  := CASE was WHEN '' THEN k.text ELSE regexp_replace(k.text, ' NOT VALID$', '') || ' ' || was END || k.triggers;
        state   := CASE is_now WHEN after THEN 'new' WHEN halfway THEN 'half' WHEN before THEN 'old' WHEN back THEN 'old' END;
        problem := CASE
          WHEN state IS NULL OR act = 'validate' AND state = 'old' THEN format('is not as this file knows it; expected: %s or %s; found: %s', before, after,
            coalesce(is_now, (SELECT 'this key is called ' || string_agg(quote_ident(conname), ', ') || ' here' FROM pg_constraint
              WHERE conrelid = to_regclass(keys[n][1]) AND contype = 'f' AND starts_with(pg_get_constraintdef(oid), keys[n][3])), 'no such key'))
          WHEN state = 'new' THEN NULL
          WHEN NOT k.owns_child OR NOT has_schema_privilege(k.schema, 'USAGE')
            OR EXISTS (SELECT FROM unnest(k.confkey) AS a WHERE NOT has_column_privilege(k.confrelid, a, 'REFERENCES'))
            THEN format('cannot be added by %s, who has to own %s and to have USAGE and REFERENCES on %s', current_user, k.child, k.parent)
          WHEN halfway <> after AND (row_security_active(k.conrelid) OR row_security_active(k.confrelid) AND k.owns_parent)
            THEN format('cannot be validated by %s, from whom row security hides rows', current_user)
          WHEN EXISTS (SELECT FROM pg_stat_progress_create_index JOIN pg_locks USING (pid) WHERE relation IN (k.conrelid, k.confrelid))
            THEN 'has to wait: an index of one of its tables is being built'
        END;
        PERFORM set_config('search_path', path, true), set_config('quote_all_identifiers', quotes, true);
        CONTINUE WHEN state = 'new';
        -- Milliseconds to wait for a lock: few for a strong one, behind which the application waits; more for a vacuum, which then gives way.
        PERFORM set_config('lock_timeout', CASE
          WHEN act IN ('lock', 'swap') THEN greatest(1, least(100, 5 + attempt * attempt / 100) - extract(epoch FROM clock_timestamp() - since) * 1000)::int
          WHEN EXISTS (SELECT FROM pg_stat_progress_vacuum JOIN pg_locks USING (pid) WHERE relation IN (k.conrelid, k.confrelid)) THEN 3000
          ELSE 100 END::text, true);
        IF act = 'check' AND state = 'old' AND problem IS NULL AND halfway <> after THEN
          IF NOT row_security_active(k.confrelid) AND (SELECT bool_and(has_column_privilege(k.conrelid, c, 'SELECT')
              AND has_column_privilege(k.confrelid, p, 'SELECT')) FROM unnest(k.conkey, k.confkey) AS a (c, p)) THEN
            EXECUTE (SELECT format('SELECT count(*), min(ROW(%s)::text) FROM %s AS c LEFT JOIN %s AS p ON %s WHERE p.%I IS NULL AND (%s)',
                       string_agg(format('c.%I', c.attname), ', '), k.child, k.parent,
                       string_agg(format('p.%I OPERATOR(%s) c.%I', p.attname, equals::regoper, c.attname), ' AND '), min(p.attname),
                       string_agg(format('c.%I IS NOT NULL', c.attname), CASE k.confmatchtype WHEN 'f' THEN ' OR ' ELSE ' AND ' END))
                       FROM unnest(k.conkey, k.confkey, k.conpfeqop) AS pair (cn, pn, equals)
                       JOIN pg_attribute c ON c.attrelid = k.conrelid AND c.attnum = cn JOIN pg_attribute p ON p.attrelid = k.confrelid AND p.attnum = pn)
               INTO orphans, example;
            problem := CASE WHEN orphans > 0 THEN format('has rows that point to no row of %s: %s, such as %s', k.parent, orphans, example) END;
          ELSE
            RAISE WARNING 'ondelete: % may not see all rows of % and %, so rows without a parent are not counted', current_user, k.child, k.parent;
        END IF; END IF;
        IF problem IS NOT NULL THEN
          RAISE 'ondelete: % of % %; %', keys[n][2], keys[n][1], problem, done USING ERRCODE = 'object_not_in_prerequisite_state';
        ELSIF act IN ('reserve', 'lock') AND state = 'old' THEN
          EXECUTE format('LOCK TABLE %s IN %s MODE', CASE
              WHEN NOT has_table_privilege(k.confrelid, 'UPDATE, DELETE, TRUNCATE') THEN k.child -- ALTER TABLE locks the parent then
              WHEN attempt % 2 = 1 THEN k.parent || ', ' || k.child ELSE k.child || ', ' || k.parent END,
            CASE act WHEN 'lock' THEN 'ACCESS EXCLUSIVE' ELSE 'SHARE UPDATE EXCLUSIVE' END);
        ELSIF act = 'swap' AND state = 'old' THEN
          EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %2$I %s', k.child, k.conname, added);
          IF (SELECT conindid FROM pg_constraint WHERE conrelid = k.conrelid AND conname = k.conname) <> k.conindid THEN
            RAISE 'ondelete: % would come to rest on another index of %; %', label, k.parent, done USING ERRCODE = 'object_not_in_prerequisite_state'; END IF;
          EXECUTE format('COMMENT ON CONSTRAINT %I ON %s IS %L', k.conname, k.conrelid::regclass, nullif(concat_ws(chr(10), mark, nullif(note, '')), ''));
        ELSIF act = 'validate' AND state = 'half' THEN
          EXECUTE format('ALTER TABLE %s VALIDATE CONSTRAINT %I', k.child, k.conname);
          EXECUTE format('COMMENT ON CONSTRAINT %I ON %s IS %L', k.conname, k.conrelid::regclass, nullif(note, ''));
        END IF;
        IF act = phase THEN RAISE NOTICE 'ondelete: % %/% %', phase, n, total, label; END IF;
      END LOOP; END LOOP; EXIT;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      IF attempt = 100 THEN
        RAISE 'ondelete: %: % after % tries; %', label, SQLERRM, attempt, done USING ERRCODE = 'lock_not_available',
          HINT = 'A long transaction, a prepared transaction, an index build or a vacuum holds a lock (pg_locks). Run this again when it is over.';
      END IF;
    WHEN object_in_use THEN
      RAISE 'ondelete: %; nothing was changed', SQLERRM USING ERRCODE = 'object_in_use',
        HINT = 'Rows of these tables were written, or are being read, earlier in this transaction. Run this in a transaction of its own.';
    END;
    PERFORM pg_sleep(least(100, 5 + attempt * attempt / 100) * (0.002 + random() * 0.008)); -- no lock is held meanwhile
  END LOOP;
  start := start + size; END LOOP; END LOOP;
  PERFORM set_config('lock_timeout', waits, true); PERFORM set_config('transaction_timeout', longest, true) WHERE longest <> '0';
END
$ondelete$`,
      `DO $$ BEGIN PERFORM set_config('statement_timeout', coalesce(nullif(current_setting('ondelete.statement_timeout', true), ''),
  current_setting('statement_timeout')), true); END $$`,
    ],
    always: [],
    retry: null,
  });
}

// 1 foreign key changes back to what a delete did before.
// Rows that the new rules deleted or changed do not come back.
// File 1 of 2. Swap: drop each key and add it with the new action, in one statement
//
//   public.order_items(order_id) -> public.orders(id)  CASCADE → NO ACTION
//
// Run: await migrator.migrateDown(); await migrator.migrateDown()
export async function down(db: Kysely<unknown>): Promise<void> {
  // Swap: drop each key and add it with the new action, in one statement
  await run(db, {
    transaction: ['BEGIN', 'COMMIT', 'ROLLBACK'],
    statements: [
      `DO $$ BEGIN IF current_setting('transaction_read_only') = 'on' THEN
  RAISE 'ondelete: this is a standby or read-only, so run this on the primary; nothing was changed' USING ERRCODE = 'read_only_sql_transaction'; END IF;
  PERFORM set_config('ondelete.statement_timeout', current_setting('statement_timeout'), true),
  set_config('statement_timeout', '0', true); END $$`,
      // Each key is validated; one that never was on the way up is swapped back first.
      `DO $ondelete$
DECLARE
  keys CONSTANT text[] := ARRAY[
    -- child, constraint, key, ON DELETE before, ON DELETE after
    ['public.order_items', 'order_items_order', 'FOREIGN KEY ("order_id") REFERENCES "public"."orders"("id")', 'CASCADE', 'NO ACTION']];
  total CONSTANT int := array_length(keys, 1); path CONSTANT text := current_setting('search_path'); phase text; act text; start int; size int; example text;
  quotes CONSTANT text := current_setting('quote_all_identifiers'); k record; orphans bigint; problem text; state text; done text := 'nothing was changed';
  label text; before text; after text; added text; mark text; halfway text; back text; was text; note text; is_now text; since timestamptz;
  waits CONSTANT text := current_setting('lock_timeout'); longest CONSTANT text := current_setting('transaction_timeout', true); held oid[];
BEGIN
  FOREACH phase IN ARRAY ARRAY['check', 'swap', 'validate'] LOOP
  held := ARRAY(SELECT relation FROM pg_locks JOIN pg_class c ON c.oid = relation AND relkind IN ('r', 'p') AND relnamespace <> 'pg_catalog'::regnamespace
                 WHERE pid = pg_backend_pid() AND locktype = 'relation' AND mode IN ('AccessExclusiveLock', 'ShareRowExclusiveLock'));
  IF held <> '{}' AND 1000 * 8192 < (SELECT sum(pg_relation_size(id)) FROM (SELECT unnest(held) AS id UNION SELECT unnest(ARRAY[con.conrelid, con.confrelid])
       FROM pg_constraint con JOIN generate_series(1, total) AS n ON conrelid = to_regclass(keys[n][1]) AND conname = keys[n][2]) AS tables) THEN
    RAISE 'ondelete: this transaction already holds locks on %, and the tables are not small; nothing was changed',
      (SELECT string_agg(DISTINCT id::regclass::text, ', ') FROM unnest(held) AS id) USING ERRCODE = 'object_not_in_prerequisite_state',
      HINT = 'Migrate one step at a time, or switch off the single transaction of the runner: strong locks must not last while rows are scanned.';
  END IF;
  start := 1; WHILE start <= total LOOP
  size := CASE phase WHEN 'swap' THEN total ELSE 1 END;
  FOR attempt IN 1..100 LOOP PERFORM set_config('transaction_timeout', '0', true) WHERE current_setting('transaction_timeout', true) <> '0';
    BEGIN
      FOREACH act IN ARRAY CASE phase WHEN 'swap' THEN ARRAY['reserve', 'lock', 'swap'] ELSE ARRAY[phase] END LOOP
      since := clock_timestamp(); FOR n IN start..least(total, start + size - 1) LOOP
        -- The key is old, half (swapped, not validated: its comment begins with a mark) or new; note is the comment of its owner.
        PERFORM set_config('search_path', '', true), set_config('quote_all_identifiers', 'on', true);
        SELECT con.*, pg_get_constraintdef(con.oid) AS text, coalesce(obj_description(con.oid, 'pg_constraint'), '') AS comment, p.relnamespace AS schema,
               CASE c.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END || conrelid::regclass AS child, pg_has_role(c.relowner, 'USAGE') AS owns_child,
               CASE p.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END || confrelid::regclass AS parent, pg_has_role(p.relowner, 'USAGE') AS owns_parent,
               (SELECT indisprimary AND indkey::text = array_to_string(confkey, ' ') FROM pg_index WHERE indexrelid = conindid) AS on_primary_key,
               (SELECT format('(%s)', string_agg(quote_ident(attname), ', ' ORDER BY place)) FROM unnest(confkey) WITH ORDINALITY AS u (number, place)
                  JOIN pg_attribute ON attrelid = confrelid AND attnum = number) AS parent_columns,
               (SELECT CASE WHEN bool_or(tgenabled <> 'O') THEN ' with disabled triggers' ELSE '' END FROM pg_trigger WHERE tgconstraint = con.oid) AS triggers
          INTO k FROM pg_constraint con JOIN pg_class c ON c.oid = conrelid JOIN pg_class p ON p.oid = confrelid
         WHERE conrelid = to_regclass(keys[n][1]) AND contype = 'f' AND conname = keys[n][2];
        IF k.text IS NULL AND k.conname = keys[n][2] THEN RAISE lock_not_available USING MESSAGE = 'the key is being changed elsewhere'; END IF;
        label   := keys[n][1] || translate(substring(keys[n][3], '[(].*?[)]'), '"', '');
        before  := keys[n][3] || coalesce(' ON DELETE ' || nullif(keys[n][4], 'NO ACTION'), '');
        after   := keys[n][3] || coalesce(' ON DELETE ' || nullif(keys[n][5], 'NO ACTION'), '');
        added   := CASE WHEN k.on_primary_key THEN replace(after, '"' || k.parent_columns, '"') ELSE after END || ' NOT VALID';
        mark    := format('ondelete half-done {"from":%s,"to":%s}', to_json(keys[n][4]), to_json(keys[n][5])); halfway := after || ' ' || mark;
        back    := before || ' ' || format('ondelete half-done {"from":%s,"to":%s}', to_json(keys[n][5]), to_json(keys[n][4]));
        was     := CASE WHEN starts_with(k.comment, 'ondelete half-done ') THEN split_part(k.comment, chr(10), 1) ELSE '' END;
        note    := CASE was WHEN '' THEN k.comment ELSE substr(k.comment, length(was) + 2) END;
        is_now  := CASE was WHEN '' THEN k.text ELSE regexp_replace(k.text, ' NOT VALID$', '') || ' ' || was END || k.triggers;
        state   := CASE is_now WHEN after THEN 'new' WHEN halfway THEN 'half' WHEN before THEN 'old' WHEN back THEN 'old' END;
        problem := CASE
          WHEN state IS NULL OR act = 'validate' AND state = 'old' THEN format('is not as this file knows it; expected: %s or %s; found: %s', before, after,
            coalesce(is_now, (SELECT 'this key is called ' || string_agg(quote_ident(conname), ', ') || ' here' FROM pg_constraint
              WHERE conrelid = to_regclass(keys[n][1]) AND contype = 'f' AND starts_with(pg_get_constraintdef(oid), keys[n][3])), 'no such key'))
          WHEN state = 'new' THEN NULL
          WHEN NOT k.owns_child OR NOT has_schema_privilege(k.schema, 'USAGE')
            OR EXISTS (SELECT FROM unnest(k.confkey) AS a WHERE NOT has_column_privilege(k.confrelid, a, 'REFERENCES'))
            THEN format('cannot be added by %s, who has to own %s and to have USAGE and REFERENCES on %s', current_user, k.child, k.parent)
          WHEN halfway <> after AND (row_security_active(k.conrelid) OR row_security_active(k.confrelid) AND k.owns_parent)
            THEN format('cannot be validated by %s, from whom row security hides rows', current_user)
          WHEN EXISTS (SELECT FROM pg_stat_progress_create_index JOIN pg_locks USING (pid) WHERE relation IN (k.conrelid, k.confrelid))
            THEN 'has to wait: an index of one of its tables is being built'
        END;
        PERFORM set_config('search_path', path, true), set_config('quote_all_identifiers', quotes, true);
        CONTINUE WHEN state = 'new';
        -- Milliseconds to wait for a lock: few for a strong one, behind which the application waits; more for a vacuum, which then gives way.
        PERFORM set_config('lock_timeout', CASE
          WHEN act IN ('lock', 'swap') THEN greatest(1, least(100, 5 + attempt * attempt / 100) - extract(epoch FROM clock_timestamp() - since) * 1000)::int
          WHEN EXISTS (SELECT FROM pg_stat_progress_vacuum JOIN pg_locks USING (pid) WHERE relation IN (k.conrelid, k.confrelid)) THEN 3000
          ELSE 100 END::text, true);
        IF act = 'check' AND state = 'old' AND problem IS NULL AND halfway <> after THEN
          IF NOT row_security_active(k.confrelid) AND (SELECT bool_and(has_column_privilege(k.conrelid, c, 'SELECT')
              AND has_column_privilege(k.confrelid, p, 'SELECT')) FROM unnest(k.conkey, k.confkey) AS a (c, p)) THEN
            EXECUTE (SELECT format('SELECT count(*), min(ROW(%s)::text) FROM %s AS c LEFT JOIN %s AS p ON %s WHERE p.%I IS NULL AND (%s)',
                       string_agg(format('c.%I', c.attname), ', '), k.child, k.parent,
                       string_agg(format('p.%I OPERATOR(%s) c.%I', p.attname, equals::regoper, c.attname), ' AND '), min(p.attname),
                       string_agg(format('c.%I IS NOT NULL', c.attname), CASE k.confmatchtype WHEN 'f' THEN ' OR ' ELSE ' AND ' END))
                       FROM unnest(k.conkey, k.confkey, k.conpfeqop) AS pair (cn, pn, equals)
                       JOIN pg_attribute c ON c.attrelid = k.conrelid AND c.attnum = cn JOIN pg_attribute p ON p.attrelid = k.confrelid AND p.attnum = pn)
               INTO orphans, example;
            problem := CASE WHEN orphans > 0 THEN format('has rows that point to no row of %s: %s, such as %s', k.parent, orphans, example) END;
          ELSE
            RAISE WARNING 'ondelete: % may not see all rows of % and %, so rows without a parent are not counted', current_user, k.child, k.parent;
        END IF; END IF;
        IF problem IS NOT NULL THEN
          RAISE 'ondelete: % of % %; %', keys[n][2], keys[n][1], problem, done USING ERRCODE = 'object_not_in_prerequisite_state';
        ELSIF act IN ('reserve', 'lock') AND state = 'old' THEN
          EXECUTE format('LOCK TABLE %s IN %s MODE', CASE
              WHEN NOT has_table_privilege(k.confrelid, 'UPDATE, DELETE, TRUNCATE') THEN k.child -- ALTER TABLE locks the parent then
              WHEN attempt % 2 = 1 THEN k.parent || ', ' || k.child ELSE k.child || ', ' || k.parent END,
            CASE act WHEN 'lock' THEN 'ACCESS EXCLUSIVE' ELSE 'SHARE UPDATE EXCLUSIVE' END);
        ELSIF act = 'swap' AND state = 'old' THEN
          EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %2$I %s', k.child, k.conname, added);
          IF (SELECT conindid FROM pg_constraint WHERE conrelid = k.conrelid AND conname = k.conname) <> k.conindid THEN
            RAISE 'ondelete: % would come to rest on another index of %; %', label, k.parent, done USING ERRCODE = 'object_not_in_prerequisite_state'; END IF;
          EXECUTE format('COMMENT ON CONSTRAINT %I ON %s IS %L', k.conname, k.conrelid::regclass, nullif(concat_ws(chr(10), mark, nullif(note, '')), ''));
        ELSIF act = 'validate' AND state = 'half' THEN
          EXECUTE format('ALTER TABLE %s VALIDATE CONSTRAINT %I', k.child, k.conname);
          EXECUTE format('COMMENT ON CONSTRAINT %I ON %s IS %L', k.conname, k.conrelid::regclass, nullif(note, ''));
        END IF;
        IF act = phase THEN RAISE NOTICE 'ondelete: % %/% %', phase, n, total, label; END IF;
      END LOOP; END LOOP; EXIT;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      IF attempt = 100 THEN
        RAISE 'ondelete: %: % after % tries; %', label, SQLERRM, attempt, done USING ERRCODE = 'lock_not_available',
          HINT = 'A long transaction, a prepared transaction, an index build or a vacuum holds a lock (pg_locks). Run this again when it is over.';
      END IF;
    WHEN object_in_use THEN
      RAISE 'ondelete: %; nothing was changed', SQLERRM USING ERRCODE = 'object_in_use',
        HINT = 'Rows of these tables were written, or are being read, earlier in this transaction. Run this in a transaction of its own.';
    END;
    PERFORM pg_sleep(least(100, 5 + attempt * attempt / 100) * (0.002 + random() * 0.008)); -- no lock is held meanwhile
  END LOOP;
  start := start + size; END LOOP; END LOOP;
  PERFORM set_config('lock_timeout', waits, true); PERFORM set_config('transaction_timeout', longest, true) WHERE longest <> '0';
END
$ondelete$`,
      `DO $$ BEGIN PERFORM set_config('statement_timeout', coalesce(nullif(current_setting('ondelete.statement_timeout', true), ''),
  current_setting('statement_timeout')), true); END $$`,
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
  if (db.isTransaction) return runOn(db, { ...step, transaction: null });
  await db.connection().execute((connection) => runOn(connection, step));
}

async function runOn(connection: Kysely<unknown>, step: Step): Promise<void> {
  const execute: Execute = async (statement) =>
    (await sql.raw<Record<string, unknown>>(statement).execute(connection)).rows;
  const { statements, transaction } = step;
  try {
    if (transaction === null) for (const statement of statements) await again(step, () => execute(statement));
    else await again(step, () => inTransaction(execute, transaction, statements));
  } finally {
    for (const statement of step.always) {
      await execute(statement).catch(() => []);
    }
  }
}

async function inTransaction(
  execute: Execute,
  [begin, commit, rollback]: NonNullable<Step['transaction']>,
  statements: readonly string[],
): Promise<void> {
  try {
    await execute(begin);
    for (const statement of statements) await execute(statement);
    await execute(commit);
  } catch (error) {
    await execute(rollback).catch(() => []);
    throw error;
  }
}

/** Repeats the work while it fails for want of a lock. */
async function again({ retry }: Step, work: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await work();
      return;
    } catch (error) {
      const { code, errno } = error as { code?: unknown; errno?: unknown };
      const canRetry = retry?.codes.some((one) => one === String(code) || one === String(errno)) ?? false;
      if (retry === null || !canRetry || attempt >= retry.attempts) throw error;
      const [least, most] = retry.pause;
      await new Promise((resolve) => setTimeout(resolve, least + Math.random() * (most - least)));
    }
  }
}

// ondelete-set: {"set":"STAMP_case_1_swap","changes":[{"from":["NO ACTION"],"to":["CASCADE"],"keys":[[["public","order_items"],["order_id"],["public","orders"],["id"],"order_items_order","016b463d8703a2a2"]]}]}
