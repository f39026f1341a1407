/** Live questions outside introspection: orphans and rows, bounded in time by the server itself. */
import { type Ddl, ddlFor, type Fragment } from '../../sql/ddl.ts';
import type { Session } from '../../sql/session.ts';
import type { Orphans, Probe, Probed } from '../../../src/core/contracts/probe.ts';
import type { ForeignKey, TableName } from '../../../src/core/model.ts';
import { count } from './count.ts';
import { children } from './fan-out.ts';
import { liveFindings } from './lint.ts';
import { preflight } from './preflight.ts';
import { type Bound, bounded } from './bounds.ts';

/** More orphans than this are not worth counting before anybody mends the first. */
const enough = 10_000;
const samples = 3;

/** The probes of an engine of the family, on one session. */
export function probeWith(ddl: Ddl, flavor: 'mysql' | 'mariadb', bound: Bound): (session: Session) => Probe {
  return (session) => ({
    orphans: (key, milliseconds) => orphans(session, ddl, bound, key, milliseconds),
    rows: (table, milliseconds) => rows(session, ddl, bound, table, milliseconds),
    children: (schema, tables) => children(session, schema, tables),
    count: (request, milliseconds) =>
      bounded(() => count(session, ddl, flavor, (select) => bound(select, milliseconds), request)),
    preflight: (changes, schema) => preflight(session, changes, schema),
    liveFindings: ({ snapshot }, milliseconds) => liveFindings(session, snapshot, ddl, bound, milliseconds),
  });
}

const ddl = ddlFor('mysql');

export const mysqlBound: Bound = (select, milliseconds) =>
  ddl.sql`SELECT /*+ MAX_EXECUTION_TIME(${ddl.raw(String(Math.max(1, Math.round(milliseconds))))}) SET_VAR(cte_max_recursion_depth=4294967295) */ ${select}`;

export const probeOf = probeWith(ddl, 'mysql', mysqlBound);

function orphans(
  session: Session,
  ddl: Ddl,
  bound: Bound,
  key: ForeignKey,
  milliseconds: number,
): Promise<Probed<Orphans>> {
  return bounded(async () => {
    const from = orphanSource(ddl, key);
    const limited = ddl.sql`COUNT(*) AS n FROM (SELECT 1 ${from} LIMIT ${ddl.raw(String(enough + 1))}) AS orphan_rows`;
    const count = Number((await session.query(ddl.text(bound(limited, milliseconds))))[0]?.['n'] ?? 0);
    if (count === 0) return { count, atLeast: false, sample: [] };
    const columns = key.columns.map(
      (column, at) => ddl.sql`child_row.${ddl.id(column)} AS ${ddl.id(`c${at}`)}`,
    );
    const some = ddl.sql`${ddl.join(columns)} ${from} LIMIT ${ddl.raw(String(samples))}`;
    const found = await session.query(ddl.text(bound(some, milliseconds)));
    const sample = found.map((row) =>
      key.columns.map((column, at) => `${column}=${valueText(row[`c${at}`])}`).join(', '),
    );
    return { count: Math.min(count, enough), atLeast: count > enough, sample };
  });
}

function valueText(value: unknown): string {
  if (Buffer.isBuffer(value)) return `0x${value.toString('hex')}`;
  return value === null ? 'NULL' : typeof value === 'string' ? value : JSON.stringify(value);
}

function orphanSource(ddl: Ddl, key: ForeignKey): Fragment {
  const pairs = key.columns.map(
    (column, at) => [ddl.id(column), ddl.id(key.parentColumns[at] ?? '')] as const,
  );
  const on = pairs.map(([child, parent]) => ddl.sql`parent_row.${parent} = child_row.${child}`);
  const set = pairs.map(([child]) => ddl.sql`child_row.${child} IS NOT NULL`);
  const [first] = pairs;
  const missing = first === undefined ? ddl.raw('FALSE') : ddl.sql`parent_row.${first[1]} IS NULL`;
  return ddl.sql`FROM ${ddl.table(key.child)} AS child_row LEFT JOIN ${ddl.table(key.parent)} AS parent_row ON ${ddl.join(on, ' AND ')} WHERE ${ddl.join([...set, missing], ' AND ')}`;
}

/** InnoDB's own estimate where the user may read it, else an exact count for as long as the time lasts. */
async function rows(
  session: Session,
  ddl: Ddl,
  bound: Bound,
  table: TableName,
  milliseconds: number,
): Promise<Probed<number>> {
  const estimate = await bounded(async () => {
    const sql = 'SELECT n_rows AS n FROM mysql.innodb_table_stats WHERE database_name = ? AND table_name = ?';
    return (await session.query(sql, [table.schema, table.name]))[0]?.['n'];
  });
  if (estimate.known && estimate.value !== undefined) return { known: true, value: Number(estimate.value) };
  return bounded(async () => {
    const count = ddl.sql`COUNT(*) AS n FROM ${ddl.table(table)}`;
    return Number((await session.query(ddl.text(bound(count, milliseconds))))[0]?.['n'] ?? 0);
  });
}
