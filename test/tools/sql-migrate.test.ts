import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeTool } from './contract.ts';
import { goTool } from './install.ts';
import { goMysqlDsn, goUrl } from './urls.ts';

const version = '1.8.1';
let program = '';

describeTool({
  tool: 'sql-migrate',
  engines: ['postgres', 'mysql', 'mariadb', 'sqlite'],
  version,
  async install() {
    program = await goTool(`github.com/rubenv/sql-migrate/sql-migrate@v${version}`);
  },
  configure(project) {
    const { engine, folder, url } = project;
    const [dialect, source] =
      engine === 'postgres'
        ? ['postgres', goUrl(project)]
        : engine === 'sqlite'
          ? ['sqlite3', url]
          : ['mysql', goMysqlDsn(project, 'parseTime=true')];
    writeFileSync(
      join(folder, 'dbconfig.yml'),
      `development:\n  dialect: ${dialect}\n  datasource: ${JSON.stringify(source)}\n  dir: migrations\n`,
    );
    return 'migrations';
  },
  firstMigration({ folder }, statements) {
    writeFileSync(
      join(folder, 'migrations/20200101000000-base.sql'),
      `-- +migrate Up\n${statements.join(';\n')};\n\n-- +migrate Down\n`,
    );
  },
  shell: () => ({ programs: { 'sql-migrate': { command: [program] } } }),
});
