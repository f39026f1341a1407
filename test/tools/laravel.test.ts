import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { type CliResult, run } from '../support/cli.ts';
import { describeTool, type Project } from './contract.ts';
import { php, type Program } from './debian.ts';

const version = '10.48.29';
let program: Program | null = null;

async function install(): Promise<Program> {
  const extensions = ['pdo', 'mysqlnd', 'pdo_mysql', 'pdo_pgsql', 'pdo_sqlite', 'mbstring'];
  program ??= await php(
    extensions,
    'php-illuminate-database',
    'php-illuminate-filesystem',
    'php-mysql',
    'php-pgsql',
    'php-sqlite3',
  );
  return program;
}

async function laravel(project: Project, direction: 'up' | 'down'): Promise<CliResult> {
  const { args, command, env } = await install();
  return run(command, [...args, join(import.meta.dirname, 'laravel-runner.php'), direction], {
    cwd: project.folder,
    env: { ...env, CONNECTION: JSON.stringify(connection(project)) },
  });
}

describeTool({
  tool: 'laravel',
  engines: ['postgres', 'mysql', 'mariadb', 'sqlite'],
  version,
  async install() {
    const { args, command, env } = await install();
    const found = await run(command, [...args, '-r', 'echo implode(" ", PDO::getAvailableDrivers());'], {
      cwd: tmpdir(),
      env,
    });
    expect(found).toMatchObject({ code: 0, stdout: 'mysql pgsql sqlite' });
  },
  configure({ engine, url }) {
    // Laravel opens no file that is not there
    if (engine === 'sqlite') writeFileSync(url, '', { flag: 'a' });
    return 'migrations';
  },
  firstMigration({ folder }, statements) {
    mkdirSync(join(folder, 'migrations'), { recursive: true });
    const lines = statements.map(
      (sql) => `        DB::unprepared(<<<'SQL'\n            ${sql}\n            SQL);\n`,
    );
    writeFileSync(
      join(folder, 'migrations/2020_01_01_000000_base.php'),
      `<?php

use Illuminate\\Database\\Migrations\\Migration;
use Illuminate\\Support\\Facades\\DB;

return new class extends Migration
{
    public function up(): void
    {
${lines.join('')}    }

    public function down(): void
    {
    }
};
`,
    );
  },
  up: (project) => laravel(project, 'up'),
  down: (project) => laravel(project, 'down'),
});

function connection({ engine, url }: Project): Readonly<Record<string, string>> {
  if (engine === 'sqlite') return { driver: 'sqlite', database: url };
  const { hostname, password, pathname, port, username } = new URL(url);
  return {
    driver: engine === 'postgres' ? 'pgsql' : 'mysql',
    host: hostname,
    port,
    database: decodeURIComponent(pathname.slice(1)),
    username: decodeURIComponent(username),
    password: decodeURIComponent(password),
    charset: engine === 'postgres' ? 'utf8' : 'utf8mb4',
  };
}
