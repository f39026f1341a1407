/** Whether a key points to columns that are unique. Pure. */
import type { ForeignKey } from '../../../src/core/model.ts';
import type { SchemaIndex } from '../../../src/core/schema-index.ts';

/** A key to other columns is not standard SQL; MySQL 8.4 and later take it only with restrict_fk_on_non_standard_key=OFF. */
export function isParentUnique({ parent, parentColumns }: ForeignKey, schema: SchemaIndex): boolean {
  const textOf = (columns: readonly (string | null)[]): string =>
    JSON.stringify(columns.map((column) => column?.toLowerCase() ?? '').sort());
  const indexes = schema.table(parent)?.indexes ?? [];
  return indexes.some((index) => index.unique && textOf(index.columns) === textOf(parentColumns));
}
