/** What a statement does to one key, and the locks that takes; a live test compares them with pg_locks. */
import { sameTable } from '../../../src/core/names.ts';
import type { ForeignKey, KeyEnd, Lock, TableName } from '../../../src/core/model.ts';

type Declared = readonly [mode: string, blocks: Lock['blocks']];

const accessExclusive: Declared = ['ACCESS EXCLUSIVE', 'reads and writes'];
const shareRowExclusive: Declared = ['SHARE ROW EXCLUSIVE', 'writes'];
const shareUpdateExclusive: Declared = ['SHARE UPDATE EXCLUSIVE', 'schema changes'];
// The two weakest let everything go on but what takes ACCESS EXCLUSIVE, such as ADD COLUMN or DETACH PARTITION.
const rowShare: Declared = ['ROW SHARE', 'schema changes'];
const accessShare: Declared = ['ACCESS SHARE', 'schema changes'];

export function countLocks(key: ForeignKey): readonly Lock[] {
  return bothTrees(key, accessShare, 'while rows are scanned');
}

export function swapLocks(key: ForeignKey): readonly Lock[] {
  return bothTrees(key, accessExclusive, 'for a moment');
}

/** VALIDATE reads both tables, and locks the parent as a reader of the key would: the table itself ROW SHARE, its partitions by the query alone. */
export function validateLocks(key: ForeignKey): readonly Lock[] {
  const held = 'while rows are scanned';
  const child = treeLock(key, 'child', shareUpdateExclusive, held);
  return sameTable(key.child, key.parent) ? [child] : [child, ...readParent(key, held)];
}

/**
 * A partitioned child before 18: the leaves get keys of their own, after the weak lock on the whole of it. Where those of an interrupted
 * change to another action stand, they are dropped first, which takes the strongest lock.
 */
export function secondLocks(key: ForeignKey, others: 'others stand' | 'none stands'): readonly Lock[] {
  const held = 'for a moment';
  const strong = others === 'others stand' ? accessExclusive : shareRowExclusive;
  const parent = treeLock(key, 'parent', strong, held);
  if (sameTable(key.child, key.parent)) return [parent];
  return [
    treeLock(key, 'child', shareUpdateExclusive, held),
    { ...on(key.child, strong, held), partitions: 'leaves' },
    parent,
  ];
}

/** Listing the leaves reads all partitions but not their root. */
export function secondScanLocks(key: ForeignKey): readonly Lock[] {
  const held = 'while rows are scanned';
  const leaves: Lock = { ...on(key.child, shareUpdateExclusive, held), partitions: 'leaves' };
  const listed: Lock = { ...on(key.child, accessShare, held), partitions: 'only' };
  return sameTable(key.child, key.parent)
    ? [leaves, ...readParent(key, held)]
    : [leaves, listed, ...readParent(key, held)];
}

function readParent(key: ForeignKey, held: Lock['held']): readonly Lock[] {
  const table = on(key.parent, rowShare, held);
  if (!key.parentPartitioned) return [table];
  return [table, { ...on(key.parent, accessShare, held), partitions: 'only' }];
}

function bothTrees(key: ForeignKey, declared: Declared, held: Lock['held']): readonly Lock[] {
  const child = treeLock(key, 'child', declared, held);
  return sameTable(key.child, key.parent) ? [child] : [child, treeLock(key, 'parent', declared, held)];
}

/** The table and, where it is partitioned, all its partitions. */
function treeLock(key: ForeignKey, end: KeyEnd, declared: Declared, held: Lock['held']): Lock {
  const partitioned = end === 'child' ? key.childPartitioned : key.parentPartitioned;
  const lock = on(key[end], declared, held);
  return partitioned ? { ...lock, partitions: 'too' } : lock;
}

function on(table: TableName, [mode, blocks]: Declared, held: Lock['held']): Lock {
  return { mode, table, blocks, held };
}
