import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../support/cli.ts';
import { describeTool, type Project } from './contract.ts';
import { npmTools } from './install.ts';

const version = '9.0.0';
let packages = '';

const migrate = ({ folder, url }: Project, word: string): ReturnType<typeof run> =>
  run(process.execPath, [join(packages, 'node_modules/node-pg-migrate/bin/node-pg-migrate.js'), word], {
    cwd: folder,
    env: { DATABASE_URL: url },
  });

describeTool({
  tool: 'node-pg-migrate',
  engines: ['postgres'],
  version,
  async install() {
    packages = await npmTools(`node-pg-migrate@${version}`, 'pg@8.16.3');
  },
  configure({ folder }) {
    symlinkSync(join(packages, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    return 'migrations';
  },
  firstMigration({ folder }, statements) {
    mkdirSync(join(folder, 'migrations'), { recursive: true });
    const lines = statements.map((sql) => `  pgm.sql(${JSON.stringify(sql)});`);
    writeFileSync(
      join(folder, 'migrations/1577836800000_base.js'),
      `export const up = (pgm) => {\n${lines.join('\n')}\n};\n\nexport const down = () => {};\n`,
    );
  },
  up: (project) => migrate(project, 'up'),
  down: (project) => migrate(project, 'down'),
});
