/** What the partitions of a key's child lose for good when the key is dropped and added, as every change of its action does. */
import { groupBy } from '../../../src/core/group-by.ts';
import type { PartitionLoss } from '../../../src/core/model.ts';
import { compareTables, compareText } from '../../../src/core/names.ts';
import { ancestors, type HalfDoneKeys } from './half-done.ts';
import type { KeyRow } from './queries.ts';
import type { CatalogTable } from './tables.ts';

type Tables = ReadonlyMap<number, CatalogTable>;

/**
 * Adding a key to a partitioned table turns an equal key of a partition into its copy, whose name and comment are gone at once and which
 * goes with it on the way back; and dropping a key that is NOT VALID forgets which copies were validated (both measured on 18, the first
 * on 12 too). @returns by the oid of the root's key; only keys with losses
 */
export function partitionLosses(
  keys: readonly KeyRow[],
  tables: Tables,
  { progress, secondKeys }: HalfDoneKeys,
): ReadonlyMap<number, readonly PartitionLoss[]> {
  const onPartitions = keys.filter((key) => tables.get(key.child)?.partitionOf != null);
  if (onPartitions.length === 0) return new Map();
  const byOid = new Map(keys.map((key) => [key.oid, key]));
  const byChild = groupBy(keys, (key) => key.child);
  const rootOf = (key: KeyRow): KeyRow => {
    const above = byOid.get(key.copyOf);
    return above === undefined ? key : rootOf(above);
  };
  const found = onPartitions.flatMap((key): readonly (readonly [number, PartitionLoss])[] => {
    const table = tables.get(key.child)?.table;
    if (table === undefined || secondKeys.has(key.oid)) return [];
    const of = (what: PartitionLoss['what']): PartitionLoss => ({
      what,
      partition: { schema: table.schema, name: table.name },
      name: key.name,
    });
    if (key.copyOf === 0)
      return ancestors(key.child, tables)
        .flatMap((above) => byChild.get(above) ?? [])
        .filter((other) => other.copyOf === 0 && isTakenFor(key, other, tables))
        .map((other) => [other.oid, of('own key')]);
    const root = rootOf(key);
    const isForgotten = key.validated && !root.validated && progress.get(root.oid)?.halfDone == null;
    return isForgotten ? [[root.oid, of('validated copy')]] : [];
  });
  const byRoot = groupBy(found, ([oid]) => oid);
  return new Map(
    [...byRoot].map(([oid, losses]) => [oid, losses.map(([, loss]) => loss).toSorted(compareLosses)]),
  );
}

/** Whether the partition's key is equal to the other but for its name, comment and action, which the other may get. */
function isTakenFor(key: KeyRow, other: KeyRow, tables: Tables): boolean {
  const facts = ({ parent, onUpdate, match, deferrable, deferred, child, columns, parentColumns }: KeyRow) =>
    JSON.stringify([
      [parent, onUpdate, match, deferrable, deferred],
      columns.map((column, at) => [tables.get(child)?.columnName(column), parentColumns[at]]).toSorted(),
    ]);
  return facts(key) === facts(other);
}

function compareLosses(a: PartitionLoss, b: PartitionLoss): number {
  return compareTables(a.partition, b.partition) || compareText(a.name, b.name);
}
