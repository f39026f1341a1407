/**
 * The DO statement that changes keys: the keys as rows of text, and below them the machinery, which is the same in every file.
 * It goes through its phases, and in each of them through the keys. What it does to a key depends on how it finds it, so that a statement
 * that was interrupted goes on where it stopped, and one that is run again does nothing.
 */
import { markPrefix } from '../half-done-mark.ts';
import type { EmitContext } from '../../../src/core/contracts/engine.ts';
import { dollarQuote } from '../key-sql.ts';
import type { Rows } from './key-rows.ts';
import {
  committed,
  failInTransaction,
  giveBack,
  giveBackTimeout,
  noTransactionTimeout,
  readCommitted,
  refuseIndexBuild,
  refuseLastingLocks,
  tellOwnRows,
  transactionVariables,
} from './block-transactions.ts';

/**
 * A strong lock stops the application behind it, so a try waits for its strong locks briefly, for all of them together: 5 ms at first, 10 at
 * the twentieth, 30 at the fiftieth, 100 at the last. Short tries find a gap among short transactions; the longer ones are for applications
 * that leave none. It must stay below deadlock_timeout (1 s), else the deadlock detector ends transactions of the application (measured: 81
 * in 40 swaps). Of the time that the tries take, the application waits a seventh on average; a hundred tries are over after half a minute.
 */
const tries = 100;
const strongWait = 'least(100, 5 + attempt * attempt / 100)';

/**
 * A weak lock stops nobody. Its wait stays below deadlock_timeout too: CREATE INDEX CONCURRENTLY waits for the end of this session's
 * transaction while this session waits for the lock of the index build, and after a second the detector would end the build (measured: 4 of
 * 4). Autovacuum gives way only to whoever has waited longer than that (measured on 14), so a vacuum is waited for longer.
 */
const weakWait = { vacuum: 3000, others: 100 };

/** What is done to all keys before the next phase begins. */
export interface Phase<Name extends string = string> {
  readonly name: Name;
  /** What it does while it holds the same locks; the last one has the phase's name. */
  readonly acts: readonly string[];
  /** How many keys of one parent share a moment of locks; null: all keys share one. */
  readonly keysAtOnce: number | null;
}

export const checkPhase: Phase<'check'> = { name: 'check', acts: ['check'], keysAtOnce: 1 };

/**
 * Transactions that take both tables in one order meet a deadlock in the making with a swap that takes them in the other, and only there
 * (measured against child and then parent: 23 and 57 s with the parent always first, 2 and 3 s in turn). Who may not lock the parent leaves
 * that to the ALTER TABLE, which locks the child first.
 */
export const takeLocks = `        ELSIF act IN ('reserve', 'lock') AND state = 'old' THEN
          EXECUTE format('LOCK TABLE %s IN %s MODE', CASE
              WHEN NOT has_table_privilege(k.confrelid, 'UPDATE, DELETE, TRUNCATE') THEN k.child -- ALTER TABLE locks the parent then
              WHEN attempt % 2 = 1 THEN k.parent || ', ' || k.child ELSE k.child || ', ' || k.parent END,
            CASE act WHEN 'lock' THEN 'ACCESS EXCLUSIVE' ELSE 'SHARE UPDATE EXCLUSIVE' END);`;

/** Lines that only some keys need; empty where a file has none of them. */
export interface OptionalLines {
  readonly variables: string;
  /** How a key is told whose triggers are not enabled as usual: an expression over its pg_constraint `con`. */
  readonly triggers: string;
  /** The tables of a key, given what holds its row of pg_constraint: as an array, and as `IN (…)`. */
  readonly tables: { readonly array: (key: string) => string; readonly among: (key: string) => string };
  /** How the states of a key differ from the usual. */
  readonly states: string;
  /** Further reasons to stop, as `WHEN … THEN …`. */
  readonly problems: string;
  /** Around the statement that drops and adds a key of which the partitions hold copies. */
  readonly copies: { readonly read: string; readonly restore: string };
}

interface Block {
  readonly rows: Rows;
  readonly phases: readonly Phase[];
  readonly optional: OptionalLines;
  /** What is done where a key is as wanted already. */
  readonly whereDone: 'next key' | 'go on';
  /** What is done to a key, as `ELSIF act = '…' AND state = '…' THEN …`. */
  readonly actions: string;
}

