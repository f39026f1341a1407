import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeTool } from './contract.ts';
import { npmTools } from './install.ts';
import { npx } from './lines.ts';

const version = '9.0.0';
let packages = '';

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
  shell: ({ url }) => ({ programs: npx, env: { DATABASE_URL: url } }),
});
