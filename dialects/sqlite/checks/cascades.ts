/** How a delete travels over keys on SQLite. Pure. */
import type { Cascading } from '../../../src/core/contracts/engine.ts';
import { parentMismatch } from './parent.ts';

/**
 * NO ACTION is counted and looked at when the statement ends, or the transaction; RESTRICT acts with the parent's row, so the order of keys
 * decides: https://sqlite.org/foreignkeys.html#fk_actions. A delete follows 1,000 keys, and one less in a table that refers to itself
 * (SQLITE_MAX_TRIGGER_DEPTH; measured on 3.53: chains of 1,001 tables and of 1,000 rows in one table pass).
 */
export function cascading(): Cascading {
  return {
    refusalTiming: (key) => (key.onDelete === 'NO ACTION' ? 'at the end' : 'at once'),
    mostLevels: 1000,
    writesDefaults: true,
    invalidReason: parentMismatch,
    cascadeHazards: () => new Map(),
  };
}
