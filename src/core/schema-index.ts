/** A snapshot with its tables and keys by name; made once and passed on. */
import { groupBy } from './group-by.ts';
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
  const tables = byTable(snapshot.tables, (table) => table);
  const byChild = byTable(snapshot.foreignKeys, (key) => key.child);
  const byParent = byTable(snapshot.foreignKeys, (key) => key.parent);
  return {
    snapshot,
    table: (name) => tables(name)[0] ?? null,
    keysOn: byChild,
    childrenOf: (parent) => byParent(parent).map((key) => key.child),
  };
}

/** What belongs to a table, in order. A map in a map: joining both names into one key for each question takes twice as long (measured). */
function byTable<T>(
  items: readonly T[],
  tableOf: (item: T) => TableName,
): (table: TableName) => readonly T[] {
  const schemas = new Map(
    [...groupBy(items, (item) => tableOf(item).schema)].map(([schema, own]) => [
      schema,
      groupBy(own, (item) => tableOf(item).name),
    ]),
  );
  return ({ schema, name }) => schemas.get(schema)?.get(name) ?? [];
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
