// Deleting a row of public.devices deletes the rows of public.readings that point to it by device_id (CASCADE; before: NO ACTION).
//   key          public.readings(device_id) -> public.devices(id), constraint readings_device
//   rule         ondelete.config.yaml:4  readings -> devices
//   fingerprint  81b9ec3aeb16f1b9
// File 3 of 4: Validate: look at the old rows again, while reads and writes go on
// ondelete-key: {"set":"STAMP_case","kind":"change-on-delete","child":{"schema":"public","name":"readings"},"columns":["device_id"],"parent":{"schema":"public","name":"devices"},"parentColumns":["id"],"constraint":"readings_device","twin":0,"from":{"onDelete":"NO ACTION","onDeleteColumns":null},"to":{"onDelete":"CASCADE","onDeleteColumns":null},"fingerprint":"81b9ec3aeb16f1b9"}

import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // Validate: look at the old rows again, while reads and writes go on
  await run(db, {
    transaction: ['BEGIN', 'COMMIT', 'ROLLBACK'],
    statements: [
      // statement_timeout off: a scan takes as long as it takes; the block itself bounds how long it waits for locks
      `DO $ondelete$
BEGIN
  PERFORM set_config('ondelete.statement_timeout', current_setting('statement_timeout'), true), set_config('statement_timeout', '0', true);
END
$ondelete$`,
      // readings_device on public.readings: the rows of every partition are checked against its twin; reads and writes go on
      // takes SHARE UPDATE EXCLUSIVE on the leaf partitions of public.readings while rows are scanned: blocks schema changes
      // takes ACCESS SHARE on the partitions of public.readings while rows are scanned: blocks schema changes
      // takes ROW SHARE on public.devices while rows are scanned: blocks schema changes
      `DO $ondelete$
DECLARE
  child     CONSTANT regclass := '"public"."readings"';
  parent    CONSTANT regclass := '"public"."devices"';
  tables    CONSTANT oid[]    := ARRAY(SELECT relid FROM pg_partition_tree(child))::oid[] || ARRAY[parent]::oid[];
  key_name  CONSTANT text     := 'readings_device';
  ready     CONSTANT text[]   := ARRAY[
    'FOREIGN KEY ("device_id") REFERENCES "public"."devices"("id")'];
  done      CONSTANT text[]   := ARRAY[
    'FOREIGN KEY ("device_id") REFERENCES "public"."devices"("id") ON DELETE CASCADE'];
  settings  CONSTANT text[]   := ARRAY[current_setting('search_path'), current_setting('quote_all_identifiers'), current_setting('lock_timeout')];
  key       record;
  held      oid[];
  twin_name CONSTANT text     := 'ondelete_twin_9c57091597128a07';
  twin_key  CONSTANT text     := 'FOREIGN KEY ("device_id") REFERENCES "public"."devices"("id") ON DELETE CASCADE';
  leaf      regclass;
  bare      text;
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
              WHERE t.tgisinternal AND p.proname LIKE 'RI_FKey%' AND t.tgenabled <> 'O' AND t.tgconstraint IN (WITH RECURSIVE family AS (SELECT k.oid AS id UNION ALL SELECT c.oid FROM pg_constraint c JOIN family ON c.conparentid = id) SELECT id FROM family)), '') AS state
      INTO key
      FROM pg_constraint k LEFT JOIN pg_description d ON d.objoid = k.oid AND d.classoid = 'pg_constraint'::regclass
     WHERE k.conrelid = child AND k.contype = 'f' AND k.conname = key_name;
    EXIT work WHEN key.state = ANY (done);
    IF key.state IS NULL OR key.state <> ALL (ready) THEN
      RAISE object_not_in_prerequisite_state USING
        MESSAGE = format('ondelete: %s of %s is not as this file knows it, so nothing was changed; expected: %s; found: %s', key_name, child,
          array_to_string(ready, ' or '), coalesce(key.state, (
            SELECT 'this key is called ' || string_agg(quote_ident(conname), ', ') || ' here' FROM pg_constraint
             WHERE conrelid = child AND contype = 'f' AND starts_with(pg_get_constraintdef(oid), 'FOREIGN KEY ("device_id") REFERENCES "public"."devices"("id")')), 'no such key')),
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
        SELECT string_agg(relid::regclass::text, ', ') INTO bare FROM pg_partition_tree(child)
         WHERE isleaf AND NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = relid AND conname = twin_name AND contype = 'f' AND conparentid = 0 AND pg_get_constraintdef(oid) IN (twin_key, twin_key || ' NOT VALID'));
        IF bare <> '' THEN
          RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('ondelete: the partitions %s have no%s key of their own with the new action yet; nothing was changed', bare, ''),
            HINT = 'Partitions were added since the step before. Run that step again, then this one.';
        END IF;
    FOR leaf IN SELECT relid FROM pg_partition_tree(child) WHERE isleaf ORDER BY relid LOOP
    FOR attempt IN 1..20 LOOP
      BEGIN
        PERFORM set_config('lock_timeout', '3s', true);
        EXECUTE format('ALTER TABLE %s VALIDATE CONSTRAINT %I', leaf, twin_name);
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
    END LOOP;
  END work;
  PERFORM set_config('search_path', settings[1], true), set_config('quote_all_identifiers', settings[2], true), set_config('lock_timeout', settings[3], true);
END
$ondelete$`,
      // statement_timeout as it was
      `DO $ondelete$
BEGIN
  PERFORM set_config('statement_timeout', coalesce(nullif(current_setting('ondelete.statement_timeout', true), ''), current_setting('statement_timeout')), true);
END
$ondelete$`,
    ],
    always: [],
    retry: null,
  });
}

