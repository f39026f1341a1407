/**
 * The skeleton of every DO block that ondelete writes for PostgreSQL:
 *   1. look at the key without a lock: already as wanted → nothing to do; in a state the file does not know → stop;
 *   2. stop if strong locks of this transaction would outlast the work, unless the tables are small;
 *   3. the work of the block;
 *   4. every setting back to what it was. After an error the rollback does that.
 */
import type { Fragment } from '../../sql/ddl.ts';
import type { ForeignKey, Statement, Work } from '../../../src/core/model.ts';
import { ddl, type KeySql, type KeyState } from './key-sql.ts';
import { markPrefix } from '../progress-comment.ts';

/** Tables below this size are scanned and locked in a moment, so their steps may share a transaction: 1,000 pages of 8 kB. */
export const smallPages = 1000;

/**
 * A strong lock stops the application behind it, so each try waits for it briefly: 5 ms at first, 10 at the twentieth, 30 at the
 * fiftieth, 100 at the last. Short tries find a gap among short transactions; the longer ones are for applications that leave none. It must
 * stay below deadlock_timeout (1 s), else the deadlock detector ends transactions of the application (measured: 81 in 40 swaps).
 */
const strongMilliseconds = 'least(100, 5 + attempt * attempt / 100)';
/** Of the time that the tries take, the application waits a seventh on average; hundred tries are over after half a minute. */
const strongPause = `${strongMilliseconds} * (0.002 + random() * 0.008)`;
const weakPause = '0.05 + random() * 0.3';
/**
 * A weak lock stops nobody. Above deadlock_timeout, because autovacuum gives way only to whoever has waited that long (measured on 14:
 * behind an autovacuum of the child, 20 tries of 100 ms fail, and one wait for the weak lock is over after a second).
 */
const weakLockTimeout = '3s';

export interface Block {
  readonly sql: KeySql;
  /** States from which the work is done. */
  readonly ready: readonly KeyState[];
  /** States in which there is nothing left to do. */
  readonly done: readonly KeyState[];
  /** `swap` takes strong locks on the key's tables, `scan` reads their rows. */
  readonly takes: 'swap' | 'scan';
  readonly declare: Fragment;
  readonly work: Fragment;
  /** Work for keys that are `done`, before the block ends; nothing as a rule. */
  readonly tidy?: Fragment;
}

/** A block that does one thing. */
export function statementOf(sql: string, work: Work): Statement {
  return { sql, comment: work.comment, work: [work] };
}

/** The text of one DO statement. */
export function doBlock(block: Block): string {
  const { sql } = block;
  const { key } = sql;
  const ready = states(block.ready);
  const done = states(block.done);
  const quote = dollarQuote(key, [ready, done]);
  return ddl.text(ddl.sql`DO ${quote}
${sql.constants}
  ready     CONSTANT text[]   := ${ready};
  done      CONSTANT text[]   := ${done};
  settings  CONSTANT text[]   := ARRAY[current_setting('search_path'), current_setting('quote_all_identifiers'), current_setting('lock_timeout')];
  key       record;
  held      oid[];${block.declare}
BEGIN
  PERFORM set_config('search_path', '', true), set_config('quote_all_identifiers', 'on', true);
  <<work>>
  BEGIN
    -- In which state is the key?${key.childPartitioned || key.parentPartitioned ? lookWithCopies : look}${block.tidy ?? nothing}${stopUnlessReady(sql)}
    -- Would strong locks of this transaction outlast the work?${guards[block.takes]}${block.work}
  END work;
  PERFORM set_config('search_path', settings[1], true), set_config('quote_all_identifiers', settings[2], true), set_config('lock_timeout', settings[3], true);
END
${quote}`);
}

/** From here on this try waits for strong locks; within `tries('strong', …)`. */
export const boundStrongWait = ddl.sql`
        PERFORM set_config('lock_timeout', ${ddl.raw(strongMilliseconds)} || 'ms', true);`;
/** From here on this try waits for weak locks. */
export const boundWeakWait = ddl.sql`
        PERFORM set_config('lock_timeout', '${ddl.raw(weakLockTimeout)}', true);`;

/** Tries the work until its locks can be had. Each try is a subtransaction: between tries nothing is held. */
export function tries(locks: keyof typeof loops, work: Fragment): Fragment {
  const { begin, end } = loops[locks];
  return ddl.sql`${begin}${work}${end}`;
}

const loops = { weak: loop(20, weakPause), strong: loop(100, strongPause) };

function loop(attempts: number, pause: string): { readonly begin: Fragment; readonly end: Fragment } {
  const last = ddl.raw(String(attempts));
  return {
    begin: ddl.sql`
    FOR attempt IN 1..${last} LOOP
      BEGIN`,
    end: ddl.sql`
        EXIT;
      EXCEPTION
        WHEN lock_not_available OR deadlock_detected THEN
          IF attempt = ${last} THEN
            RAISE lock_not_available USING
              MESSAGE = format('ondelete: no lock on %s and %s after %s tries; nothing was changed', child, parent, attempt),
              HINT = 'A long transaction, a prepared transaction or a vacuum against wraparound holds one of them (pg_locks). Run this again when it is over.';
          END IF;
          PERFORM pg_sleep(${ddl.raw(pause)});
        WHEN object_in_use THEN
          RAISE object_in_use USING
            MESSAGE = format('ondelete: %s; nothing was changed', SQLERRM),
            HINT = 'Rows of these tables were written, or are being read, earlier in this transaction. Run this in a transaction of its own.';
      END;
    END LOOP;`,
  };
}

const nothing = ddl.raw('');

