/** Live questions outside introspection: read-only, bounded in time, answered as data. */
import type { Orphans, Probe, Probed } from '../../../src/core/contracts/probe.ts';
import type { ForeignKey, TableName } from '../../../src/core/model.ts';
import { probeEach } from '../../sql/probe-each.ts';
import { answer, why } from './bounds.ts';
import { count } from './count.ts';
import { children } from './fan-out.ts';
import { liveFindings } from './lint.ts';
import { preflight } from './preflight.ts';
import { ddl } from '../key-sql.ts';
import type { PostgresSession } from '../connection/connect.ts';
import { joinCondition, orphanQuery } from '../orphans.ts';

export function probeOf(session: PostgresSession): Probe {
  return {
    orphans: (keys, milliseconds) => orphans(session, keys, milliseconds),
    rows: (tables, milliseconds) => rows(session, tables, milliseconds),
    children: (schema, tables) => children(session, schema, tables),
    count: (request, milliseconds) => answer(() => count(session, request, milliseconds), ['57014', '55P03']),
    preflight: (changes, { snapshot }) => preflight(session, changes, snapshot),
    liveFindings: ({ snapshot }, milliseconds) => liveFindings(session, snapshot, milliseconds),
  };
}

/** `own` is the key whose join is wanted. */
const conditionsQuery = `SELECT wanted.place::int AS place, (${joinCondition('own.oid')}) AS condition
  FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS wanted (nsp, rel, con, place)
  JOIN pg_catalog.pg_namespace n ON n.nspname = wanted.nsp
  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.rel
  JOIN pg_catalog.pg_constraint own ON own.conrelid = c.oid AND own.conname = wanted.con AND own.contype = 'f'`;

/** Counts the rows that point to no parent, the way VALIDATE would look for them. */
async function orphans(
  session: PostgresSession,
  keys: readonly ForeignKey[],
  milliseconds: number,
): Promise<readonly Probed<Orphans>[]> {
  const found = await session.query(conditionsQuery, [
    keys.map(({ child }) => child.schema),
    keys.map(({ child }) => child.name),
    keys.map(({ name }) => name),
  ]);
  const conditions = new Map(found.map((row) => [Number(row['place']) - 1, row['condition']]));
  return probeEach<ForeignKey, Orphans>(session, keys, milliseconds, {
    ask(key, place) {
      const condition = conditions.get(place);
      return typeof condition === 'string'
        ? { sql: countQuery(key, condition) }
        : { known: false, why: 'the key is not there any more' };
    },
    read([row], key) {
      const sample = Array.isArray(row?.['sample']) ? row['sample'].map(String) : [];
      const count = Number(row?.['count']);
      return { count, atLeast: false, sample: sample.map((values) => labelled(key, values)) };
    },
    why,
  });
}

/** @param condition how rows of both sides are joined, by the server itself */
function countQuery(key: ForeignKey, condition: string): string {
  const { from, where, row } = orphanQuery(key);
  return ddl.text(ddl.sql`SELECT count(*)::float8 AS count, array_agg(label) FILTER (WHERE n <= 3) AS sample
      FROM (SELECT row_number() OVER () AS n, ${row} AS label FROM ${from}${ddl.raw(condition)} WHERE ${where}) AS orphan`);
}

/** `order_id=17`, or `(a, b)=(1,2)`. */
function labelled({ columns }: ForeignKey, values: string): string {
  return columns.length === 1
    ? `${columns.join('')}=${values.slice(1, -1)}`
    : `(${columns.join(', ')})=${values}`;
}

/** By table, with its partitions; those that were never analysed give no number. */
const estimatesQuery = `SELECT wanted.place::int AS place, sum(p.reltuples)::float8 AS rows
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS wanted (nsp, rel, place)
  JOIN pg_catalog.pg_namespace n ON n.nspname = wanted.nsp
  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.rel
  CROSS JOIN LATERAL (SELECT c.oid UNION SELECT relid FROM pg_catalog.pg_partition_tree(c.oid)) AS part (oid)
  JOIN pg_catalog.pg_class p ON p.oid = part.oid AND p.relkind <> 'p'
 GROUP BY wanted.place HAVING NOT bool_or(p.reltuples < 0 OR p.reltuples = 0 AND p.relpages = 0)`;

/** The planner's estimates, and an exact count where a table was never analysed. */
async function rows(
  session: PostgresSession,
  tables: readonly TableName[],
  milliseconds: number,
): Promise<readonly Probed<number>[]> {
  const found = await session.query(estimatesQuery, [
    tables.map(({ schema }) => schema),
    tables.map(({ name }) => name),
  ]);
  const estimates = new Map(found.map((row) => [Number(row['place']) - 1, Number(row['rows'])]));
  return probeEach<TableName, number>(session, tables, milliseconds, {
    ask(table, place) {
      const estimate = estimates.get(place);
      return estimate === undefined
        ? { sql: ddl.text(ddl.sql`SELECT count(*)::float8 AS count FROM ${ddl.table(table)}`) }
        : { known: true, value: Math.round(estimate) };
    },
    read: ([row]) => Number(row?.['count']),
    why,
  });
}