// Reverses the file of the same name: restores the rule, not rows that were deleted or changed under the new one.
// Deleting a row of public.devices is refused by the rows of public.readings that point to it by device_id (NO ACTION; before: CASCADE).
// File 3 of 4: Validate: look at the old rows again, while reads and writes go on
export async function down(db: Kysely<unknown>): Promise<void> {
  // Validate: look at the old rows again, while reads and writes go on
  await run(db, {
    transaction: ['BEGIN', 'COMMIT', 'ROLLBACK'],
    statements: [
      // statement_timeout off: a scan takes as long as it takes; the block itself bounds how long it waits for locks
      `DO $ondelete$
BEGIN
  PERFORM set_config('ondelete.statement_timeout', current_setting('statement_timeout'), true), set_config('statement_timeout', '0', true);
END
$ondelete$`,
      // readings_device on public.readings: the rows of every partition are checked against its twin; reads and writes go on
      // takes SHARE UPDATE EXCLUSIVE on the leaf partitions of public.readings while rows are scanned: blocks schema changes
      // takes ACCESS SHARE on the partitions of public.readings while rows are scanned: blocks schema changes
      // takes ROW SHARE on public.devices while rows are scanned: blocks schema changes
      `DO $ondelete$
DECLARE
  child     CONSTANT regclass := '"public"."readings"';
  parent    CONSTANT regclass := '"public"."devices"';
  tables    CONSTANT oid[]    := ARRAY(SELECT relid FROM pg_partition_tree(child))::oid[] || ARRAY[parent]::oid[];
  key_name  CONSTANT text     := 'readings_device';
  ready     CONSTANT text[]   := ARRAY[
    'FOREIGN KEY ("device_id") REFERENCES "public"."devices"("id") ON DELETE CASCADE'];
  done      CONSTANT text[]   := ARRAY[
    'FOREIGN KEY ("device_id") REFERENCES "public"."devices"("id")'];
  settings  CONSTANT text[]   := ARRAY[current_setting('search_path'), current_setting('quote_all_identifiers'), current_setting('lock_timeout')];
  key       record;
  held      oid[];
  twin_name CONSTANT text     := 'ondelete_twin_9c57091597128a07';
  twin_key  CONSTANT text     := 'FOREIGN KEY ("device_id") REFERENCES "public"."devices"("id")';
  leaf      regclass;
  bare      text;
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
              WHERE t.tgisinternal AND p.proname LIKE 'RI_FKey%' AND t.tgenabled <> 'O' AND t.tgconstraint IN (WITH RECURSIVE family AS (SELECT k.oid AS id UNION ALL SELECT c.oid FROM pg_constraint c JOIN family ON c.conparentid = id) SELECT id FROM family)), '') AS state
      INTO key
      FROM pg_constraint k LEFT JOIN pg_description d ON d.objoid = k.oid AND d.classoid = 'pg_constraint'::regclass
     WHERE k.conrelid = child AND k.contype = 'f' AND k.conname = key_name;
    EXIT work WHEN key.state = ANY (done);
    IF key.state IS NULL OR key.state <> ALL (ready) THEN
      RAISE object_not_in_prerequisite_state USING
        MESSAGE = format('ondelete: %s of %s is not as this file knows it, so nothing was changed; expected: %s; found: %s', key_name, child,
          array_to_string(ready, ' or '), coalesce(key.state, (
            SELECT 'this key is called ' || string_agg(quote_ident(conname), ', ') || ' here' FROM pg_constraint
             WHERE conrelid = child AND contype = 'f' AND starts_with(pg_get_constraintdef(oid), 'FOREIGN KEY ("device_id") REFERENCES "public"."devices"("id")')), 'no such key')),
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
        SELECT string_agg(relid::regclass::text, ', ') INTO bare FROM pg_partition_tree(child)
         WHERE isleaf AND NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = relid AND conname = twin_name AND contype = 'f' AND conparentid = 0 AND pg_get_constraintdef(oid) IN (twin_key, twin_key || ' NOT VALID'));
        IF bare <> '' THEN
          RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('ondelete: the partitions %s have no%s key of their own with the new action yet; nothing was changed', bare, ''),
            HINT = 'Partitions were added since the step before. Run that step again, then this one.';
        END IF;
    FOR leaf IN SELECT relid FROM pg_partition_tree(child) WHERE isleaf ORDER BY relid LOOP
    FOR attempt IN 1..20 LOOP
      BEGIN
        PERFORM set_config('lock_timeout', '3s', true);
        EXECUTE format('ALTER TABLE %s VALIDATE CONSTRAINT %I', leaf, twin_name);
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
    END LOOP;
  END work;
  PERFORM set_config('search_path', settings[1], true), set_config('quote_all_identifiers', settings[2], true), set_config('lock_timeout', settings[3], true);
END
$ondelete$`,
      // statement_timeout as it was
      `DO $ondelete$
BEGIN
  PERFORM set_config('statement_timeout', coalesce(nullif(current_setting('ondelete.statement_timeout', true), ''), current_setting('statement_timeout')), true);
END
$ondelete$`,
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
  if (db.isTransaction) return attempt(db, { ...step, transaction: null });
  await db.connection().execute((connection) => attempt(connection, step));
}

async function attempt(connection: Kysely<unknown>, step: Step, attempts = 1): Promise<void> {
  const execute: Execute = async (statement) =>
    (await sql.raw<Record<string, unknown>>(statement).execute(connection)).rows;
  try {
    await runOnce(execute, step);
  } catch (error) {
    const { code, errno } = error as { code?: unknown; errno?: unknown };
    const again = step.retry?.codes.some((one) => one === String(code) || one === String(errno)) ?? false;
    if (step.retry === null || !again || attempts >= step.retry.attempts) throw error;
    const [least, most] = step.retry.pause;
    await new Promise((resolve) => setTimeout(resolve, least + Math.random() * (most - least)));
    return attempt(connection, step, attempts + 1);
  }
}

async function runOnce(execute: Execute, step: Step): Promise<void> {
  try {
    if (step.transaction !== null) await execute(step.transaction[0]);
    for (const statement of step.statements) await execute(statement);
    if (step.transaction !== null) await execute(step.transaction[1]);
  } catch (error) {
    if (step.transaction !== null) await execute(step.transaction[2]).catch(() => []);
    throw error;
  } finally {
    for (const statement of step.always) {
      await execute(statement).catch(() => []);
    }
  }
}
