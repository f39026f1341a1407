/** Why a delete fails for certain, by the keys or by the rows that were counted. Pure. */
import { sameTable, tableText } from '../core/names.ts';
import { type CountedReach, countOf, countText } from './count.ts';
import type { ReachStep } from './graph.ts';
import type { Reach, ReachFailure, TouchedTable } from './index.ts';
import { deleteEffect } from './traversal.ts';

/** A failure that needs rows which are not there is left out. */
export function possibleFailures(
  { failures, touched }: Reach,
  counted: CountedReach | null,
): readonly ReachFailure[] {
  if (counted === null) return failures;
  return failures.filter((failure) => {
    const there = touched.filter((one) => tableText(one.table) === tableText(failure.table));
    return there.length === 0 || there.some((one) => countOf(counted, one) !== 0);
  });
}

/** What makes the delete fail: certain keys or, counted, rows that are there. */
export function refusersOf({ failures, touched }: Reach, counted: CountedReach | null): readonly string[] {
  const certain = failures.filter((one) => one.certain);
  if (counted === null) return [...new Set(certain.map(({ key }) => key))];
  const refusers = certain.flatMap(({ key, path }) => {
    const step = path.at(-1);
    if (step === undefined) return counted.picked > 0 ? [key] : [];
    const [one, ...others] = touched.filter((each) => isDoneBy(step, each));
    if (one === undefined) return [];
    // Rows are counted per table and effect, so they refuse for certain only where all its keys with this effect do.
    const failing = certain.filter(({ path: other }) => other.slice(-1).some((last) => isDoneBy(last, one)));
    const acting = [one, ...others].reduce((sum, each) => sum + each.keys, 0);
    return new Set(failing.map((each) => each.key)).size === acting && (countOf(counted, one) ?? 0) > 0
      ? [`${countText(counted, one)} of ${tableText(one.table)}`]
      : [];
  });
  return [...new Set(refusers)];
}

function isDoneBy({ action, child }: ReachStep, { effect, table }: TouchedTable): boolean {
  return effect === deleteEffect(action) && sameTable(table, child);
}
