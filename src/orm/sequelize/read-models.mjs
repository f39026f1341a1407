// @ts-check
// Reads Sequelize's models as its DDL would be made from them: the attributes after all associations have been declared, and
// what destroy() does itself. Sequelize knows them without a connection.
import { readInstances, readModels, versionOf } from '../run/base.mjs';
import { watch } from './before-import.mjs';

/** @typedef {import('../run/base.mjs').Place} Place */
/** @typedef {import('./before-import.mjs').Association} Association */
/** @typedef {Record<string, any>} Any */

/** @param {unknown} value @returns {value is Any} */
const isInstance = (value) =>
  typeof value === 'object' && value !== null && 'modelManager' in value && 'queryInterface' in value;

/** The instance that is exported, or that an exported model belongs to. @param {any} exported @returns {Any[]} */
function instancesOf(exported) {
  if (isInstance(exported)) return [exported];
  return typeof exported === 'function' && isInstance(exported.sequelize) ? [exported.sequelize] : [];
}

/** @param {Any} instance @param {string | null} group @param {ReturnType<typeof watch>} watched */
function read(instance, group, watched) {
  const hasSchemas = ['postgres', 'mssql', 'db2', 'snowflake', 'oracle'].includes(instance['getDialect']());
  /** @type {Any[]} */
  const models = Object.values(instance['models']);
  const associations = watched.associations.filter(({ association }) =>
    models.includes(association['source']),
  );
  /** @param {Any | string} name @param {string | null} schema where the name says none */
  const tableNamed = (name, schema = null) => {
    if (typeof name === 'string') return { schema, name };
    const own = name['schema'] || null;
    if (own === null) return { schema, name: String(name['tableName']) };
    return hasSchemas
      ? { schema: own, name: String(name['tableName']) }
      : { schema: null, name: `${own}${name['delimiter'] || '.'}${name['tableName']}` };
  };
  const tableOf = (/** @type {Any} */ model) => tableNamed(model['getTableName']());
  /** @type {(model: Any) => [string, Any][]} */
  const attributesOf = (model) =>
    Object.entries(/** @type {Record<string, Any>} */ (model['getAttributes']())).filter(
      ([, { type }]) => type?.key !== 'VIRTUAL',
    );
  const columnOf = (/** @type {Any} */ model, /** @type {string} */ name) =>
    String(model['rawAttributes'][name]?.field ?? name);

  /** The key that an association is about. @param {Association} each */
  const holder = ({ kind, association }) =>
    kind === 'belongsTo'
      ? { model: association['source'], attribute: association['foreignKey'], parent: association['target'] }
      : { model: association['target'], attribute: association['foreignKey'], parent: association['source'] };
  /** @param {Any} model @param {string} attribute */
  const over = (model, attribute) =>
    associations.filter((each) => {
      const held = holder(each);
      return each.kind !== 'belongsToMany' && held.model === model && held.attribute === attribute;
    });

  /** @returns {object[]} */
  const keysOf = (/** @type {Any} */ model, /** @type {string} */ attribute, /** @type {Any} */ said) =>
    said['references']?.model === undefined
      ? unconstrained(model, attribute)
      : [constrained(model, attribute, said)];

  /** @param {Any} model @param {string} attribute @param {Any} definition */
  function constrained(model, attribute, { references, onDelete, onUpdate }) {
    const child = tableOf(model);
    const beside = over(model, attribute);
    const all = [...beside, ...throughs(model, attribute)];
    const given = typeof onDelete === 'string' ? onDelete.toUpperCase() : null;
    const own = watched.writtenAt(model, attribute)?.toUpperCase() === given;
    const by = all.find((each) => each.onDelete !== null && each.onDelete.toUpperCase() === given);
    const written = given !== null && (own || by !== undefined);
    // what nobody has said and does nothing is no action
    const nothing = given === null || (given === 'NO ACTION' && !written);
    return {
      child,
      columns: [columnOf(model, attribute)],
      parent: tableNamed(references.model, child.schema),
      parentColumns: [String(references.key ?? 'id')],
      group,
      onDelete: nothing ? null : given,
      onDeleteWritten: written || nothing,
      onUpdate: typeof onUpdate === 'string' ? onUpdate.toUpperCase() : null,
      application: applicationOf(beside),
      place: (own ? null : (by ?? all[0])?.place) ?? watched.placeOf(model),
    };
  }

  /** @param {Any} model @param {string} attribute */
  function throughs(model, attribute) {
    return associations.filter(
      ({ kind, association }) =>
        kind === 'belongsToMany' &&
        association['through'].model === model &&
        (association['foreignKey'] === attribute || association['otherKey'] === attribute),
    );
  }

  /** @param {Any} model @param {string} attribute */
  function unconstrained(model, attribute) {
    const child = tableOf(model);
    const columns = [columnOf(model, attribute)];
    /** @type {Map<Any, Association[]>} */
    const parents = new Map();
    for (const each of over(model, attribute)) {
      const { parent } = holder(each);
      parents.set(parent, [...(parents.get(parent) ?? []), each]);
    }
    const links = throughs(model, attribute).map(({ association, place }) => ({
      parent: association['foreignKey'] === attribute ? association['source'] : association['target'],
      place,
      application: null,
    }));
    const direct = [...parents].map(([parent, all]) => ({
      parent,
      place: all[0]?.place ?? null,
      application: applicationOf(all),
    }));
    const once = new Map([...links, ...direct].map((each) => [each.parent, each]));
    return [...once.values()].map(({ parent, place, application }) => ({
      child,
      columns,
      parent: tableOf(parent),
      parentColumns: [],
      group,
      onDelete: null,
      constrained: false,
      application,
      place: place ?? watched.placeOf(model),
    }));
  }

  /** @param {readonly Association[]} all over one key */
  function applicationOf(all) {
    const by = all.find(
      ({ kind, association }) =>
        kind !== 'belongsTo' &&
        destroys(association) &&
        !isParanoid(association['source']) &&
        !isParanoid(association['target']),
    );
    if (by === undefined) return null;
    const { association, place } = by;
    return {
      onDelete: 'CASCADE',
      text: cascadeText,
      when: 'always',
      by: `${association['source'].name}.${association['as']}`,
      place: place ?? watched.placeOf(association['source']),
    };
  }

  return {
    tables: models.map((model) => ({
      ...tableOf(model),
      group,
      columns: attributesOf(model).map(([name, { allowNull, primaryKey }]) => ({
        name: columnOf(model, name),
        nullable: allowNull !== false && primaryKey !== true,
        primaryKey: primaryKey === true,
      })),
      place: watched.placeOf(model),
    })),
    foreignKeys: models.flatMap((model) =>
      attributesOf(model).flatMap(([attribute, said]) => keysOf(model, attribute, said)),
    ),
    relationships: associations.map((each) => {
      const { kind, association, onDelete, place } = each;
      const many = kind === 'belongsToMany';
      const through = many ? association['through'].model : null;
      const held = many ? null : holder(each);
      const keys = many
        ? [
            [association['foreignKey'], association['source']],
            [association['otherKey'], association['target']],
          ].map(([attribute, parent]) => reference(through, attribute, parent))
        : held === null
          ? []
          : [reference(held.model, held.attribute, held.parent)];
      return {
        owner: association['source'].name,
        attribute: association['as'],
        target: association['target'].name,
        direction: many ? 'many-to-many' : kind === 'belongsTo' ? 'many-to-one' : 'one-to-many',
        keys,
        cascade: destroys(association) && !isParanoid(association['source']) ? ['destroy'] : [],
        through: through === null ? null : tableOf(through),
        written: {
          ...(onDelete === null ? {} : { onDelete: onDelete.toUpperCase() }),
          ...(association['options'].useHooks === true ? { hooks: 'true' } : {}),
        },
        place: place ?? watched.placeOf(association['source']),
      };
    }),
    notes: softDeletes(models),
  };

  /** @param {Any} model @param {string} attribute @param {Any} parent */
  function reference(model, attribute, parent) {
    return {
      child: tableOf(model),
      columns: [columnOf(model, attribute)],
      parent: tableOf(parent),
      parentColumns: [],
    };
  }
}

const cascadeText = "onDelete: 'CASCADE', hooks: true";

/** Whether destroy() of one row loads and destroys these first. @param {Any} association */
const destroys = ({ options }) => options.useHooks === true && /^cascade$/i.test(options.onDelete ?? '');

/** @param {Any} model */
const isParanoid = (model) => model['options'].paranoid === true && model['options'].timestamps !== false;

/** @param {readonly Any[]} models */
function softDeletes(models) {
  const marked = models.filter(isParanoid).map(({ name }) => name);
  if (marked.length === 0) return [];
  return [
    `destroy() of ${marked.join(', ')} (paranoid) only fills a date: no ON DELETE and no cascade of Sequelize acts unless it is called with force: true.`,
  ];
}

await readModels('sequelize', async () => {
  const watched = watch();
  const facts = await readInstances({
    title: 'Sequelize',
    find: instancesOf,
    read: (instance, group) => read(instance, group, watched),
  });
  return { ...facts, ormVersion: versionOf('sequelize') };
});
