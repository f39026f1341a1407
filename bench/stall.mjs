// npm run bench -- stall: how long an application stands still while the action of a key is changed; ours and the others' side by side.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createJiti } from 'jiti';
import { pause, ROOT, runProgram, startProcess } from './processes.mjs';
import { fillSql, openClient, othersSql, resetSql } from './stall-engines.mjs';
import { loadStart } from '../test/servers/load.mjs';

/** @typedef {import('./stall-engines.mjs').Flavor} Flavor */
/** @typedef {{ count: number, worst: number, errors: Record<string, number> }} Found */

const kinds = ['read child', 'read parent', 'write child', 'write parent'];
const scenarios = /** @type {const} */ (['quiet', 'behind a reader', 'storm']);
/** How long the reader's transaction stays open after the change has begun, in milliseconds. */
const readerMilliseconds = 5_000;

/**
 * @param {{ rows: number, servers: readonly string[], say: (text: string) => void, only?: readonly string[] }} options
 */
export async function benchStall({ rows, servers, say, only }) {
  /** @type {Line[]} */
  const lines = [];
  const wanted = (/** @type {string} */ name) => only === undefined || only.includes(name);
  if (wanted('sqlite')) lines.push(...(await stallSqlite(rows, say)));
  const jiti = createJiti(import.meta.url);
  for (const id of servers.filter((one) => wanted(one.replace(/-.*$/, '')))) {
    const { startServers } = await loadStart();
    const run = await startServers(id);
    try {
      const server = run.servers[0];
      if (server === undefined) throw new Error(run.missing[0]?.why ?? `${id} is not there`);
      const { runClient } = /** @type {any} */ (await jiti.import('../test/servers/index.ts'));
      const { makeScratchDatabase } = /** @type {any} */ (await jiti.import('../test/servers/scratch.ts'));
      const database = await makeScratchDatabase(server, run.id);
      try {
        lines.push(
          ...(await stallOn(server.dialect, id, database.url, rows, say, async (sql) => {
            const result = await runClient(server, database.url, sql);
            return result.code === 0 ? '' : String(result.stderr);
          })),
        );
      } finally {
        await database.drop();
      }
    } finally {
      await run.stop();
    }
  }
  return lines;
}

/** @typedef {{ engine: string, scenario: string, idle: number, ours: Watched, others: Watched }} Line */
/** @typedef {{ worst: number, keptOut: number, errors: number, seconds: number, said: string }} Watched */

