import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CliResult, run } from '../support/cli.ts';
import { describeTool, type Project } from './contract.ts';
import { npmTools } from './install.ts';
import { npx } from './lines.ts';

const version = '1.4.1';
let packages = '';

function rootOf(url: string): string {
  return url.replace(/\/[^/]*$/, '/postgres');
}

/** A pending file is committed, which runs it; without one the committed files are run. */
async function around({ folder, url }: Project, commit: () => Promise<CliResult>): Promise<CliResult> {
  const current = join(folder, 'migrations/current.sql');
  const isPending =
    existsSync(current) &&
    readFileSync(current, 'utf8')
      .replace(/^--.*$/gm, '')
      .trim() !== '';
  if (!isPending) {
    const program = join(packages, 'node_modules/graphile-migrate/dist/cli.js');
    return run(process.execPath, [program, 'migrate'], { cwd: folder, env: variables(url) });
  }
  const result = await commit();
  const drop = `new (require('pg').Client)(process.argv[1]); c.connect().then(() => c.query('DROP DATABASE IF EXISTS "' + process.argv[2] + '"')).then(() => c.end())`;
  const shadow = `${new URL(url).pathname.slice(1)}_shadow`;
  await run(process.execPath, ['-e', `const c = ${drop}`, rootOf(url), shadow], { cwd: folder });
  return result;
}

const variables = (url: string): Readonly<Record<string, string>> => ({
  DATABASE_URL: url,
  ROOT_DATABASE_URL: rootOf(url),
  SHADOW_DATABASE_URL: `${url}_shadow`,
});

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
  shell: ({ url }) => ({ programs: npx, env: variables(url) }),
  around,
});
