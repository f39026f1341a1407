import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeTool, type Project } from './contract.ts';
import { goTool } from './install.ts';
import { goMysqlDsn, goUrl } from './urls.ts';

const version = '3.27.0';
let program = '';

/** Of the database, as goose reads it. */
function variables(project: Project): Readonly<Record<string, string>> {
  const [GOOSE_DRIVER, GOOSE_DBSTRING] =
    project.engine === 'postgres'
      ? ['postgres', goUrl(project)]
      : project.engine === 'sqlite'
        ? ['sqlite3', project.url]
        : ['mysql', goMysqlDsn(project, 'parseTime=true')];
  return { GOOSE_DRIVER, GOOSE_DBSTRING, GOOSE_MIGRATION_DIR: 'migrations' };
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
  shell: (project) => ({ programs: { goose: { command: [program] } }, env: variables(project) }),
});
