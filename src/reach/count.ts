/** Rows counted on the live server: which keys to follow, and what the counts say about a reach. Pure. */
import type { CountedRows, CountRequest } from '../core/contracts/probe.ts';
import { sameTable } from '../core/names.ts';
import type { TableName } from '../core/model.ts';
import type { ReachContext } from './context.ts';
import { deleteEffect, traverseFrom } from './traversal.ts';
import type { TouchedTable } from './index.ts';

/** A key to follow; `depth` is its smallest distance from the start. */
type CountEdge = CountRequest['edges'][number] & { readonly depth: number };

/** Every key that acts when a row of the table is deleted, directly or by a cascade. A key without parent columns cannot be followed. */
export function countEdges({ graph }: ReachContext, table: TableName): readonly CountEdge[] {
  const start = graph.numberOf(table);
  if (start === null) return [];
  const { deleted } = traverseFrom(graph, start);
  const depthOf = (number: number): number => (number === start ? 0 : (deleted.get(number)?.depth ?? 0));
  return [...new Set([start, ...deleted.keys()])].flatMap((parent) =>
    (graph.outgoing[parent] ?? [])
      .filter(({ key }) => key.parentColumns.length === key.columns.length)
      .map(({ key, onDelete }) => ({ key, effect: deleteEffect(onDelete), depth: depthOf(parent) + 1 })),
  );
}

/** 1, 2, 4 … up to the greatest depth: near tables are counted before the time is up, and counting them again costs little. */
export function depthsToCount(edges: readonly CountEdge[]): readonly number[] {
  const greatest = Math.max(1, ...edges.map((edge) => edge.depth));
  const depths: number[] = [];
  for (let depth = 1; depth < greatest; depth *= 2) depths.push(depth);
  return [...depths, greatest];
}

/** What was counted, how far, and in how much time. */
export interface CountedReach extends CountedRows {
  readonly where: string;
  /** How many keys away was counted; null where everything was. */
  readonly depth: number | null;
  readonly seconds: number;
}

/** Rows of the table that are affected; null where they were not counted. */
export function countOf(counted: CountedReach, { depth, effect, path, table }: TouchedTable): number | null {
  // Behind a key that follows an update come only such keys.
  if (path.at(-1)?.on === 'update' || (counted.depth !== null && depth > counted.depth)) return null;
  return counted.tables.find((one) => sameTable(one, table))?.[effect] ?? 0;
}

/** `at least 1,200 rows`, `not counted`. */
export function countText(counted: CountedReach, touched: TouchedTable): string {
  const number = countOf(counted, touched);
  if (number === null) return 'not counted';
  const bound = counted.depth === null ? '' : 'at least ';
  return `${bound}${number.toLocaleString('en-US')} ${number === 1 ? 'row' : 'rows'}`;
}

/** Why the counts are lower bounds; null where they are exact. */
export function incompleteText({ depth, seconds }: CountedReach): string | null {
  if (depth === null) return null;
  const distance = depth === 1 ? 'one key' : `${depth} keys`;
  return `The ${seconds} seconds were up: rows ${distance} away are counted, rows on longer paths are not. --timeout gives more time.`;
}
