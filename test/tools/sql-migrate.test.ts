import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../support/cli.ts';
import { describeTool, type Project } from './contract.ts';
import { goTool } from './install.ts';
import { goMysqlDsn, goUrl } from './urls.ts';

const version = '1.8.1';
let program = '';

const sqlMigrate = ({ folder }: Project, word: string): ReturnType<typeof run> =>
  run(program, [word], { cwd: folder });

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
  up: (project) => sqlMigrate(project, 'up'),
  down: (project) => sqlMigrate(project, 'down'),
});
