/** What the server asks of the columns that a key joins. Pure. */
import type { Column, ForeignKey, Table } from '../../../src/core/model.ts';
import type { SchemaIndex } from '../../../src/core/schema-index.ts';

/** A key to other columns is not standard SQL; MySQL 8.4 and later take it only with restrict_fk_on_non_standard_key=OFF. */
export function isParentUnique({ parent, parentColumns }: ForeignKey, schema: SchemaIndex): boolean {
  const wanted = parentColumns.map((column) => column.toLowerCase());
  const isOfThese = (columns: readonly (string | null)[]): boolean =>
    columns.length === wanted.length &&
    columns.every((column) => column !== null && wanted.includes(column.toLowerCase()));
  return schema.table(parent)?.indexes.some(({ columns, unique }) => unique && isOfThese(columns)) ?? false;
}

/**
 * The first pair of columns whose collations differ: the server keeps such a key when one side was converted with foreign_key_checks=0, and
 * does not add it again (error 3780 on MySQL, 1822 on MariaDB, measured). Null where none differs, or where the snapshot does not say.
 */
export function differentCollations(key: ForeignKey, schema: SchemaIndex): string | null {
  const [childTable, parentTable] = [schema.table(key.child), schema.table(key.parent)];
  for (const [at, name] of key.columns.entries()) {
    const [child, parent] = [columnOf(childTable, name), columnOf(parentTable, key.parentColumns[at])];
    if (
      child?.collation !== undefined &&
      parent?.collation !== undefined &&
      child.collation !== parent.collation
    )
      return `${child.name} is ${child.collation}, ${parent.name} is ${parent.collation}`;
  }
  return null;
}

function columnOf(table: Table | null, name = ''): Column | undefined {
  const wanted = name.toLowerCase();
  const columns = table?.columns ?? [];
  return (
    columns.find((column) => column.name === name) ??
    columns.find((column) => column.name.toLowerCase() === wanted)
  );
}
