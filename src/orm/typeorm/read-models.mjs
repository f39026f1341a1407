// @ts-check
// Reads TypeORM's metadata as its DDL would be made from it: keys, link and closure tables, and what remove() does itself.
// TypeORM builds them without a connection.
import { readInstances, readModels, versionOf } from '../run/base.mjs';
import { metadatasOf, watch } from './before-import.mjs';
import {
  cascades,
  cascadeText,
  declaredAction,
  inSchema,
  isSource,
  nameOf,
  operations,
  pathInSchema,
  relationsOf,
  samePlace,
  schemaOf,
  softDeletes,
} from './metadata.mjs';

/** @typedef {import('../run/base.mjs').Place} Place */
/** @typedef {Record<string, any>} Any */

/** @param {Any} source @param {string | null} group @param {ReturnType<typeof watch>} watched */
async function readSource(source, group, watched) {
  const all = await metadatasOf(source);
  const kind = String(source['options'].type);
  const tableOf = (/** @type {Any} */ metadata) => ({
    schema: schemaOf(metadata, kind),
    name: String(metadata['tableName']),
  });
  const placeOf = (/** @type {Any} */ metadata, /** @type {string} */ property) =>
    watched.placeOf(metadata['target'], property);
  /** @type {(relation: Any) => Place | null} */
  const placed = (relation) =>
    watched.placeOf(relation['target'], relation['propertyName']) ?? placeOf(relation['entityMetadata'], '');
  const names = (/** @type {Any[]} */ columns) => columns.map((column) => String(column['databaseName']));
  const stored = all.filter((metadata) => metadata['tableType'] !== 'view');
  const tables = stored.filter((metadata) => metadata['tableType'] !== 'entity-child');
  const regular = tables.filter((metadata) => metadata['tableType'] === 'regular');
  const byEntity = new Set(regular.map((metadata) => metadata['tablePath']));
  // an entity of its own for a link table has the say about its keys
  const read = tables.filter(
    (metadata) => metadata['tableType'] !== 'junction' || !byEntity.has(metadata['tablePath']),
  );
  const relations = relationsOf(stored);
  return {
    tables: read.map((metadata) => ({
      ...tableOf(metadata),
      group,
      columns: metadata['columns'].map((/** @type {Any} */ column) => ({
        name: column['databaseName'],
        nullable: column['isNullable'] === true && column['isPrimary'] !== true,
        primaryKey: column['isPrimary'] === true,
      })),
      place: placeOf(metadata, ''),
    })),
    foreignKeys: read.flatMap((metadata) => [
      ...metadata['foreignKeys'].map((/** @type {Any} */ key) => declared(metadata, key)),
      ...unconstrained(metadata),
    ]),
    relationships: relations.map(relationshipOf),
    notes: softDeletes(stored),
  };

  /** @param {Any} metadata @param {Any} key */
  function declared(metadata, key) {
    const by = ownerOf(metadata, key);
    const relation = by === null ? null : (by.relation ?? linkOf(metadata));
    const schema = watched.schemaOf((relation ?? metadata)['target']);
    const within = pathInSchema(schema, key, relation?.propertyName ?? null);
    const declarations =
      schema === null ? watched.declarationsOf(metadata['target']) : [inSchema(schema, within)];
    const said = by === null ? declaredAction(key, declarations) : (by.relation?.onDelete ?? null);
    const given = key['onDelete'] === 'NO ACTION' ? null : key['onDelete'];
    const written = said !== null;
    return {
      child: tableOf(metadata),
      columns: names(key['columns']),
      parent: tableOf(key['referencedEntityMetadata']),
      parentColumns: names(key['referencedColumns']),
      group,
      name: key['name'] ?? null,
      // nobody makes the keys of a table that is left out of TypeORM's own DDL
      onDelete: written ? said : metadata['synchronize'] === false ? null : given,
      onDeleteWritten: written || given === null,
      onUpdate: key['onUpdate'] === 'NO ACTION' ? null : key['onUpdate'],
      application: by === null ? null : applicationOf(by),
      place: by?.relation
        ? placed(by.relation)
        : (placeOf(metadata, key['columns'][0]?.propertyName ?? '') ?? placeOfTable(metadata)),
      within,
    };
  }

  /** A table that no class stands for is where what asks for it is. @param {Any} metadata */
  function placeOfTable(metadata) {
    const link = linkOf(metadata);
    return link === null ? placeOf(metadata['parentClosureEntityMetadata'] ?? metadata, '') : placed(link);
  }

  /** The relation that asks for a link table. @param {Any} metadata @returns {Any | null} */
  function linkOf(metadata) {
    return metadata['tableType'] === 'junction'
      ? (metadata['ownColumns'][0]?.relationMetadata ?? null)
      : null;
  }

  /** Relations that ask for no key. @param {Any} metadata */
  function unconstrained(metadata) {
    const junctionOf = linkOf(metadata);
    /** @type {readonly { relation: Any | null, joinColumns: Any[], parent: Any, side: 'own' | 'first' | 'second' }[]} */
    const held =
      junctionOf === null
        ? metadata['relations']
            .filter((/** @type {Any} */ each) => each['isWithJoinColumn'])
            .map((/** @type {Any} */ relation) => ({
              relation,
              joinColumns: relation['joinColumns'],
              parent: relation['inverseEntityMetadata'],
              side: 'own',
            }))
        : [
            {
              relation: junctionOf,
              joinColumns: metadata['ownerColumns'],
              parent: junctionOf['entityMetadata'],
              side: 'first',
            },
            {
              relation: junctionOf['inverseRelation'] ?? null,
              joinColumns: metadata['inverseColumns'],
              parent: junctionOf['inverseEntityMetadata'],
              side: 'second',
            },
          ];
    return held
      .filter(
        ({ relation, side }) => !(side === 'second' ? junctionOf : relation)?.['createForeignKeyConstraints'],
      )
      .map(({ relation, joinColumns, parent, side }) => ({
        child: tableOf(metadata),
        columns: names(joinColumns),
        parent: tableOf(parent),
        parentColumns: names(joinColumns.map((column) => column['referencedColumn'])),
        group,
        onDelete: relation?.onDelete ?? null,
        constrained: false,
        application: applicationOf({ relation, side }),
        place: relation === null ? placeOfTable(metadata) : placed(relation),
      }));
  }

  /** The relation that a key is made for; null for one of @ForeignKey. @param {Any} metadata @param {Any} key */
  function ownerOf(metadata, key) {
    if (metadata['tableType'] === 'closure-junction')
      return { relation: null, side: /** @type {const} */ ('own') };
    if (metadata['tableType'] === 'junction') {
      const relation = key['columns'][0]?.relationMetadata ?? null;
      return key['columns'] === metadata['ownerColumns']
        ? { relation, side: /** @type {const} */ ('first') }
        : { relation: relation?.inverseRelation ?? null, side: /** @type {const} */ ('second') };
    }
    const relation = metadata['relations'].find((/** @type {Any} */ each) =>
      each['foreignKeys'].includes(key),
    );
    return relation === undefined ? null : { relation, side: /** @type {const} */ ('own') };
  }

  /** @param {{ relation: Any | null, side: 'own' | 'first' | 'second' }} by */
  function applicationOf({ relation, side }) {
    if (relation === null) return null;
    if (side !== 'own') {
      // remove() of either side deletes the links first, whatever is loaded
      if (!relation['persistenceEnabled']) return null;
      return applied('@ManyToMany', 'always', relation);
    }
    if (!watched.removesByCascade) return null;
    const collection = relations.find(
      (each) =>
        each['isCascadeRemove'] &&
        !each['isWithJoinColumn'] &&
        !each['isManyToMany'] &&
        samePlace(each['inverseRelation'], relation),
    );
    return collection === undefined ? null : applied(cascadeText(collection), 'loaded', collection);
  }

  /** @param {string} text @param {'always' | 'loaded'} when @param {Any} relation */
  function applied(text, when, relation) {
    return { onDelete: 'CASCADE', text, when, by: nameOf(relation), place: placed(relation) };
  }

  /** @param {Any} relation */
  function relationshipOf(relation) {
    const owning = relation['isWithJoinColumn'];
    const through = relation['junctionEntityMetadata'] ?? null;
    return {
      owner: relation['entityMetadata'].name,
      attribute: relation['propertyPath'],
      target: relation['inverseEntityMetadata'].name,
      direction: relation['isManyToMany'] ? 'many-to-many' : owning ? 'many-to-one' : 'one-to-many',
      keys: keysOf(relation),
      cascade: operations.filter(
        (each) => cascades(relation, each) && (each !== 'remove' || watched.removesByCascade),
      ),
      loading: relation['isEager'] ? 'eager' : relation['isLazy'] ? 'lazy' : null,
      through: through === null ? null : tableOf(through),
      reverse: relation['inverseRelation'] == null ? null : nameOf(relation['inverseRelation']),
      written: {
        ...(relation['onDelete'] === undefined ? {} : { onDelete: relation['onDelete'] }),
        ...(cascades(relation, 'remove') ? { cascade: cascadeText(relation) } : {}),
      },
      place: placed(relation),
    };
  }

  /** @param {Any} relation */
  function keysOf(relation) {
    const junction = relation['junctionEntityMetadata'] ?? null;
    if (junction !== null) {
      const sides = [
        [junction['ownerColumns'], junction['ownColumns'][0]?.relationMetadata.entityMetadata],
        [junction['inverseColumns'], junction['ownColumns'][0]?.relationMetadata.inverseEntityMetadata],
      ];
      if (!relation['isOwning']) sides.reverse();
      return sides.map(([columns, parent]) => reference(junction, columns, parent));
    }
    const owner = relation['isWithJoinColumn'] ? relation : relation['inverseRelation'];
    if (owner == null) return [];
    const columns = owner['joinColumns'];
    return columns.length === 0
      ? []
      : [reference(owner['entityMetadata'], columns, owner['inverseEntityMetadata'])];
  }

  /** @param {Any} child @param {Any[]} columns @param {Any} parent */
  function reference(child, columns, parent) {
    const parentColumns = names(columns.map((column) => column['referencedColumn']));
    return { child: tableOf(child), columns: names(columns), parent: tableOf(parent), parentColumns };
  }
}

await readModels('typeorm', async () => {
  const watched = watch();
  const facts = await readInstances({
    title: 'DataSource',
    find: (exported) => (isSource(exported) ? [exported] : []),
    read: (source, group) => readSource(source, group, watched),
    groupOf: (_, label) => label,
  });
  return { ...facts, ormVersion: versionOf('typeorm') };
});
