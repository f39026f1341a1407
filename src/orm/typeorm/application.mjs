// @ts-check
// What is laid around the application's own TypeORM before its models are imported: no connection is opened, no driver is
// needed, TypeScript can be named by a pattern of files, and where decorators and data sources stand is remembered.
import { standIn } from '../run/driver.mjs';
import { inStage } from '../run/base.mjs';

/** @typedef {import('../run/base.mjs').Tools} Tools */
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

/**
 * @param {Tools} tools
 * @returns what was seen while the models were imported
 */
export function watch(tools) {
  const typeorm = tools.need('typeorm');
  if (typeof typeorm.DataSource?.prototype.buildMetadatas !== 'function')
    throw inStage(
      'environment',
      `typeorm ${tools.versionOf('typeorm') ?? ''} has no DataSource that can be read`,
    );
  /** @type {Map<unknown, Map<string, Place | null>>} */
  const places = new Map();
  /** @param {unknown} target @param {string} property @param {Place | null} place */
  const put = (target, property, place) => {
    const known = places.get(target) ?? new Map();
    places.set(target, known.set(property, place));
  };
  const here = () => tools.placeIn(new Error().stack);
  for (const path of decorators) {
    const file = part(tools, path);
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
  const schema = part(tools, 'entity-schema/EntitySchema');
  if (schema !== null) {
    const Own = schema.EntitySchema;
    schema.EntitySchema = class EntitySchema extends Own {
      /** @param {Any} options */
      constructor(options) {
        super(options);
        put(options['target'] ?? options['name'], '', here());
      }
    };
  }
  withoutDrivers(tools);
  withTypeScript(tools);
  typeorm.DataSource.prototype.initialize = async function connectsToNothing() {
    // ends for an import that waits for it; whatever else would follow a connection never runs
    await tools.idle();
    await metadatasOf(this);
    return this;
  };
  const cascades = part(tools, 'persistence/subject-builder/CascadesSubjectBuilder')?.CascadesSubjectBuilder;
  return {
    /** TypeORM before 1.0 takes the word and never deletes by it. */
    removesByCascade: String(cascades?.prototype.build ?? 'isCascadeRemove').includes('isCascadeRemove'),
    storage: /** @type {Any} */ (typeorm.getMetadataArgsStorage()),
    /** @param {unknown} target a class, or a schema's name @param {string} property */
    placeOf: (target, property) => places.get(target)?.get(property) ?? null,
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

/** A driver that is missing, or that nobody wants to load, is one that does nothing. @param {Tools} tools */
function withoutDrivers(tools) {
  const platform = part(tools, 'platform/PlatformTools')?.PlatformTools;
  if (typeof platform?.load !== 'function') return;
  const own = platform.load.bind(platform);
  platform.load = (/** @type {string} */ name) => {
    if (tools.request.stubEngine) return standIn();
    try {
      return own(name);
    } catch {
      return standIn();
    }
  };
}

/** `entities: ['src/**\/*.entity.ts']`. @param {Tools} tools */
function withTypeScript(tools) {
  const files = part(tools, 'util/ImportUtils');
  const own = files?.importOrRequireFile;
  if (typeof own !== 'function') return;
  files.importOrRequireFile = async (/** @type {string} */ path) =>
    /\.[cm]?ts$/.test(path) ? [(await tools.load(path)).exports, 'esm'] : own(path);
}

/** A file inside TypeORM; null where this version has none of the name. @param {Tools} tools @param {string} path */
function part(tools, path) {
  try {
    return tools.need(`typeorm/${path}.js`);
  } catch {
    return null;
  }
}
