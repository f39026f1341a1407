/** Rows of the child that point to no row of the parent: the query, and the block that stops when there are any. */
import type { Fragment } from '../../sql/ddl.ts';
import type { ForeignKey, Statement } from '../../../src/core/model.ts';
import { doBlock, statementOf } from './block.ts';
import { ddl, type KeySql, type Path, tree } from './key-sql.ts';
import { countLocks } from './locks.ts';

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

/** The block that counts before the swap, so that a key that hides orphans is not touched at all. */
export function countOrphans(sql: KeySql, path: Path): Statement {
  const { key } = sql;
  const query = orphanQuery(key);
  const pairs = key.parentColumns.map(
    (column, place) => ddl.sql`parent.${ddl.id(column)} = child.${ddl.id(key.columns[place] ?? column)}`,
  );
  return statementOf(
    doBlock({
      sql,
      ready: [path.before, path.back],
      done: [path.middle, path.after],
      takes: 'scan',
      declare,
      work: countWork(query),
    }),
    {
      comment: `${sql.label}: are there rows without a parent?`,
      sql: ddl.text(
        ddl.sql`SELECT count(*) FROM ${query.from}${ddl.join(pairs, ' AND ')} WHERE ${query.where}`,
      ),
      locks: countLocks(key),
      scans: sql.ownParent ? [key.child] : [key.child, key.parent],
    },
  );
}

const declare = ddl.sql`
  equal     text;
  orphans   bigint;
  sample    text;`;

function countWork(query: OrphanQuery): Fragment {
  const select = ddl.sql`SELECT count(*), string_agg(label, ', ') FILTER (WHERE n <= 3) FROM (SELECT row_number() OVER () AS n, ${query.row} AS label FROM ${query.from}`;
  const where = ddl.sql` WHERE ${query.where}) AS orphan`;
  return ddl.sql`
    IF NOT has_table_privilege(parent, 'SELECT') OR row_security_active(parent) OR row_security_active(child) THEN
      RAISE WARNING 'ondelete: % may not see all rows of % and %, so the rows without a parent are not counted', current_user, child, parent;
      EXIT work;
    END IF;
    equal := (${ddl.raw(joinCondition('key.oid'))});
    EXECUTE ${ddl.literal(ddl.text(select))} || equal || ${ddl.literal(ddl.text(where))} INTO orphans, sample;
    IF orphans > 0 THEN
      RAISE foreign_key_violation USING
        MESSAGE = format('ondelete: %s rows of %s point to no row of %s by %s, such as %s; nothing was changed', orphans, child, parent, key_name, sample),
        HINT = 'VALIDATE would fail on them. Mend or delete them first.';
    END IF;`;
}
