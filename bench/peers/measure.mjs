// The databases are made, each peer is prepared for them, and the processes are timed turn and turn about.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { createJiti } from 'jiti';
import { loadStart } from '../../test/servers/load.mjs';
import { median } from '../measure.mjs';
import { plain } from '../plain.mjs';
import { schemaSql, schemaTables } from '../schemas.mjs';
import { lastLine, timed } from './process.mjs';

/** @typedef {import('./peer.mjs').Peer} Peer @typedef {import('./peer.mjs').Project} Project @typedef {import('./peer.mjs').Flavor} Flavor */

/**
 * @typedef {object} Row
 * @property {string} tool
 * @property {string} label
 * @property {string} version
 * @property {Peer['kind']} kind
 * @property {number | null} seconds
 * @property {string} notices
 * @property {string | null} failed why there are no seconds
 * @property {boolean} isOver it was still running at the limit
 */

/**
 * One schema of one engine.
 * @typedef {object} Measured
 * @property {Flavor} engine
 * @property {string} server with its version
 * @property {number} tables
 * @property {string} date
 * @property {string} machine
 * @property {string} load of the machine, at the begin and at the end
 * @property {number} rounds
 * @property {number} limit in seconds
 * @property {readonly Row[]} rows
 */

/**
 * @typedef {object} Options
 * @property {readonly number[]} sizes
 * @property {number} rounds
 * @property {number} limit
 * @property {readonly Peer[]} peers
 * @property {(text: string) => void} say
 */

/** Databases that can be made again and again, and go away in the end. @typedef {{ server: string, make: () => Promise<string> }} Place */

