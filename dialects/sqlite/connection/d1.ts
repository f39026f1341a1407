/** Where wrangler keeps the local copy of a Cloudflare D1 database, and which one a URL names. */
import { createHash, createHmac } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { OndeleteError } from '../../../src/core/errors.ts';
import { type D1Entry, d1Entries } from './wrangler.ts';

const configFiles = ['wrangler.json', 'wrangler.jsonc', 'wrangler.toml'];

/**
 * The file behind `d1:NAME` (a binding, a database_name or a database_id of the wrangler configuration), `d1:` (its only database)
 * or `d1:FILE`. `?folder=` says where to begin to look, which a config does.
 * @throws OndeleteError USAGE for a remote URL and a name that is none or several; DATABASE_NOT_FOUND
 */
export function fileOfD1(url: string): string {
  const [, name = '', folder = '.'] = /^d1:(.*?)(?:\?folder=(.*))?$/is.exec(url) ?? [];
  if (/^\/\/|^https?:|^remote\b/i.test(name)) throw remote();
  if (/[\\/]|\.sqlite3?$/i.test(name) || (name !== '' && isFile(resolve(folder, name))))
    return resolve(folder, name);
  const config = configFrom(resolve(folder));
  const entry = entryOf(name, config);
  const file = localFile(dirname(config), entry);
  if (existsSync(file)) return file;
  throw new OndeleteError(
    'DATABASE_NOT_FOUND',
    `wrangler has no local state of the D1 database ${entry.name}: there is no file ${file}`,
    `Run \`wrangler d1 migrations apply ${entry.name} --local\`, which makes it if there are migrations; so does \`wrangler d1 execute ${entry.name} --local --command 'SELECT 1'\`.`,
  );
}

function remote(): OndeleteError {
  return new OndeleteError(
    'USAGE',
    'a hosted database of Cloudflare D1 is not supported: only the local state of wrangler is read',
    'Run `wrangler d1 migrations apply DATABASE --local` and name it as d1:DATABASE; the files are for both.',
  );
}

/** Upward, each name for itself: wrangler takes a wrangler.json far above before a wrangler.toml beside it (findWranglerConfig of 4.86). */
function configFrom(start: string): string {
  for (const name of configFiles) {
    for (let folder = start; ; folder = dirname(folder)) {
      if (isFile(join(folder, name))) return join(folder, name);
      if (folder === dirname(folder)) break;
    }
  }
  throw new OndeleteError(
    'DATABASE_NOT_FOUND',
    `there is no wrangler.json, wrangler.jsonc or wrangler.toml in ${start} or above it, which would say where the D1 database is`,
    'Run this in the folder of the worker, or name the file: d1:.wrangler/state/v3/d1/miniflare-D1DatabaseObject/….sqlite',
  );
}

function entryOf(name: string, config: string): D1Entry {
  const entries = d1Entries(readFileSync(config, 'utf8'), config);
  const named = name === '' ? entries : entries.filter(({ names }) => names.includes(name));
  const ids = [...new Set(named.map(({ id }) => id))];
  const [one] = named;
  if (one !== undefined && ids.length === 1) return one;
  const known = [...new Set(entries.map((entry) => entry.name))].join(', ');
  if (one === undefined)
    throw new OndeleteError(
      'USAGE',
      entries.length === 0 ? `${config} has no D1 database` : `${config} has no D1 database called ${name}`,
      entries.length === 0 ? 'It would stand below d1_databases.' : `It has: ${known}.`,
    );
  throw new OndeleteError(
    'USAGE',
    name === ''
      ? `${config} has several D1 databases: ${known}`
      : `${config} has several D1 databases called ${name}`,
    name === ''
      ? `Name one of them, such as d1:${one.name}.`
      : `Name one by its id: d1:${ids.join(' or d1:')}.`,
  );
}

/** As miniflare names the files of its Durable Objects (durableObjectNamespaceIdFromName; measured with 4.20260426). */
function localFile(folder: string, { id }: D1Entry): string {
  const object = 'miniflare-D1DatabaseObject';
  const key = createHash('sha256').update(object).digest();
  const hashed = (of: Buffer | string): Buffer =>
    createHmac('sha256', key).update(of).digest().subarray(0, 16);
  const name = hashed(id);
  const file = `${Buffer.concat([name, hashed(name)]).toString('hex')}.sqlite`;
  return join(folder, '.wrangler/state/v3/d1', object, file);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
