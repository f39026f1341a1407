/** Locks in words. Pure. */
import { groupBy } from './group-by.ts';
import type { Lock } from './model.ts';
import { tableText } from './names.ts';

/** `takes ACCESS EXCLUSIVE on shop.orders, shop.items for a moment: blocks reads and writes`: one line per kind of lock, for messages. */
export function locksInWords(locks: readonly Lock[]): readonly string[] {
  const groups = groupBy(locks, ({ blocks, held, mode }) => `${mode}\0${held}\0${blocks}`);
  return [...groups.values()].flatMap((group) => {
    const tables = group.map(lockedText).join(', ');
    return group
      .slice(0, 1)
      .map(({ blocks, held, mode }) => `takes ${mode} on ${tables} ${held}: blocks ${blocks}`);
  });
}

function lockedText({ table, partitions }: Lock): string {
  const name = tableText(table);
  if (partitions === undefined) return name;
  if (partitions === 'too') return `${name} and its partitions`;
  return partitions === 'only' ? `the partitions of ${name}` : `the leaf partitions of ${name}`;
}
