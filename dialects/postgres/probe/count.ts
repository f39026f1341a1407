/** What a delete would touch, counted on the live rows of PostgreSQL. */
import {
  checkExpression,
  countedFrom,
  countingQuery,
  type Identity,
  understood,
} from '../../sql/count-query.ts';
import type { CountedRows, CountRequest, Probed } from '../../../src/core/contracts/probe.ts';
import type { TableName } from '../../../src/core/model.ts';
import type { SchemaIndex } from '../../../src/core/schema-index.ts';
import { ddl } from '../key-sql.ts';
import type { PostgresSession } from '../connection/connect.ts';

/**
 * Rows are known by table and ctid, which stands for one row within a statement; as text, because tid can be hashed since 14 only.
 * A recursive query may name itself once, so the keys stand side by side in a lateral subquery.
 */
export async function count(
  session: PostgresSession,
  request: CountRequest,
  timeoutMilliseconds: number,
): Promise<Probed<CountedRows>> {
  const { schema, where, start } = request;
  checkExpression(where, 'postgres');
  const asWritten = (sql: string): ReturnType<PostgresSession['query']> =>
    session.queryWithin(timeoutMilliseconds, sql);
  await understood({ query: asWritten }, ddl, fromOf(start, schema), where);
  const query = countingQuery(request, {
    ddl,
    slots: 2,
    identity: (table) => identityOf(table, schema),
    anchor: (picked) => picked,
    recursion: (branches) => {
      const each = branches.map(
        ({ columns, tables, condition }) => ddl.sql`SELECT ${columns} FROM ${tables} WHERE ${condition}`,
      );
      return ddl.sql`SELECT next.* FROM found CROSS JOIN LATERAL (${ddl.join(each, ' UNION ALL ')}) AS next`;
    },
    tick: null,
  });
  const rows = await session.queryWithin(timeoutMilliseconds, ddl.text(query));
  return { known: true, value: countedFrom(request, rows) };
}

/** Keys look at a table without those that inherit from it, and at a partitioned one with its partitions. */
function fromOf(table: TableName, schema: SchemaIndex) {
  return schema.table(table)?.partitioned === true ? ddl.table(table) : ddl.sql`ONLY ${ddl.table(table)}`;
}

function identityOf(table: TableName, schema: SchemaIndex): Identity {
  return {
    from: fromOf(table, schema),
    cells(row) {
      const of = (column: string) => (row === null ? ddl.raw(column) : ddl.sql`${row}.${ddl.raw(column)}`);
      return new Map([
        [0, ddl.sql`${of('tableoid')}::bigint`],
        [1, ddl.sql`${of('ctid')}::text`],
      ]);
    },
    isFound: (row) => ddl.sql`${row}.ctid = found.s1::tid AND ${row}.tableoid = found.s0::oid`,
  };
}
