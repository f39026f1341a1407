/** How a delete travels over keys on PostgreSQL. Pure. */
import type { Cascading } from '../../../src/core/contracts/engine.ts';

/**
 * Cascades and checks are triggers of one queue, fired level by level: a key that refuses looks one level below its parent's
 * row, in the order of the triggers' names. RESTRICT and an undeferred NO ACTION do not differ in this; a deferred NO ACTION looks at
 * the end (measured on 14.23: with root <- a, root <- b <- a all pass, with root <- x <- b refuse, deferred pass).
 * There is no limit to the levels (measured: 2,000 rows in one table).
 */
export function cascading(): Cascading {
  return {
    refusalTiming: (key) =>
      key.onDelete === 'NO ACTION' && key.deferrability === 'INITIALLY DEFERRED'
        ? 'at the end'
        : 'level by level',
    mostLevels: null,
    writesDefaults: true,
    invalidReason: () => null,
    cascadeHazards: () => new Map(),
  };
}
