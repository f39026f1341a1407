import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { run } from '../support/cli.ts';
import { describeTool, type Project } from './contract.ts';
import { php, type Program } from './debian.ts';

const version = '10.48.29';
let program: Program | null = null;

async function install(): Promise<Program> {
  const extensions = ['pdo', 'mysqlnd', 'pdo_mysql', 'pdo_pgsql', 'pdo_sqlite', 'mbstring', 'dom', 'xml'];
  program ??= await php(
    extensions,
    'php-illuminate-console',
    'php-illuminate-database',
    'php-illuminate-filesystem',
    'php-mysql',
    'php-pgsql',
    'php-sqlite3',
    'php-xml',
  );
  return program;
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
  configure({ engine, folder, url }) {
    copyFileSync(join(import.meta.dirname, 'laravel-artisan.php'), join(folder, 'artisan'));
    // Laravel opens no file that is not there
    if (engine === 'sqlite') writeFileSync(url, '', { flag: 'a' });
    return 'database/migrations';
  },
  firstMigration({ folder }, statements) {
    mkdirSync(join(folder, 'database/migrations'), { recursive: true });
    const lines = statements.map(
      (sql) => `        DB::unprepared(<<<'SQL'\n            ${sql}\n            SQL);\n`,
    );
    writeFileSync(
      join(folder, 'database/migrations/2020_01_01_000000_base.php'),
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
  shell(project) {
    const { args, command, env } = program ?? { args: [], command: '', env: {} };
    return {
      programs: { php: { command: [command, ...args] } },
      env: { ...env, CONNECTION: JSON.stringify(connection(project)) },
    };
  },
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
