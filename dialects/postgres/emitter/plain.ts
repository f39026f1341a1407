/** --plain: the bare statements. Keys that need more than those go the usual way all the same. */
import type { EmitContext } from '../../../src/core/contracts/engine.ts';
import type { Change, StepBody, Statement, Step, Operation } from '../../../src/core/model.ts';
import { ddl, nameOf } from '../key-sql.ts';
import { needsSecondKeys } from './partitioned.ts';
import { type Direction, type DirectedChange, directedChanges } from './key-rows.ts';
import { nothing, run, transaction } from './settings.ts';
import { swaps, validates } from './preview.ts';

/** Below deadlock_timeout (1 s), which block.ts explains; long enough for a runner that tries again. */
const longestWait = `'500ms'`;

/**
 * Whether DROP and ADD lose nothing of the key but its comment, which one more statement brings back. Several statements in one message are
 * one transaction, in which VALIDATE would scan under the locks of the swap.
 */
export function canBePlain(context: EmitContext): (change: Change) => boolean {
  const goesAnotherWay = needsSecondKeys(context);
  return (change) => {
    if (context.runner.oneMessage === true) return false;
    const { childPartitioned, halfDone, triggers } = change.foreignKey;
    return !goesAnotherWay(change) && !childPartitioned && triggers.length === 0 && halfDone === null;
  };
}

export function plainSteps(changes: readonly Change[], { schema, wraps }: EmitContext): readonly Step[] {
  if (changes.length === 0) return [];
  const keys = changes.map(({ foreignKey }) => foreignKey);
  const swapsOf = (change: DirectedChange, direction: Direction): readonly Statement[] => [
    ...swaps([change], direction, schema, 1).map(bare),
    ...commentAgain(change),
  ];
  const validatesOf = (change: DirectedChange, direction: Direction): readonly Statement[] =>
    validates([change], direction).map(bare);
  if (wraps === 'nothing') {
    const body = (direction: Direction): StepBody =>
      run(
        [
          setting('SET lock_timeout ='),
          ...directedChanges(changes, direction).flatMap((change) => [
            ...swapsOf(change, direction),
            ...validatesOf(change, direction),
          ]),
        ],
        [{ sql: 'RESET lock_timeout', comment: '', operations: [] }],
      );
    const title = 'Swap and validate each key';
    return [
      { slug: 'change', title, keys, transaction: null, alone: false, up: body('up'), down: body('down') },
    ];
  }
  const body = (of: typeof swapsOf, direction: Direction): StepBody => {
    const statements = directedChanges(changes, direction).flatMap((change) => of(change, direction));
    if (statements.length === 0) return nothing('the keys stay NOT VALID as they were');
    const reset = { sql: 'SET LOCAL lock_timeout = DEFAULT', comment: '', operations: [] };
    return run([setting('SET LOCAL lock_timeout ='), ...statements, reset], []);
  };
  const second: Pick<Step, 'up' | 'down'> = { up: body(validatesOf, 'up'), down: body(swapsOf, 'down') };
  const isSwappedOnly = second.up.kind === 'nothing';
  const first = {
    slug: 'swap',
    title: 'Swap: drop each key and add it with the new action, in one statement',
    up: body(swapsOf, 'up'),
    down: isSwappedOnly ? second.down : body(validatesOf, 'down'),
  };
  const validate = {
    slug: 'validate',
    title: 'Validate: look at the old rows again, while reads and writes go on',
    ...second,
  };
  return (isSwappedOnly ? [first] : [first, validate]).map((step) => ({
    ...step,
    keys,
    transaction,
    alone: true,
  }));
}

function setting(set: string): Statement {
  return { sql: `${set} ${longestWait}`, comment: '', operations: [] };
}

function bare(operation: Operation): Statement {
  return { sql: operation.sql, comment: '', operations: [operation] };
}

function commentAgain({ key }: DirectedChange): readonly Statement[] {
  if (key.comment === null) return [];
  const sql = ddl.sql`COMMENT ON CONSTRAINT ${ddl.id(nameOf(key))} ON ${ddl.table(key.child)} IS ${ddl.literal(key.comment)}`;
  return [{ sql: ddl.text(sql), comment: '', operations: [] }];
}
