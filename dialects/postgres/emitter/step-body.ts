/** One direction of a step. statement_timeout is off meanwhile: a scan takes as long as it takes, and the block bounds its waits for locks. */
import type { Runner } from '../../../src/core/contracts/engine.ts';
import type { StepBody, Statement } from '../../../src/core/model.ts';
import { guard } from '../../sql/guard.ts';

export const transaction = { begin: 'BEGIN', commit: 'COMMIT', rollback: 'ROLLBACK' };

export function nothing(reason: string): StepBody {
  return { kind: 'nothing', reason };
}

/**
 * Outside a transaction it takes two statements more. The first tells in which transaction it was made, so that the next stops where it runs
 * in the same: a COMMIT in the block would fail as well, but less clearly, and psql would go on to the end of the file.
 * By its number, and not by its time: PGlite's clock has whole milliseconds, so that two transactions in three looked like one (measured on 0.5.16).
 * The clock of statement_timeout starts with a statement, so a block cannot stop its own: the next switches it off for the session, and the
 * block gives it back first of all (block.ts). Where none is set, nothing is. A file that is one message can hold the block alone: beside
 * another statement it would be in a transaction.
 */
export function runOutside(statement: Statement, { oneMessage }: Runner): StepBody {
  if (oneMessage === true) return run([statement], []);
  const first = setting(`set_config('ondelete.transaction', txid_current()::text, true)`, refuseReadOnly);
  return run([first, refuseTransaction, statement], []);
}

const refuseTransaction =
  guard(`DO $$ BEGIN IF current_setting('ondelete.transaction', true) = txid_current()::text THEN
  RAISE 'ondelete: this commits key by key, so not in a transaction, and not with psql -1; nothing was changed' USING ERRCODE = 'active_sql_transaction';
END IF; IF current_setting('statement_timeout') <> '0' THEN -- the next statement gives it back
  PERFORM set_config('ondelete.statement_timeout', current_setting('statement_timeout'), false), set_config('statement_timeout', '0', false); END IF; END $$`);

/** A runner may share its transaction among files, so even a local value would outlive the step. */
export function runInside(statement: Statement): StepBody {
  const before = setting(
    `set_config('ondelete.statement_timeout', current_setting('statement_timeout'), true),
  set_config('statement_timeout', '0', true)`,
    refuseReadOnly,
  );
  const after = setting(`set_config('statement_timeout', ${kept}, true)`);
  return run([before, statement, after], []);
}

const kept = `coalesce(nullif(current_setting('ondelete.statement_timeout', true), ''),
  current_setting('statement_timeout'))`;

/** A standby would refuse one thing or the other, further down and in other words. */
export const refuseReadOnly = `IF current_setting('transaction_read_only') = 'on' THEN
  RAISE 'ondelete: this is a standby or read-only, so run this on the primary; nothing was changed' USING ERRCODE = 'read_only_sql_transaction'; END IF;`;

function setting(calls: string, before = ''): Statement {
  return guard(`DO $$ BEGIN ${before === '' ? '' : `${before}\n  `}PERFORM ${calls}; END $$`);
}

export function run(statements: readonly Statement[], always: readonly Statement[]): StepBody {
  return { kind: 'run', statements, always, retry: null, fallback: [] };
}
