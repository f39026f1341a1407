// Plain sessions on the drivers. Each driver is loaded only when it is asked for: bare.mjs is measured as a whole process.

/**
 * A plain session on a driver of its own, as anybody would use it.
 * @typedef {object} Plain
 * @property {(sql: string) => unknown} fill runs one batch of statements
 * @property {() => unknown} read the reference
 * @property {() => unknown} close
 */

/** @type {(url: string) => Promise<Plain>} */
async function plainPostgres(url) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return {
    fill: (sql) => client.query(sql),
    read: () => client.query("SELECT * FROM pg_constraint WHERE contype = 'f'"),
    close: () => client.end(),
  };
}

/** @type {(url: string) => Promise<Plain>} */
async function plainMysql(url) {
  const { default: mysql } = await import('mysql2/promise');
  const connection = await mysql.createConnection({
    uri: url.replace(/^mariadb:/, 'mysql:'),
    multipleStatements: true,
  });
  const database = decodeURIComponent(new URL(url).pathname.slice(1));
  return {
    fill: (sql) => connection.query(sql),
    async read() {
      const rules = 'SELECT * FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = ?';
      const columns =
        'SELECT * FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = ? AND REFERENCED_TABLE_NAME IS NOT NULL';
      await connection.query(rules, [database]);
      await connection.query(columns, [database]);
    },
    close: () => connection.end(),
  };
}

/** @type {(url: string) => Promise<Plain>} */
async function plainSqlite(url) {
  const { default: Database } = await import('better-sqlite3');
  const database = new Database(url.replace(/^sqlite:/, ''));
  // A benchmark's file may be lost with the power.
  database.pragma('synchronous = OFF');
  const keys =
    "SELECT m.name, f.* FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' ORDER BY m.name, f.id, f.seq";
  return {
    fill: (sql) => database.exec(`BEGIN; ${sql} COMMIT`),
    read: () => database.prepare(keys).all(),
    close: () => database.close(),
  };
}

/** @type {Readonly<Record<import('./schemas.mjs').Flavor, (url: string) => Promise<Plain>>>} */
export const plain = { sqlite: plainSqlite, postgres: plainPostgres, mysql: plainMysql, mariadb: plainMysql };
