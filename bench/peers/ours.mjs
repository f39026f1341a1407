// What is measured of ondelete, and what people know as a floor: programs that write the schema down, and the bare query.
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { all } from './peer.mjs';
import { ROOT } from '../processes.mjs';

/** @typedef {import('./peer.mjs').Peer} Peer @typedef {import('./peer.mjs').Project} Project */

const main = join(ROOT, 'dist/bundle/main.js');

/** As the database is, but for one key. @param {Project} project */
function onePolicy({ changedTable }) {
  return `policy:
  rules:
    - { match: '${changedTable}(first_id) -> *', onDelete: cascade }
    - { match: '*(first_id) -> *', onDelete: no action }
    - { match: '*(second_id) -> *', onDelete: set null }
`;
}

const everyKey = 'policy:\n  default: cascade\n';

/** @param {string} name @param {string} label @param {readonly string[]} words @param {(project: Project) => string} policy @param {Peer['notices']} notices @returns {Peer} */
const ours = (name, label, words, policy, notices) => ({
  name,
  label,
  kind: 'ours',
  engines: all,
  install: async () => ({ version: '' }),
  async prepare(project) {
    const { engine, folder, url } = project;
    writeFileSync(join(folder, 'ondelete.config.yaml'), policy(project));
    const database = engine === 'sqlite' ? `sqlite:${url}` : url;
    // What it wrote the last time would count as pending.
    const before = () => rmSync(join(folder, 'migrations'), { recursive: true, force: true });
    return { program: process.execPath, args: [main, ...words, '--database', database], before };
  },
  isGood: (code) => code === 0 || code === 1,
  notices,
});

/** @param {string} program */
function versionOf(program) {
  const { error, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  if (error !== undefined) throw new Error(`there is no ${program} on this machine`);
  return /\d+\.\d+(\.\d+)?(-MariaDB)?/.exec(stdout.replace(/^.*Distrib /, ''))?.[0] ?? '';
}

/** It writes down what is: nobody has told it what should be. @param {string} name @param {string} program @param {Peer['engines']} engines @param {(project: Project) => readonly string[]} args @returns {Peer} */
const floor = (name, program, engines, args) => ({
  name,
  label: program,
  kind: 'floor',
  engines,
  install: async () => ({ version: versionOf(program) }),
  prepare: async (project) => ({ program, args: args(project) }),
  isGood: (code) => code === 0,
  notices: null,
});

/** @param {Project} project */
const mysqlWords = ({ url }) => {
  const { hostname, password, pathname, port, username } = new URL(url);
  return [
    `--host=${hostname}`,
    `--port=${port}`,
    `--user=${username}`,
    ...(password === '' ? [] : [`--password=${decodeURIComponent(password)}`]),
    '--no-data',
    pathname.slice(1),
  ];
};

/** @type {readonly Peer[]} */
export const oursAndFloor = [
  ours('ondelete diff', 'ondelete diff', ['diff'], onePolicy, (output) => /cascade/i.test(output)),
  ours('ondelete generate, every key', 'ondelete generate', ['generate', 'measured'], () => everyKey, null),
  {
    name: 'bare query of the keys',
    label: 'bare query',
    kind: 'bare',
    engines: all,
    install: async () => ({ version: `Node ${process.version}` }),
    prepare: async ({ engine, url }) => ({
      program: process.execPath,
      args: [join(ROOT, 'bench/bare.mjs'), engine, url],
    }),
    isGood: (code) => code === 0,
    notices: null,
  },
  floor('pg_dump -s', 'pg_dump', ['postgres'], ({ url }) => ['--schema-only', url]),
  floor('mysqldump --no-data', 'mysqldump', ['mysql', 'mariadb'], mysqlWords),
  floor('sqlite3 .schema', 'sqlite3', ['sqlite'], ({ url }) => [url, '.schema']),
];
