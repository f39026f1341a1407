/**
 * A snapshot's tables and keys by name. Each snapshot is gone through once: gone through for every change, a plan of 10,000 keys took
 * half a minute (measured).
 */
import type { ForeignKey, Snapshot, Table, TableName } from './model.ts';

/** By schema, then by name: no text is put together for a look-up. */
type ByTable<T> = Map<string, Map<string, T>>;

interface Neighbours {
  readonly tables: ByTable<Table>;
  readonly children: ByTable<TableName[]>;
  readonly keys: ByTable<ForeignKey[]>;
}

const known = new WeakMap<Snapshot, Neighbours>();

function neighbours(snapshot: Snapshot): Neighbours {
  const before = known.get(snapshot);
  if (before !== undefined) return before;
  const made: Neighbours = { tables: new Map(), children: new Map(), keys: new Map() };
  for (const key of snapshot.foreignKeys) {
    add(made.children, key.parent, key.child);
    add(made.keys, key.child, key);
  }
  for (const table of snapshot.tables) put(made.tables, table, table);
  known.set(snapshot, made);
  return made;
}

function add<T>(groups: ByTable<T[]>, table: TableName, member: T): void {
  const group = groups.get(table.schema)?.get(table.name);
  if (group === undefined) put(groups, table, [member]);
  else group.push(member);
}

function put<T>(values: ByTable<T>, { schema, name }: TableName, value: T): void {
  const ofSchema = values.get(schema) ?? new Map<string, T>();
  values.set(schema, ofSchema.set(name, value));
}

/** The table of that name; null where the snapshot has none. */
export function tableNamed(snapshot: Snapshot, name: TableName): Table | null {
  return neighbours(snapshot).tables.get(name.schema)?.get(name.name) ?? null;
}

/** The tables whose keys point to this one, in the order of the keys, one as often as it has such keys. */
export function childrenOf(snapshot: Snapshot, parent: TableName): readonly TableName[] {
  return neighbours(snapshot).children.get(parent.schema)?.get(parent.name) ?? [];
}

/** The keys that stand on this table as their child, in the Snapshot's order. */
export function keysOn(snapshot: Snapshot, child: TableName): readonly ForeignKey[] {
  return neighbours(snapshot).keys.get(child.schema)?.get(child.name) ?? [];
}
