/** Reach in one line per table, the worst first. Pure. */
import { compareTables, type TableName } from '../core/model.ts';
import type { Reach, Rows } from './index.ts';

export interface ReachSummary {
  readonly table: TableName;
  /** How many tables lose rows. */
  readonly deleted: number;
  /** How many tables have columns set to NULL or a default. */
  readonly set: number;
  /** The largest number of keys on the path to a table that loses rows. */
  readonly depth: number;
  /** Deletes come back to a table, so the depth is that of the rows. */
  readonly circular: boolean;
  readonly rows: Rows;
  /** Tables whose rows refuse the delete. */
  readonly refusedBy: readonly TableName[];
  /** Where it fails for another reason than a key that refuses. */
  readonly codes: readonly string[];
}

export function summaryOf(one: Reach): ReachSummary {
  const tablesWith = (...effects: readonly string[]): number =>
    new Set(
      one.touched
        .filter((each) => effects.includes(each.effect))
        .map((each) => `${each.table.schema}\0${each.table.name}`),
    ).size;
  const refusing = new Set(['REFUSES_DELETE', 'REFUSED_BELOW_CASCADE', 'REFUSES_ROWS_LEFT', 'ORDER_DECIDES']);
  return {
    table: one.table,
    deleted: tablesWith('deleted'),
    set: tablesWith('nulled', 'defaulted'),
    depth: Math.max(0, ...one.touched.filter((each) => each.effect === 'deleted').map((each) => each.depth)),
    circular: one.touched.some((each) => each.effect === 'deleted' && each.circular),
    rows: one.rows,
    refusedBy: one.touched.filter((each) => each.effect === 'refused').map((each) => each.table),
    codes: [...new Set(one.failures.map((each) => each.code))].filter((code) => !refusing.has(code)).sort(),
  };
}

/** The worst first: by tables deleted, rows, depth, tables set. */
export function worstFirst(summaries: readonly ReachSummary[]): readonly ReachSummary[] {
  return [...summaries].sort(
    (a, b) =>
      b.deleted - a.deleted ||
      (b.rows.worst ?? 0) - (a.rows.worst ?? 0) ||
      b.depth - a.depth ||
      b.set - a.set ||
      b.refusedBy.length - a.refusedBy.length ||
      compareTables(a.table, b.table),
  );
}
