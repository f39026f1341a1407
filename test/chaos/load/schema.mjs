// A chain of tables, so that each table that is altered is a parent as well: orgs <- users <- items <- labels.

/** Of each table, at the beginning and at the end. Ids run from 0, the last ids belong to the clients. */
export const baseRows = 5_000;

export const keys = [
  { child: 'users', column: 'org_id', parent: 'orgs' },
  { child: 'items', column: 'user_id', parent: 'users' },
  { child: 'labels', column: 'item_id', parent: 'items' },
];

/** @param {'postgres' | 'mysql' | 'mariadb' | 'sqlite'} flavor @returns {readonly string[]} */
export function schemaSql(flavor) {
  const text = flavor === 'mysql' || flavor === 'mariadb' ? 'VARCHAR(100)' : 'TEXT';
  /** @param {string} table @param {string} rest */
  const table = (table, rest) =>
    `CREATE TABLE ${table} (id INT NOT NULL PRIMARY KEY, ${rest.replaceAll('TEXT', text)})`;
  /** @param {string} child @param {string} column @param {string} parent */
  const key = (child, column, parent) =>
    `CONSTRAINT ${child}_${parent} FOREIGN KEY (${column}) REFERENCES ${parent} (id)`;
  const ids = Array.from({ length: baseRows + 1 }, (_, id) => id);
  /** @param {string} table @param {(id: number) => string} row */
  const fill = (table, row) => `INSERT INTO ${table} VALUES ${ids.map((id) => `(${row(id)})`).join(', ')}`;
  return [
    table('orgs', 'name TEXT'),
    table('users', `org_id INT NOT NULL, name TEXT, ${key('users', 'org_id', 'orgs')}`),
    table('items', `user_id INT NOT NULL, note TEXT, ${key('items', 'user_id', 'users')}`),
    table('labels', `item_id INT NOT NULL, word TEXT, ${key('labels', 'item_id', 'items')}`),
    ...keys.map(({ child, column }) => `CREATE INDEX ${child}_${column}_ix ON ${child} (${column})`),
    fill('orgs', (id) => `${id}, 'org'`),
    fill('users', (id) => `${id}, ${id}, 'user'`),
    fill('items', (id) => `${id}, ${id}, 'item'`),
    fill('labels', (id) => `${id}, ${id}, 'label'`),
  ];
}

/** What was lost and what hangs in the air: both queries answer one number each. */
export const lostSql = [
  ...['orgs', 'users', 'items', 'labels'].map(
    (table) => `SELECT ${baseRows + 1} - count(*) AS n FROM ${table} WHERE id <= ${baseRows}`,
  ),
];
export const orphansSql = keys.map(
  ({ child, column, parent }) =>
    `SELECT count(*) AS n FROM ${child} WHERE ${column} NOT IN (SELECT id FROM ${parent})`,
);
export const aliveSql = `SELECT count(*) AS n FROM users WHERE id > ${baseRows}`;
