// Tools that compare a database with another, or with a file that says what the schema should be.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { all, cascades, loadInstall, npm } from './peer.mjs';
import { prepared } from './process.mjs';

/** @typedef {import('./peer.mjs').Peer} Peer @typedef {import('./peer.mjs').Project} Project */

/** @returns {Peer} */
export function migra() {
  const version = '0.6.1';
  let packages = '';
  return {
    name: '@pgkit/migra',
    label: 'migra',
    kind: 'peer',
    engines: ['postgres'],
    async install() {
      packages = await npm(`@pgkit/migra@${version}`);
      return { version };
    },
    async prepare({ changed, url }) {
      const program = join(packages, 'node_modules/.bin/migra');
      return { program, args: [url, await changed(), '--unsafe'] };
    },
    isGood: (code) => code === 0 || code === 2,
    notices: cascades,
  };
}

/** @param {Project} project */
function atlasUrl({ engine, url }) {
  if (engine === 'sqlite') return `sqlite://${url}`;
  return engine === 'postgres'
    ? `${url}?sslmode=disable&search_path=public`
    : url.replace(/^mariadb:/, 'maria:');
}

/** Its own description of the database, in which the key is CASCADE. @returns {Peer} */
export function atlas() {
  let program = '';
  return {
    name: 'Atlas schema apply --dry-run',
    label: 'Atlas',
    kind: 'peer',
    engines: all,
    async install() {
      const { goProgram } = await loadInstall();
      program = await goProgram('bench/peers/atlas', 'ariga.io/atlas/cmd/atlas');
      return { version: '0.13.1' };
    },
    async prepare(project) {
      const { changedTable, folder, limit } = project;
      const url = atlasUrl(project);
      const inspect = { program, args: ['schema', 'inspect', '--url', url] };
      const { output } = await prepared(inspect, folder, limit);
      const at = output.indexOf(`table "${changedTable}" {`);
      const key = /(= \[column\.first_id\]\s+ref_columns[^}]*on_delete\s+= )\w+/;
      const hcl = output.slice(0, at) + output.slice(at).replace(key, '$1CASCADE');
      writeFileSync(join(folder, 'schema.hcl'), hcl);
      const words = ['schema', 'apply', '--dry-run', '--url', url, '--to', 'file://schema.hcl'];
      return { program, args: words };
    },
    isGood: (code) => code === 0,
    notices: cascades,
  };
}

/** The folder that it wrote itself, in which the key is CASCADE. It makes the tables of the folder in a schema of its own to compare them. @returns {Peer} */
export function skeema() {
  let program = '';
  return {
    name: 'Skeema diff',
    label: 'Skeema',
    kind: 'peer',
    engines: ['mysql', 'mariadb'],
    async install() {
      const { debianTool } = await loadInstall();
      program = await debianTool('skeema', 'skeema');
      const { stdout } = spawnSync(program, ['version'], { encoding: 'utf8' });
      return { version: /\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? '' };
    },
    async prepare({ changedTable, engine, folder, limit, url }) {
      const { hostname, password, pathname, port, username } = new URL(url);
      const place = [`--host=${hostname}`, `--port=${port}`, `--user=${username}`, '--skip-my-cnf'];
      const words = [...place, ...(password === '' ? [] : [`--password=${decodeURIComponent(password)}`])];
      const schema = [`--schema=${pathname.slice(1)}`, '--dir=schema'];
      await prepared({ program, args: ['init', ...words, ...schema] }, folder, limit);
      const file = join(folder, 'schema', `${changedTable}.sql`);
      const key = /(FOREIGN KEY \(`first_id`\) REFERENCES `\w+` \(`id`\))[^,\n]*/;
      writeFileSync(file, readFileSync(file, 'utf8').replace(key, '$1 ON DELETE CASCADE'));
      // It does not know MySQL 9 by itself.
      const flavor = engine === 'mysql' ? ['--flavor=mysql:8.0'] : [];
      return { program, args: ['diff', '--skip-my-cnf', ...flavor], cwd: 'schema' };
    },
    // 1: there is a difference.
    isGood: (code) => code === 0 || code === 1,
    notices: cascades,
  };
}
