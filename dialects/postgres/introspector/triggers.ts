/** Internal triggers of keys that are not in their default state. Those of a partition's copy count for the root's key. */
import { groupBy } from '../../../src/core/group-by.ts';
import { compareText } from '../../../src/core/names.ts';
import type { TriggerEnabled, TriggerState } from '../../../src/core/model.ts';
import type { KeyRow, TriggerRow } from './queries.ts';

const enabledBy: Readonly<Record<string, TriggerEnabled>> = {
  O: 'origin',
  D: 'disabled',
  R: 'replica',
  A: 'always',
};

/** By the oid of the key; sorted, and listed once where several partitions share a state. */
export function triggerStates(
  rows: readonly TriggerRow[],
  keys: readonly KeyRow[],
): ReadonlyMap<number, readonly TriggerState[]> {
  const copyOf = new Map(keys.map((key) => [key.oid, key.copyOf]));
  const found = rows.flatMap((row) => {
    const state = row.internal ? stateOf(row) : null;
    return state === null ? [] : [{ root: rootOf(row.key, copyOf), state, text: JSON.stringify(state) }];
  });
  const byRoot = groupBy(found, (one) => one.root);
  return new Map(
    [...byRoot].map(([root, group]) => {
      const once = new Map(group.map(({ text, state }) => [text, state]));
      return [root, [...once].toSorted(([a], [b]) => compareText(a, b)).map(([, state]) => state)];
    }),
  );
}

/** RI_FKey_check_ins and _upd stand on the child; RI_FKey_<action>_del and _upd on the parent. */
function stateOf(row: TriggerRow): TriggerState | null {
  const enabled = enabledBy[row.enabled];
  const event = ({ ins: 'insert', upd: 'update', del: 'delete' } as const)[row.function.slice(-3)];
  if (!row.function.startsWith('RI_FKey_') || enabled === undefined || event === undefined) return null;
  return { on: row.function.startsWith('RI_FKey_check_') ? 'child' : 'parent', event, enabled };
}

function rootOf(key: number, copyOf: ReadonlyMap<number, number>): number {
  const above = copyOf.get(key) ?? 0;
  return above === 0 ? key : rootOf(above, copyOf);
}
