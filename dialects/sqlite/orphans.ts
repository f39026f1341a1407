/** Rows of a child that point to no parent, as SQL. The parent's column stands left, because its collation decides. */
import type { Ddl, Fragment } from '../sql/ddl.ts';
import type { ForeignKey } from '../../src/core/model.ts';

/** `FROM child AS c WHERE …`; a row with a NULL in the key points nowhere and is no orphan. */
export function orphansOf(ddl: Ddl, key: ForeignKey): Fragment {
  return ddl.join(orphanPieces(ddl, key), ' ');
}

/** `SELECT what, count(…) FROM …`, cut where a line may end. To count a column leaves its NULLs out. */
export function orphanCountPieces(ddl: Ddl, key: ForeignKey, what: Fragment): readonly Fragment[] {
  const [column, ...others] = key.columns;
  const [parentColumn = ''] = key.parentColumns;
  if (column === undefined || others.length > 0)
    return [ddl.sql`SELECT ${what}, count(*)`, ...orphanPieces(ddl, key)];
  return [
    ddl.sql`SELECT ${what}, count(${ddl.id(column)}) FROM ${ddl.id(key.child.name)} AS c`,
    ddl.sql`WHERE NOT EXISTS (SELECT 1 FROM ${ddl.id(key.parent.name)}`,
    ddl.sql`WHERE ${ddl.id(parentColumn)} = c.${ddl.id(column)})`,
  ];
}

/** The FROM and WHERE of any key. */
function orphanPieces(ddl: Ddl, { child, columns, parent, parentColumns }: ForeignKey): readonly Fragment[] {
  const and = (at: number): Fragment => ddl.raw(at === 0 ? 'WHERE' : 'AND');
  const present = columns.map((column, at) => ddl.sql`${and(at)} c.${ddl.id(column)} IS NOT NULL`);
  const equal = columns.map(
    (column, at) => ddl.sql`${and(at)} p.${ddl.id(parentColumns[at] ?? '')} = c.${ddl.id(column)}`,
  );
  return [
    ddl.sql`FROM ${ddl.table(child)} AS c`,
    ...present,
    ddl.sql`AND NOT EXISTS (SELECT 1 FROM ${ddl.table(parent)} AS p`,
    ...equal.slice(0, -1),
    ddl.sql`${ddl.join(equal.slice(-1))})`,
  ];
}