/** @param {number} rows @param {(text: string) => void} say */
async function stallSqlite(rows, say) {
  const folder = mkdtempSync(join(tmpdir(), 'ondelete-stall-'));
  const file = join(folder, 'stall.db');
  const client = await openClient(file);
  await client.query('PRAGMA journal_mode = WAL');
  await client.close();
  try {
    return await stallOn('sqlite', 'sqlite (WAL)', file, rows, say, async (sql) => {
      const result = await runProgram('sqlite3', [file], sql);
      return result.code === 0 ? '' : result.stderr;
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {Flavor} flavor @param {string} engine @param {string} url @param {number} rows @param {(text: string) => void} say
 * @param {(sql: string) => Promise<string>} ownClient runs a file with the engine's own client; what it complains of, or ''
 * @returns {Promise<Line[]>}
 */
async function stallOn(flavor, engine, url, rows, say, ownClient) {
  say(`${engine}: ${rows.toLocaleString('en-US')} rows`);
  const client = await openClient(url);
  for (const sql of fillSql(flavor, rows)) await client.query(sql);
  const file = await oursFile(url);
  const lines = [];
  for (const scenario of scenarios) {
    // The file is run again where it stops on a lock, as its promise says.
    const ours = await watched(url, rows, scenario, async () => {
      let said = '';
      for (let run = 1; run <= 20; run++) {
        said = await ownClient(file);
        if (said === '') return run === 1 ? '' : `in ${run} runs`;
      }
      return `not done: ${said.trim().split('\n').at(-1) ?? ''}`;
    });
    await client.query(resetSql(flavor));
    const others = await watched(url, rows, scenario, async () => {
      const other = await openClient(url);
      try {
        await other.query(othersSql(flavor));
        return '';
      } finally {
        await other.close();
      }
    });
    await client.query(resetSql(flavor));
    // The clients hinder each other as well: what they wait for when nobody changes anything.
    const idle = await watched(url, rows, scenario, () => pause(2_000).then(() => ''));
    lines.push({
      engine,
      scenario,
      idle: idle.worst,
      ours,
      others,
    });
    say(
      `${engine}, ${scenario}: ${ours.worst.toFixed(0)} ms against ${others.worst.toFixed(0)} ms ${ours.said}`,
    );
  }
  await client.close();
  return lines;
}

/** The up file that ondelete writes for this key. @param {string} url */
async function oursFile(url) {
  const folder = mkdtempSync(join(tmpdir(), 'ondelete-stall-'));
  try {
    mkdirSync(join(folder, 'migrations'));
    writeFileSync(
      join(folder, 'ondelete.config.yaml'),
      `policy:\n  default: keep\n  rules:\n    - { match: 'child -> parent', onDelete: cascade }\n`,
    );
    const made = await runProgram(
      process.execPath,
      [join(ROOT, 'dist/bundle/main.js'), 'generate', '-d', url],
      '',
      folder,
    );
    const name = readdirSync(join(folder, 'migrations')).find((one) => one.endsWith('.up.sql'));
    if (name === undefined) throw new Error(made.stderr);
    return readFileSync(join(folder, 'migrations', name), 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Runs the change among clients at work. @param {string} url @param {number} rows @param {string} scenario @param {() => Promise<string>} change
 * @returns {Promise<Watched>}
 */
async function watched(url, rows, scenario, change) {
  const clients = await Promise.all(kinds.map((kind) => startClient(url, kind, rows)));
  if (scenario === 'storm')
    clients.push(...(await Promise.all([1, 2, 3].map(() => startClient(url, 'storm', rows)))));
  const reader = scenario === 'behind a reader' ? await startClient(url, 'long reader', rows) : null;
  const watcher = await startProcess('bench/stall-watch.mjs', [url]);
  await pause(500);
  const release = reader === null ? null : setTimeout(() => void reader.stop(), readerMilliseconds);
  const start = performance.now();
  const said = await change().catch((error) => `failed: ${String(error.message)}`);
  const seconds = (performance.now() - start) / 1000;
  if (release !== null) clearTimeout(release);
  await reader?.stop();
  await pause(200);
  const seen = await watcher.stop();
  const found = await Promise.all(clients.map((client) => client.stop()));
  // On SQLite the clients hold the same lock, and are not meant.
  const own = new Set(clients.map((client) => String(client.pid)));
  const keptOut = Object.entries(seen).flatMap(([pid, longest]) =>
    isFile(url) && own.has(pid) ? [] : [Number(longest)],
  );
  return {
    keptOut: Math.max(0, ...keptOut),
    worst: Math.max(...found.slice(0, kinds.length).map((one) => one.worst)),
    errors: found.reduce((sum, one) => sum + Object.values(one.errors).reduce((a, b) => a + b, 0), 0),
    seconds,
    said,
  };
}

const isFile = (/** @type {string} */ url) => !/^(postgres|mysql|mariadb)/.test(url);

/** @param {string} url @param {string} kind @param {number} rows @returns {Promise<{ pid: number, stop: () => Promise<Found> }>} */
const startClient = (url, kind, rows) => startProcess('bench/stall-client.mjs', [url, kind, String(rows)]);

/** @param {readonly Line[]} lines @returns {string} */
export function stallText(lines) {
  const head = [
    'engine',
    'while',
    'worst ms, no change',
    'ours',
    'drop and add',
    'ratio',
    'kept out by the change ms',
    'errors',
    'change took s',
    '',
  ];
  const rows = lines.map((line) => [
    line.engine,
    line.scenario,
    line.idle.toFixed(1),
    line.ours.worst.toFixed(1),
    line.others.worst.toFixed(1),
    `${(line.others.worst / line.ours.worst).toFixed(0)}×`,
    `${line.ours.keptOut.toFixed(1)} / ${line.others.keptOut.toFixed(1)}`,
    `${line.ours.errors} / ${line.others.errors}`,
    `${line.ours.seconds.toFixed(1)} / ${line.others.seconds.toFixed(1)}`,
    line.ours.said,
  ]);
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
