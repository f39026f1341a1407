/**
 * How a key that can be NOT VALID changes its action without a moment in which it is not enforced:
 *
 *   before ──swap──▶ halfway ──validate──▶ after       up
 *   after ───swap──▶ back ────validate──▶ before       down: the same, with both ends exchanged
 *
 * The swap is `DROP CONSTRAINT x, ADD CONSTRAINT x … NOT VALID` in one statement, which is atomic, under strong locks for a few ms. A NOT
 * VALID key is enforced for everything that happens from then on, on old rows too: NOT VALID says only that old rows were not looked at
 * again. VALIDATE scans, under weak locks (measured with 3M rows: the application waits 4 ms instead of 1.6 s). In between the key carries a
 * mark in its comment (half-done-mark.ts). Keys that are NOT VALID or NOT ENFORCED as they stand are swapped only.
 */
import type { EmitContext } from '../../../src/core/contracts/engine.ts';
import type { Change, StepBody, Step, Operation, Direction } from '../../../src/core/model.ts';
import { block, checkPhase, type Phase, takeLocks } from './block.ts';
import { keepTriggers, optionalLines } from './optional-lines.ts';
import { type DirectedChange, directedChanges, isSwapped, isValidated } from './directed-change.ts';
import { rowsOf } from './key-rows.ts';
import { nothing, runInside, runOutside, transaction } from './step-body.ts';
import { counts, swaps, validates } from './operations.ts';

/**
 * How many keys of one parent are swapped under the same strong locks where the statement may commit in between. Measured on 18 with 100 children of one
 * parent, a thousand short transactions a second on all of them, on a busy machine; worst wait of the application in ms, seconds for all swaps:
 *
 *   keys at once           1        5       20       100
 *   quiet               44, 1.0  56, 1.3  192, 1.1   631, 1.6
 *   behind a 3 s reader 48, 3.5  88, 2.9  295, 2.9   725, 1.9
 *   storm               86, 14  124, 5.7  190, 2.5   979, 14      transactions that take parent and child in both orders
 *
 * Five at once lock a parent of many keys a fifth as often, and keep the application waiting little longer than one.
 */
const swapsAtOnce = 5;

/** Weak locks on the tables first, for which a vacuum makes room; then the strong ones, briefly. */
const swap: Phase = { name: 'swap', acts: ['reserve', 'lock', 'swap'], keysAtOnce: swapsAtOnce };
const swapAll: Phase = { ...swap, keysAtOnce: null };
const validate: Phase = { name: 'validate', acts: ['validate'], keysAtOnce: 1 };

export function swapSteps(changes: readonly Change[], context: EmitContext): readonly Step[] {
  if (changes.length === 0) return [];
  return context.wraps === 'nothing' ? [oneStep(changes, context)] : twoSteps(changes, context);
}

type Act = typeof swaps | typeof counts | typeof validates;

/** The statement may commit by itself, and does so after each key. */
function oneStep(changes: readonly Change[], context: EmitContext): Step {
  const body = (direction: Direction): StepBody => {
    const directed = directedChanges(changes, direction);
    return runOutside(
      {
        sql: statement(directed, direction, [checkPhase, swap, validate], context),
        comment: `All keys are checked, then swapped, then validated. A swap locks both tables for milliseconds; up to ${swapsAtOnce} keys of one parent share these locks.`,
        operations: context.withOperations
          ? [
              ...counts(directed, direction),
              ...swaps(directed, direction, context.schema, swapsAtOnce),
              ...validates(directed, direction),
            ]
          : [],
      },
      context.runner,
    );
  };
  return {
    slug: 'change',
    title: 'Check all keys, swap each of them, validate each of them',
    keys: changes.map(({ foreignKey }) => foreignKey),
    transaction: null,
    alone: false,
    up: body('up'),
    down: body('down'),
  };
}

