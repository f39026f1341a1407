// npm run node-versions -- [majors…] [--quick]: the installed package on every Node.js that it is for: its command line, and the closed loop on SQLite,
// by sqlite3 and where Node.js has it by node:sqlite, and PostgreSQL. Each Node.js comes from npm's package of its binary, into .cache/. A server is started by with-servers.mjs, or a
// variable ONDELETE_TEST_POSTGRES_… names one; without either, SQLite alone is run.
// --quick: also the quick tests of the sources, but on the Node.js that runs this, which has them anyway.
import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closedLoop } from '../test/package/loop.mjs';
import { ondelete, pack, projectWith, ran } from '../test/package/project.mjs';
import { ROOT } from './build.mjs';
import { setup } from './setup.mjs';

const supported = ['20', '22', '24', '26'];
const driver = 'node_modules/better-sqlite3';

/** @param {string} major @returns {string} the newest binary of this line */
function nodeOf(major) {
  const folder = join(ROOT, '.cache', `node-${major}-${new Date().toISOString().slice(0, 10)}`);
  const name = `node-${process.platform}-${process.arch}`;
  if (!existsSync(folder)) {
    const draft = `${folder}.${process.pid}`;
    mkdirSync(draft, { recursive: true });
    writeFileSync(join(draft, 'package.json'), '{ "private": true }\n');
    ran('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', `${name}@${major}`], draft);
    renameSync(draft, folder);
  }
  return join(folder, 'node_modules', name, 'bin/node');
}

/** As docs/engines.md shows it. */
const nodeSqlite = `const { readFileSync } = require('node:fs');
const { DatabaseSync } = require('node:sqlite');
const database = new DatabaseSync('shop.db', { defensive: false });
database.exec(readFileSync(process.argv[1], 'utf8').replace(/^\\..*$/gm, ''));
database.close();`;

/** @param {string} project @param {string} node */
function commandLine(project, node) {
  const run = (/** @type {string[]} */ ...words) => ondelete(words, project, project, node);
  assert.match(run('--version').stdout, /^\d+\.\d+\.\d+\n$/);
  assert.match(run('--help').stdout, /Usage: ondelete/);
  assert.equal(run('tools').code, 0);
  assert.equal(run('explain', 'HALF_DONE').code, 0);
  assert.equal(run('nothing').code, 2);
  const functions = `.then((library) => console.log(Object.keys(library).length))`;
  const counted = [`import('ondelete')`, `Promise.resolve(require('ondelete'))`].map((library) =>
    ran(node, ['-e', `${library}${functions}`], project, node),
  );
  assert.deepEqual(counted, ['7\n', '7\n']);
}

/** @param {string} major @param {string} tarball @param {string | undefined} server @returns {string} what was run */
function check(major, tarball, server) {
  const node = nodeOf(major);
  // The driver of this checkout was built for the Node.js that runs; of the others, those before 22 build their own.
  const isBuiltHere = major === process.versions.node.split('.')[0];
  const project = projectWith(isBuiltHere ? [tarball] : [tarball, 'better-sqlite3'], node);
  try {
    if (isBuiltHere) symlinkSync(join(ROOT, driver), join(project, driver));
    commandLine(project, node);
    const sqlite = (/** @type {string} */ file) => ['sqlite3', '-bail', 'shop.db', `.read ${file}`];
    closedLoop(project, node, { name: 'sqlite', url: 'shop.db', scratch: null, client: sqlite });
    if (Number(major) >= 22) {
      const own = (/** @type {string} */ file) => [node, '-e', nodeSqlite, file];
      closedLoop(project, node, { name: 'node-sqlite', url: 'shop.db', scratch: null, client: own });
    }
    if (server !== undefined) onPostgres(project, node, server);
    const sqlite3 = ran(node, ['-p', `require('better-sqlite3/package.json').version`], project, node).trim();
    const isTested = isQuick && !isBuiltHere;
    if (isTested) quickTests(project, node);
    const own = Number(major) >= 22 ? ', node:sqlite' : '';
    const places = server === undefined ? `SQLite${own}` : `SQLite${own} and PostgreSQL`;
    return `Node.js ${ran(node, ['--version'], project).trim()}: the package, better-sqlite3 ${sqlite3}, the closed loop on ${places}${isTested ? ', the quick tests' : ''}`;
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

/**
 * The quick tests of the sources, in a copy of the checkout, of links, that has the driver of a project. Linux alone knows such copies.
 * @param {string} project @param {string} node
 */
function quickTests(project, node) {
  const copy = join(ROOT, '.cache', 'quick-tests');
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy, { recursive: true });
  const files = ran('git', ['ls-files', '-z'], ROOT).split('\0');
  ran(
    'cp',
    ['-al', '--parents', '-t', copy, ...files.filter((file) => file !== ''), 'dist', 'node_modules'],
    ROOT,
  );
  rmSync(join(copy, driver), { recursive: true });
  cpSync(join(project, driver), join(copy, driver), { recursive: true });
  // Newer than package.json, so that nothing is installed anew; and a file of its own.
  const installed = join(copy, 'node_modules/.package-lock.json');
  const text = readFileSync(installed);
  rmSync(installed);
  writeFileSync(installed, text);
  try {
    ran(node, ['scripts/test.mjs', '--quick'], copy, node);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** @param {string} project @param {string} node @param {string} server a URL whose user may create databases */
function onPostgres(project, node, server) {
  const name = `ondelete_node_${process.pid}`;
  const psql = (/** @type {string} */ url) => [
    'psql',
    '--no-psqlrc',
    '--quiet',
    '--set',
    'ON_ERROR_STOP=1',
    '--dbname',
    url,
  ];
  const ask = (/** @type {string} */ sql) =>
    ran('psql', [...psql(server).slice(1), '--command', sql], project);
  ask(`CREATE DATABASE ${name}`);
  try {
    const url = Object.assign(new URL(server), { pathname: `/${name}` }).href;
    const client = (/** @type {string} */ file) => [...psql(url), '--file', file];
    closedLoop(project, node, { name: 'postgres', url, scratch: server, client });
  } finally {
    ask(`DROP DATABASE ${name}`);
  }
}

if (!(await setup())) process.exit(1);
const [, server] =
  Object.entries(process.env).find(([name]) => name.startsWith('ONDELETE_TEST_POSTGRES_')) ?? [];
const wanted = process.argv.slice(2).filter((word) => /^\d+$/.test(word));
const isQuick = process.argv.includes('--quick');
const packed = mkdtempSync(join(tmpdir(), 'ondelete-packed-'));
try {
  const { tarball } = pack(packed);
  for (const major of wanted.length > 0 ? wanted : supported) {
    const begin = performance.now();
    try {
      console.log(
        `${check(major, tarball, server)}: passed after ${Math.round((performance.now() - begin) / 1000)} s`,
      );
    } catch (error) {
      process.exitCode = 1;
      console.error(`Node.js ${major}: FAILED`, error);
    }
  }
} finally {
  rmSync(packed, { recursive: true, force: true });
}
