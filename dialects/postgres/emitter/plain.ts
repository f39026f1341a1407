/** --plain: the bare statements. Keys that need more than those go the usual way all the same. */
import type { EmitContext } from '../../../src/core/contracts/engine.ts';
import type { Change, StepBody, Statement, Step, Operation, Direction } from '../../../src/core/model.ts';
import { ddl, nameOf } from '../key-sql.ts';
import { type DirectedChange, directedChanges } from './directed-change.ts';
import { nothing, run, transaction } from './step-body.ts';
import { swaps, validates } from './operations.ts';
import { guard } from '../../sql/guard.ts';

/** Below deadlock_timeout (1 s), after which the server cancels an autovacuum; long enough for a runner that tries again. */
const longestWait = `'500ms'`;

/**
 * A scan takes as long as it takes: a VALIDATE that statement_timeout ends leaves a key with the wanted action that is NOT VALID, and `diff`
 * has nothing more to change.
 */
const noTimeout = 'statement_timeout = 0';

/**
 * Whether DROP and ADD lose nothing of the key but its comment, which one more statement brings back. Several statements in one message are
 * one transaction, in which VALIDATE would scan under the locks of the swap.
 */
export function canBePlain({ foreignKey }: Change, { runner }: EmitContext): boolean {
  const { childPartitioned, halfDone, triggers } = foreignKey;
  return runner.oneMessage !== true && !childPartitioned && triggers.length === 0 && halfDone === null;
}

export function plainSteps(changes: readonly Change[], { schema, wraps }: EmitContext): readonly Step[] {
  if (changes.length === 0) return [];
  const keys = changes.map(({ foreignKey }) => foreignKey);
  const swapsOf = (change: DirectedChange, direction: Direction): readonly Statement[] => [
    ...swaps([change], direction, schema, 1).map(bare),
    ...restoreComment(change),
  ];
  const validatesOf = (change: DirectedChange, direction: Direction): readonly Statement[] =>
    validates([change], direction).map(bare);
  if (wraps === 'nothing') {
    const body = (direction: Direction): StepBody =>
      run(
        [
          guard(`SET lock_timeout = ${longestWait}`),
          guard(`SET ${noTimeout}`),
          ...directedChanges(changes, direction).flatMap((change) => [
            ...swapsOf(change, direction),
            ...validatesOf(change, direction),
          ]),
        ],
        [guard('RESET lock_timeout'), guard('RESET statement_timeout')],
      );
    const title = 'Swap and validate each key';
    return [
      { slug: 'change', title, keys, transaction: null, alone: false, up: body('up'), down: body('down') },
    ];
  }
  const body = (of: typeof swapsOf, direction: Direction): StepBody => {
    const statements = directedChanges(changes, direction).flatMap((change) => of(change, direction));
    if (statements.length === 0) return nothing('the keys stay NOT VALID as they were');
    const begin = [guard(`SET LOCAL lock_timeout = ${longestWait}`), guard(`SET LOCAL ${noTimeout}`)];
    const end = [guard('SET LOCAL lock_timeout = DEFAULT'), guard('SET LOCAL statement_timeout = DEFAULT')];
    return run([...begin, ...statements, ...end], []);
  };
  const validateBodies: Pick<Step, 'up' | 'down'> = {
    up: body(validatesOf, 'up'),
    down: body(swapsOf, 'down'),
  };
  const isSwappedOnly = validateBodies.up.kind === 'nothing';
  const swapStep = {
    slug: 'swap',
    title: 'Swap: drop each key and add it with the new action, in one statement',
    up: body(swapsOf, 'up'),
    down: isSwappedOnly ? validateBodies.down : body(validatesOf, 'down'),
  };
  const validate = {
    slug: 'validate',
    title: 'Validate: look at the old rows again, while reads and writes go on',
    ...validateBodies,
  };
  return (isSwappedOnly ? [swapStep] : [swapStep, validate]).map((step) => ({
    ...step,
    keys,
    transaction,
    alone: true,
  }));
}

function bare(operation: Operation): Statement {
  return { sql: operation.sql, comment: '', operations: [operation] };
}

function restoreComment({ key }: DirectedChange): readonly Statement[] {
  if (key.comment === null) return [];
  const sql = ddl.sql`COMMENT ON CONSTRAINT ${ddl.id(nameOf(key))} ON ${ddl.table(key.child)} IS ${ddl.literal(key.comment)}`;
  return [guard(ddl.text(sql))];
}
