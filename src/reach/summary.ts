/** Reach in one line per table, worst first. Pure. */
import type { Code } from '../core/codes/index.ts';
import { compareTables, tableId } from '../core/names.ts';
import type { TableName } from '../core/model.ts';
import type { Effect, Reach, Rows, TouchedTable } from './index.ts';

export interface ReachSummary {
  readonly table: TableName;
  /** How many tables lose rows. */
  readonly deleted: number;
  /** How many tables have columns set to NULL or a default. */
  readonly set: number;
  /** The largest number of keys on the path to a table that loses rows. */
  readonly depth: number;
  /** A delete can return to a table, so the rows decide how deep it goes. */
  readonly circular: boolean;
  readonly rows: Rows;
  /** Tables whose rows refuse the delete. */
  readonly refusedBy: readonly TableName[];
  /** Other reasons why a delete fails than a refusing key. */
  readonly codes: readonly string[];
}

/** Failures that `refusedBy` shows. */
const refusalCodes: ReadonlySet<string> = new Set<Code>([
  'REFUSES_DELETE',
  'REFUSED_BELOW_CASCADE',
  'REFUSES_ROWS_LEFT',
  'ORDER_DECIDES',
]);

export function summaryOf(one: Reach): ReachSummary {
  const touchedAs = (...effects: readonly Effect[]): readonly TouchedTable[] =>
    one.touched.filter((each) => effects.includes(each.effect));
  const tablesWith = (...effects: readonly Effect[]): number =>
    new Set(touchedAs(...effects).map((each) => tableId(each.table))).size;
  return {
    table: one.table,
    deleted: tablesWith('deleted'),
    set: tablesWith('nulled', 'defaulted'),
    depth: Math.max(0, ...touchedAs('deleted').map((each) => each.depth)),
    circular: touchedAs('deleted').some((each) => each.circular),
    rows: one.rows,
    refusedBy: touchedAs('refused').map((each) => each.table),
    codes: [...new Set(one.failures.map((each) => each.code))]
      .filter((code) => !refusalCodes.has(code))
      .sort(),
  };
}

/** Worst first: by tables deleted, rows, depth, tables set. */
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
