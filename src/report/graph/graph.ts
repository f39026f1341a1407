/** What pictures of keys share: which keys are drawn, and how each action and change is said in words. Pure. */
import {
  clauseText,
  compareTables,
  keyText,
  tableId,
  type Change,
  type ForeignKey,
  type Snapshot,
  type TableName,
} from '../../core/model.ts';

export interface DrawnKey {
  readonly key: ForeignKey;
  /** The change of it, or null. */
  readonly change: Change | null;
  /** `NO ACTION → CASCADE`, or the one action. */
  readonly label: string;
}

/** One hue for each action, in a light and a dark page alike readable; the words stand beside it. */
export const actionColours: Readonly<Record<ForeignKey['onDelete'], string>> = {
  CASCADE: '#c2410c',
  'SET NULL': '#0369a1',
  'SET DEFAULT': '#6d28d9',
  RESTRICT: '#15803d',
  'NO ACTION': '#64748b',
};

/** Every key with its change. */
export function drawnKeys(snapshot: Snapshot, changes: readonly Change[]): readonly DrawnKey[] {
  const changeOf = new Map(changes.map((change) => [idOf(change.foreignKey), change]));
  return snapshot.foreignKeys.map((key) => {
    const change = changeOf.get(idOf(key)) ?? null;
    return {
      key,
      change,
      label: change === null ? clauseText(key) : `${clauseText(change.from)} → ${clauseText(change.to)}`,
    };
  });
}

/** The tables of these keys, sorted, with a short id each. */
export function numbered(
  keys: readonly DrawnKey[],
): ReadonlyMap<string, { readonly id: string; readonly table: TableName }> {
  const tables = new Map(
    keys.flatMap(({ key }) => [key.child, key.parent]).map((table) => [tableId(table), table]),
  );
  return new Map(
    [...tables.values()]
      .sort(compareTables)
      .map((table, at) => [tableId(table), { id: `t${at + 1}`, table }] as const),
  );
}

function idOf(key: ForeignKey): string {
  return JSON.stringify([keyText(key), key.halfDone?.temporaryName ?? key.name]);
}
