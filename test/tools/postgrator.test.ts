import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeTool, type Project } from './contract.ts';
import { npmTools } from './install.ts';

const version = '8.0.0';
let packages = '';

/** As postgrator's documentation shows it, but for what ondelete's page asks for. */
const clients = {
  postgres: (url: string) => `
import { Client } from 'pg';
const client = new Client({ connectionString: ${JSON.stringify(url)} });
await client.connect();
const execQuery = (query) => client.query(query);
const database = { driver: 'pg', database: ${JSON.stringify(new URL(url).pathname.slice(1))} };`,
  mysql: (url: string) => `
import mysql from 'mysql2/promise';
const client = await mysql.createConnection({ uri: ${JSON.stringify(url.replace(/^mariadb:/, 'mysql:'))}, multipleStatements: true });
const execQuery = async (query) => ({ rows: (await client.query(query))[0] });
const database = { driver: 'mysql', database: ${JSON.stringify(new URL(url).pathname.slice(1))} };`,
  sqlite: (file: string) => `
import Database from 'better-sqlite3';
const client = new Database(${JSON.stringify(file)});
client.unsafeMode(true);
client.end = () => client.close();
const execQuery = async (query) => {
  const rows = /^\\s*(?:select|pragma)/i.test(query) ? client.prepare(query).all() : (client.exec(query), []);
  return { rows };
};
const execSqlScript = async (script) => client.exec(script);
const database = { driver: 'sqlite3', execSqlScript };`,
};

const moduleAround = (line: string, { engine, url }: Project): string => `import Postgrator from 'postgrator';
${(engine === 'mariadb' ? clients.mysql : clients[engine])(url).trim()}
const postgrator = new Postgrator({ migrationPattern: 'migrations/*', execQuery, ...database });
try {
  ${line}
} finally {
  client.unsafeMode?.(false);
  await client.end();
}
`;

describeTool({
  tool: 'postgrator',
  engines: ['postgres', 'mysql', 'mariadb', 'sqlite'],
  version,
  async install() {
    packages = await npmTools(`postgrator@${version}`, 'pg@8.16.3', 'mysql2@3.15.3');
  },
  configure({ folder }) {
    symlinkSync(join(packages, 'node_modules'), join(folder, 'node_modules'));
    return 'migrations';
  },
  firstMigration({ folder }, statements) {
    mkdirSync(join(folder, 'migrations'), { recursive: true });
    writeFileSync(join(folder, 'migrations/001.do.base.sql'), statements.map((sql) => `${sql};\n`).join(''));
    writeFileSync(join(folder, 'migrations/001.undo.base.sql'), 'SELECT 1;\n');
  },
  shell: (project) => ({ module: (line) => moduleAround(line, project) }),
});
