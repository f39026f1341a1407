/**
 * What the DO statement needs of transactions: alone it commits after every moment of locks; else it is part of the runner's, whose locks
 * last, and gives back what it set.
 */
import { refuseReadOnly } from './step-body.ts';

/** Tables below this size are scanned and locked in a moment, so their steps may share a transaction: 1,000 pages of 8 kB. */
const smallPages = 1000;

/**
 * What another session has done since is seen only so, whatever the default is, and a key is read anew when its locks are had; CHAIN hands
 * it on to the transactions that follow.
 */
export const readCommitted = 'COMMIT; SET TRANSACTION ISOLATION LEVEL READ COMMITTED; ';

/** A scan takes as long as it takes. PostgreSQL 17 and newer; elsewhere there is no such setting, and nothing is done. */
export const noTransactionTimeout = `PERFORM set_config('transaction_timeout', '0', true) WHERE current_setting('transaction_timeout', true) <> '0';`;

/** Alone, it cannot tell whether it is in a transaction before a COMMIT fails. */
export const failInTransaction = `
  ${refuseReadOnly}
  -- In a transaction that is open already the COMMIT fails, before anything is done: this commits key by key.`;

/**
 * This statement has begun without a timeout and goes on so; the session is as it was, whatever happens from here on. A pooler in transaction
 * mode may give every statement another connection.
 */
export const giveBackTimeout = `
  IF current_setting('ondelete.statement_timeout', true) <> '' THEN
    PERFORM set_config('statement_timeout', current_setting('ondelete.statement_timeout'), false), set_config('ondelete.statement_timeout', '', false);
  ELSIF current_setting('statement_timeout') <> '0' THEN
    RAISE 'ondelete: a pooler gave this statement another connection than the one before; nothing was changed' USING ERRCODE = 'invalid_transaction_state',
      HINT = 'Run this on a direct connection. The other one has no statement_timeout until the pooler opens it anew (PgBouncer: RECONNECT).'; END IF;`;

export const committed = `
  COMMIT AND CHAIN;
  done := CASE phase WHEN 'check' THEN done ELSE format('%s: %s of %s keys are done', phase, least(total, start + size - 1), total) END;`;

export const transactionVariables = `
  waits CONSTANT text := current_setting('lock_timeout'); longest CONSTANT text := current_setting('transaction_timeout', true); held oid[];`;

export const giveBack = `
  PERFORM set_config('lock_timeout', waits, true); PERFORM set_config('transaction_timeout', longest, true) WHERE longest <> '0';`;

/** A runner may put many files into one transaction: then the strong locks of one last while another scans. */
export function refuseLastingLocks(tables: string): string {
  return `
  held := ARRAY(SELECT relation FROM pg_locks JOIN pg_class c ON c.oid = relation AND relkind IN ('r', 'p') AND relnamespace <> 'pg_catalog'::regnamespace
                 WHERE pid = pg_backend_pid() AND locktype = 'relation' AND mode IN ('AccessExclusiveLock', 'ShareRowExclusiveLock'));
  IF held <> '{}' AND ${smallPages} * 8192 < (SELECT sum(pg_relation_size(id)) FROM (SELECT unnest(held) AS id UNION SELECT unnest(${tables})
       FROM pg_constraint con JOIN generate_series(1, total) AS n ON conrelid = to_regclass(keys[n][1]) AND conname = keys[n][2]) AS tables) THEN
    RAISE 'ondelete: this transaction already holds locks on %, and the tables are not small; nothing was changed',
      (SELECT string_agg(DISTINCT id::regclass::text, ', ') FROM unnest(held) AS id) USING ERRCODE = 'object_not_in_prerequisite_state',
      HINT = 'Migrate one step at a time, or switch off the single transaction of the runner: strong locks must not last while rows are scanned.';
  END IF;`;
}

/** Here the block cannot let go of its snapshot, whose end the index build waits for. */
export function refuseIndexBuild(tables: string): string {
  return `
          WHEN EXISTS (SELECT FROM pg_stat_progress_create_index JOIN pg_locks USING (pid) WHERE relation ${tables})
            THEN 'has to wait: an index of one of its tables is being built'`;
}

export const tellOwnRows = `
    WHEN object_in_use THEN
      RAISE 'ondelete: %; nothing was changed', SQLERRM USING ERRCODE = 'object_in_use',
        HINT = 'Rows of these tables were written, or are being read, earlier in this transaction. Run this in a transaction of its own.';`;
