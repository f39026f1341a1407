/**
 * How an ON DELETE action is changed on PostgreSQL without a moment in which the key is not enforced.
 *
 *   check     up:   count the rows that point to no parent; stop if there are any        (reads only)
 *             down: VALIDATE CONSTRAINT                                                  (weak locks, scans)
 *   swap      up:   ALTER TABLE child DROP CONSTRAINT x, ADD CONSTRAINT x … NOT VALID    (strong locks, a few ms, no scan)
 *             down: the same with the old action
 *   validate  up:   VALIDATE CONSTRAINT                                                  (weak locks, scans)
 *             down: nothing
 *
 * DROP and ADD in one ALTER are atomic, and a NOT VALID key is enforced for everything that happens from then on, on old
 * rows too: NOT VALID says only that old rows were not looked at again. Both directions swap first and scan later, each
 * in a transaction of its own, so no strong lock is held during a scan (measured with 3M rows: 4 ms instead of 1.6 s).
 *
 * Between swap and validate the key carries a mark in its comment (progress-comment.ts), so every block knows where it stands:
 *
 *   before ──swap──▶ middle ──validate──▶ after        middle: new action, NOT VALID, marked
 *   before ◀──check── back ◀───swap─── after           back:   old action, NOT VALID, marked
 *
 * Keys that are NOT VALID or NOT ENFORCED as they stand are swapped only. Partitioned children before 18, which know no
 * NOT VALID key, go another way: partitioned.ts.
 */
import type { EmitContext, Emitter } from '../../../src/core/contracts/engine.ts';
import { groupBy } from '../../../src/core/group-by.ts';
import { tableId } from '../../../src/core/names.ts';
import type { Change, ForeignKey, Side, Statement, Step } from '../../../src/core/model.ts';
import { ddl, keySql } from './key-sql.ts';
import { partitionSteps } from './partitioned.ts';
import { type KeyStep, type Skip, swapSteps } from './swap.ts';

export const emitter: Emitter = {
  emit,
  createIndex: (key) =>
    ddl.text(
      ddl.sql`CREATE INDEX ${ddl.raw(key.childPartitioned ? '' : 'CONCURRENTLY ')}ON ${ddl.table(key.child)} (${ddl.ids(key.columns)})`,
    ),
};

/**
 * Pure: the steps for changes that were judged possible. Locks add up within a transaction, so only keys that need locks on the very
 * same tables share one: there is one set of steps per pair of child and parent.
 */
function emit(changes: readonly Change[], { schema, capabilities }: EmitContext): readonly Step[] {
  const byTables = groupBy(
    changes,
    ({ foreignKey: { child, parent } }) => `${tableId(child)}\0${tableId(parent)}`,
  );
  const needsTwins = (key: ForeignKey): boolean =>
    key.childPartitioned && capabilities['notValidOnPartitioned']?.has !== true;
  return [...byTables.values()].flatMap((group) => {
    const keys = group.map(({ foreignKey: key }) => key);
    const steps = group.map((change) => {
      const sql = keySql(change.foreignKey, schema.table(change.foreignKey.parent));
      return needsTwins(change.foreignKey) ? partitionSteps(change, sql) : swapSteps(change, sql);
    });
    // keys of one child go the same way, and those of a partitioned one, which lock all of its partitions, one by one
    return keys.some(needsTwins)
      ? steps.flatMap((own, at) => stepsOf(keys.slice(at, at + 1), [own]))
      : stepsOf(keys, steps);
  });
}

/** The steps of several keys; those in which neither direction has anything to do are left out. */
function stepsOf(keys: readonly ForeignKey[], ofKeys: readonly (readonly KeyStep[])[]): readonly Step[] {
  return (ofKeys[0] ?? []).flatMap(({ slug, title, alone }, at) => {
    const own = ofKeys.flatMap((steps) => steps.slice(at, at + 1));
    const up = side(own.map((step) => step.up));
    const down = side(own.map((step) => step.down));
    if (up.kind === 'nothing' && down.kind === 'nothing') return [];
    return [{ slug, title, keys, transaction, alone, up, down }];
  });
}

const transaction = { begin: 'BEGIN', commit: 'COMMIT', rollback: 'ROLLBACK' };

/** The blocks wait for locks and try again by themselves: PL/pgSQL can, so every runner may. */
function side(work: readonly (Statement | Skip)[]): Side {
  const statements = work.flatMap((one) => ('sql' in one ? [one] : []));
  if (statements.length === 0) {
    const reasons = work.flatMap((one) => ('reason' in one ? [one.reason] : []));
    return { kind: 'nothing', reason: [...new Set(reasons)].join('; ') };
  }
  const scans = statements.some((statement) => statement.work.some((one) => one.scans.length > 0));
  return {
    kind: 'run',
    statements: [scans ? noTimeoutForScan : noTimeoutForSwap, ...statements, timeoutAsBefore],
    always: [],
    retry: null,
    fallback: [],
  };
}

/**
 * The clock of statement_timeout starts with the statement, so a DO block cannot stop its own: it is set in a statement before.
 * A runner may share the transaction among files, so SET LOCAL would outlive the step: a setting of our own, local too, keeps the value.
 */
const noTimeoutForSwap: Statement = {
  sql: `DO $ondelete$
BEGIN
  PERFORM set_config('ondelete.statement_timeout', current_setting('statement_timeout'), true), set_config('statement_timeout', '0', true);
END
$ondelete$`,
  comment: 'statement_timeout off: the block itself bounds how long it waits for locks',
  work: [],
};
const noTimeoutForScan: Statement = {
  ...noTimeoutForSwap,
  comment:
    'statement_timeout off: a scan takes as long as it takes; the block itself bounds how long it waits for locks',
};
const timeoutAsBefore: Statement = {
  sql: `DO $ondelete$
BEGIN
  PERFORM set_config('statement_timeout', coalesce(nullif(current_setting('ondelete.statement_timeout', true), ''), current_setting('statement_timeout')), true);
END
$ondelete$`,
  comment: 'statement_timeout as it was',
  work: [],
};
