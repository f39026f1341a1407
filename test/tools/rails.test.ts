import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { run } from '../support/cli.ts';
import { openSqlite } from '../support/database.ts';
import { paste, writePrograms } from '../support/paste.ts';
import { describeTool, type Project } from './contract.ts';
import { type Program, ruby } from './debian.ts';
import type { Shell } from './lines.ts';

const version = '7.2.2.2';
let program: Program | null = null;

async function install(): Promise<Program> {
  program ??= await ruby('ruby-railties', 'ruby-activerecord', 'ruby-pg', 'ruby-mysql2', 'ruby-sqlite3');
  return program;
}

/** An application of Rails with Active Record alone. */
const application: Readonly<Record<string, string>> = {
  'bin/rails': `#!/usr/bin/env ruby
APP_PATH = File.expand_path("../config/application", __dir__)
require "rails/commands"
`,
  Rakefile: 'require_relative "config/application"\nRails.application.load_tasks\n',
  'config/application.rb': `require "rails"
require "active_record/railtie"

class Shop < Rails::Application
  config.load_defaults 7.2
  config.eager_load = false
  config.logger = Logger.new(nil)
  config.active_record.dump_schema_after_migration = false
end
`,
  'config/environment.rb': 'require_relative "application"\nRails.application.initialize!\n',
};

/** As strong_migrations does it: `execute` gets there through method_missing. */
const strongMigrations = `require "active_record"
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
`;

const schemes = { postgres: 'postgresql:', mysql: 'mysql2:', mariadb: 'mysql2:' } as const;

function shell({ engine, url }: Pick<Project, 'engine' | 'url'>): Shell {
  const { args, command, env } = program ?? { args: [], command: '', env: {} };
  const DATABASE_URL = engine === 'sqlite' ? `sqlite3:${url}` : url.replace(/^\w+:/, schemes[engine]);
  return {
    programs: { ruby: { command: [command, ...args] } },
    env: { ...env, DATABASE_URL, RAILS_ENV: 'development', LANG: 'C.UTF-8' },
  };
}

/** On half of the engines with strong_migrations. */
function configure({ engine, folder }: Pick<Project, 'engine' | 'folder'>): string {
  const isStrong = engine === 'postgres' || engine === 'sqlite';
  const files = isStrong
    ? { 'config/initializers/strong.rb': strongMigrations, ...application }
    : application;
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text, { mode: 0o755 });
  }
  return 'db/migrate';
}

function firstMigration({ folder }: Pick<Project, 'folder'>, statements: readonly string[]): void {
  mkdirSync(join(folder, 'db/migrate'), { recursive: true });
  const lines = statements.map((sql) => `    execute <<~'SQL'\n      ${sql}\n    SQL\n`);
  writeFileSync(
    join(folder, 'db/migrate/20200101000000_base.rb'),
    `class Base < ActiveRecord::Migration[7.2]
  def up
    respond_to?(:safety_assured) ? safety_assured { tables } : tables
  end

  def down
  end

  def tables
${lines.join('')}  end
end
`,
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
  configure,
  firstMigration,
  shell,
});

test('of several statements in one execute, SQLite gets the first, and the migration counts as applied', async () => {
  const database = await openSqlite();
  const folder = mkdtempSync(join(tmpdir(), 'ondelete-tool-'));
  try {
    const project = { folder, engine: 'sqlite', url: database.url } as const;
    configure(project);
    firstMigration(project, ['CREATE TABLE one (id INT); CREATE TABLE two (id INT)']);
    const { env = {}, programs = {} } = shell(project);
    writePrograms(join(folder, 'programs'), programs);
    const result = await paste('bin/rails db:migrate', join(folder, 'programs'), { cwd: folder, env });
    expect(result).toMatchObject({ code: 0 });
    const tables = await database.query("SELECT name FROM sqlite_master WHERE name IN ('one', 'two')");
    expect(tables).toEqual([{ name: 'one' }]);
    expect(await database.query('SELECT version FROM schema_migrations')).toHaveLength(1);
  } finally {
    await database.drop();
    rmSync(folder, { recursive: true });
  }
}, 600_000);
