import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeTool } from './contract.ts';
import { pythonTools } from './install.ts';

const version = '9.0.0';
let python = '';

const schemes = { postgres: 'postgresql+psycopg:', mysql: 'mysql:', mariadb: 'mysql:' } as const;

describeTool({
  tool: 'yoyo',
  engines: ['postgres', 'mysql', 'mariadb', 'sqlite'],
  version,
  async install() {
    python = await pythonTools(`yoyo-migrations==${version}`, 'psycopg[binary]==3.3.9', 'PyMySQL==1.2.4');
  },
  configure({ engine, folder, url }) {
    const database = engine === 'sqlite' ? `sqlite:///${url}` : url.replace(/^\w+:/, schemes[engine]);
    writeFileSync(
      join(folder, 'yoyo.ini'),
      `[DEFAULT]\nsources = migrations\ndatabase = ${database.replaceAll('%', '%%')}\nbatch_mode = on\n`,
    );
    return 'migrations';
  },
  firstMigration({ folder }, statements) {
    mkdirSync(join(folder, 'migrations'), { recursive: true });
    const steps = statements.map((sql) => `    step(${JSON.stringify(sql)}),\n`);
    writeFileSync(
      join(folder, 'migrations/20200101_01_aBcDe-base.py'),
      `from yoyo import step\n\n__depends__ = {}\n\nsteps = [\n${steps.join('')}]\n`,
    );
  },
  shell: () => ({ programs: { yoyo: { command: [python, '-m', 'yoyo'] } } }),
});
