import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../support/cli.ts';
import { describeTool, type Project } from './contract.ts';
import { javaOptions, javaProgram, jdbcDrivers, mavenTools } from './install.ts';
import { jdbc } from './urls.ts';

const version = '11.20.3';
let classPath = '';

function flyway(
  project: Project,
  word: 'migrate' | 'repair',
  location = 'sql',
  table = 'flyway_schema_history',
): ReturnType<typeof run> {
  const { url, user } = jdbc(project);
  const words = [...javaOptions, '-cp', classPath, 'FlywayRunner', word, url, user, location, table];
  return run('java', words, { cwd: project.folder });
}

describeTool({
  tool: 'flyway',
  engines: ['postgres', 'mysql', 'mariadb', 'sqlite'],
  version,
  async install() {
    const modules = ['flyway-core', 'flyway-database-postgresql', 'flyway-mysql'];
    const libraries = await mavenTools(
      ...modules.map((module) => `org.flywaydb:${module}:${version}`),
      ...jdbcDrivers,
    );
    classPath = await javaProgram('test/tools/java/FlywayRunner.java', libraries);
  },
  configure: () => 'sql',
  firstMigration({ folder }, statements) {
    writeFileSync(join(folder, 'sql/V1__base.sql'), `${statements.join(';\n')};\n`);
  },
  up: (project) => flyway(project, 'migrate'),
  /** `flyway undo` is a paid feature: Flyway runs the text of the newest U file as a migration, and the row of its V file is deleted. */
  async down(project) {
    const sql = join(project.folder, 'sql');
    const undone = new Set(readdirSync(project.folder));
    const name = readdirSync(sql)
      .filter((file) => file.startsWith('U') && file.endsWith('.sql') && !undone.has(`undo-${file}`))
      .sort((a, b) => Number(/\d+/.exec(a)?.[0]) - Number(/\d+/.exec(b)?.[0]))
      .at(-1);
    if (name === undefined) throw new Error('there is no U file to run');
    const folder = `undo-${name}`;
    mkdirSync(join(project.folder, folder));
    const [number = ''] = /\d+/.exec(name) ?? [];
    const forget = `DELETE FROM flyway_schema_history WHERE version = '${number}';\n`;
    const copy = join(project.folder, folder, name.replace(/^U/, 'V'));
    writeFileSync(copy, `${readFileSync(join(sql, name), 'utf8')}\n${forget}`);
    if (readdirSync(sql).includes(`${name}.conf`))
      writeFileSync(`${copy}.conf`, readFileSync(join(sql, `${name}.conf`)));
    return flyway(project, 'migrate', folder, `undo_${number}`);
  },
  async repair(project) {
    await flyway(project, 'repair');
  },
});
