/** How deep the rows of a self reference go: a question for engines that follow only so many keys in a row. */
import { keyText, sameTable } from '../../src/core/names.ts';
import type { Finding, ForeignKey } from '../../src/core/model.ts';
import type { Ddl, Fragment } from './ddl.ts';

/** The keys that cascade into their own table, whose rows may stand deeper than the engine cascades. */
export function trees(keys: readonly ForeignKey[]): readonly ForeignKey[] {
  return keys.filter(
    ({ child, onDelete, parent, parentColumns }) =>
      onDelete === 'CASCADE' && sameTable(child, parent) && parentColumns.length > 0,
  );
}

/** For a key whose rows do. */
export function tooDeep(key: ForeignKey, levels: number): Finding {
  return {
    code: 'SELF_REFERENCE_TOO_DEEP',
    severity: 'warning',
    subject: keyText(key),
    detail: `there are rows more than ${levels} levels below the first`,
    position: null,
  };
}

/**
 * A query, without its leading SELECT, that gives one row if some row stands more than `levels` keys below one that refers to none.
 * It walks from those rows downwards, so a circle of rows is never entered.
 */
export function deeperThan(ddl: Ddl, key: ForeignKey, levels: number): Fragment {
  const places = key.columns.map((_, at) => ddl.id(`k${at}`));
  const column = (table: string, name: string | undefined): Fragment =>
    ddl.sql`${ddl.raw(table)}.${ddl.id(name ?? '')}`;
  const keysOf = (table: string): Fragment =>
    ddl.join(key.columns.map((_, at) => column(table, key.parentColumns[at])));
  const roots = ddl.join(
    key.columns.map((name) => ddl.sql`${column('root', name)} IS NULL`),
    ' OR ',
  );
  const below = ddl.join(
    key.columns.map((name, at) => ddl.sql`${column('child', name)} = chain.${ddl.id(`k${at}`)}`),
    ' AND ',
  );
  const table = ddl.table(key.child);
  const most = ddl.raw(String(levels));
  return ddl.sql`1 AS deep FROM (WITH RECURSIVE chain (${ddl.join(places)}, depth) AS (SELECT ${keysOf('root')}, 0 FROM ${table} AS root WHERE ${roots} UNION ALL SELECT ${keysOf('child')}, chain.depth + 1 FROM chain JOIN ${table} AS child ON ${below} WHERE chain.depth <= ${most}) SELECT depth FROM chain WHERE depth > ${most} LIMIT 1) AS deepest`;
}

/** Whether an index leads from a row to those that refer to it; without one the walk would read the table once for each row. */
export function hasIndexFor(
  key: ForeignKey,
  indexes: readonly { readonly columns: readonly (string | null)[] }[],
): boolean {
  return indexes.some(({ columns }) => columns[0] === key.columns[0]);
}
