// @ts-check
// Small questions about TypeORM's metadata.

/** @typedef {Record<string, any>} Any */

/** Each relation once: a class that shares its parent's table has copies of the parent's. @param {readonly Any[]} stored */
export function relationsOf(stored) {
  /** @type {Map<string, Any>} */
  const found = new Map();
  for (const metadata of stored) {
    for (const relation of metadata['relations']) {
      const id = `${metadata['tablePath']}\0${relation['propertyPath']}`;
      if (!found.has(id) || metadata['tableType'] !== 'entity-child') found.set(id, relation);
    }
  }
  return [...found.values()];
}

/** @param {Any | undefined} a @param {Any} b */
export const samePlace = (a, b) =>
  a !== undefined &&
  a['propertyPath'] === b['propertyPath'] &&
  a['entityMetadata'].tablePath === b['entityMetadata'].tablePath;

/** @param {Any} relation */
export const nameOf = (relation) => `${relation['entityMetadata'].name}.${relation['propertyPath']}`;

const flags = /** @type {const} */ ({
  insert: 'isCascadeInsert',
  update: 'isCascadeUpdate',
  remove: 'isCascadeRemove',
  'soft-remove': 'isCascadeSoftRemove',
  recover: 'isCascadeRecover',
});

/** TypeORM's words for what cascades. */
export const operations = Object.keys(flags);

/** @param {Any} relation @param {string} operation */
export const cascades = (relation, operation) =>
  relation[flags[/** @type {keyof typeof flags} */ (operation)]] === true;

/** `cascade: true` sets every flag. @param {Any} relation */
export function cascadeText(relation) {
  const given = operations.filter((operation) => cascades(relation, operation));
  return given.length === operations.length
    ? 'cascade: true'
    : `cascade: [${given.map((operation) => `'${operation}'`).join(', ')}]`;
}

/** SQLite has no schemas, and what MySQL calls one is the database. @param {Any} metadata @param {string} kind */
export function schemaOf(metadata, kind) {
  if (/mysql|mariadb/.test(kind)) return metadata['database'] ?? null;
  return /sqlite|sqljs/.test(kind) ? null : (metadata['schema'] ?? null);
}

/** @param {readonly Any[]} stored */
export function softDeletes(stored) {
  const marked = stored.filter(
    (metadata) => metadata['deleteDateColumn'] !== undefined && metadata['tableType'] !== 'entity-child',
  );
  if (marked.length === 0) return [];
  const which = marked.map((metadata) => metadata['name']).join(', ');
  return [
    `softRemove() and softDelete() of ${which} only fill a date: no ON DELETE acts, the children stay as they are.`,
  ];
}
