import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../support/cli.ts';
import { describeTool, type Project } from './contract.ts';
import { npmTools } from './install.ts';
import { filesPerChange } from './last-change.ts';

const version = '1.1.1';
let packages = '';

const clients = {
  postgres: 'postgres',
  mysql: 'mysql',
  mariadb: 'mariadb',
  sqlite: 'better-sqlite3',
} as const;

const typeorm = (project: Project, ...words: readonly string[]): ReturnType<typeof run> =>
  run(
    process.execPath,
    ['--import', 'tsx', join(packages, 'node_modules/typeorm/cli.js'), ...words, '-d', 'data-source.ts'],
    { cwd: project.folder },
  );

describeTool({
  tool: 'typeorm',
  engines: ['postgres', 'mysql', 'mariadb', 'sqlite'],
  version,
  async install() {
    packages = await npmTools(
      `typeorm@${version}`,
      'reflect-metadata@0.2.2',
      'tsx@4.20.6',
      'pg@8.16.3',
      'mysql2@3.15.3',
    );
  },
  configure({ engine, folder, url }) {
    symlinkSync(join(packages, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    const where =
      engine === 'sqlite'
        ? `database: ${JSON.stringify(url)}`
        : `url: ${JSON.stringify(url.replace(/^mariadb:/, 'mysql:'))}`;
    writeFileSync(
      join(folder, 'data-source.ts'),
      `import { DataSource } from 'typeorm';\nexport default new DataSource({ type: '${clients[engine]}', ${where}, migrations: ['migrations/*.ts'] });\n`,
    );
    return 'migrations';
  },
  firstMigration({ folder }, statements) {
    mkdirSync(join(folder, 'migrations'), { recursive: true });
    const lines = statements.map((sql) => `    await queryRunner.query(${JSON.stringify(sql)});`);
    writeFileSync(
      join(folder, 'migrations/1577836800000-Base.ts'),
      `import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Base1577836800000 implements MigrationInterface {
  public async up(queryRunner: QueryRunner): Promise<void> {
${lines.join('\n')}
  }

  public async down(): Promise<void> {}
}
`,
    );
  },
  up: (project) => typeorm(project, 'migration:run'),
  async down(project) {
    let result = await typeorm(project, 'migration:revert');
    for (let file = 1; file < filesPerChange(project, 'migrations') && result.code === 0; file += 1)
      result = await typeorm(project, 'migration:revert');
    return result;
  },
});
