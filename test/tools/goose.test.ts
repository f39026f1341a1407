import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../support/cli.ts';
import { describeTool, type Project } from './contract.ts';
import { goTool } from './install.ts';
import { goMysqlDsn, goUrl } from './urls.ts';

const version = '3.27.0';
let program = '';

function goose(project: Project, word: string): ReturnType<typeof run> {
  const { engine, folder, url } = project;
  const [dialect, dsn] =
    engine === 'postgres'
      ? ['postgres', goUrl(project)]
      : engine === 'sqlite'
        ? ['sqlite3', url]
        : ['mysql', goMysqlDsn(project, 'parseTime=true')];
  return run(program, ['-dir', 'migrations', dialect, dsn, word], { cwd: folder });
}

describeTool({
  tool: 'goose',
  engines: ['postgres', 'mysql', 'mariadb', 'sqlite'],
  version,
  async install() {
    program = await goTool(
      `github.com/pressly/goose/v3/cmd/goose@v${version}`,
      'no_clickhouse,no_libsql,no_mssql,no_vertica,no_ydb,no_duckdb',
    );
  },
  configure: () => 'migrations',
  firstMigration({ folder }, statements) {
    writeFileSync(
      join(folder, 'migrations/20200101000000_base.sql'),
      `-- +goose Up\n${statements.join(';\n')};\n\n-- +goose Down\n`,
    );
  },
  up: (project) => goose(project, 'up'),
  down: (project) => goose(project, 'down'),
});
