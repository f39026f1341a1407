// What an ORM's own next migration would change in the database, as statements, one a line; nothing where models and database agree.
// usage, in the application's folder: node edits-after-runner.mjs typeorm|mikro-orm|sequelize MODULE [make]
//        node edits-after-runner.mjs prisma SCHEMA URL
// `make` creates the tables first. Sequelize has no such migration: sync({ alter: true }) runs, and nothing is printed.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [orm = '', file = '', word = ''] = process.argv.slice(2);
const need = createRequire(join(process.cwd(), 'package.json'));

/** @type {Record<string, () => Promise<string>>} */
const readers = {
  async typeorm() {
    const source = need(`./${file}`).default;
    await source.initialize();
    if (word === 'make') await source.synchronize();
    const { upQueries } = await source.driver.createSchemaBuilder().log();
    await source.destroy();
    return upQueries.map((/** @type {{ query: string }} */ { query }) => query).join('\n');
  },
  async 'mikro-orm'() {
    const { MikroORM } = need('@mikro-orm/core');
    const orm = await MikroORM.init(need(`./${file}`).default);
    if (word === 'make') await orm.schema.createSchema();
    const sql = await orm.schema.getUpdateSchemaSQL({ wrap: false });
    await orm.close();
    return sql.trim();
  },
  async sequelize() {
    const { sequelize } = need(`./${file}`);
    await sequelize.sync({ alter: word !== 'make' });
    await sequelize.close();
    return '';
  },
  async prisma() {
    const { bindMigrationAwareSqlAdapterFactory } = need('@prisma/driver-adapter-utils');
    const { PrismaBetterSqlite3 } = need('@prisma/adapter-better-sqlite3');
    const path = need.resolve('@prisma/schema-engine-wasm');
    const engine = await import(join(path, '../schema_engine_bg.js'));
    const { WebAssembly } = /** @type {any} */ (globalThis);
    const module = new WebAssembly.Module(readFileSync(join(path, '../schema_engine_bg.wasm')));
    const { exports } = new WebAssembly.Instance(module, { './schema_engine_bg.js': engine });
    engine.__wbg_set_wasm(exports);
    exports.__wbindgen_start();
    const adapter = bindMigrationAwareSqlAdapterFactory(new PrismaBetterSqlite3({ url: `file:${word}` }));
    const files = [{ path: file, content: readFileSync(file, 'utf8') }];
    const session = await engine.SchemaEngine.new({ datamodels: undefined }, () => {}, adapter);
    const { stdout } = await session.diff({
      from: { tag: 'schemaDatasource', files, configDir: process.cwd() },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      shadowDatabaseUrl: null,
      exitCode: null,
      filters: { externalTables: [], externalEnums: [] },
    });
    return stdout.replace(/^-- This is an empty migration\.\s*$/m, '').trim();
  },
};

console.log(await readers[orm]?.());
