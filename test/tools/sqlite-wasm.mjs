// One release of SQLite, as npm's @sqlite.org/sqlite-wasm has it, runs what a file in JSON says. Prints what it saw, as JSON.
//   node sqlite-wasm.mjs PACKAGE INPUT
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** @typedef {{ exec(options: object): readonly Record<string, unknown>[], pointer: number, close(): void }} Database */

const [folder = '', input = ''] = process.argv.slice(2);
const { schema, keys, files, rebuilds, code } = JSON.parse(readFileSync(input, 'utf8'));
const wasm = await load(folder);
/** @type {{ rebuildTables: (execute: (sql: string) => Promise<unknown>, argument: unknown, cause: unknown) => Promise<void> }} */
const { rebuildTables } = await import(`data:text/javascript,${encodeURIComponent(code)}`);

console.log(
  JSON.stringify({
    version: wasm.capi.sqlite3_libversion(),
    edit: await observed('edit', (database, direction) => rows(database, files[direction])),
    rebuild: await observed('rebuild', (database, direction) =>
      rebuildTables(async (sql) => rows(database, sql), rebuilds[direction], {
        message: 'asked for',
      }),
    ),
  }),
);

/** Builds before 3.43 are for browsers alone and look for what a page has; those of 3.51 fetch what is on the disk. */
async function load(/** @type {string} */ from) {
  const first = (/** @type {readonly string[]} */ names) =>
    names.map((name) => join(from, name)).find(existsSync) ?? '';
  const old = 'sqlite-wasm/jswasm';
  const modules = ['sqlite3-node', 'sqlite3', 'sqlite3-bundler-friendly'].map((name) => `${old}/${name}.mjs`);
  const module = first(['dist/node.mjs', ...modules]);
  const wasmBinary = readFileSync(first(['dist/sqlite3.wasm', `${old}/sqlite3.wasm`]));
  const location = new URL('http://localhost/');
  const headers = { 'content-type': 'application/wasm' };
  Object.assign(globalThis, {
    self: globalThis,
    location,
    document: { baseURI: location.href },
    fetch: () => Promise.resolve(new Response(wasmBinary, { headers })),
  });
  const { default: init } = await import(pathToFileURL(module).href);
  return init({ wasmBinary, print: () => undefined, printErr: () => undefined });
}

function open(/** @type {string} */ name) {
  const database = new wasm.oo1.DB(`/${name}.db`, 'c');
  rows(database, 'PRAGMA foreign_keys = ON');
  return database;
}

/** @param {Database} database @param {string} sql */
function rows(database, sql) {
  return database.exec({ sql, rowMode: 'object', returnValue: 'resultRows' });
}

/**
 * Up and down on a file of its own, seen from the connection that runs it, one that was open before, and one that is opened afterwards.
 * @param {string} name @param {(database: Database, direction: 'up' | 'down') => unknown} run
 */
async function observed(name, run) {
  const [runner, witness] = [open(name), open(name)];
  rows(runner, schema);
  const texts = () =>
    JSON.stringify(rows(witness, 'SELECT type, name, sql FROM sqlite_master ORDER BY type, name'));
  const [before, begun] = [texts(), seenFrom(witness)];
  /** @type {Record<string, unknown>} */
  const seen = { before: begun };
  for (const direction of /** @type {const} */ (['up', 'down'])) {
    await run(runner, direction);
    const reopened = open(name);
    seen[direction] = [runner, witness, reopened].map(seenFrom);
    seen[`${direction}Check`] = [
      ...rows(reopened, 'PRAGMA integrity_check').map((row) => row.integrity_check),
      ...rows(reopened, 'PRAGMA foreign_key_check'),
    ];
    reopened.close();
  }
  return { ...seen, sameTexts: texts() === before };
}

/** What deleting a parent does to the row that hangs on it, key by key. */
function seenFrom(/** @type {Database} */ database) {
  rows(database, 'PRAGMA foreign_keys = ON');
  return keys.map((/** @type {{ parent: string, child: string, column: string }} */ key) =>
    effect(database, key),
  );
}

/**
 * NO ACTION looks when the statement ends, so a trigger that deletes the child satisfies it; RESTRICT refuses before that.
 * @param {Database} database @param {{ parent: string, child: string, column: string }} key
 */
function effect(database, { child, column, parent }) {
  const remove = `DELETE FROM "${parent}" WHERE id = 1`;
  rows(database, 'BEGIN');
  try {
    if (!isRefused(database, remove)) {
      const [row] = rows(database, `SELECT "${column}" AS value FROM "${child}"`);
      return row === undefined ? 'CASCADE' : row.value === null ? 'SET NULL' : 'SET DEFAULT';
    }
    rows(database, `CREATE TEMP TRIGGER late AFTER DELETE ON "${parent}" BEGIN DELETE FROM "${child}"; END`);
    return isRefused(database, remove) ? 'RESTRICT' : 'NO ACTION';
  } finally {
    rows(database, 'ROLLBACK');
  }
}

/** @param {Database} database @param {string} sql */
function isRefused(database, sql) {
  try {
    rows(database, sql);
    return false;
  } catch (error) {
    if (/FOREIGN KEY constraint failed/.test(String(error))) return true;
    throw error;
  }
}
