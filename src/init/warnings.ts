/** What `init` warns of in the policy it writes: keys to look at before their action is declared as meant. Pure. */
import { catalogue } from '../core/codes/index.ts';
import { tableId } from '../core/names.ts';
import type { ForeignKey, Snapshot, Table } from '../core/model.ts';

export type WarningOf = (key: ForeignKey) => string | null;

/** For each key its first warning, as a comment of one line. */
export function warningsOf(snapshot: Snapshot): WarningOf {
  const tables = new Map(snapshot.tables.map((table) => [tableId(table), table]));
  const innodb = snapshot.server.flavor === 'mysql' || snapshot.server.flavor === 'mariadb';
  return (key) => {
    const code = codeFor(key, tables.get(tableId(key.child)), innodb);
    if (code === null) return null;
    const { title, effect } = catalogue[code];
    return `${title.charAt(0).toUpperCase()}${title.slice(1)}. ${effect}`;
  };
}

/** The code whose title and effect are the warning. */
function codeFor(key: ForeignKey, child: Table | undefined, innodb: boolean): keyof typeof catalogue | null {
  if (key.halfDone !== null) return 'HALF_DONE';
  if (key.parentColumns.length === 0) return 'PARENT_MISMATCH';
  if (!key.enforced) return 'NOT_ENFORCED';
  if (key.triggers.some((trigger) => trigger.enabled !== 'origin')) return 'TRIGGERS_DISABLED';
  const names = key.onDeleteColumns ?? key.columns;
  const refusing = (child?.columns ?? []).filter((column) => names.includes(column.name) && !column.nullable);
  if (key.onDelete === 'SET NULL' && refusing.length > 0) return 'SET_NULL_LIVE_ON_NOT_NULL';
  if (key.onDelete === 'SET DEFAULT') {
    if (innodb) return 'SET_DEFAULT_UNSUPPORTED';
    if (refusing.some((column) => !column.hasDefault)) return 'SET_DEFAULT_WITHOUT_DEFAULT';
  }
  if (key.onDelete === 'RESTRICT' && key.deferrability !== 'NOT DEFERRABLE') return 'RESTRICT_DEFERRABLE';
  return key.validated ? null : 'NOT_VALIDATED';
}
