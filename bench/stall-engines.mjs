// What the stall bench needs of each engine: a client, the two tables, and the statements that other tools run to change the action.
import Database from 'better-sqlite3';
import mysql from 'mysql2/promise';
import pg from 'pg';

/** @typedef {'postgres' | 'mysql' | 'mariadb' | 'sqlite'} Flavor */

/**
 * @typedef {object} Client
 * @property {(sql: string) => Promise<unknown>} query one or several statements
 * @property {(sql: string) => Promise<readonly Record<string, unknown>[]>} rows of one SELECT
 * @property {() => Promise<unknown>} close
 */

/** @type {(url: string) => Promise<Client>} */
export async function openClient(url) {
  if (url.startsWith('postgres')) {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return {
      query: (sql) => client.query(sql),
      rows: async (sql) => (await client.query(sql)).rows,
      close: () => client.end(),
    };
  }
  if (/^(mysql|mariadb):/.test(url)) {
    const connection = await mysql.createConnection({
      uri: url.replace(/^mariadb:/, 'mysql:'),
      multipleStatements: true,
    });
    return {
      query: (sql) => connection.query(sql),
      rows: async (sql) => /** @type {Record<string, unknown>[]} */ ((await connection.query(sql))[0]),
      close: () => connection.end(),
    };
  }
  // An application waits this long for a lock before it gives up; the latency then shows.
  const database = new Database(url, { timeout: 600_000 });
  database.pragma('foreign_keys = ON');
  return {
    async query(sql) {
      if (/^\s*SELECT/i.test(sql)) database.prepare(sql).all();
      else database.exec(sql);
    },
    rows: async (sql) => /** @type {Record<string, unknown>[]} */ (database.prepare(sql).all()),
    async close() {
      database.close();
    },
  };
}

/** @param {Flavor} flavor @param {number} rows @returns {readonly string[]} */
export function fillSql(flavor, rows) {
  const parents = Math.max(1, Math.floor(rows / 10));
  const digits =
    '(SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)';
  const tens = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  const numbers = `(SELECT 1 + ${tens.map((name, at) => `${name}.d * ${10 ** at}`).join(' + ')} AS n FROM ${tens.map((name) => `${digits} AS ${name}`).join(', ')}) AS numbers`;
  /** @param {number} most */
  const series = (most) =>
    flavor === 'postgres'
      ? `generate_series(1, ${most}) AS n`
      : flavor === 'sqlite'
        ? `(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < ${most}) SELECT n FROM s)`
        : `${numbers} WHERE n <= ${most}`;
  const text = flavor === 'mysql' || flavor === 'mariadb' ? 'VARCHAR(100)' : 'TEXT';
  const fill = `'a note of some length, as rows have'`;
  return [
    `CREATE TABLE parent (id INT NOT NULL PRIMARY KEY, name ${text})`,
    `CREATE TABLE child (id INT NOT NULL PRIMARY KEY, parent_id INT NOT NULL, note ${text}, CONSTRAINT child_parent FOREIGN KEY (parent_id) REFERENCES parent (id))`,
    `INSERT INTO parent SELECT n, 'parent' FROM ${series(parents)}`,
    `INSERT INTO child SELECT n, 1 + n % ${parents}, ${fill} FROM ${series(rows)}`,
    ...(flavor === 'mysql' || flavor === 'mariadb'
      ? []
      : ['CREATE INDEX child_parent_ix ON child (parent_id)']),
    ...(flavor === 'postgres' ? ['VACUUM ANALYZE parent', 'VACUUM ANALYZE child'] : []),
  ];
}

/**
 * What Alembic, Rails, Drizzle and Prisma run, as they run it: drop and add.
 * PostgreSQL: in one transaction (transactional DDL). MySQL, MariaDB: two statements. SQLite: the table is made anew (Alembic's batch mode,
 * Prisma's RedefineTables, Rails' copy_table).
 * @param {Flavor} flavor @returns {string}
 */
export function othersSql(flavor) {
  const add = 'ADD CONSTRAINT child_parent FOREIGN KEY (parent_id) REFERENCES parent (id) ON DELETE CASCADE';
  if (flavor === 'postgres')
    return `BEGIN; ALTER TABLE child DROP CONSTRAINT child_parent; ALTER TABLE child ${add}; COMMIT`;
  if (flavor !== 'sqlite') return `ALTER TABLE child DROP FOREIGN KEY child_parent; ALTER TABLE child ${add}`;
  return `PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE;
CREATE TABLE new_child (id INT NOT NULL PRIMARY KEY, parent_id INT NOT NULL, note TEXT, CONSTRAINT child_parent FOREIGN KEY (parent_id) REFERENCES parent (id) ON DELETE CASCADE);
INSERT INTO new_child SELECT id, parent_id, note FROM child; DROP TABLE child; ALTER TABLE new_child RENAME TO child;
CREATE INDEX child_parent_ix ON child (parent_id); PRAGMA foreign_key_check; COMMIT; PRAGMA foreign_keys = ON`;
}

/** Back to where it was, with nobody looking on. @param {Flavor} flavor @returns {string} */
export function resetSql(flavor) {
  return othersSql(flavor).replace(' ON DELETE CASCADE', '');
}
