import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type CliResult, run } from '../support/cli.ts';
import { openSqlite } from '../support/database.ts';
import { describeTool, type Project } from './contract.ts';
import { type Program, ruby } from './debian.ts';

const version = '7.2.2.2';
let program: Program | null = null;

async function install(): Promise<Program> {
  program ??= await ruby('ruby-activerecord', 'ruby-pg', 'ruby-mysql2', 'ruby-sqlite3');
  return program;
}

/** What `rails db:migrate` and `rails db:rollback` call. */
const script = `
require "active_record"
if ENV["ASSURED"]
  # As strong_migrations does it: \`execute\` gets there through method_missing.
  ActiveRecord::Migration.prepend(Module.new do
    def method_missing(method, ...)
      raise "not in safety_assured" if method == :execute && !@assured
      super
    end

    def safety_assured
      @assured = true
      yield
    ensure
      @assured = false
    end
  end)
end
ActiveRecord::Base.establish_connection(ENV.fetch("DATABASE"))
context = ActiveRecord::MigrationContext.new("db/migrate")
ARGV[0] == "up" ? context.migrate : context.rollback(1)
`;

const schemes = { postgres: 'postgresql:', mysql: 'mysql2:', mariadb: 'mysql2:' } as const;

async function rails(
  { engine, folder, url }: Project,
  direction: 'up' | 'down',
  more: Readonly<Record<string, string>> = {},
): Promise<CliResult> {
  const { args, command, env } = await install();
  const DATABASE = engine === 'sqlite' ? `sqlite3:${url}` : url.replace(/^\w+:/, schemes[engine]);
  return run(command, [...args, '-e', script, direction], {
    cwd: folder,
    env: { ...env, ...more, DATABASE, LANG: 'C.UTF-8' },
  });
}

function firstMigration({ folder }: Pick<Project, 'folder'>, statements: readonly string[]): void {
  mkdirSync(join(folder, 'db/migrate'), { recursive: true });
  const lines = statements.map((sql) => `    execute <<~'SQL'\n      ${sql}\n    SQL\n`);
  writeFileSync(
    join(folder, 'db/migrate/20200101000000_base.rb'),
    `class Base < ActiveRecord::Migration[7.2]\n  def up\n${lines.join('')}  end\n\n  def down\n  end\nend\n`,
  );
}

describeTool({
  tool: 'rails',
  engines: ['postgres', 'mysql', 'mariadb', 'sqlite'],
  version,
  async install() {
    const { args, command, env } = await install();
    const found = await run(command, [...args, '-e', 'require "active_record"; print ActiveRecord.version'], {
      cwd: tmpdir(),
      env,
    });
    expect(found).toMatchObject({ code: 0, stdout: version });
  },
  configure: () => 'db/migrate',
  firstMigration,
  up: (project) => rails(project, 'up'),
  down: (project) => rails(project, 'down', { ASSURED: 'yes' }),
});

test('of several statements in one execute, SQLite gets the first, and the migration counts as applied', async () => {
  const database = await openSqlite();
  const folder = mkdtempSync(join(tmpdir(), 'ondelete-tool-'));
  try {
    firstMigration({ folder }, ['CREATE TABLE one (id INT); CREATE TABLE two (id INT)']);
    const result = await rails({ folder, engine: 'sqlite', url: database.url }, 'up');
    expect(result.code).toBe(0);
    const tables = await database.query("SELECT name FROM sqlite_master WHERE name IN ('one', 'two')");
    expect(tables).toEqual([{ name: 'one' }]);
    expect(await database.query('SELECT version FROM schema_migrations')).toHaveLength(1);
  } finally {
    await database.drop();
    rmSync(folder, { recursive: true });
  }
}, 600_000);
