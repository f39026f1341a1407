/** Whether a key can find its parent. Pure. */
import type { ForeignKey, Index } from '../../../src/core/model.ts';
import type { SchemaIndex } from '../../../src/core/schema-index.ts';

/** Why SQLite answers "foreign key mismatch" to this key, or null: https://sqlite.org/foreignkeys.html#fk_indexes */
export function parentMismatch(key: ForeignKey, schema: SchemaIndex): string | null {
  const parent = schema.table(key.parent);
  if (parent === null) return `there is no table ${key.parent.name}`;
  if (key.parentColumns.length === 0)
    return `${parent.name} has no primary key of ${key.columns.length} columns`;
  const missing = key.parentColumns.find((name) => !parent.columns.some((column) => column.name === name));
  if (missing !== undefined) return `${parent.name} has no column ${missing}`;
  const isKey = parent.indexes.some(
    (index) => isParentKey(index, key.parentColumns) && !parent.indexesOfOtherCollation.includes(index.name),
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
