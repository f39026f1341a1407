#!/usr/bin/env node
/**
 * The main job from end to end on an embedded SQLite database, every line of output real: the built command line is run
 * as a child process, and Kysely's own Migrator applies the files that it wrote.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { createJiti } from 'jiti';
import { Kysely, Migrator, SqliteDialect } from 'kysely';

const here = dirname(fileURLToPath(import.meta.url));
const cli = join(here, '../../dist/bundle/main.js');
const folder = mkdtempSync(join(tmpdir(), 'ondelete-demo-'));
const database = join(folder, 'workshop.db');

title('A database as it is found: ten tables, eleven keys, some data');
const setUp = new Database(database);
setUp.exec(readFileSync(join(here, 'schema.sql'), 'utf8'));
setUp.close();
copyFileSync(join(here, 'ondelete.config.yaml'), join(folder, 'ondelete.config.yaml'));
print(readFileSync(join(folder, 'ondelete.config.yaml'), 'utf8'));
const before = ondelete(['snapshot'], 0, { quiet: true });

title('What differs from the policy');
ondelete(['diff'], 1);

title('What would be written: what each key gets, the locks, one statement of each shape');
ondelete(['generate', 'workshop', '--dry-run'], 0);

title('The migration is written');
ondelete(['generate', 'workshop'], 0);
for (const file of readdirSync(join(folder, 'migrations'))) {
  print(`\n--- ${file}, its head ---`);
  print(readFileSync(join(folder, 'migrations', file), 'utf8').split('\n\nimport ')[0] ?? '');
}

title('A second run writes nothing: the change is there already');
ondelete(['generate', 'workshop'], 0);

title('The files are applied to a copy, by Kysely’s Migrator');
const original = join(folder, 'original.db');
copyFileSync(database, original);
await migrate('up');
ondelete(['diff'], 0);

title('A customer’s bike is deleted: what became of the rows that point to it');
const shop = new Database(database);
shop.pragma('foreign_keys = ON');
count(shop, 'before');
statement(shop, 'DELETE FROM bikes WHERE id = 1');
statement(shop, 'DELETE FROM employees WHERE id = 2');
refused(shop, 'DELETE FROM customers WHERE id = 2');
refused(shop, 'DELETE FROM locations WHERE id = 1');
count(shop, 'after');
print(`repairs by nobody: ${String(shop.prepare('SELECT count(*) FROM repairs WHERE mechanic_id IS NULL').pluck().get())}`);
shop.close();

title('Down: the rules are as before (rows that were deleted stay deleted)');
await migrate('down');
const after = ondelete(['snapshot'], 0, { quiet: true });
if (before !== after) fail('the snapshot after down is not the one from before up');
print('The snapshot is the same as before, byte for byte.');

rmSync(folder, { recursive: true });
print('\nThat was the main job. Next: README.md, or `npx ondelete init` on a database of your own.');

/** Runs the built CLI and shows what it printed. @returns its stdout */
function ondelete(words, expected, { quiet = false } = {}) {
  if (!quiet) print(`$ ondelete ${words.join(' ')}`);
  const columns = String(Math.min(process.stdout.columns ?? 100, 100));
  const run = spawnSync(process.execPath, [cli, ...words], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, COLUMNS: columns },
  });
  if (!quiet) print(`${(run.stdout + run.stderr).trimEnd()}\n`);
  if (run.status !== expected) fail(`ondelete ${words.join(' ')} ended with ${run.status}, expected ${expected}\n${run.stderr}`);
  if (!quiet) print(`(exit ${run.status})`);
  return run.stdout;
}

/** Kysely's Migrator on the workshop's database; `unsafeMode` lets a migration edit the stored schema text. */
async function migrate(direction) {
  const jiti = createJiti(import.meta.url, { alias: { kysely: fileURLToPath(import.meta.resolve('kysely')) } });
  const db = new Kysely({
    dialect: new SqliteDialect({ database: async () => new Database(database).unsafeMode() }),
  });
  const provider = {
    async getMigrations() {
      const files = readdirSync(join(folder, 'migrations')).sort();
      const loaded = await Promise.all(files.map((file) => jiti.import(join(folder, 'migrations', file))));
      return Object.fromEntries(files.map((file, index) => [file.replace(/\.ts$/, ''), loaded[index]]));
    },
  };
  const migrator = new Migrator({ db, provider });
  const { error, results = [] } = direction === 'up' ? await migrator.migrateToLatest() : await migrator.migrateDown();
  for (const result of results) print(`${result.direction} ${result.migrationName}: ${result.status}`);
  if (direction === 'down') await forgetMigrator(db);
  await db.destroy();
  if (error !== undefined) fail(String(error));
}

/** The Migrator's own two tables are no part of the schema that was there before. */
async function forgetMigrator(db) {
  await db.schema.dropTable('kysely_migration').execute();
  await db.schema.dropTable('kysely_migration_lock').execute();
}

function statement(db, sql) {
  print(`> ${sql}`);
  db.prepare(sql).run();
}

function refused(db, sql) {
  print(`> ${sql}`);
  try {
    db.prepare(sql).run();
  } catch (error) {
    print(`  refused: ${error.message}`);
    return;
  }
  fail(`${sql} should have been refused`);
}

function count(db, when) {
  const tables = ['bikes', 'repairs', 'repair_items', 'warranties', 'transfers', 'invoices', 'employees'];
  print(`${when}: ${tables.map((table) => `${table} ${db.prepare(`SELECT count(*) FROM ${table}`).pluck().get()}`).join(', ')}`);
}

function title(text) {
  print(`\n== ${text} ==\n`);
}

function print(text) {
  process.stdout.write(`${text}\n`);
}

function fail(text) {
  process.stderr.write(`demo: ${text}\n`);
  process.exit(1);
}
