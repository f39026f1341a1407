/** Locks in words. Pure. */
import { groupBy } from './group-by.ts';
import type { Lock } from './model.ts';
import { tableText } from './names.ts';

/**
 * `takes ACCESS EXCLUSIVE on shop.orders, shop.items for a moment: blocks reads and writes`: one line per kind of lock.
 * @param most how many tables a line names before it counts the others
 */
export function locksInWords(locks: readonly Lock[], most = Infinity): readonly string[] {
  const groups = groupBy(locks, ({ blocks, held, mode }) => `${mode}\0${held}\0${blocks}`);
  return [...groups.values()].flatMap((group) => {
    const rest = group.length - most;
    const named = group.slice(0, most).map(lockedText).join(', ');
    const tables = rest > 0 ? `${named} and ${rest} more` : named;
    return group
      .slice(0, 1)
      .map(({ blocks, held, mode }) => `takes ${mode} on ${tables} ${held}: blocks ${blocks}`);
  });
}

export function lockedText({ table, partitions }: Lock): string {
  if (table === null) return 'the whole file';
  const name = tableText(table);
  if (partitions === undefined) return name;
  if (partitions === 'too') return `${name} and its partitions`;
  return partitions === 'only' ? `the partitions of ${name}` : `the leaf partitions of ${name}`;
}
