import { writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describeTool } from './contract.ts';
import { javaOptions, jdbcDrivers, mavenTools } from './install.ts';
import { jdbc } from './urls.ts';

const version = '11.20.3';
let classPath = '';

describeTool({
  tool: 'flyway',
  engines: ['postgres', 'mysql', 'mariadb', 'sqlite'],
  version,
  async install() {
    const modules = ['flyway-core', 'flyway-database-postgresql', 'flyway-mysql'];
    const libraries = modules.map((module) => `org.flywaydb:${module}:${version}`);
    classPath = [
      await mavenTools(...libraries, ...jdbcDrivers),
      // It names every database of Flyway as something that it needs.
      await mavenTools(
        ...['commandline', 'reports'].map((name) => `org.flywaydb:flyway-${name}:${version}:alone`),
      ),
    ].join(delimiter);
  },
  configure(project) {
    const { url, user } = jdbc(project);
    writeFileSync(
      join(project.folder, 'flyway.conf'),
      `flyway.url=${url}\nflyway.user=${user}\nflyway.password=\nflyway.locations=filesystem:sql\n`,
    );
    return 'sql';
  },
  firstMigration({ folder }, statements) {
    writeFileSync(join(folder, 'sql/V1__base.sql'), `${statements.join(';\n')};\n`);
  },
  shell: () => ({
    programs: {
      flyway: {
        command: [
          'java',
          ...javaOptions,
          '-cp',
          classPath,
          'org.flywaydb.commandline.Main',
          '-skipCheckForUpdate',
        ],
      },
    },
    env: { REDGATE_DISABLE_TELEMETRY: 'true' },
  }),
  repair: (_, sh) => sh('flyway repair'),
});