/**
 * In a runner's transaction no lock can be let go: all locks of the swaps are taken together, and the scans are another migration. Its
 * reverse swaps back, so that the reverse of the first has only to validate; that one swaps no more than what the second never came to.
 *
 *             up                   down
 *   swap      swap all keys        validate; swap back first what `validate` never came to
 *   validate  validate each key    swap all keys back
 */
function twoSteps(changes: readonly Change[], context: EmitContext): readonly Step[] {
  const { schema, withOperations } = context;
  const [up, down] = [directedChanges(changes, 'up'), directedChanges(changes, 'down')];
  const hasSwaps = up.some((change) => isSwapped(change, 'up'));
  const hasValidates = up.some((change) => isValidated(change, 'up'));
  const operationsOf = (
    directed: readonly DirectedChange[],
    direction: Direction,
    ...acts: readonly Act[]
  ): readonly Operation[] =>
    withOperations ? acts.flatMap((act) => act(directed, direction, schema, null)) : [];
  const swapBack = runInside({
    sql: statement(down, 'down', [checkPhase, swapAll], context),
    comment: 'All keys are checked, then all are swapped under the same locks.',
    operations: operationsOf(down, 'down', counts, swaps),
  });
  const first: Omit<Step, 'keys' | 'transaction' | 'alone'> = {
    slug: 'swap',
    title: 'Swap: drop each key and add it with the new action, in one statement',
    up: !hasSwaps
      ? nothing('the keys have their new action already')
      : runInside({
          sql: statement(up, 'up', [checkPhase, swapAll], context),
          comment: 'All keys are checked, then all are swapped under the same locks.',
          operations: operationsOf(up, 'up', counts, swaps),
        }),
    down: !hasSwaps
      ? nothing('the keys have their old action already')
      : runInside({
          sql: statement(down, 'down', [checkPhase, swapAll, validate], context),
          comment: 'Each key is validated; one that never was on the way up is swapped back first.',
          operations: operationsOf(down, 'down', hasValidates ? validates : swaps),
        }),
  };
  const second: typeof first = {
    slug: 'validate',
    title: 'Validate: look at the old rows again, while reads and writes go on',
    up: !hasValidates
      ? nothing('the keys stay NOT VALID as they were')
      : runInside({
          sql: statement(up, 'up', [validate], context),
          comment: 'Each key is validated; reads and writes go on.',
          operations: operationsOf(up, 'up', validates),
        }),
    down: !hasValidates ? nothing('the keys were swapped only') : swapBack,
  };
  const keys = changes.map(({ foreignKey }) => foreignKey);
  return [first, second]
    .filter(({ up, down }) => up.kind === 'run' || down.kind === 'run')
    .map((step) => ({ ...step, keys, transaction, alone: true }));
}

function statement(
  directed: readonly DirectedChange[],
  direction: Direction,
  phases: readonly Phase[],
  context: EmitContext,
): string {
  const rows = rowsOf(directed);
  const optional = optionalLines(directed, rows, direction, context.schema);
  const { copies } = optional;
  return block(context, {
    rows,
    phases,
    optional,
    whereDone: 'next key',
    actions: `${takeLocks}
        ELSIF act = 'swap' AND state = 'old' THEN${copies.read}
          EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %2$I %s', k.child, k.conname, added);
          IF (SELECT conindid FROM pg_constraint WHERE conrelid = k.conrelid AND conname = k.conname) <> k.conindid THEN
            RAISE 'ondelete: % would come to rest on another index of %; %', label, k.parent, done USING ERRCODE = 'object_not_in_prerequisite_state'; END IF;
          EXECUTE format('COMMENT ON CONSTRAINT %I ON %s IS %L', k.conname, k.conrelid::regclass, nullif(concat_ws(chr(10), mark, nullif(note, '')), ''));${keepTriggers(rows)}${copies.restore}
        ELSIF act = 'validate' AND state = 'half' THEN
          EXECUTE format('ALTER TABLE %s VALIDATE CONSTRAINT %I', k.child, k.conname);
          EXECUTE format('COMMENT ON CONSTRAINT %I ON %s IS %L', k.conname, k.conrelid::regclass, nullif(note, ''));`,
  });
}
