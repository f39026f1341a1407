/** The checks that hold on SQLite alone: of changes, and of keys as they are. Pure. */
import {
  keyText,
  sameTable,
  type Change,
  type Finding,
  type ForeignKey,
  type Hazard,
  type Index,
  type Snapshot,
  type Table,
} from '../../../src/core/model.ts';
import type { Code } from '../../../src/core/codes/index.ts';
import { tableNamed } from '../../../src/core/schema-index.ts';
import { foldName } from '../text/names.ts';
import { checkNote, otherCollation } from '../introspector/tables.ts';
import { columnsRefusingNull } from './null-checks.ts';

export function judge(change: Change, snapshot: Snapshot): readonly Hazard[] {
  const key = change.foreignKey;
  const child = tableNamed(snapshot, key.child);
  const hazard = (code: Code, detail: string): Hazard => ({ code, subject: keyText(key), detail });
  const hazards: Hazard[] = [];
  if (change.to.onDeleteColumns !== null)
    hazards.push(hazard('COLUMN_LIST_UNSUPPORTED', 'SQLite takes no column list in an ON DELETE clause'));
  if (typeof child?.definition !== 'string') {
    hazards.push(
      hazard(
        'NOT_AVAILABLE_HERE',
        `the stored text of ${key.child.name} is not understood, so its clause cannot be found`,
      ),
    );
  }
  const mismatch = parentMismatch(key, snapshot);
  if (mismatch !== null) hazards.push(hazard('PARENT_NOT_UNIQUE', mismatch));
  if (change.to.onDelete === 'SET DEFAULT') {
    const without = columnsOf(key, child).filter((column) => !column.nullable && !column.hasDefault);
    hazards.push(
      ...without.map((column) =>
        hazard('SET_DEFAULT_WITHOUT_DEFAULT', `${column.name} is NOT NULL and has no default`),
      ),
    );
  }
  if (change.to.onDelete === 'SET NULL') {
    hazards.push(
      ...checksRefusingNull(key, child).map((check) => hazard('SET_NULL_ON_CHECK', `CHECK (${check})`)),
    );
  }
  if (change.to.onDelete === 'CASCADE' && sameTable(key.child, key.parent)) {
    hazards.push(hazard('SELF_REFERENCE_DEPTH', 'SQLite stops at 1,000 levels (SQLITE_MAX_TRIGGER_DEPTH)'));
  }
  return hazards;
}

export function findings(snapshot: Snapshot): readonly Finding[] {
  if (snapshot.foreignKeys.length === 0) return [];
  const detail =
    'foreign_keys is a setting of each connection and not of the file, so what the application uses cannot be seen here';
  const pragma: Finding = {
    code: 'FOREIGN_KEYS_PRAGMA',
    severity: 'info',
    subject: 'the database',
    detail,
    position: null,
  };
  const mismatches = snapshot.foreignKeys.flatMap((key): readonly Finding[] => {
    const mismatch = parentMismatch(key, snapshot);
    return mismatch === null
      ? []
      : [
          {
            code: 'PARENT_MISMATCH',
            severity: 'error',
            subject: keyText(key),
            detail: mismatch,
            position: null,
          },
        ];
  });
  return [pragma, ...mismatches];
}

function columnsOf(key: ForeignKey, child: Table | null) {
  return (child?.columns ?? []).filter((column) => key.columns.includes(column.name));
}

function checksRefusingNull(key: ForeignKey, child: Table | null): readonly string[] {
  const checks = (child?.notes ?? [])
    .filter((note) => note.startsWith(checkNote))
    .map((note) => note.slice(checkNote.length));
  const columns = key.columns.map(foldName);
  return checks.filter((check) =>
    columnsRefusingNull(check).some((column) => columns.includes(foldName(column))),
  );
}

/** Why SQLite answers "foreign key mismatch" to this key, or null: https://sqlite.org/foreignkeys.html#fk_indexes */
export function parentMismatch(key: ForeignKey, snapshot: Snapshot): string | null {
  const parent = tableNamed(snapshot, key.parent);
  if (parent === null) return `there is no table ${key.parent.name}`;
  if (key.parentColumns.length === 0)
    return `${parent.name} has no primary key of ${key.columns.length} columns`;
  const missing = key.parentColumns.find((name) => !parent.columns.some((column) => column.name === name));
  if (missing !== undefined) return `${parent.name} has no column ${missing}`;
  const isKey = parent.indexes.some(
    (index) => isParentKey(index, key.parentColumns) && !parent.notes.includes(otherCollation + index.name),
  );
  return isKey
    ? null
    : `${key.parentColumns.join(', ')} of ${parent.name} is neither the primary key nor UNIQUE`;
}

function isParentKey(index: Index, columns: readonly string[]): boolean {
  const sameColumns =
    index.columns.length === columns.length && columns.every((column) => index.columns.includes(column));
  return index.unique && index.predicate === null && sameColumns;
}
