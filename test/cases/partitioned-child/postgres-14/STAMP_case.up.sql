-- 1 foreign key changes what a delete does.
--
-- ondelete.config.yaml:4  readings -> devices
--   public.readings(device_id) -> public.devices(id)  NO ACTION → CASCADE
--
-- Run:  psql "$DATABASE_URL" -f sql/STAMP_case.up.sql
-- Back: psql "$DATABASE_URL" -f sql/STAMP_case.down.sql

\set ondelete_on_error_stop :ON_ERROR_STOP \set ondelete_encoding :ENCODING \set ON_ERROR_STOP on
DO $$ BEGIN IF current_setting('transaction_read_only') = 'on' THEN
  RAISE 'ondelete: this is a standby or read-only, so run this on the primary; nothing was changed' USING ERRCODE = 'read_only_sql_transaction'; END IF;
  PERFORM set_config('ondelete.transaction', txid_current()::text, true); END $$;
DO $$ BEGIN IF current_setting('ondelete.transaction', true) = txid_current()::text THEN
  RAISE 'ondelete: this commits key by key, so not in a transaction, and not with psql -1; nothing was changed' USING ERRCODE = 'active_sql_transaction';
END IF; IF current_setting('statement_timeout') <> '0' THEN -- the next statement gives it back
  PERFORM set_config('ondelete.statement_timeout', current_setting('statement_timeout'), false), set_config('statement_timeout', '0', false); END IF; END $$;
\set ON_ERROR_STOP off \encoding UTF8
-- Every partition gets a second key with the new action, which is validated; then these become the key.
DO $ondelete$
DECLARE
  keys CONSTANT text[] := ARRAY[
    -- child, constraint, key, ON DELETE before, ON DELETE after
    ['public.readings', 'readings_device', 'FOREIGN KEY ("device_id") REFERENCES "public"."devices"("id")', 'NO ACTION', 'CASCADE']];
  total CONSTANT int := array_length(keys, 1); path CONSTANT text := current_setting('search_path'); phase text; act text; start int; size int; example text;
  quotes CONSTANT text := current_setting('quote_all_identifiers'); k record; orphans bigint; problem text; state text; done text := 'nothing was changed';
  label text; before text; after text; added text; mark text; halfway text; back text; was text; note text; is_now text; since timestamptz; earlier int := 0;
  known jsonb; copy record;
  name text; wanted text; other_mark text; leaves record; leaf regclass;
