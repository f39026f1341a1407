// node kysely-runner.mjs MODULE URL FOLDER DIRECTION [OPTION…]
//   MODULE     kysely or kysely-next: the minor lines that the files must run on
//   DIRECTION  each: all, one call of migrateUp per file · latest: all · each-down: all back, one by one · none: all back
//   OPTION     no-transactions: disableTransactions · unsafe: better-sqlite3's unsafeMode · forget: drop the Migrator's tables at the end
// Applies the .ts files of a folder with Kysely's own Migrator, over the real drivers and a pool.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createJiti } from 'jiti';

const [moduleName = 'kysely', url = '', folder = '', direction = 'latest', ...options] =
  process.argv.slice(2);
const kysely = await import(moduleName);
const migration =
  moduleName === 'kysely' ? kysely : await import(`${moduleName}/migration`).catch(() => kysely);
const jiti = createJiti(import.meta.url, {
  alias: { kysely: import.meta.resolve(moduleName).replace('file://', '') },
});

const db = new kysely.Kysely({ dialect: await dialectFor(url) });
const migrator = new (migration.Migrator ?? kysely.Migrator)({
  db,
  provider: { getMigrations },
  disableTransactions: options.includes('no-transactions'),
});
const outcome = await run();
for (const result of outcome.results ?? [])
  console.log(`${result.direction} ${result.migrationName}: ${result.status}`);
if (outcome.error === undefined && options.includes('forget')) {
  for (const table of ['kysely_migration', 'kysely_migration_lock'])
    await db.schema.dropTable(table).ifExists().execute();
}
await db.destroy();
if (outcome.error !== undefined) {
  console.error(String(outcome.error?.message ?? outcome.error));
  process.exitCode = 1;
}

function run() {
  switch (direction) {
    case 'each':
      return oneByOne(() => migrator.migrateUp());
    case 'each-down':
      return oneByOne(() => migrator.migrateDown());
    case 'none':
      return migrator.migrateTo(kysely.NO_MIGRATIONS ?? migration.NO_MIGRATIONS);
    default:
      return migrator.migrateToLatest();
  }
}

/** @param {() => Promise<import('kysely').MigrationResultSet>} step */
async function oneByOne(step) {
  const results = [];
  for (;;) {
    const { error, results: some = [] } = await step();
    results.push(...some);
    if (error !== undefined || some.length === 0) return { error, results };
  }
}

async function getMigrations() {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.ts'))
    .sort();
  /** @type {Record<string, import('kysely').Migration>} */
  const loaded = {};
  for (const file of files) loaded[file.replace(/\.ts$/, '')] = await jiti.import(join(folder, file));
  return loaded;
}

/** @param {string} text */
async function dialectFor(text) {
  if (text.startsWith('postgres')) {
    const { default: pg } = await import('pg');
    return new kysely.PostgresDialect({ pool: new pg.Pool({ connectionString: text, max: 4 }) });
  }
  if (text.startsWith('mysql') || text.startsWith('mariadb')) {
    const { createPool } = await import('mysql2');
    return new kysely.MysqlDialect({
      pool: createPool({ uri: text.replace(/^mariadb/, 'mysql'), connectionLimit: 4 }),
    });
  }
  const { default: Database } = await import('better-sqlite3');
  const database = new Database(text);
  return new kysely.SqliteDialect({
    database: options.includes('unsafe') ? database.unsafeMode() : database,
  });
}
