// @ts-check
// Reads Drizzle's tables as drizzle-kit does: every table that the schema's modules export, with what getTableConfig of the
// application's own drizzle-orm says of it.
import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { globSync } from 'tinyglobby';
import { watch } from './before-import.mjs';
import { related } from './relations.mjs';
import {
  errors,
  inStage,
  load,
  messageOf,
  need,
  optional,
  placeOf as placeOfError,
  readModels,
  request,
  versionOf,
} from '../run/base.mjs';

/** @typedef {Record<string, any>} Any */
/** @typedef {import('./before-import.mjs').Dialect} Dialect */

const isConfig = (/** @type {string} */ spec) =>
  /(^|[\\/])drizzle[\w.-]*\.config\.([cm]?[jt]s|json)$/.test(spec);

/** @param {string} spec */
async function configOf(spec) {
  const { exports, file } = await load(spec);
  return { file, config: /** @type {Any} */ (exports['default'] ?? exports) };
}

/** The files that are meant, and how names are cased: undefined where no configuration was named. */
async function sourcesOf() {
  /** @type {string[]} */
  const files = [];
  /** @type {string | null | undefined} */
  let casing;
  for (const spec of request.models) {
    if (!isConfig(spec)) {
      files.push(...filesOf(spec));
      continue;
    }
    const { config, file } = await configOf(spec);
    const schema = [config['schema'] ?? []].flat();
    if (schema.length === 0) throw inStage('discover', `${file} names no schema`);
    casing = config['casing'] ?? null;
    files.push(...schema.flatMap((each) => filesOf(String(each))));
  }
  return { files: [...new Set(files)], casing };
}

/** What a configuration says that nobody has named, where a column's name hangs on it. @param {readonly Any[]} columns */
async function casingBeside(columns) {
  // a name that was not written, and that casing would change
  if (!columns.some(({ keyAsName, name }) => keyAsName === true && /[A-Z_]/.test(name))) return null;
  const [spec] = readdirSync(process.cwd()).filter(isConfig).sort();
  if (spec === undefined) return null;
  try {
    const casing = (await configOf(spec)).config['casing'] ?? null;
    return casing === null ? null : { casing, note: `Columns are cased as ${spec} says: ${casing}.` };
  } catch (error) {
    const message = `${spec}, which may say how columns are cased, cannot be read: ${messageOf(error)}`;
    errors.push({ stage: 'discover', message, place: placeOfError(error) });
    return null;
  }
}

/** The name of a column in the database. drizzle-orm 0.34 to 0.45 knows it together with the casing; older and newer ones have it in the table. @param {string | null} casing */
function namesOf(casing) {
  const { CasingCache } = optional('drizzle-orm/casing') ?? {};
  if (CasingCache === undefined) return (/** @type {Any} */ { name }) => String(name);
  const names = new CasingCache(casing ?? undefined);
  return (/** @type {Any} */ column) => String(names.getColumnCasing(column));
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

/**
 * Whatever modules export, and what plain objects among it hold: `export const schema = { users }`, or `defineRelations()`.
 * @param {unknown} value
 * @param {Set<unknown>} [seen]
 * @param {number} [depth]
 * @returns {unknown[]}
 */
function members(value, seen = new Set(), depth = 5) {
  const isPlain =
    typeof value === 'object' &&
    value !== null &&
    [Object.prototype, null].includes(Object.getPrototypeOf(value));
  const isNamespace = Object.prototype.toString.call(value) === '[object Module]';
  if (depth === 0 || !(isPlain || isNamespace)) return [value];
  if (seen.has(value)) return [];
  seen.add(value);
  return Object.values(/** @type {object} */ (value)).flatMap((each) => members(each, seen, depth - 1));
}

await readModels('drizzle', async () => {
  const orm = need('drizzle-orm');
  const { dialects, placeOf, said } = await watch();
  const { files, casing: named } = await sourcesOf();
  /** @type {unknown[]} */
  const exported = [];
  for (const file of files) {
    const { exports, name } = await load(file);
    exported.push(...members(name === null ? exports : exports[name]));
  }
  const tables = [...new Set(exported.filter((value) => orm.is(value, orm.Table)))].map((table) => ({
    table,
    dialect: dialects.find(({ Table }) => orm.is(table, Table)),
  }));
  if (tables.length === 0)
    throw inStage('discover', `${files.map((file) => basename(file)).join(', ')} exports no table`);
  const found =
    named === undefined
      ? await casingBeside(tables.flatMap(({ table }) => Object.values(orm.getTableColumns(table))))
      : null;
  const columnOf = namesOf(named ?? found?.casing ?? null);
  const tableOf = (/** @type {any} */ table) => ({
    schema: table[orm.Table.Symbol.Schema] ?? null,
    name: String(table[orm.Table.Symbol.Name]),
  });
  // as drizzle-kit names it, before version 1
  const usualName = (/** @type {readonly string[]} */ parts) =>
    orm.defineRelations === undefined ? [...parts, 'fk'].join('_') : null;
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
          name:
            name ??
            usualName([child.name, ...columns.map(columnOf), parent.name, ...foreignColumns.map(columnOf)]),
          // what nobody has written is no action
          onDelete: action === 'NO ACTION' && !isWritten ? null : action,
          onUpdate: key['onUpdate'] === undefined ? null : String(key['onUpdate']).toUpperCase(),
          place: own ?? place,
        };
      }),
    };
  }

  const all = read.map((each) => each.table);
  const keys = read.flatMap((each) => each.keys);
  return {
    ormVersion: versionOf('drizzle-orm'),
    tables: all,
    foreignKeys: [...keys, ...related(exported, { tables: all, keys, columnOf, tableOf, placeOf })],
    notes: found === null ? [] : [found.note],
  };
});
