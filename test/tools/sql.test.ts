// Plain SQL files, run by the engine's own client as a script of a team would: each once, in the order of names.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { need } from '../servers/cache.ts';
import { runClient, testServers } from '../servers/index.ts';
import { type CliResult, run } from '../support/cli.ts';
import { describeTool, type Project } from './contract.ts';

const servers = { postgres: 'postgres-18', mysql: 'mysql-9.7', mariadb: 'mariadb-11.8' } as const;

async function client({ engine, folder, url }: Project, sql: string): Promise<CliResult> {
  if (engine === 'sqlite') return run(await need('sqlite3', 'sqlite3'), [url], { cwd: folder, input: sql });
  const server = testServers().find(({ id }) => id === servers[engine]);
  if (server === undefined) throw new Error(`${servers[engine]} is not running`);
  return runClient(server, url, sql);
}

const listOf = (project: Project): string => join(project.folder, 'applied.txt');
function applied(project: Project): readonly string[] {
  return existsSync(listOf(project)) ? readFileSync(listOf(project), 'utf8').split('\n').filter(Boolean) : [];
}
const read = ({ folder }: Project, file: string): string =>
  readFileSync(join(folder, 'migrations', file), 'utf8');

describeTool({
  tool: 'sql',
  engines: ['postgres', 'mysql', 'mariadb', 'sqlite'],
  version: 'the engine’s client',
  install: () => Promise.resolve(),
  configure: () => 'migrations',
  firstMigration({ folder }, statements) {
    mkdirSync(join(folder, 'migrations'), { recursive: true });
    writeFileSync(join(folder, 'migrations/20200101000000_base.up.sql'), `${statements.join(';\n')};\n`);
  },
  async up(project) {
    let result: CliResult = { code: 0, stdout: '', stderr: '' };
    const files = readdirSync(join(project.folder, 'migrations')).filter((file) => file.endsWith('.up.sql'));
    for (const file of files.sort()) {
      if (applied(project).includes(file)) continue;
      result = await client(project, read(project, file));
      if (result.code !== 0) return result;
      writeFileSync(listOf(project), [...applied(project), file].join('\n'));
    }
    return result;
  },
  async down(project) {
    const last = applied(project).at(-1) ?? '';
    const result = await client(project, read(project, last.replace('.up.', '.down.')));
    writeFileSync(listOf(project), applied(project).slice(0, -1).join('\n'));
    return result;
  },
});
