// npm run chaos -- --load [--seconds N] [--servers IDS]: an application at full work while the keys of all its tables are changed, up and
// down and up again. Prints per server what came of it; exits 1 on an error that nobody has without the change, a lost row or an orphan,
// or a stall over the bound.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pause, ROOT, runProgram, startProcess } from '../../../bench/processes.mjs';
import { openClient } from '../../../bench/stall-engines.mjs';
import { aliveSql, keys, lostSql, orphansSql, schemaSql } from './schema.mjs';

/** @typedef {'postgres' | 'mysql' | 'mariadb' | 'sqlite'} Flavor */
/** @typedef {{ count: number, worst: number, errors: Record<string, number>, alive: number }} Found */
/** @typedef {{ name: string, statements: number, errors: Record<string, number>, worst: number, aliveExpected: number }} Work */
/** @typedef {{ place: string, idle: Work, ours: Work, files: number, reruns: number, lost: number, orphans: number, broken: string[] }} Outcome */
/** @typedef {import('../../support/database.ts').DatabaseUnderTest} DatabaseUnderTest */

/** How long one statement of the application may wait at most, in milliseconds (DESIGN: what a migration promises under load). */
const bounds = { postgres: 500, mysql: 2_000, mariadb: 2_000, sqlite: 500 };

/**
 * @param {readonly { id: string, open: () => Promise<DatabaseUnderTest> }[]} engines @param {number} seconds for each
 * @returns {Promise<boolean>} whether every promise was kept
 */
export async function playLoads(engines, seconds) {
  /** @type {Outcome[]} */
  const outcomes = [];
  for (const engine of engines) {
    const database = await engine.open();
    try {
      const outcome = await playLoad(database, seconds);
      outcomes.push(outcome);
      for (const broken of outcome.broken) console.error(`BROKEN: ${engine.id}: ${broken}`);
      for (const [message, count] of Object.entries(outcome.ours.errors))
        console.error(
          `${engine.id}: ${count} times (${outcome.idle.errors[message] ?? 0} without the change): ${message}`,
        );
    } finally {
      await database.drop();
    }
  }
  console.log(loadText(outcomes));
  return outcomes.every(({ broken }) => broken.length === 0);
}

/** @param {DatabaseUnderTest} database empty @param {number} seconds @returns {Promise<Outcome>} */
async function playLoad({ engine: flavor, id: place, url, client: ownClient }, seconds) {
  const admin = await openClient(url);
  if (flavor === 'sqlite') await admin.query('PRAGMA journal_mode = WAL');
  for (const sql of schemaSql(flavor)) await admin.query(sql);
  const number = async (/** @type {string} */ sql) => Number((await admin.rows(sql))[0]?.['n']);
  const files = await generate(url);
  const seen = { files: 0, reruns: 0 };
  const idle = await atWork(flavor, url, 1, () => pause(Math.min(15, seconds) * 1_000));
  const ours = await atWork(flavor, url, 7, async () => {
    const end = Date.now() + seconds * 1_000;
    for (let at = 0; Date.now() < end || at % 2 === 1; at++) {
      const file = at % 2 === 0 ? files.up : files.down;
      for (let run = 1; ; run++) {
        const { code, stderr } = await ownClient(file);
        if (code === 0) break;
        seen.reruns++;
        if (run === 50) throw new Error(`${place}: a file is not done after 50 runs: ${stderr}`);
      }
      seen.files++;
    }
  });
  const sum = async (/** @type {readonly string[]} */ queries) => {
    let all = 0;
    for (const sql of queries) all += await number(sql);
    return all;
  };
  const lost = await sum(lostSql);
  const orphans = await sum(orphansSql);
  const alive = await number(aliveSql);
  await admin.close();
  const expected = idle.aliveExpected + ours.aliveExpected;
  // MySQL cannot wait less than a second for a lock, and rolls back an application's transaction that is in the way (docs/how-it-works.md).
  const isKnown = (/** @type {string} */ message) =>
    message in idle.errors || (flavor === 'mysql' && message.includes('Deadlock found'));
  const caused = Object.keys(ours.errors).filter((message) => !isKnown(message));
  const broken = [
    ...caused.map((message) => `${ours.errors[message]} times: ${message}`),
    ...(lost === 0 ? [] : [`${lost} rows are lost`]),
    ...(orphans === 0 ? [] : [`${orphans} orphans`]),
    // A transaction whose client saw an error may be there or not.
    ...(alive === expected || caused.length > 0
      ? []
      : [`${alive} users of the clients instead of ${expected}`]),
    ...(ours.worst <= Math.max(bounds[flavor], idle.worst)
      ? []
      : [`a statement waited ${ours.worst.toFixed(0)} ms; at most ${bounds[flavor]}`]),
  ];
  return { place, idle, ours, ...seen, lost, orphans, broken };
}

