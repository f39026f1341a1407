/** Rows of a child that point to no parent, as SQL. By MATCH SIMPLE a row with any NULL is no orphan. */
import type { Ddl, Fragment } from '../sql/ddl.ts';
import type { ForeignKey } from '../../src/core/model.ts';

/** `FROM child … WHERE …`, for the probe, which wants some of the rows as well. */
export function orphansOf(ddl: Ddl, key: ForeignKey): Fragment {
  const pairs = pairsOf(ddl, key);
  const on = pairs.map(([child, parent]) => ddl.sql`parent_row.${parent} = child_row.${child}`);
  const set = pairs.map(([child]) => ddl.sql`child_row.${child} IS NOT NULL`);
  const [first] = pairs;
  const missing = first === undefined ? ddl.raw('FALSE') : ddl.sql`parent_row.${first[1]} IS NULL`;
  return ddl.sql`FROM ${ddl.table(key.child)} AS child_row LEFT JOIN ${ddl.table(key.parent)} AS parent_row ON ${ddl.join(on, ' AND ')} WHERE ${ddl.join([...set, missing], ' AND ')}`;
}

/** How the statement calls the tables, and whether the parent's first column may be NULL. */
interface Tables {
  readonly child: Fragment;
  readonly parent: Fragment;
  readonly parentNullable: boolean;
}

/** `SELECT what, COUNT(…) FROM …` and its WHERE. One column is counted by COUNT, which passes over NULL. */
export function orphanCountPieces(
  ddl: Ddl,
  key: ForeignKey,
  { child, parent, parentNullable }: Tables,
  what: Fragment,
): readonly [select: Fragment, where: Fragment] {
  const pairs = pairsOf(ddl, key);
  const [first, ...others] = pairs;
  if (first !== undefined && others.length === 0) {
    const [column, parentColumn] = first;
    const known = parentNullable ? ddl.sql` WHERE ${parentColumn} IS NOT NULL` : ddl.raw('');
    return [
      ddl.sql`SELECT ${what}, COUNT(${column}) AS orphans FROM ${child}`,
      ddl.sql`WHERE ${column} NOT IN (SELECT ${parentColumn} FROM ${parent}${known})`,
    ];
  }
  const on = pairs.map(([mine, theirs]) => ddl.sql`p.${theirs} = c.${mine}`);
  const set = pairs.map(([mine]) => ddl.sql`c.${mine} IS NOT NULL`);
  return [
    ddl.sql`SELECT ${what}, COUNT(*) AS orphans FROM ${child} AS c`,
    ddl.sql`WHERE ${ddl.join(set, ' AND ')} AND NOT EXISTS (SELECT 1 FROM ${parent} AS p WHERE ${ddl.join(on, ' AND ')})`,
  ];
}

function pairsOf(ddl: Ddl, key: ForeignKey): readonly (readonly [child: Fragment, parent: Fragment])[] {
  return key.columns.map((column, at) => [ddl.id(column), ddl.id(key.parentColumns[at] ?? '')]);
}
