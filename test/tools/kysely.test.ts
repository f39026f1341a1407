// Kysely's own Migrator in code; test/live/end-to-end.test.ts runs its other ways.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeTool } from './contract.ts';

const repository = join(import.meta.dirname, '../..');
const { version } = JSON.parse(
  readFileSync(join(repository, 'node_modules/kysely/package.json'), 'utf8'),
) as { version: string };

const connections = {
  postgres: (url: string) =>
    `new PostgresDialect({ pool: new pg.Pool({ connectionString: ${JSON.stringify(url)} }) })`,
  mysql: (url: string) => `new MysqlDialect({ pool: createPool(${JSON.stringify(url)}) })`,
  mariadb: (url: string) =>
    `new MysqlDialect({ pool: createPool(${JSON.stringify(url.replace(/^mariadb:/, 'mysql:'))}) })`,
  sqlite: (file: string) =>
    `new SqliteDialect({ database: new Database(${JSON.stringify(file)}).unsafeMode() })`,
};

/** A script as Kysely's documentation shows it, but that every error of the Migrator is thrown. */
const moduleAround = (line: string, dialect: string): string => `
import { promises as fs } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { createJiti } from 'jiti';
import { Kysely, Migrator, MysqlDialect, PostgresDialect, SqliteDialect } from 'kysely';
import { createPool } from 'mysql2';
import pg from 'pg';

const jiti = createJiti(import.meta.url);
const thrown = ({ error, results = [] }) => {
  if (error !== undefined) throw error;
  for (const { migrationName, direction } of results) console.log(direction, migrationName);
};
class Loud extends Migrator {
  migrateUp = async () => thrown(await super.migrateUp());
  migrateDown = async () => thrown(await super.migrateDown());
  migrateToLatest = async () => thrown(await super.migrateToLatest());
}
const provider = {
  async getMigrations() {
    const files = (await fs.readdir('migrations')).sort();
    const loaded = files.map(async (file) => [file.replace('.ts', ''), await jiti.import(path.resolve('migrations', file))]);
    return Object.fromEntries(await Promise.all(loaded));
  },
};
const db = new Kysely({ dialect: ${dialect} });
const migrator = new Loud({ db, provider });
try {
  ${line}
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
await db.destroy();
`;

describeTool({
  tool: 'kysely',
  engines: ['postgres', 'mysql', 'mariadb', 'sqlite'],
  version,
  install: () => Promise.resolve(),
  configure({ folder }) {
    symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
    return 'migrations';
  },
  firstMigration({ folder }, statements) {
    mkdirSync(join(folder, 'migrations'), { recursive: true });
    const lines = statements.map((sql) => `  await sql.raw(${JSON.stringify(sql)}).execute(db);`);
    writeFileSync(
      join(folder, 'migrations/20200101000000_base.ts'),
      `import { sql, type Kysely } from 'kysely';\nexport async function up(db: Kysely<unknown>): Promise<void> {\n${lines.join('\n')}\n}\n`,
    );
  },
  shell: ({ engine, url }) => ({ module: (line) => moduleAround(line, connections[engine](url)) }),
});