export function block(
  { runner, wraps }: EmitContext,
  { rows, phases, optional, whereDone, actions }: Block,
): string {
  // It commits after every moment of locks; else it is part of the runner's transaction.
  const commits = wraps === 'nothing';
  const quote = dollarQuote(rows.text);
  const onlyIf = (condition: boolean, text: string): string => (condition ? text : '');
  return `DO ${quote}
DECLARE
  keys CONSTANT text[] := ARRAY[
    -- ${rows.header}
${rows.text}];
  total CONSTANT int := array_length(keys, 1); path CONSTANT text := current_setting('search_path'); phase text; act text; start int; size int; example text;
  quotes CONSTANT text := current_setting('quote_all_identifiers'); k record; orphans bigint; problem text; state text; done text := 'nothing was changed';
  label text; before text; after text; added text; mark text; halfway text; back text; was text; note text; is_now text; since timestamptz;${onlyIf(commits, ' earlier int := 0;')}${onlyIf(!commits, transactionVariables)}${optional.variables}
BEGIN${onlyIf(commits, runner.oneMessage === true ? failInTransaction : giveBackTimeout)}
  ${onlyIf(commits, readCommitted)}FOREACH phase IN ARRAY ARRAY[${phases.map(({ name }) => `'${name}'`).join(', ')}] LOOP${onlyIf(!commits, refuseLastingLocks(optional.tables.array('con')))}
  start := 1; WHILE start <= total LOOP
  size := ${sizeOf(phases)};${sameParent(phases)}
  FOR attempt IN 1..${tries} LOOP ${noTransactionTimeout}
    BEGIN
      FOREACH act IN ARRAY ${actsOf(phases)} LOOP
      since := clock_timestamp(); FOR n IN start..least(total, start + size - 1) LOOP
${readKey(rows, optional)}
${check(optional, phases, commits, whereDone)}
${actions}
        END IF;
        IF act = phase THEN RAISE NOTICE 'ondelete: % %/% %', phase, n, total, label; END IF;
      END LOOP; END LOOP; EXIT;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      IF attempt = ${tries} THEN
        RAISE 'ondelete: %: % after % tries; %', label, SQLERRM, attempt, done USING ERRCODE = 'lock_not_available',
          HINT = 'A long transaction, a prepared transaction, an index build or a vacuum holds a lock (pg_locks). Run this again when it is over.';
      END IF;${onlyIf(!commits, tellOwnRows)}
    END;
    ${onlyIf(commits, 'COMMIT AND CHAIN; ')}PERFORM pg_sleep(${strongWait} * (0.002 + random() * 0.008));${onlyIf(commits, ' COMMIT AND CHAIN;')} -- no lock is held meanwhile
  END LOOP;${onlyIf(commits, committed)}
  start := start + size; END LOOP; END LOOP;${commits ? closing : giveBack}
END
${quote}`;
}

/** The check takes one key at a time, and waits for nothing where a key is done, so none is counted twice. */
function leaveDone(whereDone: Block['whereDone'], commits: boolean): string {
  const next = whereDone === 'next key';
  if (commits)
    return `
        IF state = 'new' THEN earlier := earlier + (act = 'check')::int; ${next ? 'CONTINUE; ' : ''}END IF;`;
  return next ? "\n        CONTINUE WHEN state = 'new';" : '';
}

const closing = ` RAISE NOTICE 'ondelete: % of % keys changed, % were as wanted already', total - earlier, total, earlier;`;

function sizeOf(phases: readonly Phase[]): string {
  const all = phases.filter(({ keysAtOnce }) => keysAtOnce === null);
  if (all.length === 0) return '1';
  return `CASE phase ${all.map(({ name }) => `WHEN '${name}' THEN total`).join(' ')} ELSE 1 END`;
}

/** The rows of a parent lie together; behind the last row there is NULL, which ends the loop as well. */
function sameParent(phases: readonly Phase[]): string {
  const parent = (row: string): string => `substring(keys[${row}][3], ' REFERENCES .*[(]')`;
  return phases
    .filter(({ keysAtOnce }) => keysAtOnce !== null && keysAtOnce > 1)
    .map(
      ({ keysAtOnce, name }) => `
  WHILE phase = '${name}' AND size < ${keysAtOnce ?? 1} -- while the next key has the same parent
    AND ${parent('start')} = ${parent('start + size')} LOOP size := size + 1; END LOOP;`,
    )
    .join('');
}

