import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { run } from '../support/cli.ts';
import { openSqlite } from '../support/database.ts';
import { describeTool, type Project } from './contract.ts';
import { javaOptions, jdbcDrivers, mavenTools, npmTools } from './install.ts';
import { jdbc } from './urls.ts';

const version = '4.28.1';
let classPath = '';

const liquibase = ({ folder }: Project, ...words: readonly string[]): ReturnType<typeof run> =>
  run('java', [...java(), ...words], { cwd: folder });

/** What the script `liquibase` starts. */
const java = (): readonly string[] => [
  ...javaOptions,
  '-cp',
  classPath,
  'liquibase.integration.commandline.LiquibaseCommandLine',
];

function configure(project: Project): string {
  const { url, user } = jdbc(project);
  mkdirSync(join(project.folder, 'db'), { recursive: true });
  writeFileSync(
    join(project.folder, 'db/changelog.yaml'),
    'databaseChangeLog:\n  - includeAll:\n      path: changes\n      relativeToChangelogFile: true\n',
  );
  writeFileSync(
    join(project.folder, 'liquibase.properties'),
    `changeLogFile=db/changelog.yaml\nurl=${url}\nusername=${user}\npassword=\n`,
  );
  return 'db/changes';
}

describeTool({
  tool: 'liquibase',
  engines: ['postgres', 'mysql', 'mariadb', 'sqlite'],
  version,
  async install() {
    const packages = await npmTools(`liquibase@${version}`);
    const itself = join(packages, 'node_modules/liquibase/dist/liquibase/internal/lib/*');
    classPath = [await mavenTools(...jdbcDrivers), itself].join(delimiter);
  },
  configure,
  firstMigration({ folder }, statements) {
    writeFileSync(
      join(folder, 'db/changes/20200101000000_base.sql'),
      `--liquibase formatted sql\n\n--changeset team:base\n${statements.join(';\n')};\n--rollback empty\n`,
    );
  },
  shell: () => ({ programs: { liquibase: { command: ['java', ...java()] } } }),
});

/** Why our changesets leave the transaction to Liquibase on SQLite. */
test('Liquibase on SQLite loses what a changeset does in a transaction of its own, and records it as run', async () => {
  const database = await openSqlite();
  const folder = mkdtempSync(join(tmpdir(), 'ondelete-tool-'));
  const project = { folder, engine: 'sqlite', url: database.url } as const;
  configure(project);
  mkdirSync(join(folder, 'db/changes'));
  writeFileSync(
    join(folder, 'db/changes/1.sql'),
    [
      '--liquibase formatted sql',
      '--changeset team:1 runInTransaction:false',
      'CREATE TABLE kept (id INT);',
      'BEGIN IMMEDIATE;',
      'CREATE TABLE lost (id INT);',
      'COMMIT;',
    ].join('\n'),
  );
  expect((await liquibase(project, 'update')).code).toBe(0);
  expect(await database.query("SELECT name FROM sqlite_master WHERE name IN ('kept', 'lost')")).toEqual([
    { name: 'kept' },
  ]);
  expect(await database.query('SELECT exectype FROM DATABASECHANGELOG')).toEqual([{ EXECTYPE: 'EXECUTED' }]);
  rmSync(folder, { recursive: true });
  await database.drop();
}, 300_000);
