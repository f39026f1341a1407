import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../support/cli.ts';
import { describeTool, type Project } from './contract.ts';
import { npmTools } from './install.ts';

const version = '3.3.0';
let packages = '';

const clients = { postgres: 'pg', mysql: 'mysql2', mariadb: 'mysql2', sqlite: 'better-sqlite3' } as const;

const knex = (project: Project, ...words: readonly string[]): ReturnType<typeof run> =>
  run(process.execPath, [join(packages, 'node_modules/knex/bin/cli.js'), ...words], { cwd: project.folder });

describeTool({
  tool: 'knex',
  engines: ['postgres', 'mysql', 'mariadb', 'sqlite'],
  version,
  async install() {
    packages = await npmTools(`knex@${version}`, 'pg@8.16.3', 'mysql2@3.15.3');
  },
  configure({ engine, folder, url }) {
    symlinkSync(join(packages, 'node_modules'), join(folder, 'node_modules'));
    const connection = engine === 'sqlite' ? { filename: url } : url.replace(/^mariadb:/, 'mysql:');
    const pool =
      engine === 'sqlite' ? 'pool: { afterCreate: (db, done) => { db.unsafeMode(); done(null, db); } },' : '';
    writeFileSync(
      join(folder, 'knexfile.js'),
      `module.exports = { client: '${clients[engine]}', connection: ${JSON.stringify(connection)}, ${pool} useNullAsDefault: true };\n`,
    );
    return 'migrations';
  },
  firstMigration({ folder }, statements) {
    mkdirSync(join(folder, 'migrations'), { recursive: true });
    const lines = statements.map((sql) => `  await knex.raw(${JSON.stringify(sql.replaceAll('?', '\\?'))});`);
    writeFileSync(
      join(folder, 'migrations/20200101000000_base.js'),
      `exports.up = async (knex) => {\n${lines.join('\n')}\n};\nexports.down = async () => {};\n`,
    );
  },
  up: (project) => knex(project, 'migrate:latest'),
  down: (project) => knex(project, 'migrate:down'),
});
