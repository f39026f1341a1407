/** What a delete would touch, counted on the live rows of MySQL and MariaDB. */
import type { SchemaIndex } from '../../../src/core/schema-index.ts';
import {
  checkExpression,
  countedFrom,
  countingQuery,
  type Identity,
  understood,
} from '../../sql/count-query.ts';
import type { Ddl, Fragment } from '../../sql/ddl.ts';
import type { Session } from '../../sql/session.ts';
import type { CountedRows, CountRequest } from '../../../src/core/contracts/probe.ts';
import { OndeleteError } from '../../../src/core/errors.ts';
import { tableId, tableText } from '../../../src/core/names.ts';
import type { Column, EngineName, TableName } from '../../../src/core/model.ts';

/**
 * Rows are known by their primary key. The types of a recursive query come from what stands in front of the recursion, so a select
 * without rows gives each slot the type of a column that it will hold.
 * @param bound puts the bound in time around what stands behind the word SELECT
 * @throws OndeleteError USAGE, and what the server says when the time is up
 */
export async function count(
  session: Session,
  ddl: Ddl,
  flavor: EngineName & ('mysql' | 'mariadb'),
  bound: (select: Fragment) => Fragment,
  request: CountRequest,
): Promise<CountedRows> {
  const { schema, start, where } = request;
  checkExpression(where, flavor);
  await understood(session, ddl, ddl.table(start), where);
  const tables = [start, ...request.edges.flatMap(({ key }) => [key.parent, key.child])];
  const slots = slotsOf(tables, schema);
  const query = countingQuery(request, {
    ddl,
    slots: slots.types.length,
    identity: (table) => identityOf(table, slots, ddl),
    anchor: (picked) => {
      const typed = slots.types.map((type, slot) => {
        const nulls = slots.types.map((_, other) => (other === slot ? ddl.id(type.column) : ddl.raw('NULL')));
        return ddl.sql`SELECT 0, 0, ${ddl.join(nulls)} FROM ${ddl.table(type.table)} WHERE FALSE`;
      });
      return ddl.join([picked, ...typed], ' UNION ');
    },
    recursion: (branches) =>
      ddl.join(
        branches.map(
          ({ columns, tables: joined, condition }) =>
            ddl.sql`SELECT ${columns} FROM found JOIN ${joined} WHERE ${condition}`,
        ),
        ' UNION ',
      ),
    tick: null,
  });
  const rows = await session.query(ddl.text(bound(ddl.sql`* FROM (${query}) AS counted`)));
  return countedFrom(request, rows);
}

interface Slots {
  readonly types: readonly { readonly table: TableName; readonly column: string }[];
  /** By table: the columns of its rows, and the slot of each. */
  readonly places: ReadonlyMap<string, readonly { readonly column: string; readonly slot: number }[]>;
}

/** Whole numbers of one type share a slot; texts do not, because their collations may differ. */
function slotsOf(tables: readonly TableName[], schema: SchemaIndex): Slots {
  const types: { table: TableName; column: string }[] = [];
  const shared = new Map<string, number[]>();
  const places = new Map<string, readonly { readonly column: string; readonly slot: number }[]>();
  for (const table of tables) {
    if (places.has(tableId(table))) continue;
    const used = new Set<number>();
    const own = knownBy(table, schema).map(({ name, type }) => {
      const free = /^(?:tiny|small|medium|big)?int\b/i.test(type) ? (shared.get(type) ?? []) : null;
      let slot = free?.find((one) => !used.has(one));
      if (slot === undefined) {
        slot = types.length;
        types.push({ table, column: name });
        if (free !== null) shared.set(type, [...free, slot]);
      }
      used.add(slot);
      return { column: name, slot };
    });
    places.set(tableId(table), own);
  }
  return { types, places };
}

function knownBy(name: TableName, schema: SchemaIndex): readonly Column[] {
  const table = schema.table(name);
  const refusesNull = (column: string | null): boolean =>
    table?.columns.some((one) => one.name === column && !one.nullable) ?? false;
  const index =
    table?.indexes.find((one) => one.primary) ??
    table?.indexes.find((one) => one.unique && one.columns.every(refusesNull));
  if (table === null || index === undefined) {
    throw new OndeleteError(
      'QUERY_FAILED',
      `the rows of ${tableText(name)} cannot be identified, because it has no primary key`,
      'Give it one; `ondelete reach` without --where needs none.',
    );
  }
  return index.columns.flatMap((column) => table.columns.filter((one) => one.name === column));
}

function identityOf(table: TableName, slots: Slots, ddl: Ddl): Identity {
  const places = slots.places.get(tableId(table)) ?? [];
  return {
    from: ddl.table(table),
    cells: (row) =>
      new Map(
        places.map(({ column, slot }) => [
          slot,
          row === null ? ddl.id(column) : ddl.sql`${row}.${ddl.id(column)}`,
        ]),
      ),
    isFound: (row) =>
      ddl.join(
        places.map(({ column, slot }) => ddl.sql`${row}.${ddl.id(column)} = found.${ddl.id(`s${slot}`)}`),
        ' AND ',
      ),
  };
}
