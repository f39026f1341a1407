// What a peer is, and the files that describe the schema to it.
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createJiti } from 'jiti';
import { schemaTables } from '../schemas.mjs';

/** @typedef {import('../schemas.mjs').Flavor} Flavor */
/** @typedef {import('./process.mjs').Command} Command */

/**
 * One schema of one engine, and a folder of the peer's own.
 * @typedef {object} Project
 * @property {Flavor} engine
 * @property {string} url on SQLite the path of the file
 * @property {string} folder
 * @property {number} tables
 * @property {string} changedTable whose first key is CASCADE for the peer, and NO ACTION in the database
 * @property {number} limit in seconds
 * @property {() => Promise<string>} changed the URL of a second database, in which that key is CASCADE
 */

/**
 * @typedef {object} Peer
 * @property {string} name as people call it
 * @property {string} label a word or two for the plot
 * @property {'ours' | 'peer' | 'blind' | 'bare' | 'floor'} kind blind: it does not look at the database
 * @property {readonly Flavor[]} engines
 * @property {() => Promise<{ version: string }>} install
 * @property {(project: Project) => Promise<Command>} prepare
 * @property {(code: number | null) => boolean} isGood is this an exit code of a run that worked?
 * @property {((output: string) => boolean) | null} notices null: nothing says there what should be
 */

/** @returns {Promise<typeof import('../../test/tools/install.ts')>} */
export const loadInstall = () => createJiti(import.meta.url).import('../../test/tools/install.ts');

export const all = /** @type {const} */ (['postgres', 'mysql', 'mariadb', 'sqlite']);
export const drivers = ['pg@8.16.3', 'mysql2@3.15.3'];
export const cascades = (/** @type {string} */ output) => /on[ _]?delete\W.{0,40}cascade/i.test(output);

/** @param {readonly string[]} packages */
export async function npm(...packages) {
  const { npmTools } = await loadInstall();
  return npmTools(...packages);
}

/** @param {readonly string[]} packages */
export async function python(...packages) {
  const { pythonTools } = await loadInstall();
  return pythonTools(...packages, 'psycopg[binary]==3.3.9', 'PyMySQL==1.2.4');
}

const fixtures = fileURLToPath(new URL('fixtures/', import.meta.url));

/** @param {Project} project @param {string} name of a file of fixtures/ @param {string} [as] */
export function copyModel({ folder }, name, as = name) {
  const target = join(folder, as);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(join(fixtures, name), target);
}

/** @param {Project} project @param {string} packages */
export const linkPackages = ({ folder }, packages) =>
  symlinkSync(join(packages, 'node_modules'), join(folder, 'node_modules'));

const dialects = { postgres: 'postgresql+psycopg', mysql: 'mysql+pymysql', mariadb: 'mariadb+pymysql' };

/** What the programs of fixtures/ read. @param {Project} project @param {boolean} isChanged */
export function describeSchema({ changedTable, engine, folder, tables, url }, isChanged = true) {
  const described = [...schemaTables(engine, tables)].map((table) => ({
    ...table,
    actions: [isChanged && table.name === changedTable ? 'CASCADE' : 'NO ACTION', 'SET NULL'],
  }));
  const sqlAlchemyUrl =
    engine === 'sqlite' ? `sqlite:///${url}` : url.replace(/^\w+:/, `${dialects[engine]}:`);
  writeFileSync(
    join(folder, 'project.json'),
    JSON.stringify({ engine, url, sqlAlchemyUrl, tables: described }),
  );
}
