/** What `init` marks in the policy it writes: keys that somebody should look at before they are declared as meant. Pure. */
import { catalogue } from '../core/codes/index.ts';
import { tableId } from '../core/model.ts';
import type { ForeignKey, Snapshot, Table } from '../core/model.ts';

/** The codes whose prose `init` puts above a rule, in the order in which they are looked for. */
type Doubt =
  | 'HALF_DONE'
  | 'PARENT_MISMATCH'
  | 'NOT_ENFORCED'
  | 'TRIGGERS_DISABLED'
  | 'SET_NULL_LIVE_ON_NOT_NULL'
  | 'SET_DEFAULT_UNSUPPORTED'
  | 'SET_DEFAULT_WITHOUT_DEFAULT'
  | 'RESTRICT_DEFERRABLE'
  | 'NOT_VALIDATED';

/** A function that tells the first doubt about a key as a comment of one line, or null. */
export function doubts(snapshot: Snapshot): (key: ForeignKey) => string | null {
  const tables = new Map(snapshot.tables.map((table) => [tableId(table), table]));
  const innodb = snapshot.server.flavor === 'mysql' || snapshot.server.flavor === 'mariadb';
  return (key) => {
    const doubt = doubtOf(key, tables.get(tableId(key.child)), innodb);
    if (doubt === null) return null;
    const { title, effect } = catalogue[doubt];
    return `${title.charAt(0).toUpperCase()}${title.slice(1)}. ${effect}`;
  };
}

function doubtOf(key: ForeignKey, child: Table | undefined, innodb: boolean): Doubt | null {
  if (key.halfDone !== null) return 'HALF_DONE';
  if (key.parentColumns.length === 0) return 'PARENT_MISMATCH';
  if (!key.enforced) return 'NOT_ENFORCED';
  if (key.triggers.some((trigger) => trigger.enabled !== 'origin')) return 'TRIGGERS_DISABLED';
  const written = (key.onDeleteColumns ?? key.columns).flatMap(
    (name) => child?.columns.find((column) => column.name === name) ?? [],
  );
  if (key.onDelete === 'SET NULL' && written.some((column) => !column.nullable))
    return 'SET_NULL_LIVE_ON_NOT_NULL';
  if (key.onDelete === 'SET DEFAULT') {
    if (innodb) return 'SET_DEFAULT_UNSUPPORTED';
    if (written.some((column) => !column.nullable && !column.hasDefault))
      return 'SET_DEFAULT_WITHOUT_DEFAULT';
  }
  if (key.onDelete === 'RESTRICT' && key.deferrability !== 'NOT DEFERRABLE') return 'RESTRICT_DEFERRABLE';
  return key.validated ? null : 'NOT_VALIDATED';
}
