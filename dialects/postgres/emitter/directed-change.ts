/** A key on its way: what it comes from and goes to, in one direction of a file, and what is done to it there. */
import type { Change, DeleteClause, Direction, ForeignKey } from '../../../src/core/model.ts';
import { identicalClause, liveClause } from '../../../src/core/names.ts';
import { staysNotValid } from '../key-sql.ts';

/** A key on its way from one action to another. */
export interface DirectedChange {
  readonly key: ForeignKey;
  readonly from: DeleteClause;
  readonly to: DeleteClause;
  /** The action that an interrupted change of the key came from; null for a key that was not half done. */
  readonly halfDoneFrom: DeleteClause | null;
  /** A partitioned key before 18 on its way back: the action of the second keys that an interrupted change had left on its partitions. */
  readonly standingSecondKeys: DeleteClause | null;
}

export function directedChanges(changes: readonly Change[], direction: Direction): readonly DirectedChange[] {
  return changes.map((change) => directedChange(change, direction));
}

/** A change in one direction. A half-done key starts up from, and goes down to, exactly its half-done state. */
function directedChange({ foreignKey: key, from, to }: Change, direction: Direction): DirectedChange {
  const here = liveClause(key);
  const { halfDone } = key;
  const hasSecond = halfDone !== null && halfDone.secondKeys > 0;
  const halfDoneFrom = halfDone === null || hasSecond ? null : (halfDone.from ?? from);
  if (direction === 'up') return { key, from: here, to, halfDoneFrom, standingSecondKeys: null };
  return { key, from: to, to: here, halfDoneFrom, standingSecondKeys: hasSecond ? halfDone.to : null };
}

/** A half-done key may have its new action already. */
export function isSwapped({ halfDoneFrom, from, to }: DirectedChange, direction: Direction): boolean {
  return direction === 'down' || halfDoneFrom === null || !identicalClause(from, to);
}

/** Whether a key is validated on its way; else it is only swapped. */
export function isValidated({ key, halfDoneFrom }: DirectedChange, direction: Direction): boolean {
  return !staysNotValid(key) && (direction === 'up' || halfDoneFrom === null);
}
