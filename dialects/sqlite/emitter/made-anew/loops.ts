/**
 * Keys that act while tables are dropped, although children are dropped first: of a table that references itself, and one of each circle.
 * DROP TABLE deletes the rows one by one (https://sqlite.org/foreignkeys.html#fk_schemacommands), and each of them would take or change
 * the rows that point to it: more than 1,000 rows in a chain are too many levels (SQLITE_MAX_TRIGGER_DEPTH), and a CHECK may refuse the
 * NULL. The rows are kept aside by then, so what becomes of the columns does not matter.
 */
import type { Ddl } from '../../../sql/ddl.ts';
import type { Change, Column, ForeignKey, Table } from '../../../../src/core/model.ts';
import { sameTable } from '../../../../src/core/names.ts';
import type { SchemaIndex } from '../../../../src/core/schema-index.ts';
import { sameName } from '../../text/names.ts';

/** @param chain parents first; the last is dropped first */
export function loopsOf(
  chain: readonly Table[],
  changes: readonly Change[],
  schema: SchemaIndex,
): readonly ForeignKey[] {
  const place = new Map(chain.map(({ name }, at) => [name, at]));
  const acts = (key: ForeignKey): boolean => {
    const to = changes.find(({ foreignKey }) => foreignKey === key)?.to.onDelete;
    return [key.onDelete, to ?? key.onDelete].some(
      (action) => action !== 'NO ACTION' && action !== 'RESTRICT',
    );
  };
  return schema.snapshot.foreignKeys.filter((key) => {
    const [child, parent] = [place.get(key.child.name), place.get(key.parent.name)];
    return child !== undefined && parent !== undefined && child <= parent && acts(key);
  });
}

/**
 * A row takes NULL, or where it refuses that points to itself. One that refuses both (IGNORE skips it: NOT NULL, CHECK and UNIQUE,
 * https://sqlite.org/lang_conflict.html) stays as it is, and its key acts.
 */
export function opened(ddl: Ddl, loops: readonly ForeignKey[], tables: readonly Table[]): readonly string[] {
  return loops.flatMap((key) => {
    const table = tables.find(({ name }) => name === key.child.name);
    const update = ddl.sql`UPDATE OR IGNORE ${ddl.id(key.child.name)} SET`;
    const nullable = free(table, key.columns).find((column) => column.nullable)?.name;
    const empty =
      nullable === undefined
        ? []
        : [ddl.sql`${update} ${ddl.id(nullable)} = NULL WHERE ${ddl.id(nullable)} IS NOT NULL`];
    const own = ownKey(key, table).map(([column, id]) => [ddl.id(column), ddl.id(id)] as const);
    const turned = own.map(([column, id]) => ddl.sql`${column} = ${id}`);
    const left = own.map(([column]) => ddl.sql`${column} IS NOT NULL`);
    const turn =
      own.length === 0 ? [] : [ddl.sql`${update} ${ddl.join(turned)} WHERE ${ddl.join(left, ' AND ')}`];
    return [...empty, ...turn].map((sql) => ddl.text(sql));
  });
}

/** Columns whose refusals can be skipped: to write to a generated column, or NULL to the rowid, is an error whatever is asked for. */
function free(table: Table | undefined, names: readonly string[]): readonly Column[] {
  const rowid = table?.indexes.find(({ method }) => method === 'rowid')?.columns ?? [];
  return (table?.columns ?? []).filter(
    ({ generated, name }) => names.includes(name) && generated === null && !rowid.includes(name),
  );
}

/** Of a key to its own table, the columns and what they point to; none where a value might be of a type that a STRICT table refuses. */
function ownKey(
  { child, columns, parent, parentColumns }: ForeignKey,
  table: Table | undefined,
): readonly (readonly [string, string])[] {
  if (!sameTable(child, parent)) return [];
  const pairs = columns
    .map((column, at) => [column, parentColumns[at] ?? column] as const)
    .filter(([column, id]) => !sameName(column, id));
  const type = (name: string): string | undefined => table?.columns.find((one) => one.name === name)?.type;
  const fits = pairs.every(
    ([column, id]) => free(table, [column]).length === 1 && (!isStrict(table) || type(column) === type(id)),
  );
  return fits ? pairs : [];
}

const isStrict = (table: Table | undefined): boolean => table?.options.includes('strict') === true;
