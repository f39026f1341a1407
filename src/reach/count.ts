/** Rows counted on the live server: over which keys to go, and what the counts say of a reach. Pure. */
import type { CountRequest, CountedRows } from '../core/contracts/probe.ts';
import { tableId, type TableName } from '../core/model.ts';
import type { ReachContext } from './failures.ts';
import { traverseFrom } from './traversal.ts';
import type { TouchedTable } from './index.ts';

/** A key to follow, and how many keys away it leads at least. */
export type CountWay = CountRequest['edges'][number] & { readonly depth: number };

/** Every key that acts when a row of the table goes, or one that goes with it. A key without columns to compare leads nowhere. */
export function countWays({ graph }: ReachContext, table: TableName): readonly CountWay[] {
  const start = graph.numberOf(table);
  if (start === null) return [];
  const { deleted } = traverseFrom(graph, start);
  const depthOf = (number: number): number => (number === start ? 0 : (deleted.get(number)?.depth ?? 0));
  return [...new Set([start, ...deleted.keys()])].flatMap((parent) =>
    (graph.outgoing[parent] ?? [])
      .filter(({ key }) => key.parentColumns.length === key.columns.length)
      .map(({ key, onDelete }) => ({ key, effect: effectOf(onDelete), depth: depthOf(parent) + 1 })),
  );
}

function effectOf(action: string): CountWay['effect'] {
  if (action === 'CASCADE') return 'deleted';
  if (action === 'NO ACTION' || action === 'RESTRICT') return 'refused';
  return action === 'SET NULL' ? 'nulled' : 'defaulted';
}

/** 1, 2, 4 … up to the depth of all: what is near is known before the time is up, and what is counted twice costs little. */
export function depthsToCount(ways: readonly CountWay[]): readonly number[] {
  const most = Math.max(1, ...ways.map((way) => way.depth));
  const depths: number[] = [];
  for (let depth = 1; depth < most; depth *= 2) depths.push(depth);
  return [...depths, most];
}

export interface CountedReach {
  readonly where: string;
  /** Rows that the expression picks. */
  readonly picked: number;
  /** Why the counts are lower bounds; null where they are exact. */
  readonly incomplete: string | null;
  readonly of: (one: TouchedTable) => number | null;
  readonly textOf: (one: TouchedTable) => string;
}

/** @param depth how many keys away was counted; null for all of it */
export function countedReach(
  where: string,
  counts: CountedRows,
  depth: number | null,
  seconds: number,
): CountedReach {
  const byTable = new Map(counts.tables.map((one) => [tableId(one), one]));
  const of = (one: TouchedTable): number | null => {
    if (one.path.some((step) => step.on === 'update') || (depth !== null && one.depth > depth)) return null;
    return byTable.get(tableId(one.table))?.[one.effect] ?? 0;
  };
  const far = depth === 1 ? 'one key' : `${depth ?? 0} keys`;
  return {
    where,
    picked: counts.picked,
    incomplete:
      depth === null
        ? null
        : `The ${seconds} seconds were up: rows ${far} away are counted, and what comes over longer paths is not. --timeout gives more.`,
    of,
    textOf(one) {
      const number = of(one);
      if (number === null) return 'not counted';
      const least = depth === null ? '' : 'at least ';
      return `${least}${number.toLocaleString('en-US')} ${number === 1 ? 'row' : 'rows'}`;
    },
  };
}
