import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeTool } from './contract.ts';
import { npmTools } from './install.ts';
import { npx } from './lines.ts';

const version = '0.11.14';
let packages = '';

const drivers = { postgres: 'pg', mysql: 'mysql', mariadb: 'mysql', sqlite: 'sqlite3' } as const;

describeTool({
  tool: 'db-migrate',
  engines: ['postgres', 'mysql', 'mariadb', 'sqlite'],
  version,
  async install() {
    packages = await npmTools(
      `db-migrate@${version}`,
      'db-migrate-pg@1.5.2',
      'db-migrate-mysql@3.0.0',
      'db-migrate-sqlite3@1.0.2',
      'sqlite3@5.1.7',
    );
  },
  configure({ engine, folder, url }) {
    symlinkSync(join(packages, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    writeFileSync(
      join(folder, 'database.json'),
      JSON.stringify({
        dev: { driver: drivers[engine], ...place(engine === 'sqlite' ? null : new URL(url), url) },
      }),
    );
    return 'migrations';
  },
  firstMigration({ folder }, statements) {
    mkdirSync(join(folder, 'migrations'), { recursive: true });
    const lines = statements.map((sql) => `  await db.runSql(${JSON.stringify(sql)});`);
    writeFileSync(
      join(folder, 'migrations/20200101000000-base.js'),
      `exports.up = async (db) => {\n${lines.join('\n')}\n};\n\nexports.down = async () => {};\n\nexports._meta = { version: 1 };\n`,
    );
  },
  shell: () => ({ programs: npx }),
});

function place(url: URL | null, file: string): Readonly<Record<string, unknown>> {
  if (url === null) return { filename: file };
  return {
    host: url.hostname,
    port: Number(url.port),
    user: url.username,
    password: url.password,
    database: url.pathname.slice(1),
  };
}
