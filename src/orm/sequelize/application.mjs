// @ts-check
// What is laid around the application's own Sequelize before its models are imported: no connection is opened, no driver is
// needed, and what was written is remembered before Sequelize puts its defaults beside it.
import { standIn } from '../run/driver.mjs';
import { inStage } from '../run/base.mjs';

/** @typedef {import('../run/base.mjs').Tools} Tools */
/** @typedef {import('../run/base.mjs').Place} Place */
/** @typedef {Record<string, any>} Any */
/** @typedef {{ kind: string, association: Any, onDelete: string | null, place: Place | null }} Association */

const kinds = ['belongsTo', 'hasMany', 'hasOne', 'belongsToMany'];

/**
 * @param {Tools} tools
 * @returns what was seen while the models were imported
 */
export function watch(tools) {
  const { Sequelize, Model } = tools.need('sequelize');
  if (typeof Model?.init !== 'function' || typeof Model.hasMany !== 'function')
    throw inStage(
      'environment',
      `sequelize ${tools.versionOf('sequelize') ?? ''} has no models that can be read`,
    );
  const here = () => tools.placeIn(new Error().stack);
  /** @type {Map<Any, { place: Place | null, onDelete: Map<string, string> }>} */
  const models = new Map();
  const init = Model.init;
  Model.init = function (/** @type {Any} */ attributes, /** @type {unknown} */ options) {
    const onDelete = new Map(
      Object.entries(attributes ?? {}).flatMap(([name, { onDelete: said } = /** @type {Any} */ ({})]) =>
        typeof said === 'string' ? [[name, said]] : [],
      ),
    );
    models.set(this, { place: here(), onDelete });
    return init.call(this, attributes, options);
  };
  /** @type {Association[]} */
  const associations = [];
  for (const kind of kinds) {
    const own = Model[kind];
    Model[kind] = function (/** @type {unknown} */ target, /** @type {Any | undefined} */ options) {
      const said = options?.['onDelete'];
      const place = here();
      const association = own.call(this, target, options);
      associations.push({ kind, association, onDelete: typeof said === 'string' ? said : null, place });
      return association;
    };
  }
  withoutDrivers(tools);
  // ends for an import that waits for it; whatever else would follow a connection never runs
  for (const name of ['authenticate', 'sync', 'query', 'transaction', 'drop', 'validate'])
    Sequelize.prototype[name] = () => tools.idle();
  return {
    associations: /** @type {readonly Association[]} */ (associations),
    /** @param {Any} model */
    placeOf: (model) => models.get(model)?.place ?? null,
    /** What an attribute of the model itself says. @param {Any} model @param {string} attribute */
    saidBy: (model, attribute) => models.get(model)?.onDelete.get(attribute) ?? null,
  };
}

/** A driver that is missing, or that nobody wants to load, is one that does nothing. @param {Tools} tools */
function withoutDrivers(tools) {
  const manager = tools.need('sequelize/lib/dialects/abstract/connection-manager').prototype;
  const own = manager?._loadDialectModule;
  if (typeof own !== 'function') return;
  manager._loadDialectModule = function (/** @type {string} */ name) {
    if (tools.request.stubEngine) return standIn();
    try {
      return own.call(this, name);
    } catch {
      return standIn();
    }
  };
}
