// The application's own Prisma at work: its schema engine says how tables are made, its client deletes parents in each way.
// `prisma generate` asks for a binary that npm does not bring; the same generator runs here without it.
// usage, in the application's folder: node prisma-runner.mjs sql URL FILE…      prints what Migrate would run on an empty database
//        node prisma-runner.mjs deletes URL JOBS  prints { [id]: { delete, include, deleteMany, raw } } for each case of each job
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const use = createRequire(join(process.cwd(), 'package.json'));
const { getConfig, getDMMF } = use('@prisma/internals');
const { WebAssembly } = /** @type {any} */ (globalThis);
const [task = '', ...words] = process.argv.slice(2);

/** @typedef {{ readonly path: string, readonly content: string }} File */

if (task === 'sql') {
  const [url = '', ...names] = words;
  console.log(await sql(url, names.map(file)));
} else if (task === 'deletes') {
  const [url = '', jobs = ''] = words;
  /** @type {Record<string, Record<string, string>>} */
  const outcomes = {};
  for (const job of JSON.parse(readFileSync(jobs, 'utf8'))) Object.assign(outcomes, await deletes(url, job));
  console.log(JSON.stringify(outcomes));
}

/** @param {string} name @returns {File} */
function file(name) {
  return { path: name, content: readFileSync(name, 'utf8') };
}

/** @param {string} url */
function adapterOf(url) {
  if (url.startsWith('postgres')) {
    const { PrismaPg } = use('@prisma/adapter-pg');
    return new PrismaPg({ connectionString: url });
  }
  if (/^(mysql|mariadb):/.test(url)) {
    const { PrismaMariaDb } = use('@prisma/adapter-mariadb');
    const { hostname: host, port, username: user, password, pathname } = new URL(url);
    const database = pathname.slice(1);
    const connection = { host, port: Number(port), user, password, database, allowPublicKeyRetrieval: true };
    // one way of quoting for every engine
    return new PrismaMariaDb({ ...connection, initSql: "SET SESSION sql_mode = 'ANSI_QUOTES'" });
  }
  const { PrismaBetterSqlite3 } = use('@prisma/adapter-better-sqlite3');
  return new PrismaBetterSqlite3({ url: `file:${url}` });
}

/** @param {string} url @param {readonly File[]} files */
async function sql(url, files) {
  const { bindMigrationAwareSqlAdapterFactory } = use('@prisma/driver-adapter-utils');
  const path = use.resolve('@prisma/schema-engine-wasm');
  const engine = await import(join(path, '../schema_engine_bg.js'));
  const module = new WebAssembly.Module(readFileSync(join(path, '../schema_engine_bg.wasm')));
  const { exports } = new WebAssembly.Instance(module, { './schema_engine_bg.js': engine });
  engine.__wbg_set_wasm(exports);
  exports.__wbindgen_start();
  const adapter = bindMigrationAwareSqlAdapterFactory(adapterOf(url));
  const session = await engine.SchemaEngine.new({ datamodels: undefined }, () => {}, adapter);
  const { stdout } = await session.diff({
    from: { tag: 'empty' },
    to: { tag: 'schemaDatamodel', files },
    script: true,
    shadowDatabaseUrl: null,
    exitCode: null,
    filters: { externalTables: [], externalEnums: [] },
  });
  return stdout;
}

/** @param {string} url @param {{ schema: string, cases: readonly { id: string, link: boolean }[] }} job */
async function deletes(url, job) {
  const client = await clientOf(url, job.schema);
  if (!url.includes('://')) await client.$executeRawUnsafe('PRAGMA synchronous = OFF');
  /** @type {Record<string, Record<string, string>>} */
  const outcomes = {};
  for (const each of job.cases) outcomes[each.id] = await deletesOf(client, each);
  await client.$disconnect();
  return outcomes;
}

/** @param {string} url @param {string} name */
async function clientOf(url, name) {
  const { path, content } = file(name);
  const datamodel = [[path, content]];
  const { generators, datasources } = await getConfig({ datamodel });
  const { version } = use('@prisma/client/package.json');
  const outputDir = join(process.cwd(), `${name}.client`);
  await use('@prisma/client-generator-js').generateClient({
    datamodel: content,
    schemaPath: join(process.cwd(), name),
    // beside testMode: into outputDir, and the runtime from where it is installed
    testMode: true,
    runtimeBase: '@prisma/client/runtime',
    runtimeSourcePath: join(use.resolve('@prisma/client/package.json'), '../runtime'),
    outputDir,
    generator: generators[0],
    dmmf: await getDMMF({ datamodel }),
    datasources,
    binaryPaths: {},
    clientVersion: version,
    engineVersion: version,
    activeProvider: datasources[0].activeProvider,
    compilerBuild: 'small',
  });
  const { PrismaClient } = use(outputDir);
  return new PrismaClient({ adapter: adapterOf(url) });
}

/** @param {any} client @param {{ id: string, link: boolean }} each */
async function deletesOf(client, { id, link }) {
  const parent = client[`p${id}`];
  const child = link ? `"_C${id}ToP${id}"` : `"C${id}"`;
  const key = link ? 'B' : 'pId';
  /** @type {Record<string, () => Promise<unknown>>} */
  const ways = {
    delete: () => parent.delete({ where: { id: 1 } }),
    include: () => parent.delete({ where: { id: 1 }, include: { c: true } }),
    deleteMany: () => parent.deleteMany({ where: { id: 1 } }),
    raw: () => client.$executeRawUnsafe(`DELETE FROM "P${id}" WHERE "id" = 1`),
  };
  /** @type {Record<string, string>} */
  const outcome = {};
  for (const [way, run] of Object.entries(ways)) {
    for (const table of link ? [child, `"C${id}"`, `"P${id}"`] : [child, `"P${id}"`])
      await client.$executeRawUnsafe(`DELETE FROM ${table}`);
    await client.$executeRawUnsafe(`INSERT INTO "P${id}" ("id") VALUES (1), (99)`);
    if (link) await client.$executeRawUnsafe(`INSERT INTO "C${id}" ("id") VALUES (1)`);
    await client.$executeRawUnsafe(`INSERT INTO ${child} (${link ? '"A"' : '"id"'}, "${key}") VALUES (1, 1)`);
    try {
      await run();
      const [row] = await client.$queryRawUnsafe(`SELECT "${key}" AS "key" FROM ${child}`);
      outcome[way] =
        row === undefined
          ? 'deleted'
          : row.key === null
            ? 'nulled'
            : Number(row.key) === 99
              ? 'defaulted'
              : 'dangling';
    } catch (error) {
      outcome[way] = refusal(error);
    }
  }
  return outcome;
}

/** @param {any} error */
function refusal(error) {
  const text = `${String(error.code)} ${JSON.stringify(error.meta ?? {})} ${String(error.message)}`;
  if (error.code === 'P2014') return 'refused-by-orm';
  if (/P2003|foreign key/i.test(text)) return 'foreign-key-violation';
  return /P2011|not[ -]null|null constraint/i.test(text) ? 'not-null-violation' : text;
}
