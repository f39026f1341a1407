import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeTool, type Project } from './contract.ts';
import { goTool } from './install.ts';
import { goMysqlDsn, goUrl } from './urls.ts';

const version = '4.19.1';
let program = '';

/** As golang-migrate writes it. */
function address(project: Project): string {
  if (project.engine === 'mysql' || project.engine === 'mariadb')
    return `mysql://${goMysqlDsn(project, 'multiStatements=true')}`;
  return goUrl(project).replace(/^sqlite:/, 'sqlite://');
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
  shell: (project) => ({
    programs: { migrate: { command: [program] } },
    env: { DATABASE_URL: address(project) },
  }),
  /** The failed number is dirty until the one before it is forced. */
  repair(project, sh) {
    const numbers = readdirSync(join(project.folder, 'migrations'))
      .filter((name) => name.endsWith('.up.sql'))
      .map((name) => name.split('_')[0] ?? '')
      .sort();
    return sh(`migrate -path FOLDER -database "$DATABASE_URL" force ${numbers.at(-2) ?? ''}`);
  },
});