function actsOf(phases: readonly Phase[]): string {
  const cases = phases.filter(({ acts }) => acts.length > 1);
  if (cases.length === 0) return 'ARRAY[phase]';
  const texts = cases.map(
    ({ name, acts }) => `WHEN '${name}' THEN ARRAY[${acts.map((act) => `'${act}'`).join(', ')}]`,
  );
  return `CASE phase ${texts.join(' ')} ELSE ARRAY[phase] END`;
}

/** `ondelete half-done {"from":"NO ACTION","to":"CASCADE"}`; half-done-mark.ts reads it. */
export function markOf(from: string, to: string): string {
  return `format('${markPrefix}{"from":%s,"to":%s}', to_json(${from}), to_json(${to}))`;
}

/** With an empty search_path, and all names quoted, pg_get_constraintdef prints what the rows say. */
function readKey({ cell }: Rows, { states, triggers }: OptionalLines): string {
  const rest = cell.rest === null ? '' : ` || ${cell.rest}`;
  const usual =
    cell.triggers === null
      ? 'k.triggers'
      : `CASE k.triggers WHEN ${cell.triggers} THEN '' ELSE k.triggers END`;
  return `        -- The key is old, half (swapped, not validated: its comment begins with a mark) or new; note is the comment of its owner.
        PERFORM set_config('search_path', '', true), set_config('quote_all_identifiers', 'on', true);
        SELECT con.*, pg_get_constraintdef(con.oid) AS text, coalesce(obj_description(con.oid, 'pg_constraint'), '') AS comment, p.relnamespace AS schema,
               CASE c.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END || conrelid::regclass AS child, pg_has_role(c.relowner, 'USAGE') AS owns_child,
               CASE p.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END || confrelid::regclass AS parent, pg_has_role(p.relowner, 'USAGE') AS owns_parent,
               (SELECT indisprimary AND indkey::text = array_to_string(confkey, ' ') FROM pg_index WHERE indexrelid = conindid) AS on_primary_key,
               (SELECT format('(%s)', string_agg(quote_ident(attname), ', ' ORDER BY place)) FROM unnest(confkey) WITH ORDINALITY AS u (number, place)
                  JOIN pg_attribute ON attrelid = confrelid AND attnum = number) AS parent_columns,
               ${triggers} AS triggers
          INTO k FROM pg_constraint con JOIN pg_class c ON c.oid = conrelid JOIN pg_class p ON p.oid = confrelid
         WHERE conrelid = to_regclass(keys[n][1]) AND contype = 'f' AND conname = keys[n][2];
        IF k.text IS NULL AND k.conname = keys[n][2] THEN RAISE lock_not_available USING MESSAGE = 'the key is being changed elsewhere'; END IF;
        label   := keys[n][1] || translate(substring(keys[n][3], '[(].*?[)]'), '"', '');
        before  := keys[n][3] || coalesce(' ON DELETE ' || nullif(keys[n][4], 'NO ACTION'), '')${rest};
        after   := keys[n][3] || coalesce(' ON DELETE ' || nullif(keys[n][5], 'NO ACTION'), '')${rest};
        added   := CASE WHEN k.on_primary_key THEN replace(after, '"' || k.parent_columns, '"') ELSE after END || ' NOT VALID';
        mark    := ${markOf('keys[n][4]', 'keys[n][5]')}; halfway := after || ' ' || mark;
        back    := before || ' ' || ${markOf('keys[n][5]', 'keys[n][4]')};${states}
        was     := CASE WHEN starts_with(k.comment, '${markPrefix}') THEN split_part(k.comment, chr(10), 1) ELSE '' END;
        note    := CASE was WHEN '' THEN k.comment ELSE substr(k.comment, length(was) + 2) END;
        is_now  := CASE was WHEN '' THEN k.text ELSE regexp_replace(k.text, ' NOT VALID$', '') || ' ' || was END || ${usual};
        state   := CASE is_now WHEN after THEN 'new' WHEN halfway THEN 'half' WHEN before THEN 'old' WHEN back THEN 'old' END;`;
}

