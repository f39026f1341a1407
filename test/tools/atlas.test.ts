import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../support/cli.ts';
import { describeTool, type Project } from './contract.ts';
import { goProgram } from './install.ts';
import { goMysqlDsn, goUrl } from './urls.ts';

let program = '';

function atlas(project: Project, word: 'apply' | 'hash' | 'set'): ReturnType<typeof run> {
  const { engine, folder, url } = project;
  const [driver, dsn] =
    engine === 'postgres'
      ? ['postgres', goUrl(project)]
      : engine === 'sqlite'
        ? ['sqlite', url]
        : ['mysql', goMysqlDsn(project, 'parseTime=true')];
  return run(program, [word, driver, dsn, 'migrations'], { cwd: folder });
}

describeTool({
  tool: 'atlas',
  engines: ['postgres', 'mysql', 'mariadb', 'sqlite'],
  version: 'Go module 0.32.1',
  async install() {
    program = await goProgram('test/tools/atlas');
  },
  configure: () => 'migrations',
  async firstMigration(project, statements) {
    writeFileSync(join(project.folder, 'migrations/20200101000000_base.sql'), `${statements.join(';\n')};\n`);
    await atlas(project, 'hash');
  },
  shell: () => ({}),
  instead: () => ({
    what: 'its Go module',
    up: (project) => atlas(project, 'apply'),
    down: null,
  }),
  async repair(project) {
    await atlas(project, 'set');
  },
});
