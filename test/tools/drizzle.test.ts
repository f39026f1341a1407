import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../support/cli.ts';
import { describeTool } from './contract.ts';
import { npmTools } from './install.ts';

const version = '0.45.4';
let packages = '';

/** As Drizzle's documentation shows it, but for `unsafeMode()`, which ondelete's page asks for. */
const runners = {
  postgres: (url: string) => `
import { Client } from 'pg';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
const client = new Client({ connectionString: ${JSON.stringify(url)} });
await client.connect();`,
  mysql: (url: string) => `
import mysql from 'mysql2/promise';
import { drizzle } from 'drizzle-orm/mysql2';
import { migrate } from 'drizzle-orm/mysql2/migrator';
const client = await mysql.createConnection(${JSON.stringify(url.replace(/^mariadb:/, 'mysql:'))});`,
  sqlite: (file: string) => `
import Database from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
const client = new Database(${JSON.stringify(file)});
client.unsafeMode(true);
client.end = () => client.close();`,
};

const kitDialects = { postgres: 'postgresql', mysql: 'mysql', mariadb: 'mysql', sqlite: 'sqlite' } as const;

describeTool({
  tool: 'drizzle',
  engines: ['postgres', 'mysql', 'mariadb', 'sqlite'],
  version,
  async install() {
    packages = await npmTools(`drizzle-orm@${version}`, 'pg@8.16.3', 'mysql2@3.15.3');
  },
  configure({ engine, folder, url }) {
    symlinkSync(join(packages, 'node_modules'), join(folder, 'node_modules'));
    const head = runners[engine === 'mariadb' ? 'mysql' : engine](url);
    writeFileSync(
      join(folder, 'migrate.mjs'),
      `${head.trim()}\ntry {\n  await migrate(drizzle(client), { migrationsFolder: 'drizzle' });\n} finally {\n  client.unsafeMode?.(false);\n  await client.end();\n}\n`,
    );
    return 'drizzle';
  },
  firstMigration({ engine, folder }, statements) {
    mkdirSync(join(folder, 'drizzle/meta'), { recursive: true });
    writeFileSync(
      join(folder, 'drizzle/0000_base.sql'),
      statements.map((sql) => `${sql};`).join('\n--> statement-breakpoint\n'),
    );
    const entry = { idx: 0, version: '7', when: 1577836800000, tag: '0000_base', breakpoints: true };
    writeFileSync(
      join(folder, 'drizzle/meta/_journal.json'),
      JSON.stringify({ version: '7', dialect: kitDialects[engine], entries: [entry] }, null, 2),
    );
  },
  up: ({ folder }) => run(process.execPath, ['migrate.mjs'], { cwd: folder }),
  down: null,
});
