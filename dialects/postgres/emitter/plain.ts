/** --plain: the bare statements. Keys that need more than those go the usual way all the same. */
import type { EmitContext } from '../../../src/core/contracts/engine.ts';
import type { Change, Side, Statement, Step, Work } from '../../../src/core/model.ts';
import { ddl, nameOf } from '../key-sql.ts';
import { needsSecondKeys } from './partitioned.ts';
import { type Direction, type Way, waysOf } from './key-rows.ts';
import { nothing, run, transaction } from './settings.ts';
import { swaps, validates } from './preview.ts';

/** Below deadlock_timeout (1 s), which block.ts explains; long enough for a runner that tries again. */
const longestWait = `'500ms'`;

/**
 * Whether DROP and ADD lose nothing of the key but its comment, which one more statement brings back. Several statements in one message are
 * one transaction, in which VALIDATE would scan under the locks of the swap.
 */
export function isPlain(context: EmitContext): (change: Change) => boolean {
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
  const swapsOf = (way: Way, direction: Direction): readonly Statement[] => [
    ...swaps([way], direction, schema, 1).map(bare),
    ...commentAgain(way),
  ];
  const validatesOf = (way: Way, direction: Direction): readonly Statement[] =>
    validates([way], direction).map(bare);
  if (wraps === 'nothing') {
    const side = (direction: Direction): Side =>
      run(
        [
          setting('SET lock_timeout ='),
          ...waysOf(changes, direction).flatMap((way) => [
            ...swapsOf(way, direction),
            ...validatesOf(way, direction),
          ]),
        ],
        [{ sql: 'RESET lock_timeout', comment: '', work: [] }],
      );
    const title = 'Swap and validate each key';
    return [
      { slug: 'change', title, keys, transaction: null, alone: false, up: side('up'), down: side('down') },
    ];
  }
  const side = (of: typeof swapsOf, direction: Direction): Side => {
    const statements = waysOf(changes, direction).flatMap((way) => of(way, direction));
    if (statements.length === 0) return nothing('the keys stay NOT VALID as they were');
    const reset = { sql: 'SET LOCAL lock_timeout = DEFAULT', comment: '', work: [] };
    return run([setting('SET LOCAL lock_timeout ='), ...statements, reset], []);
  };
  const second: Pick<Step, 'up' | 'down'> = { up: side(validatesOf, 'up'), down: side(swapsOf, 'down') };
  const isSwappedOnly = second.up.kind === 'nothing';
  const first = {
    slug: 'swap',
    title: 'Swap: drop each key and add it with the new action, in one statement',
    up: side(swapsOf, 'up'),
    down: isSwappedOnly ? second.down : side(validatesOf, 'down'),
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
  return { sql: `${set} ${longestWait}`, comment: '', work: [] };
}

function bare(work: Work): Statement {
  return { sql: work.sql, comment: '', work: [work] };
}

function commentAgain({ key }: Way): readonly Statement[] {
  if (key.comment === null) return [];
  const sql = ddl.sql`COMMENT ON CONSTRAINT ${ddl.id(nameOf(key))} ON ${ddl.table(key.child)} IS ${ddl.literal(key.comment)}`;
  return [{ sql: ddl.text(sql), comment: '', work: [] }];
}
