/** Rows of the child that point to no row of the parent: as the probe and the operations ask for them. */
import type { Fragment } from '../sql/ddl.ts';
import type { ForeignKey } from '../../src/core/model.ts';
import { ddl, tree } from './key-sql.ts';

interface OrphanQuery {
  readonly from: Fragment;
  readonly where: Fragment;
  readonly row: Fragment;
}

/**
 * The FROM and WHERE of the server's own VALIDATE query, without the join condition: ONLY keeps classic inheritance out;
 * MATCH SIMPLE lets a row with any NULL pass, MATCH FULL only a row of NULLs, and a mixed row never joins.
 */
export function orphanQuery(key: ForeignKey): OrphanQuery {
  const filled = key.columns.map((column) => ddl.sql`child.${ddl.id(column)} IS NOT NULL`);
  const first = key.parentColumns.slice(0, 1).map((column) => ddl.sql`parent.${ddl.id(column)} IS NULL`);
  return {
    from: ddl.sql`${tree(key, 'child')} AS child LEFT JOIN ${tree(key, 'parent')} AS parent ON `,
    where: ddl.sql`${ddl.join(first)} AND (${ddl.join(filled, key.match === 'FULL' ? ' OR ' : ' AND ')})`,
    row: ddl.sql`ROW(${ddl.join(key.columns.map((column) => ddl.sql`child.${ddl.id(column)}`))})::text`,
  };
}

/**
 * The join condition with the server's own equality operators: a key over citext or over two types does not compare
 * with pg_catalog's plain `=`. `key` is the key's oid.
 */
export function joinCondition(key: string): string {
  return `SELECT string_agg(format('parent.%I OPERATOR(%s) child.%I', p.attname, pair.equals::regoper, c.attname), ' AND ')
      FROM pg_constraint k, unnest(k.conkey, k.confkey, k.conpfeqop) AS pair (c, p, equals), pg_attribute c, pg_attribute p
     WHERE k.oid = ${key} AND c.attrelid = k.conrelid AND c.attnum = pair.c AND p.attrelid = k.confrelid AND p.attnum = pair.p`;
}
