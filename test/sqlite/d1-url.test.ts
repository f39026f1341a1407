// Which database a d1: URL names, and what is refused in one line.
import { afterEach, describe, expect, test } from '@jest/globals';
import { existsSync, mkdirSync } from 'node:fs';
import { type CliResult, ondelete } from '../support/shared-cli.ts';
import { databaseId, type D1Project, openD1, wranglerToml } from './d1-lab.ts';

const shop = `
  CREATE TABLE orders (id INTEGER PRIMARY KEY);
  CREATE TABLE items (id INTEGER PRIMARY KEY, order_id INT REFERENCES orders (id), note TEXT);
  CREATE TABLE parts (id INTEGER PRIMARY KEY, item_id INT REFERENCES items (id) ON DELETE CASCADE);
  INSERT INTO orders VALUES (1), (2);
  INSERT INTO items VALUES (1, 1, 'a'), (2, 2, 'b');
  INSERT INTO parts VALUES (1, 1), (2, 2);`;

const config = (rules: string, database = 'd1:DB'): string =>
  `database: '${database}'\ntool: d1\npolicy:\n  default: keep\n  rules:\n${rules}`;
const cascade = "    - { match: 'items -> orders', onDelete: cascade }\n";

let place: D1Project;
afterEach(() => place.remove());

function open(schema: string, rules: string): D1Project {
  place = openD1(schema);
  place.write('ondelete.config.yaml', config(rules));
  return place;
}

async function done(words: readonly string[]): Promise<CliResult> {
  const result = await place.run(words);
  expect(`${result.stdout}${result.stderr}${result.code}`).toMatch(/0$/);
  return result;
}

/** One line on stderr, exit 2. */
async function refused(words: readonly string[], ...said: readonly string[]): Promise<void> {
  const { code, stderr, stdout } = await place.run(words);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  const lines = stderr.trimEnd().split('\n');
  expect(lines).toHaveLength(1);
  for (const one of said) expect(lines[0]).toContain(one);
}

