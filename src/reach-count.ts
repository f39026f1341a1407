/** Rows counted on the live server, joined with what the keys say. Pure. */
import { tableId, type TableName } from './model.ts';
import type { Touched } from './reach.ts';

/** What a live server counted for one table: rows that go, that stay with columns set, and that stop the delete. */
export interface TableCount extends TableName {
  readonly deleted: number;
  readonly nulled: number;
  readonly defaulted: number;
  readonly refused: number;
}

export interface RowCounts {
  /** Rows that the expression picks. */
  readonly start: number;
  readonly tables: readonly TableCount[];
  /** Why the counts are lower bounds; null where they are exact. */
  readonly incomplete: string | null;
}

export interface CountedReach {
  readonly where: string;
  readonly start: number;
  readonly incomplete: string | null;
  of(one: Touched): number;
  textOf(one: Touched): string;
}

export function countedReach(where: string, counts: RowCounts): CountedReach {
  const byTable = new Map(counts.tables.map((one) => [tableId(one), one]));
  const of = (one: Touched): number => byTable.get(tableId(one.table))?.[one.effect] ?? 0;
  const least = counts.incomplete === null ? '' : 'at least ';
  return {
    where,
    start: counts.start,
    incomplete: counts.incomplete,
    of,
    textOf(one) {
      const number = of(one);
      return `${least}${number.toLocaleString('en-US')} ${number === 1 ? 'row' : 'rows'}`;
    },
  };
}
