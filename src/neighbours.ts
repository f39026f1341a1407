/**
 * A snapshot's tables and keys by name. Each snapshot is gone through once: gone through for every change, a plan of 10,000 keys took
 * half a minute (measured).
 */
import { tableId, type ForeignKey, type Snapshot, type Table, type TableName } from './model.ts';

interface Neighbours {
  readonly tables: ReadonlyMap<string, Table>;
  readonly children: ReadonlyMap<string, readonly TableName[]>;
  readonly keys: ReadonlyMap<string, readonly ForeignKey[]>;
}

const known = new WeakMap<Snapshot, Neighbours>();

function neighbours(snapshot: Snapshot): Neighbours {
  const before = known.get(snapshot);
  if (before !== undefined) return before;
  const children = new Map<string, TableName[]>();
  const keys = new Map<string, ForeignKey[]>();
  for (const key of snapshot.foreignKeys) {
    add(children, tableId(key.parent), key.child);
    add(keys, tableId(key.child), key);
  }
  const made = { tables: new Map(snapshot.tables.map((table) => [tableId(table), table])), children, keys };
  known.set(snapshot, made);
  return made;
}

function add<T>(groups: Map<string, T[]>, id: string, member: T): void {
  const group = groups.get(id);
  if (group === undefined) groups.set(id, [member]);
  else group.push(member);
}

/** The table of that name; null where the snapshot has none. */
export function tableNamed(snapshot: Snapshot, name: TableName): Table | null {
  return neighbours(snapshot).tables.get(tableId(name)) ?? null;
}

/** The tables whose keys point to this one, in the order of the keys, one as often as it has such keys. */
export function childrenOf(snapshot: Snapshot, parent: TableName): readonly TableName[] {
  return neighbours(snapshot).children.get(tableId(parent)) ?? [];
}

/** The keys that stand on this table as their child, in the Snapshot's order. */
export function keysOn(snapshot: Snapshot, child: TableName): readonly ForeignKey[] {
  return neighbours(snapshot).keys.get(tableId(child)) ?? [];
}
