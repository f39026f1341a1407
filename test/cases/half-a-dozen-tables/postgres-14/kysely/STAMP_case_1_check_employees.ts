// Deleting a row of public.employees sets manager_id to NULL in the rows of public.employees that point to it by manager_id (SET NULL; before: NO ACTION).
//   key          public.employees(manager_id) -> public.employees(id), constraint employees_manager
//   rule         ondelete.config.yaml:4  employees -> employees
//   reason       people leave, their teams stay
//   fingerprint  596131a755a12540
// File 1 of 6: Check: count the rows that point to no parent, before anything is changed
// ondelete-key: {"set":"STAMP_case","kind":"change-on-delete","child":{"schema":"public","name":"employees"},"columns":["manager_id"],"parent":{"schema":"public","name":"employees"},"parentColumns":["id"],"constraint":"employees_manager","twin":0,"from":{"onDelete":"NO ACTION","onDeleteColumns":null},"to":{"onDelete":"SET NULL","onDeleteColumns":null},"fingerprint":"596131a755a12540"}

import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // Check: count the rows that point to no parent, before anything is changed
  await run(db, {
    transaction: ['BEGIN', 'COMMIT', 'ROLLBACK'],
    statements: [
      // statement_timeout off: a scan takes as long as it takes; the block itself bounds how long it waits for locks
      `DO $ondelete$
BEGIN
  PERFORM set_config('ondelete.statement_timeout', current_setting('statement_timeout'), true), set_config('statement_timeout', '0', true);
END
$ondelete$`,
      // employees_manager on public.employees: are there rows without a parent?
      // takes ACCESS SHARE on public.employees while rows are scanned: blocks schema changes
      `DO $ondelete$
DECLARE
  child     CONSTANT regclass := '"public"."employees"';
  parent    CONSTANT regclass := '"public"."employees"';
  tables    CONSTANT oid[]    := ARRAY[child]::oid[];
  key_name  CONSTANT text     := 'employees_manager';
  ready     CONSTANT text[]   := ARRAY[
    'FOREIGN KEY ("manager_id") REFERENCES "public"."employees"("id")',
    'FOREIGN KEY ("manager_id") REFERENCES "public"."employees"("id") ondelete half-done {"from":["SET NULL"],"to":["NO ACTION"]}'];
  done      CONSTANT text[]   := ARRAY[
    'FOREIGN KEY ("manager_id") REFERENCES "public"."employees"("id") ON DELETE SET NULL ondelete half-done {"from":["NO ACTION"],"to":["SET NULL"]}',
    'FOREIGN KEY ("manager_id") REFERENCES "public"."employees"("id") ON DELETE SET NULL'];
  settings  CONSTANT text[]   := ARRAY[current_setting('search_path'), current_setting('quote_all_identifiers'), current_setting('lock_timeout')];
  key       record;
  held      oid[];
  equal     text;
  orphans   bigint;
  sample    text;
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
             WHERE conrelid = child AND contype = 'f' AND starts_with(pg_get_constraintdef(oid), 'FOREIGN KEY ("manager_id") REFERENCES "public"."employees"("id")')), 'no such key')),
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
    IF NOT has_table_privilege(parent, 'SELECT') OR row_security_active(parent) OR row_security_active(child) THEN
      RAISE WARNING 'ondelete: % may not see all rows of % and %, so the rows without a parent are not counted', current_user, child, parent;
      EXIT work;
    END IF;
    equal := (SELECT string_agg(format('parent.%I OPERATOR(%s) child.%I', p.attname, pair.equals::regoper, c.attname), ' AND ')
      FROM pg_constraint k, unnest(k.conkey, k.confkey, k.conpfeqop) AS pair (c, p, equals), pg_attribute c, pg_attribute p
     WHERE k.oid = key.oid AND c.attrelid = k.conrelid AND c.attnum = pair.c AND p.attrelid = k.confrelid AND p.attnum = pair.p);
    EXECUTE 'SELECT count(*), string_agg(label, '', '') FILTER (WHERE n <= 3) FROM (SELECT row_number() OVER () AS n, ROW(child."manager_id")::text AS label FROM ONLY "public"."employees" AS child LEFT JOIN ONLY "public"."employees" AS parent ON ' || equal || ' WHERE parent."id" IS NULL AND (child."manager_id" IS NOT NULL)) AS orphan' INTO orphans, sample;
    IF orphans > 0 THEN
      RAISE foreign_key_violation USING
        MESSAGE = format('ondelete: %s rows of %s point to no row of %s by %s, such as %s; nothing was changed', orphans, child, parent, key_name, sample),
        HINT = 'VALIDATE would fail on them. Mend or delete them first.';
    END IF;
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
// Deleting a row of public.employees is refused by the rows of public.employees that point to it by manager_id (NO ACTION; before: SET NULL).
// File 1 of 6: Check: count the rows that point to no parent, before anything is changed
export async function down(db: Kysely<unknown>): Promise<void> {
  // Check: count the rows that point to no parent, before anything is changed
  await run(db, {
    transaction: ['BEGIN', 'COMMIT', 'ROLLBACK'],
    statements: [
      // statement_timeout off: a scan takes as long as it takes; the block itself bounds how long it waits for locks
      `DO $ondelete$
BEGIN
  PERFORM set_config('ondelete.statement_timeout', current_setting('statement_timeout'), true), set_config('statement_timeout', '0', true);
END
$ondelete$`,
      // employees_manager on public.employees: the old rows are checked; reads and writes go on
      // takes SHARE UPDATE EXCLUSIVE on public.employees while rows are scanned: blocks schema changes
      `DO $ondelete$
DECLARE
  child     CONSTANT regclass := '"public"."employees"';
  parent    CONSTANT regclass := '"public"."employees"';
  tables    CONSTANT oid[]    := ARRAY[child]::oid[];
  key_name  CONSTANT text     := 'employees_manager';
  ready     CONSTANT text[]   := ARRAY[
    'FOREIGN KEY ("manager_id") REFERENCES "public"."employees"("id") ondelete half-done {"from":["SET NULL"],"to":["NO ACTION"]}'];
  done      CONSTANT text[]   := ARRAY[
    'FOREIGN KEY ("manager_id") REFERENCES "public"."employees"("id")'];
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
             WHERE conrelid = child AND contype = 'f' AND starts_with(pg_get_constraintdef(oid), 'FOREIGN KEY ("manager_id") REFERENCES "public"."employees"("id")')), 'no such key')),
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
        ALTER TABLE ONLY "public"."employees" VALIDATE CONSTRAINT "employees_manager";
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
