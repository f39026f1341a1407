// @ts-check
// What is laid around the application's own Sequelize before its models are imported: no connection is opened, no driver is
// needed, and what was written is remembered before Sequelize puts its defaults beside it.
import { here, idle, inStage, need, versionOf, withoutDrivers } from '../run/base.mjs';

/** @typedef {import('../run/base.mjs').Place} Place */
/** @typedef {Record<string, any>} Any */
/** @typedef {{ kind: string, association: Any, onDelete: string | null, place: Place | null }} Association */

/** @returns what was seen while the models were imported */
export function watch() {
  const { Sequelize, Model } = need('sequelize');
  if (typeof Model?.init !== 'function' || typeof Model.hasMany !== 'function')
    throw inStage('environment', `sequelize ${versionOf('sequelize') ?? ''} has no models that can be read`);
  /** @type {Map<Any, { place: Place | null, onDelete: Map<string, string> }>} */
  const models = new Map();
  const init = Model.init;
  Model.init = function (/** @type {Any} */ attributes, /** @type {unknown} */ options) {
    const onDelete = new Map();
    for (const [name, attribute] of Object.entries(attributes ?? {}))
      if (typeof attribute?.onDelete === 'string') onDelete.set(name, attribute.onDelete);
    models.set(this, { place: here(), onDelete });
    return init.call(this, attributes, options);
  };
  /** @type {Association[]} */
  const associations = [];
  for (const kind of ['belongsTo', 'hasMany', 'hasOne', 'belongsToMany']) {
    const own = Model[kind];
    Model[kind] = function (/** @type {unknown} */ target, /** @type {Any | undefined} */ options) {
      const written = options?.onDelete;
      const place = here();
      const association = own.call(this, target, options);
      associations.push({ kind, association, onDelete: typeof written === 'string' ? written : null, place });
      return association;
    };
  }
  withoutDrivers(need('sequelize/lib/dialects/abstract/connection-manager').prototype, '_loadDialectModule');
  // ends for an import that waits for it; whatever else would follow a connection never runs
  for (const name of ['authenticate', 'sync', 'query', 'transaction', 'drop', 'validate'])
    Sequelize.prototype[name] = idle;
  return {
    associations: /** @type {readonly Association[]} */ (associations),
    /** @param {Any} model */
    placeOf: (model) => models.get(model)?.place ?? null,
    /** What an attribute of the model itself says. @param {Any} model @param {string} attribute */
    writtenAt: (model, attribute) => models.get(model)?.onDelete.get(attribute) ?? null,
  };
}
