/** A large change cut into parts that can be run, stopped and reverted one by one. */
import { groupBy } from '../core/group-by.ts';
import type { Change } from '../core/model.ts';
import { tableId } from '../core/names.ts';

/**
 * @param size how many keys a batch takes at most, from 1; null for one batch
 * @returns the keys of one parent lie in one batch wherever that many fit, so that the parent is locked in one run
 */
export function batchesOf(changes: readonly Change[], size: number | null): readonly (readonly Change[])[] {
  if (size === null || changes.length <= size) return changes.length === 0 ? [] : [changes];
  const batches: Change[][] = [];
  for (const keys of groupBy(changes, ({ foreignKey }) => tableId(foreignKey.parent)).values()) {
    const last = batches.at(-1);
    if (last !== undefined && last.length + keys.length <= size) last.push(...keys);
    else for (let at = 0; at < keys.length; at += size) batches.push(keys.slice(at, at + size));
  }
  return batches;
}
