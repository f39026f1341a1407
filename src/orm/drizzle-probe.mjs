// @ts-check
// Reads Drizzle's tables as drizzle-kit does: every table that the schema's modules export, with what getTableConfig of the
// application's own drizzle-orm says of it.
import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { globSync } from 'tinyglobby';
import { watch } from './drizzle-keys.mjs';
import { inStage, probe } from './node-probe.mjs';

/** @typedef {import('./node-probe.mjs').Tools} Tools */
/** @typedef {Record<string, any>} Any */
/** @typedef {import('./drizzle-keys.mjs').Dialect} Dialect */

const isConfig = (/** @type {string} */ spec) => /(^|[\\/])drizzle[\w.-]*\.config\.[cm]?[jt]s$/.test(spec);

/** The files that are meant, and how names are cased. @param {Tools} tools */
async function sourcesOf({ request, load }) {
  /** @type {string[]} */
  const files = [];
  /** @type {string | undefined} */
  let casing;
  for (const spec of request.models) {
    if (!isConfig(spec)) {
      files.push(...filesOf(spec));
      continue;
    }
    const { exports, file } = await load(spec);
    const config = /** @type {Any} */ (exports['default'] ?? exports);
    const schema = [config['schema'] ?? []].flat();
    if (schema.length === 0) throw inStage('discover', `${file} names no schema`);
    casing = config['casing'];
    files.push(...schema.flatMap((each) => filesOf(String(each))));
  }
  return { files: [...new Set(files)], casing };
}

/** A file, a folder's files, or a glob's. @param {string} spec */
function filesOf(spec) {
  const isFolder = statSync(spec, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (!isFolder && !/[*?{[!(]/.test(spec)) return [spec];
  const found = globSync(isFolder ? `${spec.replace(/[\\/]+$/, '')}/*` : spec, {
    ignore: ['**/node_modules/**'],
  });
  const code = found.filter((file) => /\.[cm]?[jt]sx?$/.test(file) && !/\.d\.[cm]?ts$/.test(file)).sort();
  if (code.length === 0) throw inStage('discover', `no module is called ${spec}`);
  return code;
}

/** Whatever modules export, and what plain objects among it hold. @param {unknown} value @param {number} depth @returns {unknown[]} */
function members(value, depth = 3) {
  const isPlain =
    typeof value === 'object' &&
    value !== null &&
    [Object.prototype, null].includes(Object.getPrototypeOf(value));
  const isNamespace = Object.prototype.toString.call(value) === '[object Module]';
  if (depth === 0 || !(isPlain || isNamespace)) return [value];
  return Object.values(/** @type {object} */ (value)).flatMap((each) => members(each, depth - 1));
}

await probe('drizzle', async (tools) => {
  const orm = tools.need('drizzle-orm');
  const { dialects, placeOf, said } = await watch(tools);
  const { files, casing } = await sourcesOf(tools);
  /** @type {unknown[]} */
  const exported = [];
  for (const file of files) {
    const { exports, name } = await tools.load(file);
    exported.push(...members(name === null ? exports : exports[name]));
  }
  const tables = [...new Set(exported.filter((value) => orm.is(value, orm.Table)))].map((table) => ({
    table,
    dialect: dialects.find(({ Table }) => orm.is(table, Table)),
  }));
  if (tables.length === 0)
    throw inStage('discover', `${files.map((file) => basename(file)).join(', ')} exports no table`);
  const names = new (tools.need('drizzle-orm/casing').CasingCache)(casing);
  const columnOf = (/** @type {Any} */ column) => String(names.getColumnCasing(column));
  const tableOf = (/** @type {any} */ table) => ({
    schema: table[orm.Table.Symbol.Schema] ?? null,
    name: String(table[orm.Table.Symbol.Name]),
  });
  const read = tables.flatMap(({ table, dialect }) =>
    dialect === undefined ? [] : [ofTable(table, dialect)],
  );

  /** @param {any} table @param {Dialect} dialect */
  function ofTable(table, { getTableConfig }) {
    const { columns, primaryKeys, foreignKeys } = getTableConfig(table);
    // PostgreSQL's primaryKey() is given copies of the columns
    const primary = new Set(
      [
        ...columns.filter((/** @type {Any} */ column) => column['primary']),
        ...primaryKeys.flatMap((/** @type {Any} */ key) => key['columns']),
      ].map(({ name }) => name),
    );
    const place = placeOf(table);
    return {
      table: {
        ...tableOf(table),
        columns: columns.map((/** @type {Any} */ column) => ({
          name: columnOf(column),
          nullable: !column['notNull'] && !primary.has(column['name']),
          primaryKey: primary.has(column['name']),
        })),
        place,
      },
      keys: foreignKeys.map((/** @type {Any} */ key) => {
        const { name, columns, foreignColumns, foreignTable } = key['reference']();
        const child = tableOf(table);
        const parent = tableOf(foreignTable);
        const action = String(key['onDelete'] ?? 'no action').toUpperCase();
        const { isWritten, place: own } = said(key);
        return {
          child,
          columns: columns.map(columnOf),
          parent,
          parentColumns: foreignColumns.map(columnOf),
          // as drizzle-kit names it
          name:
            name ??
            [child.name, ...columns.map(columnOf), parent.name, ...foreignColumns.map(columnOf), 'fk'].join(
              '_',
            ),
          // what nobody has written is no action
          onDelete: action === 'NO ACTION' && !isWritten ? null : action,
          onUpdate: key['onUpdate'] === undefined ? null : String(key['onUpdate']).toUpperCase(),
          place: own ?? place,
        };
      }),
    };
  }

  const keys = read.flatMap((each) => each.keys);
  return {
    ormVersion: tools.versionOf('drizzle-orm'),
    tables: read.map((each) => each.table),
    foreignKeys: [...keys, ...withoutKey(keys)],
  };

  /** Relations over columns that no key connects: Drizzle joins over them, and nothing enforces them. @param {readonly Any[]} keys */
  function withoutKey(keys) {
    const idOf = (/** @type {Any} */ { child, columns, parent }) =>
      JSON.stringify([child, [...columns].sort(), parent]);
    const there = new Set(keys.map(idOf));
    const relations = exported.filter((value) => orm.Relations !== undefined && orm.is(value, orm.Relations));
    const found = relations.flatMap((/** @type {any} */ { table, config }) =>
      Object.values(config(orm.createTableRelationsHelpers(table))).flatMap((/** @type {any} */ relation) => {
        const { fields = [], references = [] } = relation.config ?? {};
        if (!orm.is(relation, orm.One) || fields.length === 0) return [];
        return [
          {
            child: tableOf(table),
            columns: fields.map(columnOf),
            parent: tableOf(relation.referencedTable),
            parentColumns: references.map(columnOf),
            onDelete: null,
            constrained: false,
            place: placeOf(table),
          },
        ];
      }),
    );
    // of one-to-one relations the other side may name the columns of a key the other way round
    const turned = new Set(
      keys.map(({ child, parent, parentColumns }) =>
        idOf({ child: parent, columns: parentColumns, parent: child }),
      ),
    );
    return found.filter((each) => !there.has(idOf(each)) && !turned.has(idOf(each)));
  }
});
