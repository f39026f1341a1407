// Database files that are something else, for another tool, locked, or without a key. One clear line, exit 2.
import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { openProject, type Project, shopConfig, shopSchema } from '../support/project.ts';
import { ondelete } from '../support/shared-cli.ts';
import { refused } from './refused.ts';

let place: Project;

beforeEach(() => {
  place = openProject(ondelete);
});

afterEach(() => place.remove());

describe('SQLite files', () => {
  test('a file that is not SQLite', async () => {
    place.write('shop.db', 'this is a text file, and long enough to have a header of its own\n'.repeat(100));
    refused(await place.run(['snapshot', '-d', 'shop.db']), 'shop.db');
  });

  test('a local file of Cloudflare D1 is not taken for plain SQLite', async () => {
    place.sqlite(`${shopSchema} CREATE TABLE _cf_METADATA (key INTEGER PRIMARY KEY, value BLOB)`);
    refused(await place.run(['snapshot', '-d', 'shop.db']), 'a local database of Cloudflare D1');
  });

  test('files of libSQL are for its own tool', async () => {
    place.sqlite(shopSchema);
    place.write('ondelete.config.yaml', shopConfig);
    refused(
      await place.run(['generate', '-d', 'libsql:shop.db']),
      '--tool sql writes nothing for libSQL, local file',
      '--tool libsql',
    );
    refused(
      await place.run(['generate', '--tool', 'libsql']),
      '--tool libsql writes nothing for SQLite',
      'libsql:…',
    );
    expect(existsSync(place.path('migrations'))).toBe(false);
  });

  test('files of Turso are for its own tool, and what Turso cannot make anew is refused', async () => {
    place.sqlite(
      'CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE a (id PRIMARY KEY REFERENCES p) WITHOUT ROWID; CREATE TABLE [b"] (id REFERENCES p)',
    );
    place.write(
      'ondelete.config.yaml',
      "policy:\n  default: keep\n  rules:\n    - { match: '* -> p', onDelete: cascade }\n",
    );
    refused(
      await place.run(['generate', '-d', 'turso:shop.db', '--tool', 'libsql']),
      '--tool libsql writes nothing for Turso, local file',
      '--tool turso',
    );
    const { code, stderr } = await place.run(['generate', '-d', 'turso:shop.db', '--tool', 'turso']);
    const flat = stderr.replace(/\s+/g, ' ');
    expect(flat).toContain('Turso makes no table WITHOUT ROWID, so a cannot be made anew');
    expect(flat).toContain('Turso cannot be asked about b", which has a double quote in its name');
    expect(code).toBe(2);
    expect(existsSync(place.path('migrations'))).toBe(false);
  });

  test('a locked file', async () => {
    place.sqlite(shopSchema);
    const holder = new Database(place.path('shop.db'));
    holder.exec('BEGIN EXCLUSIVE');
    try {
      refused(await place.run(['snapshot', '-d', 'shop.db']), 'locked');
    } finally {
      holder.close();
    }
  });

  test('a database without foreign keys says so: exit 0 without rules, 1 with', async () => {
    place.sqlite('CREATE TABLE lonely (id INTEGER PRIMARY KEY)');
    place.write('ondelete.config.yaml', 'database: shop.db\npolicy: { rules: [] }\n');
    const without = await place.run(['diff']);
    expect({ code: without.code, stderr: without.stderr }).toEqual({ code: 0, stderr: '' });
    expect(without.stdout).toContain('no foreign keys');
    place.write('ondelete.config.yaml', shopConfig);
    const withRules = await place.run(['diff']);
    expect(withRules.code).toBe(1);
    expect(withRules.stdout).toContain('NO_KEYS');
  });
});
