import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../support/cli.ts';
import { describeTool } from './contract.ts';
import { npmTools } from './install.ts';
import { npx } from './lines.ts';

const version = '0.45.4';
let packages = '';

/** As Drizzle's documentation shows it, but for `unsafeMode()`, which ondelete's page asks for. */
const migrateOnSqlite = (file: string): string => `
import Database from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
const client = new Database(${JSON.stringify(file)});
client.unsafeMode(true);
try {
  await migrate(drizzle(client), { migrationsFolder: 'drizzle' });
} finally {
  client.unsafeMode(false);
  client.close();
}
`;

const kitDialects = { postgres: 'postgresql', mysql: 'mysql', mariadb: 'mysql', sqlite: 'sqlite' } as const;

describeTool({
  tool: 'drizzle',
  engines: ['postgres', 'mysql', 'mariadb', 'sqlite'],
  version,
  async install() {
    packages = await npmTools(`drizzle-orm@${version}`, 'drizzle-kit@0.31.8', 'pg@8.16.3', 'mysql2@3.15.3');
  },
  configure({ engine, folder, url }) {
    symlinkSync(join(packages, 'node_modules'), join(folder, 'node_modules'));
    if (engine === 'sqlite') writeFileSync(join(folder, 'migrate.mjs'), migrateOnSqlite(url));
    const credentials = JSON.stringify({ url: url.replace(/^mariadb:/, 'mysql:') });
    writeFileSync(
      join(folder, 'drizzle.config.js'),
      `module.exports = { dialect: '${kitDialects[engine]}', out: './drizzle', dbCredentials: ${credentials} };\n`,
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
  shell: () => ({ programs: npx }),
  /** drizzle-kit has no place for better-sqlite3's `unsafeMode()`. */
  instead: (engine) =>
    engine === 'sqlite'
      ? {
          what: '`migrate()` in code',
          up: ({ folder }) => run(process.execPath, ['migrate.mjs'], { cwd: folder }),
          down: null,
        }
      : null,
});