/** The statement that is executed for the key whose row of pg_constraint is `k`: how many there are, and the first. */
const countInBlock = `(SELECT format('SELECT count(*), min(ROW(%s)::text) FROM %s AS c LEFT JOIN %s AS p ON %s WHERE p.%I IS NULL AND (%s)',
                       string_agg(format('c.%I', c.attname), ', '), k.child, k.parent,
                       string_agg(format('p.%I OPERATOR(%s) c.%I', p.attname, equals::regoper, c.attname), ' AND '), min(p.attname),
                       string_agg(format('c.%I IS NOT NULL', c.attname), CASE k.confmatchtype WHEN 'f' THEN ' OR ' ELSE ' AND ' END))
                       FROM unnest(k.conkey, k.confkey, k.conpfeqop) AS pair (cn, pn, equals)
                       JOIN pg_attribute c ON c.attrelid = k.conrelid AND c.attnum = cn JOIN pg_attribute p ON p.attrelid = k.confrelid AND p.attnum = pn)`;

/** Rows are read, in the count as in VALIDATE, with the caller's own search_path, on which functions of their indexes may rely. */
function check(
  { problems, tables }: OptionalLines,
  phases: readonly Phase[],
  commits: boolean,
  whereDone: Block['whereDone'],
): string {
  const strong = phases.flatMap(({ acts }) => acts.slice(1)).map((act) => `'${act}'`);
  const briefly =
    strong.length === 0
      ? ''
      : `
          WHEN act IN (${strong.join(', ')}) THEN greatest(1, ${strongWait} - extract(epoch FROM clock_timestamp() - since) * 1000)::int`;
  return `        problem := CASE
          WHEN state IS NULL OR act = 'validate' AND state = 'old' THEN format('is not as this file knows it; expected: %s or %s; found: %s', before, after,
            coalesce(is_now, (SELECT 'this key is called ' || string_agg(quote_ident(conname), ', ') || ' here' FROM pg_constraint
              WHERE conrelid = to_regclass(keys[n][1]) AND contype = 'f' AND starts_with(pg_get_constraintdef(oid), keys[n][3])), 'no such key'))
          WHEN state = 'new' THEN NULL
          WHEN NOT k.owns_child OR NOT has_schema_privilege(k.schema, 'USAGE')
            OR EXISTS (SELECT FROM unnest(k.confkey) AS a WHERE NOT has_column_privilege(k.confrelid, a, 'REFERENCES'))
            THEN format('cannot be added by %s, who has to own %s and to have USAGE and REFERENCES on %s', current_user, k.child, k.parent)
          WHEN halfway <> after AND (row_security_active(k.conrelid) OR row_security_active(k.confrelid) AND k.owns_parent)
            THEN format('cannot be validated by %s, from whom row security hides rows', current_user)${problems}${commits ? '' : refuseIndexBuild(tables.among('k'))}
        END;
        PERFORM set_config('search_path', path, true), set_config('quote_all_identifiers', quotes, true);${leaveDone(whereDone, commits)}
        -- Milliseconds to wait for a lock: few for a strong one, behind which the application waits; more for a vacuum, which then gives way.
        PERFORM set_config('lock_timeout', CASE${briefly}
          WHEN EXISTS (SELECT FROM pg_stat_progress_vacuum JOIN pg_locks USING (pid) WHERE relation ${tables.among('k')}) THEN ${weakWait.vacuum}
          ELSE ${weakWait.others} END::text, true);
        IF act = 'check' AND state = 'old' AND problem IS NULL AND halfway <> after THEN
          IF NOT row_security_active(k.confrelid) AND (SELECT bool_and(has_column_privilege(k.conrelid, c, 'SELECT')
              AND has_column_privilege(k.confrelid, p, 'SELECT')) FROM unnest(k.conkey, k.confkey) AS a (c, p)) THEN
            EXECUTE ${countInBlock}
               INTO orphans, example;
            problem := CASE WHEN orphans > 0 THEN format('has rows that point to no row of %s: %s, such as %s', k.parent, orphans, example) END;
          ELSE
            RAISE WARNING 'ondelete: % may not see all rows of % and %, so rows without a parent are not counted', current_user, k.child, k.parent;
        END IF; END IF;
        IF problem IS NOT NULL THEN
          RAISE 'ondelete: % of % %; %', keys[n][2], keys[n][1], problem, done USING ERRCODE = 'object_not_in_prerequisite_state';`;
}
