/**
 * A snapshot's tables and keys by name. Each snapshot is gone through once: gone through for every change, a plan of 10,000 keys took
 * half a minute (measured).
 */
import type { Column, DeleteClause, ForeignKey, Snapshot, Table, TableName } from './model.ts';

/** By schema, then by name: no text is put together for a look-up. */
type ByTable<T> = Map<string, Map<string, T>>;

/** What `gather` finds, gone for when it is first asked for. */
function onceEach<T>(
  gather: (snapshot: Snapshot, found: ByTable<T>) => void,
): (snapshot: Snapshot, name: TableName) => T | undefined {
  const known = new WeakMap<Snapshot, ByTable<T>>();
  return (snapshot, { schema, name }) => {
    let found = known.get(snapshot);
    if (found === undefined) {
      found = new Map();
      gather(snapshot, found);
      known.set(snapshot, found);
    }
    return found.get(schema)?.get(name);
  };
}

const tables = onceEach<Table>((snapshot, found) => {
  for (const table of snapshot.tables) put(found, table, table);
});
const children = onceEach<TableName[]>((snapshot, found) => {
  for (const key of snapshot.foreignKeys) add(found, key.parent, key.child);
});
const keys = onceEach<ForeignKey[]>((snapshot, found) => {
  for (const key of snapshot.foreignKeys) add(found, key.child, key);
});

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
  return tables(snapshot, name) ?? null;
}

/** The tables whose keys point to this one, in the order of the keys, one as often as it has such keys. */
export function childrenOf(snapshot: Snapshot, parent: TableName): readonly TableName[] {
  return children(snapshot, parent) ?? [];
}

/** The keys that stand on this table as their child, in the Snapshot's order. */
export function keysOn(snapshot: Snapshot, child: TableName): readonly ForeignKey[] {
  return keys(snapshot, child) ?? [];
}

/** The child's columns that SET NULL or SET DEFAULT would write. */
export function writtenColumns(key: ForeignKey, clause: DeleteClause, snapshot: Snapshot): readonly Column[] {
  const names = clause.onDeleteColumns ?? key.columns;
  return (tableNamed(snapshot, key.child)?.columns ?? []).filter((column) => names.includes(column.name));
}
