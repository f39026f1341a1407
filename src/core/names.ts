/** How tables, keys and clauses are named, compared and put in order. Pure. */
import { visible } from './visible.ts';
import type { DeleteClause, ForeignKey, TableName } from './model.ts';

/** Orders text by code unit, independent of the locale. */
export function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Lower case for the letters A to Z alone. */
export function lowerAscii(name: string): string {
  return /[A-Z]/.test(name) ? name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : name;
}

export function sameTable(a: TableName, b: TableName): boolean {
  return a.schema === b.schema && a.name === b.name;
}

/** A map key for a table. Names cannot contain NUL, so NUL separates them. */
export function tableId(table: TableName): string {
  return `${table.schema}\0${table.name}`;
}

/** Each table once, in order of first appearance. */
export function distinctTables(tables: readonly TableName[]): readonly TableName[] {
  return [...new Map(tables.map((table) => [tableId(table), table])).values()];
}

/** `SET NULL (a, b)`, `CASCADE`: an ON DELETE clause for messages, never for SQL. */
export function clauseText(clause: DeleteClause): string {
  return clause.onDeleteColumns === null
    ? clause.onDelete
    : visible(`${clause.onDelete} (${clause.onDeleteColumns.join(', ')})`);
}

/** `shop.orders`, or `orders` for SQLite's one schema. For messages, never for SQL. */
export function tableText(table: TableName): string {
  return visible(dotted(table));
}

/** Several tables with a text between them. For messages, never for SQL. */
export function tablesText(tables: readonly TableName[], between: string): string {
  return visible(tables.map(dotted).join(between));
}

function dotted({ schema, name }: TableName): string {
  return schema === 'main' || schema === '' ? name : `${schema}.${name}`;
}

/** `shop.order_items(order_id) -> shop.orders(id)`: for messages, never for SQL. */
export function keyText(key: Pick<ForeignKey, 'child' | 'columns' | 'parent' | 'parentColumns'>): string {
  const parentColumns = key.parentColumns.length === 0 ? '' : `(${key.parentColumns.join(', ')})`;
  return visible(`${dotted(key.child)}(${key.columns.join(', ')}) -> ${dotted(key.parent)}${parentColumns}`);
}

/** The order of keys in a Snapshot: by child, columns, parent, name. */
export function compareKeys(a: ForeignKey, b: ForeignKey): number {
  return compareEnds(a, b) || compareText(a.name ?? '', b.name ?? '');
}

/** 0 for two keys over the same columns between the same tables. */
export function compareEnds(a: ForeignKey, b: ForeignKey): number {
  return (
    compareTables(a.child, b.child) ||
    compareLists(a.columns, b.columns) ||
    compareTables(a.parent, b.parent) ||
    compareLists(a.parentColumns, b.parentColumns)
  );
}

/** By the first entry that differs; a shorter list comes before those that begin with it. */
function compareLists(a: readonly string[], b: readonly string[]): number {
  const place = a.findIndex((entry, index) => entry !== b[index]);
  const [entry, other] = [a[place], b[place]];
  return entry === undefined || other === undefined ? a.length - b.length : compareText(entry, other);
}

export function compareTables(a: TableName, b: TableName): number {
  return compareText(a.schema, b.schema) || compareText(a.name, b.name);
}

/** What a key does now, without the rest of it. */
export function liveClause({ onDelete, onDeleteColumns }: ForeignKey): DeleteClause {
  return { onDelete, onDeleteColumns };
}

/** The same action and, where it names columns, the same in the same order; whether an engine acts alike on two is another question. */
export function identicalClause(a: DeleteClause, b: DeleteClause): boolean {
  return a.onDelete === b.onDelete && JSON.stringify(a.onDeleteColumns) === JSON.stringify(b.onDeleteColumns);
}
