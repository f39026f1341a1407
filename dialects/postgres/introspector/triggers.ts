/** Internal triggers of keys that are not in their default state; those of a partition's copy count for the root's key. */
import { compareText, type TriggerEnabled, type TriggerState } from '../../../src/core/model.ts';
import type { KeyRow } from './in-progress.ts';
import type { Row } from '../connection/connect.ts';

const enabledBy: Readonly<Record<string, TriggerEnabled>> = {
  O: 'origin',
  D: 'disabled',
  R: 'replica',
  A: 'always',
};

/** By the oid of the key; sorted, and told once where several partitions share a state. */
export function triggerStates(
  rows: readonly Row[],
  keys: readonly KeyRow[],
): ReadonlyMap<number, readonly TriggerState[]> {
  if (rows.length === 0) return new Map();
  const parentKeys = new Map(keys.map((key) => [key.oid, key.parentKey]));
  const states = new Map<number, Map<string, TriggerState>>();
  for (const [, key, , enabled, internal, procedure] of rows) {
    const state = internal === 't' ? stateOf(procedure ?? '', enabled ?? '') : null;
    if (state === null) continue;
    const root = rootOf(Number(key), parentKeys);
    states.set(root, (states.get(root) ?? new Map<string, TriggerState>()).set(JSON.stringify(state), state));
  }
  return new Map(
    [...states].map(([key, found]) => [
      key,
      [...found].toSorted(([a], [b]) => compareText(a, b)).map(([, state]) => state),
    ]),
  );
}

/** RI_FKey_check_ins and _upd stand on the child; RI_FKey_<action>_del and _upd on the parent. */
function stateOf(procedure: string, enabled: string): TriggerState | null {
  const state = enabledBy[enabled];
  const event = ({ ins: 'insert', upd: 'update', del: 'delete' } as const)[procedure.slice(-3)];
  if (!procedure.startsWith('RI_FKey_') || state === undefined || event === undefined) return null;
  return { on: procedure.startsWith('RI_FKey_check_') ? 'child' : 'parent', event, enabled: state };
}

function rootOf(key: number, parentKeys: ReadonlyMap<number, number>): number {
  const parent = parentKeys.get(key);
  return parent === undefined || parent === 0 ? key : rootOf(parent, parentKeys);
}
