// Schemas of hard shapes: a long chain, many keys to one parent, every table with a key to each before it, a ring.

/** A key is the number of its child, then that of its parent. @typedef {{ readonly tables: number, readonly keys: readonly (readonly [number, number])[] }} Shape */

/** @satisfies {Readonly<Record<string, () => Shape>>} */
export const shapes = {
  chain: () => ({ tables: 2000, keys: upTo(1999).map((at) => [at + 1, at]) }),
  star: () => ({ tables: 5001, keys: upTo(5000).map((at) => [at + 1, 0]) }),
  complete: () => ({
    tables: 60,
    keys: upTo(60).flatMap((child) => upTo(child).map((parent) => /** @type {const} */ ([child, parent]))),
  }),
  ring: () => ({ tables: 1000, keys: upTo(1000).map((at) => [(at + 1) % 1000, at]) }),
};

/** @param {number} below */
const upTo = (below) => Array.from({ length: below }, (_, at) => at);
const tableName = (/** @type {number} */ at) => `t${at}`;
const columnName = (/** @type {number} */ parent) => `p${parent}`;

/** The statements that make the schema in SQLite. @param {Shape} shape @param {string} action */
export function sqliteSql({ keys, tables }, action) {
  return upTo(tables).map((table) => {
    const parents = keys.flatMap(([child, parent]) => (child === table ? [parent] : []));
    const columns = parents.map(
      (one) => `, ${columnName(one)} INTEGER REFERENCES ${tableName(one)} (id) ON DELETE ${action}`,
    );
    const indexes = parents.map(
      (one) =>
        ` CREATE INDEX ${tableName(table)}_${columnName(one)} ON ${tableName(table)} (${columnName(one)});`,
    );
    return `CREATE TABLE ${tableName(table)} (id INTEGER PRIMARY KEY${columns.join('')});${indexes.join('')}`;
  });
}

const servers = {
  postgres: { product: 'PostgreSQL 18.4', version: [18, 4], settings: {}, schema: 'public', primary: 'pkey' },
  mysql: {
    product: 'MySQL 9.7.4',
    version: [9, 7, 4],
    settings: {
      database: 'shop',
      innodb_native_foreign_keys: 'OFF',
      lower_case_table_names: '0',
      restrict_fk_on_non_standard_key: 'ON',
    },
    schema: 'shop',
    primary: 'PRIMARY',
  },
  mariadb: {
    product: 'MariaDB 10.11.18',
    version: [10, 11, 18],
    settings: { database: 'shop', lower_case_table_names: '0' },
    schema: 'shop',
    primary: 'PRIMARY',
  },
};

/** What `ondelete snapshot` would print of the schema on a server. @param {Shape} shape @param {keyof typeof servers} flavor @param {string} action */
export function snapshotOf({ keys, tables }, flavor, action) {
  const { schema, primary, ...server } = servers[flavor];
  const nameOf = (/** @type {number} */ at) => ({ schema, name: tableName(at) });
  const column = (/** @type {string} */ name, /** @type {boolean} */ nullable) => ({
    ...{ name, type: 'bigint', nullable, hasDefault: false, generated: null, identity: null },
  });
  const index = (/** @type {string} */ name, /** @type {string} */ of, /** @type {boolean} */ isPrimary) => ({
    ...{ name, columns: [of], unique: isPrimary, primary: isPrimary, predicate: null, method: 'btree' },
  });
  const parentsOf = new Map(upTo(tables).map((at) => [at, /** @type {number[]} */ ([])]));
  for (const [child, parent] of keys) parentsOf.get(child)?.push(parent);
  const byName = (/** @type {{ name: string }} */ a, /** @type {{ name: string }} */ b) =>
    a.name < b.name ? -1 : 1;
  return {
    version: 2,
    server: { flavor, ...server },
    tables: upTo(tables)
      .map((at) => {
        const parents = parentsOf.get(at) ?? [];
        return {
          ...{ ...nameOf(at), engine: flavor === 'postgres' ? null : 'InnoDB', partitioned: false },
          columns: [column('id', false), ...parents.map((one) => column(columnName(one), true))],
          indexes: [
            index(primary, 'id', true),
            ...parents.map((one) => index(`${tableName(at)}_${columnName(one)}`, columnName(one), false)),
          ],
          ...{ triggers: [], definition: null, checks: [], insteadRules: [], storedColumns: [] },
          ...{ indexesOfOtherCollation: [], options: [] },
        };
      })
      .sort(byName),
    foreignKeys: keys
      .map(([child, parent]) => ({
        name: `${tableName(child)}_${columnName(parent)}_fkey`,
        ...{ child: nameOf(child), columns: [columnName(parent)], parent: nameOf(parent) },
        ...{ parentColumns: ['id'], parentColumnsImplied: false, onDelete: action, onDeleteColumns: null },
        ...{ onUpdate: 'NO ACTION', match: 'SIMPLE', deferrability: 'NOT DEFERRABLE', validated: true },
        ...{
          enforced: true,
          period: false,
          comment: null,
          referencedIndex: primary,
          recreatedIndex: primary,
        },
        ...{ triggers: [], childPartitioned: false, parentPartitioned: false, halfDone: null },
      }))
      .sort(byName),
  };
}