/** @param {Flavor} flavor @param {string} url @param {number} from the number of the first client @param {() => Promise<unknown>} change @returns {Promise<Work>} */
async function atWork(flavor, url, from, change) {
  // On SQLite an open transaction keeps every other writer out, and on MySQL and MariaDB an index build waits for it with the same lock as
  // any ALTER: these stand still without a change of ours.
  const also = { postgres: ['idle', 'index'], mysql: ['idle'], mariadb: ['idle'], sqlite: [] };
  const kinds = ['read', 'read', 'write', 'write', ...also[flavor]];
  const clients = [];
  for (const [at, kind] of kinds.entries()) {
    clients.push({
      kind,
      process: await startProcess('test/chaos/load/client.mjs', [url, kind, String(from + at)]),
    });
  }
  await pause(500);
  await change();
  await pause(200);
  /** @type {Work} */
  let work = { name: '', statements: 0, errors: {}, worst: 0, aliveExpected: 0 };
  for (const client of clients) {
    const found = /** @type {Found} */ (await client.process.stop());
    const isApplication = client.kind === 'read' || client.kind === 'write';
    const errors = { ...work.errors };
    for (const [message, count] of Object.entries(found.errors))
      errors[`${client.kind}: ${message}`] = (errors[`${client.kind}: ${message}`] ?? 0) + count;
    work = {
      ...work,
      errors,
      statements: work.statements + found.count,
      worst: isApplication ? Math.max(work.worst, found.worst) : work.worst,
      aliveExpected: work.aliveExpected + (found.alive ?? 0),
    };
  }
  return work;
}

/** What ondelete writes for all keys of the schema. @param {string} url @returns {Promise<{ up: string, down: string }>} */
async function generate(url) {
  const folder = mkdtempSync(join(tmpdir(), 'ondelete-load-'));
  try {
    mkdirSync(join(folder, 'migrations'));
    const rules = keys.map(
      ({ child, parent }) => `    - { match: '${child} -> ${parent}', onDelete: cascade }`,
    );
    writeFileSync(
      join(folder, 'ondelete.config.yaml'),
      `policy:\n  default: keep\n  rules:\n${rules.join('\n')}\n`,
    );
    const main = join(ROOT, 'dist/bundle/main.js');
    const made = await runProgram(process.execPath, [main, 'generate', '-d', url], '', folder);
    const read = (/** @type {string} */ end) => {
      const name = readdirSync(join(folder, 'migrations')).find((one) => one.endsWith(end));
      if (name === undefined) throw new Error(made.stderr);
      return readFileSync(join(folder, 'migrations', name), 'utf8');
    };
    return { up: read('.up.sql'), down: read('.down.sql') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {readonly Outcome[]} outcomes @returns {string} */
function loadText(outcomes) {
  const head = [
    'server',
    'files run',
    'run again',
    'rounds of clients',
    'errors',
    'lost',
    'orphans',
    'longest ms, no change',
    'longest ms, ours',
  ];
  const rows = outcomes.map(({ place, files, reruns, ours, idle, lost, orphans }) =>
    [
      place,
      files,
      reruns,
      ours.statements,
      Object.values(ours.errors).reduce((a, b) => a + b, 0),
      lost,
      orphans,
      idle.worst.toFixed(0),
      ours.worst.toFixed(0),
    ].map(String),
  );
  const widths = head.map((_, at) => Math.max(...[head, ...rows].map((row) => (row[at] ?? '').length)));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
