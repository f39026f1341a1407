/** What the pictures share: every key with its change and label, and a short id for each table. Pure. */
import { clauseText, compareTables, distinctTables, keyText, tableId } from '../../core/names.ts';
import type { Change, ForeignKey, Snapshot, TableName } from '../../core/model.ts';

export interface DrawnKey {
  readonly key: ForeignKey;
  /** Null where the key stays as it is. */
  readonly change: Change | null;
  /** `NO ACTION → CASCADE`, or the one action. */
  readonly label: string;
  readonly color: string;
}

/** Readable on a light and on a dark page. */
const actionColors: Readonly<Record<ForeignKey['onDelete'], string>> = {
  CASCADE: '#c2410c',
  'SET NULL': '#0369a1',
  'SET DEFAULT': '#6d28d9',
  RESTRICT: '#15803d',
  'NO ACTION': '#64748b',
};

export function drawnKeys(snapshot: Snapshot, changes: readonly Change[]): readonly DrawnKey[] {
  const changeOf = new Map(changes.map((change) => [idOf(change.foreignKey), change]));
  return snapshot.foreignKeys.map((key) => {
    const change = changeOf.get(idOf(key)) ?? null;
    return {
      key,
      change,
      label: change === null ? clauseText(key) : `${clauseText(change.from)} → ${clauseText(change.to)}`,
      color: actionColors[change?.to.onDelete ?? key.onDelete],
    };
  });
}

/** The tables of these keys, sorted. */
export function drawnTables(keys: readonly DrawnKey[]): readonly TableName[] {
  return distinctTables(keys.flatMap(({ key }) => [key.child, key.parent])).toSorted(compareTables);
}

/** `t1`, `t2`, …: names of tables are no identifiers in a graph. */
export function tableIds(tables: readonly TableName[]): (table: TableName) => string {
  const ids = new Map(tables.map((table, index) => [tableId(table), `t${index + 1}`]));
  return (table) => ids.get(tableId(table)) ?? '';
}

function idOf(key: ForeignKey): string {
  return JSON.stringify([keyText(key), key.halfDone?.temporaryName ?? key.name]);
}
