// @ts-check
// Where Drizzle's keys and tables are written, and whether an action was: its objects keep neither, so its methods are watched
// while the schema's modules run.
import { here, need, needModule } from '../run/base.mjs';

/** @typedef {import('../run/base.mjs').Place} Place */
/** @typedef {{ isWritten: boolean, place: Place | null }} Said */
/** @typedef {Record<string, any>} Any */
/**
 * @typedef {object} Dialect
 * @property {any} Table the class of its tables
 * @property {(table: unknown) => Any} getTableConfig
 */
/**
 * @typedef {object} Watched
 * @property {readonly Dialect[]} dialects
 * @property {(table: object) => Place | null} placeOf where a table is written
 * @property {(key: object) => Said} said of a key that getTableConfig returns
 */

const parts = [
  { path: 'drizzle-orm/pg-core', table: 'PgTable', column: 'PgColumnBuilder' },
  { path: 'drizzle-orm/mysql-core', table: 'MySqlTable', column: 'MySqlColumnBuilder' },
  { path: 'drizzle-orm/sqlite-core', table: 'SQLiteTable', column: 'SQLiteColumnBuilder' },
];

/**
 * Watches every copy that the application may load: Drizzle ships one for `import` and one for `require`.
 * @returns {Promise<Watched>}
 */
export async function watch() {
  /** @type {WeakMap<object, Place | null>} */
  const tables = new WeakMap();
  /** @type {WeakMap<object, Said>} */
  const keys = new WeakMap();

  /** @param {Any} core @param {string} column */
  function watchCopy(core, column) {
    const { references, buildForeignKeys } = core[column].prototype;
    /** @type {WeakMap<object, Said>} */
    const written = new WeakMap();
    core[column].prototype.references = function (
      /** @type {object} */ ref,
      /** @type {Any} */ actions = {},
    ) {
      written.set(ref, { isWritten: actions['onDelete'] !== undefined, place: here() });
      return references.call(this, ref, actions);
    };
    core[column].prototype.buildForeignKeys = function (
      /** @type {unknown} */ built,
      /** @type {object} */ table,
    ) {
      if (!tables.has(table)) tables.set(table, here());
      const made = buildForeignKeys.call(this, built, table);
      for (const [at, { ref }] of this.foreignKeyConfigs.entries()) {
        const said = written.get(ref);
        if (said !== undefined) keys.set(made[at], said);
      }
      return made;
    };
    const { onDelete, build } = core.ForeignKeyBuilder.prototype;
    core.ForeignKeyBuilder.prototype.onDelete = function (/** @type {unknown} */ action) {
      const place = here();
      // what references() says comes through here without a line of the application
      if (place !== null) written.set(this, { isWritten: action !== undefined, place });
      return onDelete.call(this, action);
    };
    core.ForeignKeyBuilder.prototype.build = function (/** @type {unknown} */ table) {
      const key = build.call(this, table);
      const said = written.get(this);
      if (said !== undefined) keys.set(key, said);
      return key;
    };
  }

  /** @type {Dialect[]} */
  const dialects = [];
  for (const { path, table, column } of parts) {
    const core = need(path);
    for (const copy of new Set([core, await needModule(path)])) watchCopy(copy, column);
    dialects.push({ Table: core[table], getTableConfig: core.getTableConfig });
  }
  return {
    dialects,
    placeOf: (table) => tables.get(table) ?? null,
    said: (key) => keys.get(key) ?? { isWritten: false, place: null },
  };
}
