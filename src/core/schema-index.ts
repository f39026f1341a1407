/** A snapshot with its tables and keys by name; made once and passed on. */
import { groupBy } from './group-by.ts';
import { tableId } from './names.ts';
import type { Column, DeleteClause, ForeignKey, Snapshot, Table, TableName } from './model.ts';

export interface SchemaIndex {
  readonly snapshot: Snapshot;
  /** Null where the snapshot has no such table. */
  table(name: TableName): Table | null;
  /** The keys of which this table is the child, in the Snapshot's order. */
  keysOn(child: TableName): readonly ForeignKey[];
  /** The children of the keys that reference this table, in the order of the keys; may contain a table several times. */
  childrenOf(parent: TableName): readonly TableName[];
}

export function schemaIndex(snapshot: Snapshot): SchemaIndex {
  const tables = new Map(snapshot.tables.map((table) => [tableId(table), table]));
  const byChild = groupBy(snapshot.foreignKeys, (key) => tableId(key.child));
  const byParent = groupBy(snapshot.foreignKeys, (key) => tableId(key.parent));
  return {
    snapshot,
    table: (name) => tables.get(tableId(name)) ?? null,
    keysOn: (child) => byChild.get(tableId(child)) ?? [],
    childrenOf: (parent) => (byParent.get(tableId(parent)) ?? []).map((key) => key.child),
  };
}

/** The child's columns that SET NULL or SET DEFAULT would write. */
export function writtenColumns(
  key: ForeignKey,
  clause: DeleteClause,
  schema: SchemaIndex,
): readonly Column[] {
  const names = clause.onDeleteColumns ?? key.columns;
  return (schema.table(key.child)?.columns ?? []).filter((column) => names.includes(column.name));
}