BEGIN
  IF current_setting('ondelete.statement_timeout', true) <> '' THEN
    PERFORM set_config('statement_timeout', current_setting('ondelete.statement_timeout'), false), set_config('ondelete.statement_timeout', '', false);
  ELSIF current_setting('statement_timeout') <> '0' THEN
    RAISE 'ondelete: a pooler gave this statement another connection than the one before; nothing was changed' USING ERRCODE = 'invalid_transaction_state',
      HINT = 'Run this on a direct connection. The other one has no statement_timeout until the pooler opens it anew (PgBouncer: RECONNECT).'; END IF;
  COMMIT; SET TRANSACTION ISOLATION LEVEL READ COMMITTED; FOREACH phase IN ARRAY ARRAY['check', 'second', 'scan', 'attach'] LOOP
  start := 1; WHILE start <= total LOOP
  size := 1;
  FOR attempt IN 1..100 LOOP PERFORM set_config('transaction_timeout', '0', true) WHERE current_setting('transaction_timeout', true) <> '0';
    BEGIN
      FOREACH act IN ARRAY CASE phase WHEN 'second' THEN ARRAY['reserve', 'second'] WHEN 'attach' THEN ARRAY['reserve', 'lock', 'attach'] ELSE ARRAY[phase] END LOOP
      since := clock_timestamp(); FOR n IN start..least(total, start + size - 1) LOOP
        -- The key is old, half (swapped, not validated: its comment begins with a mark) or new; note is the comment of its owner.
        PERFORM set_config('search_path', '', true), set_config('quote_all_identifiers', 'on', true);
        SELECT con.*, pg_get_constraintdef(con.oid) AS text, coalesce(obj_description(con.oid, 'pg_constraint'), '') AS comment, p.relnamespace AS schema,
               CASE c.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END || conrelid::regclass AS child, pg_has_role(c.relowner, 'USAGE') AS owns_child,
               CASE p.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END || confrelid::regclass AS parent, pg_has_role(p.relowner, 'USAGE') AS owns_parent,
               (SELECT indisprimary AND indkey::text = array_to_string(confkey, ' ') FROM pg_index WHERE indexrelid = conindid) AS on_primary_key,
               (SELECT format('(%s)', string_agg(quote_ident(attname), ', ' ORDER BY place)) FROM unnest(confkey) WITH ORDINALITY AS u (number, place)
                  JOIN pg_attribute ON attrelid = confrelid AND attnum = number) AS parent_columns,
               (SELECT CASE WHEN bool_or(tgenabled <> 'O') THEN ' with disabled triggers' ELSE '' END FROM pg_trigger WHERE tgconstraint IN (WITH RECURSIVE family AS (SELECT con.oid AS id UNION ALL SELECT f.oid FROM pg_constraint f JOIN family ON conparentid = id) SELECT id FROM family)) AS triggers
          INTO k FROM pg_constraint con JOIN pg_class c ON c.oid = conrelid JOIN pg_class p ON p.oid = confrelid
         WHERE conrelid = to_regclass(keys[n][1]) AND contype = 'f' AND conname = keys[n][2];
        IF k.text IS NULL AND k.conname = keys[n][2] THEN RAISE lock_not_available USING MESSAGE = 'the key is being changed elsewhere'; END IF;
        label   := keys[n][1] || translate(substring(keys[n][3], '[(].*?[)]'), '"', '');
        before  := keys[n][3] || coalesce(' ON DELETE ' || nullif(keys[n][4], 'NO ACTION'), '');
        after   := keys[n][3] || coalesce(' ON DELETE ' || nullif(keys[n][5], 'NO ACTION'), '');
        added   := CASE WHEN k.on_primary_key THEN replace(after, '"' || k.parent_columns, '"') ELSE after END || ' NOT VALID';
        mark    := format('ondelete half-done {"from":%s,"to":%s}', to_json(keys[n][4]), to_json(keys[n][5])); halfway := after || ' ' || mark;
        back    := before || ' ' || format('ondelete half-done {"from":%s,"to":%s}', to_json(keys[n][5]), to_json(keys[n][4]));
        name       := 'ondelete_second_' || left(encode(sha256(convert_to(keys[n][2], 'UTF8')), 'hex'), 16);
        wanted     := keys[n][3] || coalesce(' ON DELETE ' || nullif(keys[n][5], 'NO ACTION'), '');
        added      := CASE WHEN k.on_primary_key THEN replace(wanted, '"' || k.parent_columns, '"') ELSE wanted END || ' NOT VALID';
        other_mark := format('ondelete half-done {"from":%s,"to":%s,"secondOf":%s}', to_json(keys[n][4]), to_json(keys[n][5]), to_json(keys[n][2]));
        SELECT array_agg(relid) FILTER (WHERE con.oid IS NOT NULL) AS with_any,
               array_agg(relid) FILTER (WHERE pg_get_constraintdef(con.oid) NOT IN (wanted, wanted || ' NOT VALID')) AS with_other,
               array_agg(relid) FILTER (WHERE (pg_get_constraintdef(con.oid) IN (wanted, wanted || ' NOT VALID')) IS NOT TRUE) AS without,
               array_agg(relid) FILTER (WHERE pg_get_constraintdef(con.oid) IS DISTINCT FROM wanted) AS not_valid
          INTO leaves FROM pg_partition_tree(k.conrelid) LEFT JOIN pg_constraint con ON conrelid = relid AND conname = name AND contype = 'f' AND conparentid = 0
         WHERE isleaf;
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
          WHEN EXISTS (SELECT FROM pg_partition_tree(k.conrelid) JOIN pg_class ON oid = relid WHERE NOT pg_has_role(relowner, 'USAGE'))
            THEN format('cannot be added by %s, who has to own the partitions of %s too', current_user, k.child)
          WHEN state = 'old' AND EXISTS (SELECT FROM pg_partition_tree(k.conrelid) JOIN pg_constraint own ON own.conrelid = relid AND own.contype = 'f'
              WHERE own.conparentid = 0 AND own.oid <> k.oid AND own.conname !~ '^ondelete_second_' AND starts_with(pg_get_constraintdef(own.oid), keys[n][3])
                AND (own.confupdtype, own.confmatchtype, own.condeferrable, own.condeferred) = (k.confupdtype, k.confmatchtype, k.condeferrable, k.condeferred))
            THEN 'has a partition with a key of its own over these columns, which would be taken for a part of this one and be lost'
          WHEN state = 'old' AND NOT k.convalidated AND EXISTS (SELECT FROM pg_constraint own
              WHERE own.convalidated AND own.conrelid <> k.conrelid AND own.oid IN (WITH RECURSIVE family AS (SELECT k.oid AS id UNION ALL SELECT f.oid FROM pg_constraint f JOIN family ON conparentid = id) SELECT id FROM family))
            THEN 'is NOT VALID and has a partition that has validated its part of it, which would be forgotten'
          WHEN state = 'old' AND act = 'scan' AND leaves.without <> '{}' OR state = 'old' AND act = 'attach' AND leaves.not_valid <> '{}'
            THEN format('cannot go on: partitions were added since, and %s have no valid second key yet; begin again with the step before',
              (SELECT string_agg(one::text, ', ') FROM unnest(leaves.not_valid) AS one))
        END;
        PERFORM set_config('search_path', path, true), set_config('quote_all_identifiers', quotes, true);
        IF state = 'new' THEN earlier := earlier + (act = 'check')::int; END IF;
        -- Milliseconds to wait for a lock: few for a strong one, behind which the application waits; more for a vacuum, which then gives way.
        PERFORM set_config('lock_timeout', CASE
          WHEN act IN ('second', 'lock', 'attach') THEN greatest(1, least(100, 5 + attempt * attempt / 100) - extract(epoch FROM clock_timestamp() - since) * 1000)::int
          WHEN EXISTS (SELECT FROM pg_stat_progress_vacuum JOIN pg_locks USING (pid) WHERE relation = ANY (ARRAY[k.conrelid, k.confrelid] || ARRAY(SELECT relid::oid FROM pg_partition_tree(k.conrelid) UNION SELECT relid FROM pg_partition_tree(k.confrelid)))) THEN 3000
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
        ELSIF act = 'second' AND state = 'old' THEN
          FOREACH leaf IN ARRAY coalesce(leaves.with_other, '{}') LOOP
            EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', leaf, name);
          END LOOP;
          FOREACH leaf IN ARRAY coalesce(leaves.without, '{}') LOOP
            EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I %s', leaf, name, added);
            EXECUTE format('COMMENT ON CONSTRAINT %I ON %s IS %L', name, leaf, other_mark);
          END LOOP;
        ELSIF act = 'scan' AND state = 'old' THEN
          FOREACH leaf IN ARRAY coalesce(leaves.not_valid, '{}') LOOP
            EXECUTE format('ALTER TABLE %s VALIDATE CONSTRAINT %I', leaf, name);
          END LOOP;
        ELSIF act = 'attach' AND state = 'old' THEN
          known := (WITH RECURSIVE copies AS (
            SELECT oid, conrelid, conname FROM pg_constraint WHERE confrelid = k.confrelid AND conparentid = k.oid UNION ALL
            SELECT c.oid, c.conrelid, c.conname FROM pg_constraint c JOIN copies ON c.conparentid = copies.oid WHERE c.confrelid = k.confrelid)
            SELECT jsonb_object_agg(conrelid::text, jsonb_build_array(conname, obj_description(oid, 'pg_constraint'))) FROM copies);
          EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %2$I %s', k.child, k.conname, regexp_replace(added, ' NOT VALID$', ''));
          EXECUTE format('COMMENT ON CONSTRAINT %I ON %s IS %L', k.conname, k.conrelid::regclass, nullif(note, ''));
          FOR copy IN WITH RECURSIVE copies AS (
            SELECT oid, conrelid, conname FROM pg_constraint WHERE confrelid = k.confrelid AND conparentid = (SELECT oid FROM pg_constraint WHERE conrelid = k.conrelid AND conname = k.conname) UNION ALL
            SELECT c.oid, c.conrelid, c.conname FROM pg_constraint c JOIN copies ON c.conparentid = copies.oid WHERE c.confrelid = k.confrelid)
            SELECT conrelid::regclass AS relation, conname, coalesce(known -> conrelid::text ->> 0, conname) AS name, known -> conrelid::text ->> 1 AS comment, obj_description(oid, 'pg_constraint') AS has FROM copies
          LOOP
            IF copy.conname <> copy.name THEN
              EXECUTE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', copy.relation, copy.conname, copy.name);
            END IF;
            CONTINUE WHEN copy.comment IS NOT DISTINCT FROM copy.has;
            EXECUTE format('COMMENT ON CONSTRAINT %I ON %s IS %L', copy.name, copy.relation, copy.comment);
          END LOOP;
        ELSIF act = 'attach' THEN -- the second keys of a change the other way, which was interrupted
          FOREACH leaf IN ARRAY coalesce(leaves.with_any, '{}') LOOP
            EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', leaf, name);
          END LOOP;
        END IF;
        IF act = phase THEN RAISE NOTICE 'ondelete: % %/% %', phase, n, total, label; END IF;
      END LOOP; END LOOP; EXIT;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      IF attempt = 100 THEN
        RAISE 'ondelete: %: % after % tries; %', label, SQLERRM, attempt, done USING ERRCODE = 'lock_not_available',
          HINT = 'A long transaction, a prepared transaction, an index build or a vacuum holds a lock (pg_locks). Run this again when it is over.';
      END IF;
    END;
    COMMIT AND CHAIN; PERFORM pg_sleep(least(100, 5 + attempt * attempt / 100) * (0.002 + random() * 0.008)); COMMIT AND CHAIN; -- no lock is held meanwhile
  END LOOP;
  COMMIT AND CHAIN;
  done := CASE phase WHEN 'check' THEN done ELSE format('%s: %s of %s keys are done', phase, least(total, start + size - 1), total) END;
  start := start + size; END LOOP; END LOOP; RAISE NOTICE 'ondelete: % of % keys changed, % were as wanted already', total - earlier, total, earlier;
END
$ondelete$;
\set ondelete_failed :ERROR
\encoding :ondelete_encoding \set ON_ERROR_STOP on
\if :ondelete_failed
DO $$ BEGIN RAISE EXCEPTION 'ondelete: stopped by the error above'; END $$;
\endif
\encoding :ondelete_encoding \set ON_ERROR_STOP :ondelete_on_error_stop
-- ondelete-set: {"set":"STAMP_case","changes":[{"from":["NO ACTION"],"to":["CASCADE"],"keys":[[["public","readings"],["device_id"],["public","devices"],["id"],"readings_device","81b9ec3aeb16f1b9"]]}]}
