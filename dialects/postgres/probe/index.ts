/** Live questions outside introspection: read-only, bounded in time, answered as data. */
import type { Orphans, Probe, Probed } from '../../../src/core/contracts/probe.ts';
import { tableText } from '../../../src/core/names.ts';
import type { ForeignKey, TableName } from '../../../src/core/model.ts';
import { answer } from './bounds.ts';
import { count } from './count.ts';
import { children } from './fan-out.ts';
import { liveFindings } from './lint.ts';
import { preflight } from './preflight.ts';
import { ddl } from '../emitter/key-sql.ts';
import type { PostgresSession } from '../connection/connect.ts';
import { joinCondition, orphanQuery } from '../emitter/orphan-check.ts';

export function probeOf(session: PostgresSession): Probe {
  return {
    orphans: (key, milliseconds) => orphans(session, key, milliseconds),
    rows: (table, milliseconds) => rows(session, table, milliseconds),
    children: (schema, tables) => children(session, schema, tables),
    count: (request, milliseconds) => answer(milliseconds, () => count(session, request, milliseconds)),
    preflight: (changes, { snapshot }) => preflight(session, changes, snapshot),
    liveFindings: ({ snapshot }, milliseconds) => liveFindings(session, snapshot, milliseconds),
  };
}

const keyOid = `(SELECT k.oid FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE k.contype = 'f' AND n.nspname = $1 AND c.relname = $2 AND k.conname = $3)`;

/** Counts the rows that point to no parent, the way VALIDATE would look for them. */
async function orphans(
  session: PostgresSession,
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
    const [result] = await session.queryWithin(timeoutMilliseconds, sql);
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
  session: PostgresSession,
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
    const [counted] = await session.queryWithin(timeoutMilliseconds, sql);
    return counted === undefined
      ? { known: false, why: `${tableText(table)} is gone` }
      : { known: true, value: Number(counted['count']) };
  });
}