function lookAt(whoseTriggers: string): Fragment {
  return ddl.sql`
    SELECT k.oid, k.xmin, k.conindid, coalesce(d.description, '') AS comment,
           CASE WHEN starts_with(d.description, '${ddl.raw(markPrefix)}')
                THEN regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID$', '') || ' ' || split_part(d.description, chr(10), 1)
                ELSE pg_get_constraintdef(k.oid) END
           || ${triggerText(whoseTriggers)} AS state
      INTO key
      FROM pg_constraint k LEFT JOIN pg_description d ON d.objoid = k.oid AND d.classoid = 'pg_constraint'::regclass
     WHERE k.conrelid = child AND k.contype = 'f' AND k.conname = key_name;`;
}
const look = lookAt('= k.oid');
const lookWithCopies = lookAt(
  'IN (WITH RECURSIVE family AS (SELECT k.oid AS id UNION ALL SELECT c.oid FROM pg_constraint c JOIN family ON c.conparentid = id) SELECT id FROM family)',
);

function stopUnlessReady(sql: KeySql): Fragment {
  return ddl.sql`
    EXIT work WHEN key.state = ANY (done);
    IF key.state IS NULL OR key.state <> ALL (ready) THEN
      RAISE object_not_in_prerequisite_state USING
        MESSAGE = format('ondelete: %s of %s is not as this file knows it, so nothing was changed; expected: %s; found: %s', key_name, child,
          array_to_string(ready, ' or '), coalesce(key.state, ${elsewhere(sql)}, 'no such key')),
        HINT = 'Run "ondelete diff" to see the keys of this database.';
    END IF;`;
}

/** Where the key stands under another name: names differ between environments. */
function elsewhere({ reference }: KeySql): Fragment {
  return ddl.sql`(
            SELECT 'this key is called ' || string_agg(quote_ident(conname), ', ') || ' here' FROM pg_constraint
             WHERE conrelid = child AND contype = 'f' AND starts_with(pg_get_constraintdef(oid), ${ddl.literal(ddl.text(reference))}))`;
}

/** Adding a key sets its internal triggers to `origin`, so other states are part of what a file must find. */
function triggerText(whose: string): Fragment {
  return ddl.sql`coalesce((
             SELECT string_agg(label, '' ORDER BY label COLLATE "C")
               FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid, format(' [%s %s %s]',
                    CASE WHEN p.proname LIKE 'RI_FKey_check%' THEN 'child' ELSE 'parent' END,
                    CASE right(p.proname, 3) WHEN 'ins' THEN 'insert' WHEN 'upd' THEN 'update' ELSE 'delete' END, t.tgenabled) AS label
              WHERE t.tgisinternal AND p.proname LIKE 'RI_FKey%' AND t.tgenabled <> 'O' AND t.tgconstraint ${ddl.raw(whose)}), '')`;
}

/**
 * A runner may put many files into one transaction: then the locks of one file last until the end of all of them.
 * For a swap that is told by a strong lock on another table, or by a weaker one on its own (`check` has read it here).
 */
function guardAgainst(foreign: string): Fragment {
  return ddl.sql`
    held := ARRAY(SELECT relation FROM pg_locks JOIN pg_class ON pg_class.oid = relation AND relkind IN ('r', 'p')
                   WHERE pid = pg_backend_pid() AND locktype = 'relation' AND granted AND relnamespace <> 'pg_catalog'::regnamespace
                   GROUP BY relation HAVING ${ddl.raw(foreign)});
    IF held <> '{}' AND (SELECT sum(pg_relation_size(t)) FROM unnest(tables || held) AS t) > ${ddl.raw(`${smallPages} * 8192`)} THEN
      RAISE object_not_in_prerequisite_state USING
        MESSAGE = format('ondelete: this transaction already holds locks on %s, and the tables are not small; nothing was changed',
          (SELECT string_agg(t::regclass::text, ', ') FROM unnest(held) AS t)),
        HINT = 'Migrate one step at a time, or switch off the single transaction of the runner: strong locks must not last while rows are scanned.';
    END IF;`;
}
const guards = {
  scan: guardAgainst(`bool_or(mode IN ('AccessExclusiveLock', 'ShareRowExclusiveLock'))`),
  swap: guardAgainst(
    `CASE WHEN relation = ANY (tables) THEN NOT bool_or(mode = 'AccessExclusiveLock') ELSE bool_or(mode IN ('AccessExclusiveLock', 'ShareRowExclusiveLock')) END`,
  ),
};

function states(list: readonly KeyState[]): Fragment {
  const texts = new Set(list.map(({ literal }) => ddl.text(literal)));
  return ddl.sql`ARRAY[
    ${ddl.raw([...texts].join(',\n    '))}]`;
}

/**
 * Dollar quotes whose tag occurs in no name, so that no name can close them. All that a block holds of the database is in the names of
 * the key and in its states.
 */
function dollarQuote(key: ForeignKey, states: readonly Fragment[]): Fragment {
  const { name, child, parent, columns, parentColumns } = key;
  const names = [name, child.schema, child.name, parent.schema, parent.name, ...columns, ...parentColumns];
  const texts = [names.join('\0'), ...states.map((state) => ddl.text(state))];
  return unusedTag((tag) => texts.some((text) => text.includes(tag)));
}

/** A DO statement around a text that may hold anything. */
export function doText(body: Fragment): string {
  const text = ddl.text(body);
  const quote = unusedTag((tag) => text.includes(tag));
  return ddl.text(ddl.sql`DO ${quote}\n${body}\n${quote}`);
}

function unusedTag(holds: (tag: string) => boolean): Fragment {
  let tag = '$ondelete$';
  for (let n = 2; holds(tag.slice(0, -1)); n += 1) tag = `$ondelete_${n}$`;
  return ddl.raw(tag);
}
