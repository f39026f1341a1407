/** Which unique index of the parent a key rests on when it is dropped and added again. */
import type { ForeignKey, Index, Snapshot } from '../../../src/core/model.ts';
import { tableNamed } from '../../../src/core/schema-index.ts';

/** Whether the key rests on the parent's primary key in the primary key's own column order. Pure. */
export function recreated(key: ForeignKey, snapshot: Snapshot): { readonly onPrimaryKey: boolean } {
  const primary = tableNamed(snapshot, key.parent)?.indexes.find((index) => index.primary);
  const onPrimaryKey =
    primary !== undefined &&
    primary.name === key.referencedIndex &&
    sameColumns(primary.columns, key.parentColumns);
  return { onPrimaryKey };
}

function sameColumns(index: readonly (string | null)[], key: readonly string[]): boolean {
  return index.length === key.length && index.every((column, n) => column === key[n]);
}

/** An index as far as the server's choice depends on it. */
export interface Candidate {
  readonly oid: number;
  readonly index: Index;
  /** Unique, not partial, not deferrable: what a foreign key may rest on. */
  readonly usable: boolean;
}

/**
 * The index that `ADD FOREIGN KEY … REFERENCES parent[(columns)]` would take: the primary key where the columns can be left out,
 * else the oldest usable unique index over the set of columns, in any order (measured on 12 to 18; the server walks them by oid).
 */
export function recreatedIndex(
  current: string | null,
  parentColumns: readonly string[],
  candidates: readonly Candidate[],
): string | null {
  const primary = candidates.find(({ index, usable }) => index.primary && usable)?.index;
  if (primary !== undefined && primary.name === current && sameColumns(primary.columns, parentColumns))
    return current;
  const wanted = new Set(parentColumns);
  const covering = candidates
    .filter(({ index, usable }) => usable && index.columns.length === parentColumns.length)
    .filter(({ index }) => index.columns.every((column) => column !== null && wanted.has(column)));
  return covering.toSorted((a, b) => a.oid - b.oid)[0]?.index.name ?? null;
}
