/** Estimated rows of a delete from statistics: children per parent, multiplied along the keys, at most the size of the table. Pure. */
import type { SchemaIndex } from '../core/schema-index.ts';
import { keyText, tableId } from '../core/names.ts';
import type { ForeignKey, KeyStatistics, TableName, TableStatistics } from '../core/model.ts';
import type { Edge, Graph } from './graph.ts';

/** Null is unknown, never 0. `median`: for a typical parent with children; `worst`: for the largest known one. */
export interface Rows {
  readonly median: number | null;
  readonly worst: number | null;
}

export interface ReachFigures {
  /** Rows of the table. */
  table(name: TableName): number | null;
  /** Children per parent. */
  key(key: ForeignKey): Rows;
}

/** Figures from the statistics of introspection or `snapshot --stats`. */
export function figuresFrom(
  tables: readonly TableStatistics[],
  keys: readonly KeyStatistics[],
  schema: SchemaIndex,
): ReachFigures {
  const rows = new Map(tables.map((table) => [tableId(table), table.estimatedRows]));
  const children = new Map(keys.map((key) => [`${keyText(key)}\0${key.name ?? ''}`, key]));
  return {
    table: (name) => rows.get(tableId(name)) ?? null,
    key(key) {
      if (isOneToOne(key, schema)) return { median: 1, worst: 1 };
      const known = children.get(`${keyText(key)}\0${key.name ?? ''}`);
      return { median: known?.median ?? null, worst: known?.worst ?? null };
    },
  };
}

/** A unique index within the key's columns allows one child per parent. */
function isOneToOne(key: ForeignKey, schema: SchemaIndex): boolean {
  return (schema.table(key.child)?.indexes ?? []).some(
    (index) =>
      index.unique &&
      index.predicate === null &&
      index.columns.every((column) => column !== null && key.columns.includes(column)),
  );
}

const unknown: Rows = { median: null, worst: null };
const singleRow: Rows = { median: 1, worst: 1 };

interface Estimates {
  /** Deleted rows of all tables together. */
  readonly total: Rows;
  /** Deleted rows by table. */
  readonly deleted: ReadonlyMap<number, Rows>;
}

/**
 * Visits the deleted tables parents first. Rows that arrive over several keys are added up; in a circle the median is that of the
 * shortest path, and the worst is the whole table.
 * @param deleted sorted so that a parent comes before its child
 */
export function estimateRows(
  graph: Graph,
  deleted: ReadonlyMap<number, { readonly edge: Edge | null }>,
  start: number,
  figures: ReachFigures | null,
): Estimates {
  if (figures === null) return { total: deleted.size === 0 ? singleRow : unknown, deleted: new Map() };
  const sums = new Map<number, Rows>([[start, singleRow]]);
  const shortest = new Map<number, Rows>([[start, singleRow]]);
  for (const [table, { edge }] of deleted) {
    if (edge !== null && table !== start) shortest.set(table, rowsOver(edge, shortest, graph, figures));
  }
  for (const table of graph.order) {
    if (!deleted.has(table) && table !== start) continue;
    if (graph.circular[table] === true)
      sums.set(table, {
        median: shortest.get(table)?.median ?? null,
        worst: sizeOf(table, graph, figures),
      });
    for (const edge of graph.outgoing[table] ?? []) {
      if (edge.onDelete !== 'CASCADE' || graph.circle[edge.child] === graph.circle[table]) continue;
      const before = sums.get(edge.child);
      const more = rowsOver(edge, sums, graph, figures);
      const size = sizeOf(edge.child, graph, figures);
      sums.set(edge.child, before === undefined ? more : capped(plus(before, more), size));
    }
  }
  const all = [...new Set([start, ...deleted.keys()])].map((table) => sums.get(table) ?? unknown);
  return { total: all.reduce(plus), deleted: sums };
}

/** Rows of the child that the key reaches from so many rows of its parent. */
export function rowsOver(
  edge: Edge,
  parents: ReadonlyMap<number, Rows>,
  graph: Graph,
  figures: ReachFigures | null,
): Rows {
  if (figures === null) return unknown;
  const rows = times(parents.get(edge.parent) ?? unknown, figures.key(edge.key));
  return capped(rows, sizeOf(edge.child, graph, figures));
}

function sizeOf(table: number, { names }: Graph, figures: ReachFigures): number | null {
  const name = names[table];
  return name === undefined ? null : figures.table(name);
}

function times(a: Rows, b: Rows): Rows {
  return combined(a, b, (x, y) => x * y);
}

function plus(a: Rows, b: Rows): Rows {
  return combined(a, b, (x, y) => x + y);
}

function capped(rows: Rows, size: number | null): Rows {
  const cap = (value: number | null): number | null =>
    value === null ? null : Math.round(Math.min(value, size ?? Infinity));
  return { median: cap(rows.median), worst: cap(rows.worst) };
}

function combined(a: Rows, b: Rows, combine: (x: number, y: number) => number): Rows {
  const both = (x: number | null, y: number | null): number | null =>
    x === null || y === null ? null : combine(x, y);
  return { median: both(a.median, b.median), worst: both(a.worst, b.worst) };
}
