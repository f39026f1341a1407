// Which packages a command loads: none that it does not use.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';

const main = fileURLToPath(new URL('../dist/src/main.js', import.meta.url));
const recorder = new URL('loading-recorder.mjs', import.meta.url).href;

/** What takes long to load. */
export const heavy = [
  'better-sqlite3',
  'cli-table3',
  'jiti',
  'kysely',
  'mysql2',
  'pg',
  'yaml',
  'yargs',
  'zod',
];

/**
 * Runs the built command line in a folder, without DATABASE_URL.
 * @param {readonly string[]} words @param {string} cwd
 * @returns {{ readonly code: number | null, readonly stderr: string, readonly packages: readonly string[] }} the packages of which it loaded a module
 */
export function loadedPackages(words, cwd) {
  const folder = mkdtempSync(join(tmpdir(), 'ondelete-loading-'));
  const record = join(folder, 'modules');
  try {
    const { DATABASE_URL: _unused, NODE_OPTIONS: _options, ...environment } = process.env;
    const { status, stderr } = spawnSync(process.execPath, ['--import', recorder, main, ...words], {
      cwd,
      env: { ...environment, ONDELETE_MODULE_RECORD: record },
      encoding: 'utf8',
    });
    const modules = readFileSync(record, 'utf8').split('\n');
    if (!modules.some((module) => module.endsWith('/dist/src/main.js')))
      throw new Error('the recorder saw nothing');
    const names = modules.flatMap(
      (module) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(module)?.[1] ?? [],
    );
    return { code: status, stderr, packages: [...new Set(names)].sort() };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A folder with a small SQLite file and no config. @template T @param {(folder: string) => T} work @returns {T} */
export function inFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), 'ondelete-loading-'));
  try {
    const database = new Database(join(folder, 'shop.db'));
    database.exec(
      'CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (id INTEGER PRIMARY KEY, p_id REFERENCES p (id))',
    );
    database.close();
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The commands of which it is said, with the heavy packages that each may load. @type {readonly (readonly [words: readonly string[], may: readonly string[]])[]} */
export const commands = [
  [['--version'], []],
  [['--help'], []],
  [['explain', 'HALF_DONE'], ['yargs']],
  [
    ['snapshot', '-d', 'shop.db'],
    ['yargs', 'better-sqlite3'],
  ],
];

/** One line for each command. */
export async function loadingTable() {
  return inFolder((folder) =>
    commands
      .map(([words, may]) => {
        const { code, stderr, packages } = loadedPackages(words, folder);
        if (code !== 0) throw new Error(`ondelete ${words.join(' ')} failed: ${stderr}`);
        const loaded = packages.filter((name) => heavy.includes(name));
        const unused = loaded.filter((name) => !may.includes(name));
        const verdict = unused.length === 0 ? 'kept' : `MISSED: ${unused.join(', ')}`;
        return `ondelete ${words.join(' ')}: loads ${loaded.join(', ') || 'no package of ours to watch'}: ${verdict}`;
      })
      .join('\n'),
  );
}
