/** Rows of a child that point to no parent, as SQL. The parent's column stands left, because its collation decides. */
import type { Ddl, Fragment } from '../ddl.ts';
import type { ForeignKey } from '../../src/model.ts';

/** `FROM child WHERE …`; a row with a NULL in the key points nowhere and is no orphan. */
export function orphansOf(ddl: Ddl, key: ForeignKey): Fragment {
  const { sql, id, table, join } = ddl;
  const [child, parent] = [id('child'), id('parent')];
  const present = key.columns.map((column) => sql`${child}.${id(column)} IS NOT NULL`);
  const equal = key.columns.map(
    (column, at) => sql`${parent}.${id(key.parentColumns[at] ?? '')} = ${child}.${id(column)}`,
  );
  const found = sql`SELECT 1 FROM ${table(key.parent)} AS ${parent} WHERE ${join(equal, ' AND ')}`;
  return sql`FROM ${table(key.child)} AS ${child} WHERE ${join(present, ' AND ')} AND NOT EXISTS (${found})`;
}
