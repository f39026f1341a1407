/** How many rows a delete takes, by the statistics: children per parent, multiplied along the keys, never more than a table holds. Pure. */
import type { SchemaIndex } from '../core/schema-index.ts';
import {
  keyText,
  tableId,
  type ForeignKey,
  type KeyStatistics,
  type TableStatistics,
} from '../core/model.ts';
import type { Graph, Edge } from './graph.ts';

/** Null is unknown, never 0. `median` is what a parent with children has as a rule, `worst` the most that is known of. */
export interface Rows {
  readonly median: number | null;
  readonly worst: number | null;
}

export interface ReachFigures {
  /** Rows of the table. */
  table(number: { readonly schema: string; readonly name: string }): number | null;
  /** Children per parent. */
  key(key: ForeignKey): Rows;
}

/** Figures from what introspection and `snapshot --stats` have gathered. */
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

/** A unique index within the key's columns leaves room for one child. */
function isOneToOne(key: ForeignKey, schema: SchemaIndex): boolean {
  return (schema.table(key.child)?.indexes ?? []).some(
    (index) =>
      index.unique &&
      index.predicate === null &&
      index.columns.every((column) => column !== null && key.columns.includes(column)),
  );
}

const unknown: Rows = { median: null, worst: null };

export interface Estimates {
  /** Rows deleted in all. */
  readonly all: Rows;
  /** Rows of the table that the key leads to. */
  readonly of: (table: number, edge: Edge) => Rows;
}

/**
 * Goes through the deleted tables so that parents come before children. Rows that come over several keys are added up; in a
 * circle the median is that of the shortest path, and the worst is all that the table holds.
 * @param deleted in the order in which they are met, so that a parent comes before its child
 */
export function estimated(
  graph: Graph,
  deleted: ReadonlyMap<number, { readonly edge: Edge | null }>,
  start: number,
  figures: ReachFigures | null,
): Estimates {
  if (figures === null) {
    const only = deleted.size === 0 ? { median: 1, worst: 1 } : unknown;
    return { all: only, of: () => unknown };
  }
  const sums = new Map<number, Rows>([[start, { median: 1, worst: 1 }]]);
  const sizeOf = (table: number): number | null => {
    const name = graph.names[table];
    return name === undefined ? null : figures.table(name);
  };
  const over = (edge: Edge): Rows => {
    const parents = sums.get(edge.parent) ?? unknown;
    return capped(times(parents, figures.key(edge.key)), sizeOf(edge.child));
  };
  const shortest = new Map<number, number | null>([[start, 1]]);
  for (const [table, { edge }] of deleted) {
    if (edge === null || table === start) continue;
    const parents = { median: shortest.get(edge.parent) ?? null, worst: null };
    shortest.set(table, capped(times(parents, figures.key(edge.key)), sizeOf(table)).median);
  }
  for (const table of graph.order) {
    if (!deleted.has(table) && table !== start) continue;
    if (graph.circular[table] === true)
      sums.set(table, { median: shortest.get(table) ?? null, worst: sizeOf(table) });
    for (const edge of graph.outgoing[table] ?? []) {
      if (edge.onDelete !== 'CASCADE' || graph.circle[edge.child] === graph.circle[table]) continue;
      const before = sums.get(edge.child);
      const more = over(edge);
      sums.set(edge.child, before === undefined ? more : capped(plus(before, more), sizeOf(edge.child)));
    }
  }
  const all = [...new Set([start, ...deleted.keys()])].map((table) => sums.get(table) ?? unknown);
  return {
    all: all.reduce(plus),
    of: (table, edge) =>
      edge.onDelete === 'CASCADE' && deleted.get(table)?.edge === edge
        ? (sums.get(table) ?? unknown)
        : over(edge),
  };
}

function times(a: Rows, b: Rows): Rows {
  return {
    median: both(a.median, b.median, (x, y) => x * y),
    worst: both(a.worst, b.worst, (x, y) => x * y),
  };
}

function plus(a: Rows, b: Rows): Rows {
  return {
    median: both(a.median, b.median, (x, y) => x + y),
    worst: both(a.worst, b.worst, (x, y) => x + y),
  };
}

function capped(rows: Rows, size: number | null): Rows {
  const least = (value: number | null): number | null =>
    value === null ? null : Math.round(size === null ? value : Math.min(value, size));
  return { median: least(rows.median), worst: least(rows.worst) };
}

function both(a: number | null, b: number | null, act: (a: number, b: number) => number): number | null {
  return a === null || b === null ? null : act(a, b);
}
