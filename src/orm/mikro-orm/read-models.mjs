// @ts-check
// Reads MikroORM's metadata as its schema generator does: keys, pivot tables, and what em.remove() does itself. MikroORM makes
// them without a connection.
import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { load, need, readInstances, readModels, versionOf } from '../run/base.mjs';

/** @typedef {import('../run/base.mjs').Place} Place */
/** @typedef {Record<string, any>} Any */

/**
 * What an application exports: an instance, options for one, or a function that makes either.
 * @param {Any} core @param {any} exported
 */
async function instancesOf(core, exported) {
  // a function makes options; a class is an entity
  const makes = typeof exported === 'function' && !('prototype' in exported);
  const value = makes ? await exported() : exported;
  /** @type {Any[]} */
  const found = [];
  for (const each of Array.isArray(value) ? value : [value]) {
    if (typeof each !== 'object' || each === null) continue;
    if (typeof each.getMetadata === 'function' && 'driver' in each) found.push(each);
    else if ('driver' in each || 'entities' in each || 'clientUrl' in each)
      found.push(await started(core, each));
  }
  return found;
}

/** @param {Any} core @param {Any} options */
function started(core, options) {
  const quiet = { connect: false, ensureDatabase: false, metadataCache: { enabled: false }, debug: false };
  return core['MikroORM'].init({ ...options, ...quiet });
}

