/** Nothing can stop a query of the driver, so a table that is too large for the time allowed is not read at all. */
import type { TableName } from '../../../src/core/model.ts';
import type { Ddl } from '../../sql/ddl.ts';
import type { Session } from '../../sql/session.ts';

/** An anti-join reads 5 million rows in 0.93 s from memory (measured on 3.53.2); a tenth of that is assumed. */
export const rowsPerMillisecond = 500;

export async function isLarger(session: Session, ddl: Ddl, table: TableName, most: number): Promise<boolean> {
  const query = ddl.sql`SELECT 1 AS more FROM ${ddl.table(table)} LIMIT 1 OFFSET ${ddl.raw(String(Math.max(0, Math.floor(most))))}`;
  return (await session.query(ddl.text(query))).length > 0;
}