/** @param {Options} options @returns {Promise<readonly Measured[]>} */
export async function measureSqlite(options) {
  const folder = mkdtempSync(join(tmpdir(), 'ondelete-peers-'));
  let made = 0;
  try {
    const { default: Database } = await import('better-sqlite3');
    const opened = new Database(':memory:');
    const version = String(opened.prepare('SELECT sqlite_version()').pluck().get());
    opened.close();
    const place = {
      server: `SQLite ${version}`,
      make: async () => join(folder, `${(made += 1)}.db`),
    };
    return await measureEngine('sqlite', place, options);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} id of test/servers/matrix.ts @param {Options} options @returns {Promise<readonly Measured[]>} */
export async function measureServer(id, options) {
  const { startServers } = await loadStart();
  const run = await startServers(id);
  const [server] = run.servers;
  /** @type {{ drop: () => Promise<void> }[]} */
  const made = [];
  try {
    if (server === undefined) throw new Error(run.missing[0]?.why ?? `${id} cannot be started`);
    /** @type {typeof import('../../test/servers/scratch.ts')} */
    const { makeScratchDatabase } = await createJiti(import.meta.url).import('../../test/servers/scratch.ts');
    const product = { postgres: 'PostgreSQL', mysql: 'MySQL', mariadb: 'MariaDB' }[server.dialect];
    const place = {
      server: `${product} ${/^[\d.]+/.exec(server.version)?.[0] ?? ''}`,
      async make() {
        const database = await makeScratchDatabase(server, run.id);
        made.push(database);
        // A file for each table makes filling ten times as long.
        if (server.dialect === 'mysql' && server.ownedByThisRun)
          await database.query('SET GLOBAL innodb_file_per_table = OFF');
        return database.url;
      },
    };
    return await measureEngine(server.dialect, place, options);
  } finally {
    // A server of this run goes away with all it holds.
    if (server?.ownedByThisRun === false) for (const database of made) await database.drop();
    await run.stop();
  }
}

/** @param {Flavor} engine @param {Place} place @param {Options} options */
async function measureEngine(engine, place, options) {
  const measured = [];
  for (const tables of options.sizes) measured.push(await measureSize(engine, place, tables, options));
  return measured;
}

/** @param {Flavor} engine @param {string} url @param {number} tables */
async function fill(engine, url, tables) {
  const session = await plain[engine](url);
  try {
    for (const sql of schemaSql(engine, tables, true)) await session.fill(sql);
    // As a database is that has been there for a while: the statistics of the catalog are part of it.
    if (engine === 'postgres') await session.fill('VACUUM ANALYZE');
  } finally {
    await session.close();
  }
}

/** @param {Flavor} engine @param {Place} place @param {number} tables @param {Options} options @returns {Promise<Measured>} */
async function measureSize(engine, place, tables, { limit, peers, rounds, say }) {
  say(`${place.server}, ${tables} tables: making them`);
  const url = await place.make();
  await fill(engine, url, tables);
  const changedTable = [...schemaTables(engine, tables)].at(-1)?.name ?? '';
  /** @type {Promise<string> | undefined} */
  let second;
  const changed = () => (second ??= secondDatabase(engine, place, tables, changedTable));
  const folder = mkdtempSync(join(tmpdir(), 'ondelete-peers-'));
  const before = busy();
  try {
    const entrants = [];
    for (const peer of peers.filter(({ engines }) => engines.includes(engine))) {
      const own = join(folder, String(entrants.length));
      mkdirSync(own);
      const project = { engine, url, folder: own, tables, changedTable, limit, changed };
      entrants.push(await warmed(peer, project, limit, say));
    }
    for (let round = 1; round <= rounds; round++) {
      for (const entrant of round % 2 === 0 ? entrants : [...entrants].reverse()) {
        const { command, folder: own, isSlow, seconds } = entrant;
        if (command === null || isSlow) continue;
        seconds.push((await timed(command, own, limit)).seconds);
      }
    }
    const rows = entrants.map(
      ({ failed, isOver, notices, peer: { kind, label, name }, seconds, version }) => ({
        tool: name,
        label,
        version,
        kind,
        seconds: failed === null ? median(seconds) : null,
        notices,
        failed,
        isOver,
      }),
    );
    return {
      engine,
      server: place.server,
      tables,
      date: new Date().toISOString().slice(0, 10),
      machine: machine(),
      load: `${before} to ${busy()}`,
      rounds,
      limit,
      rows,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const busy = () => (loadavg()[0] ?? 0).toFixed(1);

function machine() {
  const [first] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} cores (${first?.model.trim() ?? process.arch}), ${memory} GB, Node ${process.version}`;
}

/** @param {Flavor} engine @param {Place} place @param {number} tables @param {string} table */
async function secondDatabase(engine, place, tables, table) {
  const url = await place.make();
  await fill(engine, url, tables);
  const { first = '' } = [...schemaTables(engine, tables)].at(-1) ?? {};
  const session = await plain[engine](url);
  await session.fill(
    `ALTER TABLE ${table} DROP CONSTRAINT ${table}_first_id_fkey, ADD CONSTRAINT ${table}_first_id_fkey FOREIGN KEY (first_id) REFERENCES ${first} (id) ON DELETE CASCADE`,
  );
  await session.close();
  return url;
}

/** The table that differs leads to two parents: who names more than these three sees differences where there are none. @param {Peer} peer @param {string} output */
function noticed({ notices }, output) {
  if (notices === null) return '–';
  if (!notices(output)) return 'no';
  const named = new Set(output.match(/business_table_\d+/g)).size;
  return named > 3 ? `yes, among ${named} tables` : 'yes';
}

/**
 * Prepared, and run once: what it says, and what it needs to be warm.
 * @param {Peer} peer @param {Project} project @param {number} limit @param {(text: string) => void} say
 */
async function warmed(peer, project, limit, say) {
  const { folder } = project;
  /** @type {number[]} */
  const seconds = [];
  const known = { peer, folder, seconds, version: '', notices: '–', isSlow: false };
  try {
    const { version } = await peer.install();
    known.version = version;
    const command = await peer.prepare(project);
    const { code, isOver, output, seconds: took } = await timed(command, folder, limit);
    if (isOver) {
      say(`${project.engine}, ${project.tables} tables: ${peer.name}: does not end in ${limit} s`);
      return { ...known, command: null, failed: `does not end in ${limit} s`, isOver };
    }
    if (!peer.isGood(code)) throw new Error(lastLine(output) || `exit ${code}`);
    const notices = noticed(peer, output);
    say(
      `${project.engine}, ${project.tables} tables: ${peer.name}: ${took.toFixed(1)} s, notices: ${notices}`,
    );
    // That is enough of it: nothing in it is a matter of a warm start.
    const isSlow = took > limit / 3;
    if (isSlow) seconds.push(took);
    return { ...known, notices, command, failed: null, isOver, isSlow };
  } catch (error) {
    const why = error instanceof Object && 'message' in error ? String(error.message) : String(error);
    const failed = why.split('\n').at(-1) ?? why;
    say(`${project.engine}, ${project.tables} tables: ${peer.name}: ${failed}`);
    return { ...known, command: null, failed, isOver: error instanceof Object && 'isOver' in error };
  }
}
