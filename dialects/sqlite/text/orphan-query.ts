/** Rows of a child that point to no parent, as SQL. The parent's column stands left, because its collation decides. */
import type { Ddl, Fragment } from '../../sql/ddl.ts';
import type { ForeignKey } from '../../../src/core/model.ts';

/** `FROM child AS c WHERE …`; a row with a NULL in the key points nowhere and is no orphan. */
export function orphansOf(ddl: Ddl, key: ForeignKey): Fragment {
  return ddl.join(orphanPieces(ddl, key), ' ');
}

/** The same, cut where a line may end. */
export function orphanPieces(
  ddl: Ddl,
  { child, columns, parent, parentColumns }: ForeignKey,
): readonly Fragment[] {
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
