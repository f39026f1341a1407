import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../support/cli.ts';
import { describeTool, type Project } from './contract.ts';
import { goTool } from './install.ts';
import { goMysqlDsn, goUrl } from './urls.ts';

const version = '4.19.1';
let program = '';

function migrate(project: Project, ...words: readonly string[]): ReturnType<typeof run> {
  const { engine, folder } = project;
  const database =
    engine === 'mysql' || engine === 'mariadb'
      ? `mysql://${goMysqlDsn(project, 'multiStatements=true')}`
      : goUrl(project).replace(/^sqlite:/, 'sqlite://');
  return run(program, ['-path', 'migrations', '-database', database, ...words], { cwd: folder });
}

describeTool({
  tool: 'golang-migrate',
  engines: ['postgres', 'mysql', 'mariadb', 'sqlite'],
  version,
  async install() {
    program = await goTool(
      `github.com/golang-migrate/migrate/v4/cmd/migrate@v${version}`,
      'postgres,mysql,sqlite',
    );
  },
  configure: () => 'migrations',
  firstMigration({ folder }, statements) {
    writeFileSync(join(folder, 'migrations/20200101000000_base.up.sql'), `${statements.join(';\n')};\n`);
    writeFileSync(join(folder, 'migrations/20200101000000_base.down.sql'), 'SELECT 1;\n');
  },
  up: (project) => migrate(project, 'up'),
  down: (project) => migrate(project, 'down', '1'),
  /** The failed number is dirty until the one before it is forced. */
  async repair(project) {
    const numbers = readdirSync(join(project.folder, 'migrations'))
      .filter((name) => name.endsWith('.up.sql'))
      .map((name) => name.split('_')[0] ?? '')
      .sort();
    await migrate(project, 'force', numbers.at(-2) ?? '');
  },
});
