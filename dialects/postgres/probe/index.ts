/** Live questions outside introspection: read-only, bounded in time, answered as data. */
import type { Probed, Orphans, Probe, Session } from '../../../src/core/contracts/engine.ts';
import { codeOf, messageOf } from '../../../src/core/errors.ts';
import { tableText, type ForeignKey, type TableName } from '../../../src/core/model.ts';
import { count } from './count.ts';
import { preflight } from './preflight.ts';
import { ddl } from '../emitter/key-sql.ts';
import { postgresSession } from '../connection/connect.ts';
import { joinCondition, orphanQuery } from '../emitter/orphan-check.ts';

export const probe: Omit<Probe, 'children'> = {
  orphans,
  rows,
  count: (session, request, timeoutMilliseconds) =>
    answer(timeoutMilliseconds, () => count(session, request, timeoutMilliseconds)),
  preflight,
};

const keyOid = `(SELECT k.oid FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE k.contype = 'f' AND n.nspname = $1 AND c.relname = $2 AND k.conname = $3)`;

/** Counts the rows that point to no parent, the way VALIDATE would look for them. */
async function orphans(
  session: Session,
  key: ForeignKey,
  timeoutMilliseconds: number,
): Promise<Probed<Orphans>> {
  return answer(timeoutMilliseconds, async () => {
    const { child, name } = key;
    const found = await session.query(`SELECT (${joinCondition(keyOid)}) AS condition`, [
      child.schema,
      child.name,
      name,
    ]);
    const condition = found[0]?.['condition'];
    if (typeof condition !== 'string') return { known: false, why: 'the key is not there any more' };
    const { from, where, row } = orphanQuery(key);
    const sql =
      ddl.text(ddl.sql`SELECT count(*)::float8 AS count, array_agg(label) FILTER (WHERE n <= 3) AS sample
      FROM (SELECT row_number() OVER () AS n, ${row} AS label FROM ${from}${ddl.raw(condition)} WHERE ${where}) AS orphan`);
    const [result] = await postgresSession(session).queryWithin(timeoutMilliseconds, sql);
    const sample = Array.isArray(result?.['sample']) ? result['sample'].map(String) : [];
    return {
      known: true,
      value: {
        count: Number(result?.['count']),
        atLeast: false,
        sample: sample.map((values) => labelled(key, values)),
      },
    };
  });
}

/** `order_id=17`, or `(a, b)=(1,2)`. */
function labelled({ columns }: ForeignKey, values: string): string {
  return columns.length === 1
    ? `${columns.join('')}=${values.slice(1, -1)}`
    : `(${columns.join(', ')})=${values}`;
}

/** The planner's estimate over the table and its partitions, or an exact count where the table was never analysed. */
async function rows(
  session: Session,
  table: TableName,
  timeoutMilliseconds: number,
): Promise<Probed<number>> {
  return answer(timeoutMilliseconds, async () => {
    const estimates = await session.query(
      `SELECT sum(p.reltuples)::float8 AS rows, bool_or(p.reltuples < 0 OR p.reltuples = 0 AND p.relpages = 0) AS unknown
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace,
              pg_catalog.pg_class p
        WHERE n.nspname = $1 AND c.relname = $2 AND p.relkind <> 'p'
          AND (p.oid = c.oid OR p.oid IN (SELECT relid FROM pg_catalog.pg_partition_tree(c.oid)))`,
      [table.schema, table.name],
    );
    const { rows: estimate, unknown } = estimates[0] ?? {};
    if (typeof estimate === 'number' && unknown === false)
      return { known: true, value: Math.round(estimate) };
    const sql = ddl.text(ddl.sql`SELECT count(*)::float8 AS count FROM ${ddl.table(table)}`);
    const [counted] = await postgresSession(session).queryWithin(timeoutMilliseconds, sql);
    return counted === undefined
      ? { known: false, why: `${tableText(table)} is gone` }
      : { known: true, value: Number(counted['count']) };
  });
}

/** An answer that did not come in time, or that the user may not have, is no failure. */
export async function answer<T>(
  timeoutMilliseconds: number,
  ask: () => Promise<Probed<T>>,
): Promise<Probed<T>> {
  try {
    return await ask();
  } catch (error) {
    const cause = typeof error === 'object' && error !== null && 'cause' in error ? error.cause : error;
    if (codeOf(cause) === '57014') return { known: false, why: `no answer within ${timeoutMilliseconds} ms` };
    if (codeOf(cause) === '42501' || codeOf(cause) === '55P03')
      return { known: false, why: messageOf(cause) };
    throw error;
  }
}
