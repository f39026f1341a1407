/**
 * The steps that change the ON DELETE action of keys on PostgreSQL: one DO statement for all keys where it may commit by itself; in a
 * runner's transaction one that swaps, and in another transaction one that validates. swap.ts tells how a key changes, block.ts how the
 * statement is built, partitioned.ts which keys go another way. Pure.
 */
import type { Emitter } from '../../../src/core/contracts/engine.ts';
import { groupBy } from '../../../src/core/group-by.ts';
import { compareKeys, compareTables } from '../../../src/core/names.ts';
import type { Change } from '../../../src/core/model.ts';
import { ddl } from '../key-sql.ts';
import { needsSecondKeys, partitionedSteps } from './partitioned.ts';
import { canBePlain, plainSteps } from './plain.ts';
import { swapSteps } from './swap.ts';
import { unprovenEngineOf, unprovenSteps } from './unproven.ts';

export const emitter: Emitter = {
  emit: (changes, context) => {
    const formOf = (change: Change): 'unproven' | 'plain' | 'partitioned' | 'swap' => {
      if (unprovenEngineOf(change, context.schema) !== null) return 'unproven';
      if (context.plain && canBePlain(change, context)) return 'plain';
      return needsSecondKeys(change, context) ? 'partitioned' : 'swap';
    };
    const forms = groupBy(changes.toSorted(compareParents), formOf);
    return [
      ...unprovenSteps(forms.get('unproven') ?? [], context),
      ...plainSteps(forms.get('plain') ?? [], context),
      ...swapSteps(forms.get('swap') ?? [], context),
      ...partitionedSteps(forms.get('partitioned') ?? [], context),
    ];
  },
  countsOrphans: ({ plain }) => !plain,
  createIndex: (key) =>
    ddl.text(
      ddl.sql`CREATE INDEX ${ddl.raw(key.childPartitioned ? '' : 'CONCURRENTLY ')}ON ${ddl.table(key.child)} (${ddl.ids(key.columns)})`,
    ),
};

/** Keys of one parent lie together, so that a lock on it can serve several. */
function compareParents({ foreignKey: a }: Change, { foreignKey: b }: Change): number {
  return compareTables(a.parent, b.parent) || compareKeys(a, b);
}
