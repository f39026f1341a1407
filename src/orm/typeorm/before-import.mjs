// @ts-check
// What is laid around the application's own TypeORM before its models are imported: no connection is opened, no driver is
// needed, TypeScript can be named by a pattern of files, and where decorators and data sources stand is remembered.
import { here, idle, inStage, load, need, versionOf, withoutDrivers } from '../run/base.mjs';

/** @typedef {import('../run/base.mjs').Place} Place */
/** @typedef {Record<string, any>} Any */

const decorators = [
  'decorator/entity/Entity',
  'decorator/relations/ManyToOne',
  'decorator/relations/OneToOne',
  'decorator/relations/OneToMany',
  'decorator/relations/ManyToMany',
  'decorator/tree/TreeParent',
  'decorator/tree/TreeChildren',
  'decorator/ForeignKey',
];

/** @returns what was seen while the models were imported */
export function watch() {
  const typeorm = need('typeorm');
  if (typeof typeorm.DataSource?.prototype.buildMetadatas !== 'function')
    throw inStage('environment', `typeorm ${versionOf('typeorm') ?? ''} has no DataSource that can be read`);
  /** @type {Map<unknown, Map<string, Place | null>>} */
  const places = new Map();
  /** @type {Map<unknown, Any>} */
  const schemas = new Map();
  /** @param {unknown} target @param {string} property @param {Place | null} place */
  const put = (target, property, place) => {
    const known = places.get(target) ?? new Map();
    places.set(target, known.set(property, place));
  };
  for (const path of decorators) {
    const file = part(path);
    const name = path.split('/').at(-1) ?? '';
    const own = file?.[name];
    if (typeof own !== 'function') continue;
    file[name] = (/** @type {unknown[]} */ ...given) => {
      const place = here();
      const decorate = own(...given);
      return (/** @type {any} */ target, /** @type {string | undefined} */ property) => {
        put(property === undefined ? target : target.constructor, property ?? '', place);
        return decorate(target, property);
      };
    };
  }
  const schema = part('entity-schema/EntitySchema');
  if (schema !== null) {
    const Own = schema.EntitySchema;
    schema.EntitySchema = class EntitySchema extends Own {
      /** @param {Any} options */
      constructor(options) {
        super(options);
        const target = options['target'] ?? options['name'];
        const place = here();
        for (const property of ['', ...Object.keys({ ...options['columns'], ...options['relations'] })])
          put(target, property, place);
        schemas.set(target, options);
      }
    };
  }
  withoutDrivers(part('platform/PlatformTools')?.PlatformTools, 'load');
  withTypeScript();
  typeorm.DataSource.prototype.initialize = async function connectsToNothing() {
    // ends for an import that waits for it; whatever else would follow a connection never runs
    await idle();
    await metadatasOf(this);
    return this;
  };
  const cascades = part('persistence/subject-builder/CascadesSubjectBuilder')?.CascadesSubjectBuilder;
  return {
    /** TypeORM before 1.0 takes the word and never deletes by it. */
    removesByCascade: String(cascades?.prototype.build ?? 'isCascadeRemove').includes('isCascadeRemove'),
    /** Every @ForeignKey of a class. @param {unknown} target @returns {readonly Any[]} */
    declarationsOf: (target) =>
      typeorm
        .getMetadataArgsStorage()
        .foreignKeys.filter((/** @type {Any} */ declaration) => declaration['target'] === target),
    /** @param {unknown} target a class, or a schema's name @param {string} property */
    placeOf: (target, property) => places.get(target)?.get(property) ?? null,
    /** The options of an EntitySchema; null for a class with decorators. @param {unknown} target */
    schemaOf: (target) => schemas.get(target) ?? null,
  };
}

/**
 * What TypeORM makes of the models. Its own check of column types comes last and has no say about keys.
 * @param {Any} dataSource
 * @returns {Promise<readonly Any[]>}
 */
export async function metadatasOf(dataSource) {
  dataSource['setOptions']({ subscribers: [], migrations: [] });
  try {
    await dataSource['buildMetadatas']();
  } catch (error) {
    if (dataSource['entityMetadatas'].length === 0) throw error;
  }
  return dataSource['entityMetadatas'];
}

/**
 * `entities: ['src/**\/*.entity.ts']`: one file after the other. TypeORM asks for all at once, and a file that imports one which is
 * still being read would run it a second time: two classes, of which TypeORM knows one.
 */
function withTypeScript() {
  const files = part('util/ImportUtils');
  const own = files?.importOrRequireFile;
  if (typeof own !== 'function') return;
  /** @type {Promise<unknown>} */
  let before = Promise.resolve();
  files.importOrRequireFile = async (/** @type {string} */ path) => {
    if (!/\.[cm]?ts$/.test(path)) return own(path);
    const loading = before.then(() => load(path));
    before = loading.catch(() => undefined);
    return [(await loading).exports, 'esm'];
  };
}

/** A file inside TypeORM; null where this version has none of the name. @param {string} path */
function part(path) {
  try {
    return need(`typeorm/${path}.js`);
  } catch {
    return null;
  }
}
