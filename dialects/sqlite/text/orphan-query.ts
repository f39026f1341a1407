/** Rows of a child that point to no parent, as SQL. The parent's column stands left, because its collation decides. */
import type { Ddl, Fragment } from '../../sql/ddl.ts';
import type { ForeignKey } from '../../../src/core/model.ts';

/** `FROM child WHERE …`; a row with a NULL in the key points nowhere and is no orphan. */
export function orphansOf(ddl: Ddl, key: ForeignKey): Fragment {
  const [child, parent] = [ddl.id('child'), ddl.id('parent')];
  const present = key.columns.map((column) => ddl.sql`${child}.${ddl.id(column)} IS NOT NULL`);
  const equal = key.columns.map(
    (column, at) => ddl.sql`${parent}.${ddl.id(key.parentColumns[at] ?? '')} = ${child}.${ddl.id(column)}`,
  );
  const found = ddl.sql`SELECT 1 FROM ${ddl.table(key.parent)} AS ${parent} WHERE ${ddl.join(equal, ' AND ')}`;
  return ddl.sql`FROM ${ddl.table(key.child)} AS ${child} WHERE ${ddl.join(present, ' AND ')} AND NOT EXISTS (${found})`;
}
