/**
 * Live questions about a SQLite file. The driver runs a query to its end and nothing can stop it, so the bound in time is a
 * bound in rows: a key is followed only in tables that are read through well within the time allowed.
 */
import { ddlFor } from '../../sql/ddl.ts';
import type { CatalogSession } from '../connection/connect.ts';
import { isLarger, rowsPerMillisecond } from './bounds.ts';
import { count } from './count.ts';
import { children } from './fan-out.ts';
import { liveFindings } from './lint.ts';
import { orphansOf } from '../orphans.ts';
import { causeOf, codeOf, messageOf } from '../../../src/core/errors.ts';
import type { Session } from '../../sql/session.ts';
import type { Orphans, PreflightHazard, Probe, Probed } from '../../../src/core/contracts/probe.ts';
import { tableText } from '../../../src/core/names.ts';
import type { ForeignKey, TableName } from '../../../src/core/model.ts';

const sampleSize = 3;

/** No server stands behind a file: no replica, no lock that outlives its transaction. Who may write it is seen when the file runs. */
const preflight = (): Promise<readonly PreflightHazard[]> => Promise.resolve([]);

export function probeOf(session: CatalogSession): Probe {
  return {
    orphans: (keys, milliseconds) => inTime(keys, milliseconds, (key, share) => orphans(session, key, share)),
    rows: (tables, milliseconds) =>
      inTime(tables, milliseconds, (table, share) => rows(session, table, share)),
    children: (schema) => children(session, schema),
    count: (request, milliseconds) => count(session, request, milliseconds),
    preflight,
    liveFindings: (schema, milliseconds) => liveFindings(session, schema, milliseconds),
  };
}

/** Each may take a tenth of the time that is left. */
async function inTime<Item, T>(
  items: readonly Item[],
  milliseconds: number,
  ask: (item: Item, share: number) => Promise<Probed<T>>,
): Promise<readonly Probed<T>[]> {
  const until = Date.now() + milliseconds;
  const answers: Probed<T>[] = [];
  for (const item of items) {
    const left = until - Date.now();
    answers.push(
      left < 0 ? unknown('the time was up') : await ask(item, Math.ceil(left / 10)).catch(refused),
    );
  }
  return answers;
}

/** One key whose parent is gone, or a table that cannot be read, costs the others nothing. */
function refused(error: unknown): Probed<never> {
  if (codeOf(error) !== 'QUERY_FAILED') throw error;
  return unknown(messageOf(causeOf(error)));
}

async function orphans(
  session: Session,
  key: ForeignKey,
  timeoutMilliseconds: number,
): Promise<Probed<Orphans>> {
  const ddl = ddlFor('sqlite');
  if (key.parentColumns.length === 0)
    return unknown(`${tableText(key.parent)} has no key that ${tableText(key.child)} could point to`);
  const most = timeoutMilliseconds * rowsPerMillisecond;
  if (await isLarger(session, ddl, key.child, most))
    return unknown(`${tableText(key.child)} has more than ${most} rows`);
  const from = orphansOf(ddl, key);
  const [counted] = await session.query(ddl.text(ddl.sql`SELECT count(*) AS orphans ${from}`));
  const count = Number(counted?.['orphans']);
  if (count === 0) return { known: true, value: { count, atLeast: false, sample: [] } };
  const columns = key.columns.map((column) => ddl.sql`quote(c.${ddl.id(column)}) AS ${ddl.id(column)}`);
  const sample = await session.query(
    ddl.text(ddl.sql`SELECT ${ddl.join(columns)} ${from} LIMIT ${ddl.raw(String(sampleSize))}`),
  );
  const text = (row: Readonly<Record<string, unknown>>) =>
    key.columns.map((column) => `${column}=${String(row[column])}`).join(', ');
  return { known: true, value: { count, atLeast: false, sample: sample.map(text) } };
}

async function rows(
  session: Session,
  table: TableName,
  timeoutMilliseconds: number,
): Promise<Probed<number>> {
  const ddl = ddlFor('sqlite');
  const most = timeoutMilliseconds * rowsPerMillisecond;
  if (await isLarger(session, ddl, table, most))
    return unknown(`${tableText(table)} has more than ${most} rows`);
  const [row] = await session.query(ddl.text(ddl.sql`SELECT count(*) AS number FROM ${ddl.table(table)}`));
  return { known: true, value: Number(row?.['number']) };
}

function unknown(why: string): { readonly known: false; readonly why: string } {
  return { known: false, why };
}
