/** Live questions outside introspection: orphans and rows, bounded in time by the server itself. */
import { type Ddl, ddlFor } from '../../sql/ddl.ts';
import { probeEach } from '../../sql/probe-each.ts';
import type { Answer, ServerSession } from '../../sql/session.ts';
import type { Orphans, Probe, Probed } from '../../../src/core/contracts/probe.ts';
import type { ForeignKey, TableName } from '../../../src/core/model.ts';
import { count } from './count.ts';
import { children } from './fan-out.ts';
import { liveFindings } from './lint.ts';
import { preflight } from './preflight.ts';
import { type Bound, bounded, why } from './bounds.ts';
import { tableId } from '../../../src/core/names.ts';
import { orphansOf } from '../orphans.ts';

/** More orphans than this are not worth counting before anybody mends the first. */
const enough = 10_000;
const samples = 3;

/** The probes of an engine of the family, on one session. */
export function probeWith(
  ddl: Ddl,
  flavor: 'mysql' | 'mariadb',
  bound: Bound,
): (session: ServerSession) => Probe {
  return (session) => ({
    orphans: (keys, milliseconds) => orphans(session, ddl, keys, milliseconds),
    rows: (tables, milliseconds) => rows(session, ddl, tables, milliseconds),
    children: (schema, tables) => children(session, schema, tables),
    count: (request, milliseconds) =>
      bounded(
        () => count(session, ddl, flavor, (select) => bound(select, milliseconds), request),
        ['USAGE', 'INSUFFICIENT_PRIVILEGE'],
      ),
    preflight: (changes, schema) => preflight(session, changes, schema),
    liveFindings: ({ snapshot }, milliseconds) => liveFindings(session, snapshot, ddl, bound, milliseconds),
  });
}

const ddl = ddlFor('mysql');

const mysqlBound: Bound = (select, milliseconds) =>
  ddl.sql`SELECT /*+ MAX_EXECUTION_TIME(${ddl.raw(String(Math.max(1, Math.round(milliseconds))))}) SET_VAR(cte_max_recursion_depth=4294967295) */ ${select}`;

export const probeOf = probeWith(ddl, 'mysql', mysqlBound);

/** First the numbers, then some rows of those that have any. */
async function orphans(
  session: ServerSession,
  ddl: Ddl,
  keys: readonly ForeignKey[],
  milliseconds: number,
): Promise<readonly Probed<Orphans>[]> {
  const until = Date.now() + milliseconds;
  const counts = await probeEach<ForeignKey, number>(session, keys, milliseconds, {
    ask(key) {
      const limited = ddl.sql`SELECT 1 ${orphansOf(ddl, key)} LIMIT ${ddl.raw(String(enough + 1))}`;
      return { sql: ddl.text(ddl.sql`SELECT COUNT(*) AS n FROM (${limited}) AS orphan_rows`) };
    },
    read: ([row]) => Number(row?.['n'] ?? 0),
    why,
  });
  const found = keys.flatMap((key, at) => {
    const count = counts[at];
    return count?.known === true && count.value > 0 ? [{ key, sql: sampleQuery(ddl, key) }] : [];
  });
  const answers = await session.queryAll(found, until - Date.now());
  const samples = new Map(found.map(({ key }, at) => [key, sampleOf(key, answers[at])]));
  return counts.map((count, at): Probed<Orphans> => {
    if (!count.known) return count;
    const sample = keys.slice(at, at + 1).flatMap((key) => samples.get(key) ?? []);
    return {
      known: true,
      value: { count: Math.min(count.value, enough), atLeast: count.value > enough, sample },
    };
  });
}

function sampleQuery(ddl: Ddl, key: ForeignKey): string {
  const columns = key.columns.map(
    (column, at) => ddl.sql`child_row.${ddl.id(column)} AS ${ddl.id(`c${at}`)}`,
  );
  return ddl.text(
    ddl.sql`SELECT ${ddl.join(columns)} ${orphansOf(ddl, key)} LIMIT ${ddl.raw(String(samples))}`,
  );
}

/** None where the time was up: the number is what counts. */
function sampleOf(key: ForeignKey, answer: Answer | undefined): readonly string[] {
  if (answer?.status !== 'fulfilled') return [];
  return answer.value.map((row) =>
    key.columns.map((column, at) => `${column}=${valueText(row[`c${at}`])}`).join(', '),
  );
}

function valueText(value: unknown): string {
  if (Buffer.isBuffer(value)) return `0x${value.toString('hex')}`;
  return value === null ? 'NULL' : typeof value === 'string' ? value : JSON.stringify(value);
}

/** InnoDB's own estimates where the user may read them, else exact counts for as long as the time lasts. */
async function rows(
  session: ServerSession,
  ddl: Ddl,
  tables: readonly TableName[],
  milliseconds: number,
): Promise<readonly Probed<number>[]> {
  if (tables.length === 0) return [];
  const wanted = tables.map(({ name, schema }) => ddl.sql`(${ddl.literal(schema)}, ${ddl.literal(name)})`);
  const sql = ddl.text(
    ddl.sql`SELECT database_name AS s, table_name AS t, n_rows AS n FROM mysql.innodb_table_stats WHERE (database_name, table_name) IN (${ddl.join(wanted)})`,
  );
  const [answer] = await session.queryAll([{ sql }], milliseconds);
  const found = answer?.status === 'fulfilled' ? answer.value : [];
  const estimates = new Map(
    found.map((row) => [tableId({ schema: String(row['s']), name: String(row['t']) }), Number(row['n'])]),
  );
  return probeEach<TableName, number>(session, tables, milliseconds, {
    ask(table) {
      const value = estimates.get(tableId(table));
      return value === undefined
        ? { sql: ddl.text(ddl.sql`SELECT COUNT(*) AS n FROM ${ddl.table(table)}`) }
        : { known: true, value };
    },
    read: ([row]) => Number(row?.['n'] ?? 0),
    why,
  });
}