describe('which database', () => {
  const named = (settings: string): string => `{ // wrangler's
  "d1_databases": [ { ${settings} }, ], /* "several" */
  "env": { "staging": { "vars": { "url": "https://x//y" } } },
}\n`;
  test.each([
    ['d1:', 'wrangler.toml', wranglerToml],
    ['d1:shop', 'wrangler.toml', wranglerToml],
    [`d1:${databaseId}`, 'wrangler.toml', wranglerToml],
    ['d1:DB', 'wrangler.toml', `d1_databases = [\n  { binding = "DB", database_id = '${databaseId}' }\n]\n`],
    [
      'd1:DB',
      'wrangler.toml',
      `[[ env.staging.d1_databases ]]\nbinding = "DB"\npreview_database_id = "${databaseId}"\ndatabase_id = "other"\n`,
    ],
    [
      'd1:shop',
      'wrangler.toml',
      `d1_databases = [ # [first]\n  { binding = "A]", database_id = "one" }, # ]\n  { database_name = "shop", database_id = "${databaseId}" },\n]\n[vars]\nx = [1, 2.5e3, true, 1979-05-27 07:32:00Z, { y = 'z]' }]`,
    ],
    [
      'd1:DB',
      'wrangler.toml',
      `\ufeff[[d1_databases]]\r\nbinding = "DB"\r\ndatabase_id = "${databaseId}" # once database_id = "9"\r\nnote = '''\n[[d1_databases]]\nbinding = "DB"'''\n`,
    ],
    ['d1:', 'wrangler.toml', `[[env.'x'.d1_databases]]\n"database_id" = "\\u0031${databaseId.slice(1)}"\n`],
    [
      'd1:',
      'wrangler.toml',
      `env."a.b".d1_databases = [{ database_id = '${databaseId}', x.y = """"q"" """ }]\n`,
    ],
    ['d1:DB', 'wrangler.jsonc', named(`"binding": "DB", "database_id": "${databaseId}",`)],
    ['d1:DB', 'wrangler.json', named(`"binding": "DB", "database_id": "${databaseId}"`)],
  ])('%s by %s', async (url, file, text) => {
    open(shop, cascade);
    // of several files wrangler reads the JSON
    place.write(file, text);
    const { stdout } = await done(['snapshot', '-d', url]);
    expect(JSON.parse(stdout)).toMatchObject({ server: { product: 'Cloudflare D1, local state' } });
  });

  test('a wrangler.json above comes before a wrangler.toml beside, as wrangler has it', async () => {
    open(shop, cascade);
    place.write('wrangler.json', `{ "d1_databases": [{ "binding": "DB", "database_id": "${databaseId}" }] }`);
    place.write('worker/wrangler.toml', '[[d1_databases]]\nbinding = "DB"\ndatabase_id = "other"\n');
    const { code, stderr } = await ondelete(['snapshot', '-d', 'd1:DB'], { cwd: place.path('worker') });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test.each([
    ['a line that is none', '[vars]\nd1_databases'],
    ['a value that is none', '[vars]\nx = maybe'],
    ['an array that does not end', '[vars]\nx = [{ binding = "DB" }'],
    ['two values of one name', '[vars]\na = 1\na = 2'],
    ['two values on one line', '[vars]\na = 1 b = 2'],
    ['a text that does not end', '[vars]\na = "x'],
    ['an escape that is none', '[vars]\na = "\\q"'],
    ['a table in what is one value', '[env]\nx = 1\n[[env.x.d1_databases]]'],
  ])('%s in wrangler.toml is refused, and not read around', async (_, text) => {
    open(shop, cascade);
    place.write('wrangler.toml', `${wranglerToml}${text}\n`);
    await refused(['diff'], 'wrangler.toml cannot be read: line', 'd1:FILE');
  });

  test('a config counts from its own folder, and a file can be named', async () => {
    open(shop, cascade);
    mkdirSync(place.path('src/deep'), { recursive: true });
    const below = (words: readonly string[]): Promise<CliResult> =>
      ondelete(words, { cwd: place.path('src/deep') });
    expect((await below(['diff'])).stdout).toContain('d1:DB: Cloudflare D1');
    expect((await below(['snapshot', '-d', 'd1:shop'])).code).toBe(0);
    expect((await place.run(['snapshot', '-d', `d1:${place.file}`])).code).toBe(0);
    mkdirSync(place.path('elsewhere'));
    const { code, stdout } = await ondelete(['diff', '--config', '../ondelete.config.yaml'], {
      cwd: place.path('elsewhere'),
    });
    expect(code).toBe(1);
    expect(stdout).toContain('1 key differs');
  });

  test('init finds the tool and its folder', async () => {
    place = openD1(shop);
    place.write('wrangler.toml', `${wranglerToml}migrations_dir = "db/changes"\n`);
    const { stdout } = await done(['init', '--dry-run', '-d', 'd1:DB']);
    expect(stdout).toContain("database: 'd1:DB'\ntool: d1\nout: db/changes\n");
  });

  test('bad input: one line, exit 2, nothing written', async () => {
    open(shop, cascade);
    await refused(['diff', '-d', 'd1:other'], 'no D1 database called other', 'It has: shop');
    await refused(['diff', '-d', 'd1:nonsense?x'], 'no D1 database called nonsense?x');
    await refused(
      ['diff', '-d', 'd1://account/shop'],
      'a hosted database of Cloudflare D1 is not supported',
      '--local',
    );
    await refused(
      ['diff', '-d', 'd1:https://api.cloudflare.com/x'],
      'a hosted database of Cloudflare D1 is not supported',
    );
    await refused(['diff', '-d', 'd1:missing/file.sqlite'], 'there is no file');
    await refused(['diff', '-d', place.file], 'a local database of Cloudflare D1', 'd1:DATABASE');
    await refused(['generate', '--tool', 'sql'], '--tool sql writes nothing for Cloudflare D1', '--tool d1');
    place.sqlite('CREATE TABLE plain (id)');
    await refused(['diff', '-d', 'd1:./shop.db'], 'not a local database of Cloudflare D1', 'sqlite:FILE');
    await refused(['generate', '-d', 'shop.db'], '--tool d1 writes nothing for SQLite');
    place.write('wrangler.toml', wranglerToml.replace('11111111', '22222222'));
    await refused(
      ['diff'],
      'wrangler has no local state of the D1 database shop',
      'wrangler d1 migrations apply shop --local',
    );
    const second = '[[d1_databases]]\nbinding = "LOG"\ndatabase_id = "33"\n';
    place.write('wrangler.toml', wranglerToml + second);
    await refused(['diff', '-d', 'd1:'], 'has several D1 databases: shop, LOG', 'd1:shop');
    place.write('wrangler.toml', wranglerToml + second.replace('LOG', 'DB'));
    await refused(['diff'], 'has several D1 databases called DB', `d1:${databaseId} or d1:33`);
    place.write('wrangler.toml', 'name = "none"\n');
    await refused(['diff'], 'has no D1 database');
    place.write('wrangler.json', '{ "d1_databases": [');
    await refused(['diff'], 'wrangler.json cannot be read');
    expect(existsSync(place.path('migrations'))).toBe(false);
  });

  test('without a wrangler configuration', async () => {
    open(shop, cascade);
    const { code, stderr } = await ondelete(['snapshot', '-d', 'd1:DB'], { cwd: place.path('../..') });
    expect({ code, stderr: stderr.trimEnd().split('\n').length }).toEqual({ code: 2, stderr: 1 });
  });
});
