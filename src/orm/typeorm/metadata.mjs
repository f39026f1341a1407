// @ts-check
// Small questions about TypeORM's metadata.

/** @typedef {Record<string, any>} Any */

/** @param {unknown} value @returns {value is Any} */
export const isSource = (value) =>
  typeof value === 'object' &&
  value !== null &&
  /** @type {Any} */ (value)['@instanceof'] === Symbol.for('DataSource');

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

/**
 * Where an EntitySchema makes a key: `relations`, `order`; empty where that is not certain.
 * @param {Any | null} schema its options @param {Any} key @param {string | null} relation the one that it is made for
 */
export function pathInSchema(schema, key, relation) {
  if (relation !== null)
    return schema?.['relations']?.[relation] === undefined ? [] : ['relations', relation];
  /** @type {Any[]} */
  const columns = key['columns'];
  /** @type {Any[]} */
  const listed = schema?.['foreignKeys'] ?? [];
  const meant = listed.flatMap(({ columnNames }, at) => {
    const isMeant =
      columnNames.length === columns.length &&
      columns.every((one, each) => [one['propertyName'], one['databaseName']].includes(columnNames[each]));
    return isMeant ? [['foreignKeys', String(at)]] : [];
  });
  const [{ propertyName }] = /** @type {[Any]} */ (columns);
  const own = schema?.['columns']?.[propertyName]?.['foreignKey'];
  const paths = [
    ...meant,
    ...(own === undefined || columns.length > 1 ? [] : [['columns', propertyName, 'foreignKey']]),
  ];
  return paths.length === 1 ? (paths[0] ?? []) : [];
}

/** What stands there. @param {Any} schema @param {readonly string[]} path @returns {Any} */
export const inSchema = (schema, path) => path.reduce((found, name) => found[name], schema);

/** What a key without a relation says; TypeORM's metadata do not tell NO ACTION from nothing. @param {Any} key @param {readonly Any[]} declarations */
export function declaredAction(key, declarations) {
  if (key['onDelete'] !== 'NO ACTION') return key['onDelete'];
  return declarations.some(({ onDelete }) => onDelete === 'NO ACTION') ? 'NO ACTION' : null;
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