/** @param {Any} core */
function withoutConnections(core) {
  core['MikroORM'].prototype.connect = async function connectsToNothing() {
    return this.driver;
  };
  const own = core['Utils'].dynamicImport.bind(core['Utils']);
  core['Utils'].dynamicImport = async (/** @type {string} */ path) =>
    /\.[cm]?ts$/.test(path) ? (await load(path.replace(/^file:\/\//, ''))).exports : own(path);
}

const isOwner = (/** @type {Any} */ { kind, owner }) => kind === 'm:1' || (kind === '1:1' && owner === true);
const removes = (/** @type {Any} */ { cascade = [] }) =>
  cascade.includes('remove') || cascade.includes('all');

/** @param {Any} orm @param {string | null} group */
function read(orm, group) {
  /** @type {Any[]} */
  const all = Object.values(orm['getMetadata']().getAll());
  const roots = [...new Set(all.map((meta) => meta['root'] ?? meta))].filter(
    ({ abstract, embeddable, virtual, tableName }) => !abstract && !embeddable && !virtual && tableName,
  );
  const propsOf = (/** @type {Any} */ meta) => /** @type {Any[]} */ (Object.values(meta['properties']));
  const stored = (/** @type {Any} */ prop) =>
    prop['persist'] !== false && (prop['fieldNames'] ?? []).length > 0;
  const isColumn = (/** @type {Any} */ prop) =>
    stored(prop) &&
    (prop['kind'] === 'scalar' || (prop['kind'] === 'embedded' && prop['object'] === true) || isOwner(prop));
  const tableOf = (/** @type {Any} */ meta) => ({
    schema: meta['schema'] === undefined || meta['schema'] === '*' ? null : String(meta['schema']),
    name: String(meta['tableName']),
  });
  const target = (/** @type {Any} */ prop) => prop['targetMeta'].root;
  /** The sides that hold children, by the property that holds their key. @type {Map<Any, { meta: Any, prop: Any }[]>} */
  const holders = new Map();
  for (const meta of all) {
    for (const prop of propsOf(meta)) {
      const isInverse = prop['kind'] === '1:m' || (prop['kind'] === '1:1' && prop['owner'] !== true);
      const held = isInverse ? target(prop)?.properties[prop['mappedBy']] : undefined;
      if (held !== undefined) holders.set(held, [...(holders.get(held) ?? []), { meta, prop }]);
    }
  }

  /** What em.remove() does with the children. @param {Any} prop */
  function applicationOf(prop) {
    const sides = holders.get(prop) ?? [];
    const deleting = sides.find((side) => removes(side.prop) || side.prop['orphanRemoval'] === true);
    const said =
      deleting ?? (prop['nullable'] === true ? sides.find((side) => side.prop['kind'] === '1:m') : undefined);
    if (said === undefined) return null;
    const text =
      deleting === undefined
        ? 'a collection without Cascade.REMOVE'
        : removes(said.prop)
          ? `Cascade.${said.prop['cascade'].includes('all') ? 'ALL' : 'REMOVE'}`
          : 'orphanRemoval: true';
    return {
      onDelete: deleting === undefined ? 'SET NULL' : 'CASCADE',
      text,
      // the other side of one-to-one is loaded with its owner, a collection is not
      when: said.prop['kind'] === '1:m' ? 'loaded' : 'always',
      by: `${said.meta['className']}.${said.prop['name']}`,
      place: placeOf(said.meta, said.prop['name']),
    };
  }

  /** @param {Any} meta @param {Any} prop */
  function keyOf(meta, prop) {
    const byCascade = removes(prop) && meta['pivotTable'] !== true;
    const rule =
      prop['deleteRule'] ?? (removes(prop) ? 'cascade' : prop['nullable'] === true ? 'set null' : null);
    // the primary key that is a key, and the keys of a pivot table, cascade unless somebody says otherwise
    const isUsual =
      rule === 'cascade' &&
      (meta['pivotTable'] === true || (prop['primary'] === true && meta['primaryKeys'].length === 1));
    return {
      ...referenceOf(meta, prop),
      group,
      name: prop['foreignKeyName'] ?? null,
      onDelete: rule === null ? null : String(rule).toUpperCase(),
      onDeleteWritten: rule === null || byCascade || (prop['deleteRule'] !== undefined && !isUsual),
      onUpdate: prop['updateRule'] === undefined ? 'CASCADE' : String(prop['updateRule']).toUpperCase(),
      constrained: prop['createForeignKeyConstraint'] !== false && constrains(orm),
      application: applicationOf(prop),
      place: placeOf(meta, prop['name']),
    };
  }

  const pivots = new Map(
    all.filter((meta) => meta['pivotTable'] === true).map((meta) => [meta['tableName'], meta]),
  );
  /** Cascades that do not go from parent to children; the others are findings about their keys. @param {Any} meta @param {Any} prop */
  function relationshipsOf(meta, prop) {
    const pivot = prop['kind'] === 'm:n' ? pivots.get(prop['pivotTable']) : undefined;
    if (!removes(prop) || meta['pivotTable'] === true || !(isOwner(prop) || pivot !== undefined)) return [];
    const links = pivot === undefined ? [] : propsOf(pivot).filter(isOwner);
    const first = links.filter((link) => target(link) === meta['root']);
    return [
      {
        owner: meta['className'],
        attribute: prop['name'],
        target: prop['targetMeta'].className,
        direction: pivot === undefined ? 'many-to-one' : 'many-to-many',
        keys:
          pivot === undefined
            ? [referenceOf(meta['root'] ?? meta, prop)]
            : [...new Set([...first, ...links])].map((link) => referenceOf(pivot, link)),
        cascade: ['remove'],
        through: pivot === undefined ? null : tableOf(pivot),
        written: { cascade: `Cascade.${prop['cascade'].includes('all') ? 'ALL' : 'REMOVE'}` },
        place: placeOf(meta, prop['name']),
      },
    ];
  }

  /** @param {Any} meta @param {Any} prop */
  const referenceOf = (meta, prop) => ({
    child: tableOf(meta),
    columns: [...prop['fieldNames']],
    parent: tableOf(target(prop)),
    parentColumns: [...prop['referencedColumnNames']],
  });

  return {
    tables: roots.map((meta) => ({
      ...tableOf(meta),
      group,
      columns: columnsOf(propsOf(meta).filter(isColumn)),
      place: placeOf(meta, null),
    })),
    foreignKeys: roots.flatMap((meta) =>
      propsOf(meta)
        .filter((prop) => isOwner(prop) && stored(prop))
        .map((prop) => keyOf(meta, prop)),
    ),
    relationships: all.flatMap((meta) => propsOf(meta).flatMap((prop) => relationshipsOf(meta, prop))),
  };
}

/** A column may belong to several properties: it accepts NULL where the first does. @param {readonly Any[]} props */
function columnsOf(props) {
  /** @type {Map<string, object>} */
  const columns = new Map();
  for (const { fieldNames, nullable, primary } of props) {
    for (const name of fieldNames) {
      if (!columns.has(name))
        columns.set(name, {
          name,
          nullable: nullable === true && primary !== true,
          primaryKey: primary === true,
        });
    }
  }
  return [...columns.values()];
}

/** @param {Any} orm */
const constrains = (orm) => orm['config'].get('schemaGenerator')?.createForeignKeyConstraints !== false;

/** The only line of the class's file that begins a member of this name; MikroORM keeps the file alone. @param {Any} meta @param {string | null} member @returns {Place | null} */
function placeOf(meta, member) {
  const path = /** @type {string | undefined} */ (meta['path']);
  if (path === undefined || !/\.[cm]?[jt]s$/.test(path)) return null;
  const absolute = isAbsolute(path) ? path : resolve(process.cwd(), path);
  const file = relative(process.cwd(), absolute).split(sep).join('/');
  if (file.startsWith('..')) return null;
  const lines = existsSync(absolute) ? readFileSync(absolute, 'utf8').split('\n') : [];
  const start = lines.findIndex((line) =>
    new RegExp(`\\bclass ${meta['className']}\\b|['"\`]${meta['className']}['"\`]`).test(line),
  );
  if (start === -1) return null;
  if (member === null) return { file, line: start + 1 };
  const begins = new RegExp(
    `^\\s*(@.*\\)\\s+)?(readonly\\s+|public\\s+|declare\\s+)*${member}\\s*[!?]?\\s*[:=(]`,
  );
  const found = lines.findIndex((line, at) => at > start && begins.test(line));
  return { file, line: (found === -1 ? start : found) + 1 };
}

await readModels('mikro-orm', async () => {
  const core = /** @type {Any} */ (need('@mikro-orm/core'));
  withoutConnections(core);
  const facts = await readInstances({
    title: 'configuration of MikroORM',
    find: (exported) => instancesOf(core, exported),
    read,
  });
  // its schema diff takes RESTRICT, NO ACTION and nothing for one
  return { ...facts, ormVersion: versionOf('@mikro-orm/core'), takesBack: 'all but refusals' };
});
