import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeTool } from './contract.ts';
import { npmTools } from './install.ts';
import { npx } from './lines.ts';

const version = '1.1.1';
let packages = '';

const clients = {
  postgres: 'postgres',
  mysql: 'mysql',
  mariadb: 'mariadb',
  sqlite: 'better-sqlite3',
} as const;

describeTool({
  tool: 'typeorm',
  engines: ['postgres', 'mysql', 'mariadb', 'sqlite'],
  version,
  async install() {
    packages = await npmTools(
      `typeorm@${version}`,
      'reflect-metadata@0.2.2',
      'tsx@4.20.6',
      'ts-node@10.9.2',
      'typescript@5.9.3',
      'pg@8.16.3',
      'mysql2@3.15.3',
    );
  },
  configure({ engine, folder, url }) {
    symlinkSync(join(packages, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    // As `typeorm init` writes it.
    const compilerOptions = { target: 'es2021', module: 'commonjs', moduleResolution: 'node' };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
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
  shell: () => ({
    programs: npx,
    // The page’s line reads TypeScript with tsx, that in the head of a file with ts-node.
    env: { NODE_OPTIONS: '--import tsx', TS_NODE_TRANSPILE_ONLY: 'true' },
    words: { DATA_SOURCE: 'data-source.ts' },
  }),
});
