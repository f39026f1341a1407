import type { ForeignKey } from '../../src/core/model.ts';
import type { Ddl, Fragment } from './ddl.ts';

/** The statement that gives a key the index it lacks, named after its table and columns. @param longestName how long a name may be */
export function createIndexSql(
  ddl: Ddl,
  { child, columns }: ForeignKey,
  table: Fragment,
  longestName: number,
): string {
  const name = `${child.name}_${columns.join('_')}_idx`.slice(0, longestName);
  return ddl.text(ddl.sql`CREATE INDEX ${ddl.id(name)} ON ${table} (${ddl.ids(columns)})`);
}
