import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../support/cli.ts';
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

const postgrator = ({ folder }: Project, ...words: readonly string[]): ReturnType<typeof run> =>
  run(process.execPath, ['migrate.mjs', ...words], { cwd: folder });

describeTool({
  tool: 'postgrator',
  engines: ['postgres', 'mysql', 'mariadb', 'sqlite'],
  version,
  async install() {
    packages = await npmTools(`postgrator@${version}`, 'pg@8.16.3', 'mysql2@3.15.3');
  },
  configure({ engine, folder, url }) {
    symlinkSync(join(packages, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(
      join(folder, 'migrate.mjs'),
      `import Postgrator from 'postgrator';
${(engine === 'sqlite' ? clients.sqlite(url) : engine === 'postgres' ? clients.postgres(url) : clients.mysql(url)).trim()}
const postgrator = new Postgrator({ migrationPattern: 'migrations/*', execQuery, ...database });
try {
  const version = await postgrator.getDatabaseVersion();
  const to = process.argv[2] === 'down' ? String(version - 1) : 'max';
  for (const { filename } of await postgrator.migrate(to)) console.log(filename);
} finally {
  client.unsafeMode?.(false);
  await client.end();
}
`,
    );
    return 'migrations';
  },
  firstMigration({ folder }, statements) {
    mkdirSync(join(folder, 'migrations'), { recursive: true });
    writeFileSync(join(folder, 'migrations/001.do.base.sql'), statements.map((sql) => `${sql};\n`).join(''));
    writeFileSync(join(folder, 'migrations/001.undo.base.sql'), 'SELECT 1;\n');
  },
  up: (project) => postgrator(project),
  down: (project) => postgrator(project, 'down'),
});
