/** What the server asks of the columns that a key joins. Pure. */
import type { Column, ForeignKey, TableName } from '../../../src/core/model.ts';
import type { SchemaIndex } from '../../../src/core/schema-index.ts';

/** A key to other columns is not standard SQL; MySQL 8.4 and later take it only with restrict_fk_on_non_standard_key=OFF. */
export function isParentUnique({ parent, parentColumns }: ForeignKey, schema: SchemaIndex): boolean {
  const textOf = (columns: readonly (string | null)[]): string =>
    JSON.stringify(columns.map((column) => column?.toLowerCase() ?? '').sort());
  const indexes = schema.table(parent)?.indexes ?? [];
  return indexes.some((index) => index.unique && textOf(index.columns) === textOf(parentColumns));
}

/**
 * The first pair of columns whose collations differ: the server keeps such a key when one side was converted with foreign_key_checks=0, and
 * does not add it again (error 3780 on MySQL, 1822 on MariaDB, measured). Null where none differs, or where the snapshot does not say.
 */
export function differentCollations(key: ForeignKey, schema: SchemaIndex): string | null {
  const columnOf = (table: TableName, name: string | undefined): Column | undefined =>
    schema.table(table)?.columns.find((column) => column.name.toLowerCase() === name?.toLowerCase());
  for (const [at, name] of key.columns.entries()) {
    const [child, parent] = [columnOf(key.child, name), columnOf(key.parent, key.parentColumns[at])];
    if (
      child?.collation !== undefined &&
      parent?.collation !== undefined &&
      child.collation !== parent.collation
    )
      return `${child.name} is ${child.collation}, ${parent.name} is ${parent.collation}`;
  }
  return null;
}
