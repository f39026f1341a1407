import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { run } from '../support/cli.ts';
import { describeTool, type Project, type ToolDriver } from './contract.ts';
import { npmTools } from './install.ts';
import { npx } from './lines.ts';

const version = '6.37.8';
let packages = '';
const wanted = [
  `sequelize@${version}`,
  'sequelize-cli@6.6.5',
  'umzug@3.8.3',
  'pg@8.16.3',
  'mysql2@3.15.3',
  'sqlite3@5.1.7',
];

/** Sequelize 6.37.8 cannot read what connector 3.5 of MariaDB answers, so MariaDB runs with MySQL's. */
const dialects = { postgres: 'postgres', mysql: 'mysql', mariadb: 'mysql', sqlite: 'sqlite' } as const;

const driver: Omit<ToolDriver, 'version'> = {
  tool: 'sequelize',
  engines: ['postgres', 'mysql', 'mariadb', 'sqlite'],
  async install() {
    packages = await npmTools(...wanted);
  },
  configure({ engine, folder, url }) {
    symlinkSync(join(packages, 'node_modules'), join(folder, 'node_modules'));
    const database = engine === 'sqlite' ? { storage: url } : { url: url.replace(/^mariadb:/, 'mysql:') };
    mkdirSync(join(folder, 'config'));
    writeFileSync(
      join(folder, 'config/config.json'),
      JSON.stringify({ development: { dialect: dialects[engine], ...database } }),
    );
    writeFileSync(join(folder, 'umzug.cjs'), umzugSource);
    return 'migrations';
  },
  firstMigration({ folder }, statements) {
    mkdirSync(join(folder, 'migrations'), { recursive: true });
    const lines = statements.map((sql) => `    await sequelize.query(${JSON.stringify(sql)});`);
    writeFileSync(
      join(folder, 'migrations/20200101000000-base.js'),
      `module.exports = {
  async up(queryInterface) {
    const { sequelize } = queryInterface.context ?? queryInterface;
${lines.join('\n')}
  },
  async down() {},
};
`,
    );
  },
  shell: () => ({ programs: npx, env: { NODE_ENV: 'development' } }),
};

/** As Umzug's own documentation sets it up for Sequelize. */
const umzugSource = `const { Sequelize } = require('sequelize');
const { SequelizeStorage, Umzug } = require('umzug');
const { url, ...options } = require('./config/config.json').development;
const sequelize = url === undefined ? new Sequelize({ ...options, logging: false }) : new Sequelize(url, { ...options, logging: false });
const umzug = new Umzug({
  migrations: { glob: 'migrations/*.js' },
  context: sequelize.getQueryInterface(),
  storage: new SequelizeStorage({ sequelize }),
  logger: console,
});
umzug[process.argv[2]]().then(() => sequelize.close());
`;

const umzug = (project: Project, word: string): ReturnType<typeof run> =>
  run(process.execPath, ['umzug.cjs', word], { cwd: project.folder });

/** Why a file sends each statement by itself. */
test('on SQLite, Sequelize runs the first statement of a text and says nothing of the others', async () => {
  packages = await npmTools(...wanted);
  const script = `const { Sequelize } = require('sequelize');
const sequelize = new Sequelize({ dialect: 'sqlite', storage: ':memory:', logging: false });
sequelize.query('CREATE TABLE one (id INT); CREATE TABLE two (id INT)')
  .then(() => sequelize.query("SELECT name FROM sqlite_master WHERE name IN ('one', 'two')"))
  .then(([rows]) => console.log(JSON.stringify(rows)));`;
  const { stdout } = await run(process.execPath, ['-e', script], { cwd: packages });
  expect(JSON.parse(stdout)).toEqual([{ name: 'one' }]);
}, 600_000);

describeTool({
  ...driver,
  version: `${version}, sequelize-cli 6.6.5`,
});

describeTool({
  ...driver,
  version: `${version}, umzug 3.8.3`,
  instead: () => ({
    what: 'Umzug',
    up: (project) => umzug(project, 'up'),
    down: (project) => umzug(project, 'down'),
  }),
});
