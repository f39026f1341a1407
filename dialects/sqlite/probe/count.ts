/** What a delete would touch, counted on the live rows of a SQLite file. */
import {
  checkExpression,
  countedFrom,
  countingQuery,
  type Identity,
  understood,
} from '../../sql/count-query.ts';
import { ddlFor } from '../../sql/ddl.ts';
import type { CountedRows, CountRequest, Probed } from '../../../src/core/contracts/probe.ts';
import type { TableName } from '../../../src/core/model.ts';
import type { SchemaIndex } from '../../../src/core/schema-index.ts';
import { foldName } from '../text/names.ts';
import type { CatalogSession } from '../connection/connect.ts';

const ddl = ddlFor('sqlite');

/** Nothing can stop a statement of the driver but a function in it, which looks at the clock for each row. */
export async function count(
  session: CatalogSession,
  request: CountRequest,
  timeoutMilliseconds: number,
): Promise<Probed<CountedRows>> {
  const { schema, where } = request;
  checkExpression(where, 'sqlite');
  await understood(session, ddl, ddl.table(request.start), where);
  const query = countingQuery(request, {
    ddl,
    slots: Math.max(1, ...schema.snapshot.tables.map((table) => knownBy(table, schema).length)),
    identity: (table) => identityOf(table, schema),
    anchor: (picked) => picked,
    // Many selects may stand behind the first, each with the recursive table in it (https://sqlite.org/lang_with.html).
    recursion: (branches) =>
      ddl.join(
        branches.map(
          ({ columns, tables, condition }) =>
            ddl.sql`SELECT ${columns} FROM found JOIN ${tables} WHERE ${condition}`,
        ),
        ' UNION ',
      ),
    tick: (cell) => ddl.sql`ondelete_in_time(${cell})`,
  });
  const rows = await session.queryInTime(timeoutMilliseconds, ddl.text(query));
  return rows === null
    ? { known: false, why: 'the time was up' }
    : { known: true, value: countedFrom(request, rows) };
}

/** The names under which SQLite gives a rowid, unless a column has taken them. */
const rowids = ['rowid', '_rowid_', 'oid'];

/** Columns by which a row is known: the rowid, or the primary key of a table without one. */
function knownBy(name: TableName, schema: SchemaIndex): readonly string[] {
  const table = schema.table(name);
  if (table?.options.includes('without rowid') === true) {
    const primary = table.indexes.find((index) => index.primary);
    return (primary?.columns ?? []).flatMap((column) => column ?? []);
  }
  const taken = new Set(table?.columns.map((column) => foldName(column.name)));
  const alias = table?.indexes.find((index) => index.method === 'rowid')?.columns[0];
  return [rowids.find((word) => !taken.has(word)) ?? alias ?? 'rowid'];
}

function identityOf(table: TableName, schema: SchemaIndex): Identity {
  const columns = knownBy(table, schema);
  return {
    from: ddl.table(table),
    cells: (row) =>
      new Map(
        columns.map((column, slot) => [
          slot,
          row === null ? ddl.id(column) : ddl.sql`${row}.${ddl.id(column)}`,
        ]),
      ),
    isFound: (row) =>
      ddl.join(
        columns.map((column, slot) => ddl.sql`${row}.${ddl.id(column)} = found.${ddl.id(`s${slot}`)}`),
        ' AND ',
      ),
  };
}
