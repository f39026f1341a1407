// One big database for each engine, filled and read: what ondelete takes against the plain catalog queries on the same driver.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createJiti } from 'jiti';
import { engineFor } from '../dist/src/registry.js';
import { loadStart } from '../test/servers/load.mjs';
import { planner } from './policy.mjs';
import { benchGenerate } from './generate.mjs';
import { sideBySide } from './measure.mjs';
import { plain as plainOf } from './plain.mjs';
import { keysPerTable, schemaSql } from './schemas.mjs';

/** @typedef {import('./schemas.mjs').Flavor} Flavor */
/** @typedef {import('./plain.mjs').Plain} Plain */
/** @typedef {import('./measure.mjs').Row} Row */

/**
 * @typedef {object} Engine
 * @property {Flavor} flavor
 * @property {number} tables
 * @property {string} reference as the table says it
 * @property {number} bound
 * @property {(url: string) => Promise<Plain>} plain
 */

const twoQueries = 'REFERENTIAL_CONSTRAINTS, KEY_COLUMN_USAGE';

/** @type {Readonly<Record<Flavor, Engine>>} */
export const engines = {
  sqlite: {
    flavor: 'sqlite',
    tables: 5_000,
    reference: 'one joined pragma query',
    bound: 4.5,
    plain: plainOf.sqlite,
  },
  postgres: {
    flavor: 'postgres',
    tables: 10_000,
    reference: 'SELECT * FROM pg_constraint',
    bound: 4.5,
    plain: plainOf.postgres,
  },
  mysql: { flavor: 'mysql', tables: 5_000, reference: twoQueries, bound: 4.5, plain: plainOf.mysql },
  mariadb: { flavor: 'mariadb', tables: 5_000, reference: twoQueries, bound: 2, plain: plainOf.mariadb },
};

/** @typedef {{ readonly tables: number | null, readonly rounds: number, readonly say: (text: string) => void }} Size */

/** Fills the database behind `url` and measures. @param {Engine} engine @param {string} url @param {Size} size @returns {Promise<readonly Row[]>} */
async function measure(engine, url, { tables: wanted, rounds, say }) {
  const tables = wanted ?? engine.tables;
  const plain = await engine.plain(url);
  try {
    const began = performance.now();
    let told = began;
    let made = 0;
    for (const sql of schemaSql(engine.flavor, tables)) {
      await plain.fill(sql);
      made += 100;
      if (performance.now() - told < 20_000) continue;
      told = performance.now();
      say(`${engine.flavor}: ${made} of ${tables} tables made`);
    }
    say(`${engine.flavor}: filled in ${Math.round((performance.now() - began) / 1000)} s`);
    return await compare(engine, plain, url, tables, rounds);
  } finally {
    await plain.close();
  }
}

/** @param {Engine} engine @param {Plain} plain @param {string} url @param {number} tables @param {number} rounds @returns {Promise<readonly Row[]>} */
export async function compare(engine, plain, url, tables, rounds) {
  const dialect = await engineFor({ flavor: engine.flavor });
  const connection = await dialect.connect(url, { timeoutMilliseconds: 10_000 });
  try {
    const { server } = connection;
    const read = () => connection.introspect({ schemas: null });
    const { snapshot } = await read();
    const keys = snapshot.foreignKeys.length;
    if (keys !== tables * keysPerTable) throw new Error(`${keys} keys were read of ${tables * keysPerTable}`);
    const makePlan = await planner(dialect, snapshot);
    const changes = countChanges(makePlan());
    const times = await sideBySide({ read, reference: plain.read, plan: makePlan }, rounds);
    const { read: reading = NaN, reference = NaN, plan = NaN } = times;
    const what = `${server.product}: ${tables} tables, ${keys} keys`;
    return [
      { what: `${what}: read`, ours: reading, against: engine.reference, reference, bound: engine.bound },
      {
        what: `${what}: diff and plan of ${changes}`,
        ours: plan,
        against: 'reading them',
        reference: reading,
        bound: 1,
      },
      await benchGenerate(what, url, rounds),
    ];
  } finally {
    await connection.close();
  }
}

/** The plan itself is large, and must not lie about while others are timed. @param {import('../dist/src/core/model.js').Plan} plan */
function countChanges(plan) {
  if (plan.changes.length === 0 || plan.steps.length === 0) throw new Error('the plan is empty');
  return plan.changes.length;
}

/** @param {Size} size @returns {Promise<readonly Row[]>} */
export async function benchSqlite(size) {
  const folder = mkdtempSync(join(tmpdir(), 'ondelete-bench-'));
  try {
    return await measure(engines.sqlite, `sqlite:${join(folder, 'big.db')}`, size);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Starts the server, or takes the one that its ONDELETE_TEST_… variable names; stops what it started.
 * @param {string} id of test/servers/matrix.ts @param {Size} size @returns {Promise<readonly Row[]>}
 */
export async function benchServer(id, size) {
  const { startServers } = await loadStart();
  const run = await startServers(id);
  try {
    const [server] = run.servers;
    if (server === undefined) throw new Error(run.missing[0]?.why ?? `${id} cannot be started`);
    /** @type {typeof import('../test/servers/scratch.ts')} */
    const { makeScratchDatabase } = await createJiti(import.meta.url).import('../test/servers/scratch.ts');
    const database = await makeScratchDatabase(server, run.id);
    try {
      // A file for each table makes filling ten times as long; nothing that is measured opens one on MySQL.
      if (server.dialect === 'mysql' && server.ownedByThisRun)
        await database.query('SET GLOBAL innodb_file_per_table = OFF');
      return await measure(engines[server.dialect], database.url, size);
    } finally {
      // A server of this run goes away with all it holds.
      if (!server.ownedByThisRun) await database.drop();
    }
  } finally {
    await run.stop();
  }
}
