import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CliResult, run } from '../support/cli.ts';
import { describeTool, type Project } from './contract.ts';
import { npmTools } from './install.ts';

const version = '1.4.1';
let packages = '';

const graphile = ({ folder, url }: Project, ...words: readonly string[]): Promise<CliResult> =>
  run(process.execPath, [join(packages, 'node_modules/graphile-migrate/dist/cli.js'), ...words], {
    cwd: folder,
    env: { DATABASE_URL: url, ROOT_DATABASE_URL: rootOf(url), SHADOW_DATABASE_URL: `${url}_shadow` },
  });

function rootOf(url: string): string {
  return url.replace(/\/[^/]*$/, '/postgres');
}

/** A pending file is committed, which runs it; without one the committed files are run. */
async function up(project: Project): Promise<CliResult> {
  const current = join(project.folder, 'migrations/current.sql');
  const pending =
    existsSync(current) &&
    readFileSync(current, 'utf8')
      .replace(/^--.*$/gm, '')
      .trim() !== '';
  if (!pending) return graphile(project, 'migrate');
  const result = await graphile(project, 'commit', '--message', 'change');
  const drop = `new (require('pg').Client)(process.argv[1]); c.connect().then(() => c.query('DROP DATABASE IF EXISTS "' + process.argv[2] + '"')).then(() => c.end())`;
  const shadow = `${new URL(project.url).pathname.slice(1)}_shadow`;
  await run(process.execPath, ['-e', `const c = ${drop}`, rootOf(project.url), shadow], {
    cwd: project.folder,
  });
  return result;
}

describeTool({
  tool: 'graphile-migrate',
  engines: ['postgres'],
  version,
  async install() {
    packages = await npmTools(`graphile-migrate@${version}`);
  },
  configure({ folder }) {
    symlinkSync(join(packages, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, '.gmrc'), '{}\n');
    return 'migrations';
  },
  firstMigration({ folder }, statements) {
    mkdirSync(join(folder, 'migrations/committed'), { recursive: true });
    writeFileSync(join(folder, 'migrations/current.sql'), statements.map((sql) => `${sql};\n`).join(''));
  },
  up,
  down: null,
});
