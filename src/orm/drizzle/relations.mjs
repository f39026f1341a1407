// @ts-check
// Relations over columns that no key connects: Drizzle joins over them, and nothing enforces them.
import { errors, messageOf, need, optional, placeOf as placeOfError } from '../run/base.mjs';

/** @typedef {import('../run/base.mjs').Place} Place */
/** @typedef {Record<string, any>} Any */
/**
 * @typedef {object} Known
 * @property {readonly Any[]} tables
 * @property {readonly Any[]} keys
 * @property {(column: Any) => string} columnOf
 * @property {(table: any) => { schema: string | null, name: string }} tableOf
 * @property {(table: object) => Place | null} placeOf
 */
/** @typedef {{ table: object, columns: readonly Any[], target: object, targetColumns: readonly Any[] }} Link */

/**
 * Relations without a key, as keys that are not constrained. One that cannot be read is an error that leaves the rest standing.
 * @param {readonly unknown[]} exported
 * @param {Known} known
 */
export function related(exported, { tables, keys, columnOf, tableOf, placeOf }) {
  const idOf = (/** @type {Any} */ { child, columns, parent }) =>
    JSON.stringify([child, [...columns].sort(), parent]);
  const primary = new Set(
    tables.map((table) => {
      const columns = table['columns'].filter((/** @type {Any} */ { primaryKey }) => primaryKey);
      return idOf({
        child: { schema: table['schema'], name: table['name'] },
        columns: columns.map((/** @type {Any} */ { name }) => name),
        parent: null,
      });
    }),
  );
  const isPrimary = (/** @type {Any} */ { child, columns }) =>
    primary.has(idOf({ child, columns, parent: null }));
  const found = [...linksOfRelations(exported), ...linksOfDefined(exported)].map((link) => {
    const from = { child: tableOf(link.table), columns: link.columns.map(columnOf), table: link.table };
    const to = { child: tableOf(link.target), columns: link.targetColumns.map(columnOf), table: link.target };
    // of one-to-one relations either side may name the columns
    const [holder, held] = isPrimary(from) && !isPrimary(to) ? [to, from] : [from, to];
    return {
      child: holder.child,
      columns: holder.columns,
      parent: held.child,
      parentColumns: held.columns,
      onDelete: null,
      constrained: false,
      place: placeOf(holder.table),
    };
  });
  const there = new Set(keys.map(idOf));
  const turned = new Set(
    keys.map(({ child, parent, parentColumns }) =>
      idOf({ child: parent, columns: parentColumns, parent: child }),
    ),
  );
  const without = found.filter((each) => !there.has(idOf(each)) && !turned.has(idOf(each)));
  return [...new Map(without.map((each) => [idOf(each), each])).values()];
}

/** What `relations()` says; drizzle-orm 1 keeps it apart. @param {readonly unknown[]} exported @returns {Link[]} */
function linksOfRelations(exported) {
  const orm = need('drizzle-orm');
  const { Relations, One, createTableRelationsHelpers } =
    orm.Relations === undefined ? (optional('drizzle-orm/_relations') ?? {}) : orm;
  if (Relations === undefined) return [];
  return exported
    .filter((value) => orm.is(value, Relations))
    .flatMap((/** @type {any} */ { table, config }) => {
      try {
        return Object.values(config(createTableRelationsHelpers(table))).flatMap(
          (/** @type {any} */ relation) => {
            const { fields = [], references = [] } = relation.config ?? {};
            if (!orm.is(relation, One) || fields.length === 0) return [];
            return [{ table, columns: fields, target: relation.referencedTable, targetColumns: references }];
          },
        );
      } catch (error) {
        const name = String(table?.[orm.Table.Symbol.Name] ?? 'a table');
        const message = `relations() of ${name} cannot be read: ${messageOf(error)}`;
        errors.push({ stage: 'configure', message, place: placeOfError(error) });
        return [];
      }
    });
}

/** What `defineRelations()` of drizzle-orm 1 says. @param {readonly unknown[]} exported @returns {Link[]} */
function linksOfDefined(exported) {
  const orm = need('drizzle-orm');
  if (orm.defineRelations === undefined) return [];
  return exported
    .filter((value) => orm.is(value, orm.Relation) && orm.is(value, orm.One))
    .flatMap((/** @type {any} */ relation) => {
      const { sourceTable, targetTable, sourceColumns = [], targetColumns = [], through, where } = relation;
      // the other side says it, a link table's keys do, or the columns are only part of it
      if (relation.isReversed === true || through !== undefined || where !== undefined) return [];
      return sourceColumns.length === 0
        ? []
        : [{ table: sourceTable, columns: sourceColumns, target: targetTable, targetColumns }];
    });
}
