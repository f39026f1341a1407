// `ondelete reach` on the built command line; docs/reach.md shows what it prints (UPDATE=1 rewrites it).
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { openProject, type Project } from '../support/project.ts';
import { ondelete } from '../support/shared-cli.ts';

const page = join(import.meta.dirname, '../../docs/reach.md');
const written = readFileSync(page, 'utf8');
const schema = /```sql\n([\s\S]*?)```/.exec(written)?.[1] ?? '';
const config = /```yaml\n(policy:\n {2}default: [\s\S]*?)```/.exec(written)?.[1] ?? '';
const paths = `${config}  never:\n    - 'users ~> invoices'\n`;

let place: Project;
beforeAll(() => {
  place = openProject(ondelete);
  place.sqlite(schema);
});
afterAll(() => place.remove());

test('the page shows what is printed', async () => {
  const blocks = [...written.matchAll(/```text \$ ondelete ([^\n]*)\n([\s\S]*?)```/g)];
  expect(blocks.length).toBeGreaterThan(3);
  let now = written;
  for (const [block, command = ''] of blocks) {
    place.write('ondelete.config.yaml', command === 'diff' ? paths : config);
    const words = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map((word) => word[1] ?? word[2] ?? '');
    const { stdout, stderr } = await place.run(words, { env: { DATABASE_URL: 'shop.db' } });
    expect(stderr).toBe('');
    now = now.replace(block, () => `\`\`\`text $ ondelete ${command}\n${stdout}\`\`\``);
  }
  if (process.env['UPDATE'] === '1') writeFileSync(page, now);
  expect(now).toBe(readFileSync(page, 'utf8'));
});

describe('--where', () => {
  const counted = async (where: string, more: readonly string[] = []) => {
    const { code, stdout, stderr } = await place.run([
      ...['reach', 'users', '-d', 'shop.db', '--format', 'json', '--where', where],
      ...more,
    ]);
    if (code !== 0) return { code, stderr };
    const report = JSON.parse(stdout) as {
      rowsPicked: number;
      touched: { table: { name: string }; effect: string; counted: number }[];
    };
    const rows = Object.fromEntries(
      report.touched.map((one) => [`${one.effect} ${one.table.name}`, one.counted]),
    );
    return { code, picked: report.rowsPicked, rows };
  };

  test('counts each row once', async () => {
    expect(await counted('id = 1')).toEqual({
      code: 0,
      picked: 1,
      rows: { 'deleted orders': 3, 'deleted order_items': 5, 'nulled folders': 1, 'refused invoices': 0 },
    });
    expect(await counted("id IN (1, 2) AND 'a;b--' <> ''")).toMatchObject({
      picked: 2,
      rows: { 'deleted orders': 4, 'refused invoices': 1 },
    });
    expect(await counted('id IN (SELECT user_id FROM orders WHERE id = 4)')).toMatchObject({ picked: 1 });
    expect(await counted('1 = 0')).toMatchObject({ picked: 0, rows: { 'deleted orders': 0 } });
  });

  test.each([
    ['id = 1; DELETE FROM users', '`;` cannot stand in it'],
    ['id = 1) OR (1 = 1', 'a bracket is closed that was not opened'],
    ['(id = 1', 'a bracket is not closed'],
    ['id = 1 -- and more', '`--` cannot stand in it'],
    ['id = 1 /* and more', '`/*` cannot stand in it'],
    ["name = 'x", "the quote ' is not closed"],
    ["name = 'x\\'", 'it holds a backslash'],
    ['  ', 'it is empty'],
    ['nope = 1', 'not understood by the server: no such column: nope'],
    ['id = 1 ORDER BY id', 'not understood by the server'],
    ['id = 1 UNION SELECT 1', 'not understood by the server'],
    ['DELETE FROM users', 'not understood by the server'],
  ])('%j is one clear line', async (where, why) => {
    const { code, stderr } = (await counted(where)) as { code: number; stderr: string };
    expect(code).toBe(2);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toContain(why);
    const database = new Database(place.path('shop.db'), { readonly: true });
    expect(database.prepare('SELECT count(*) AS n FROM users').get()).toEqual({ n: 2 });
    database.close();
  });

  test('wants a table, a live database and a time above 0', async () => {
    const summary = await place.run(['reach', '-d', 'shop.db', '--where', 'id = 1']);
    expect([summary.code, summary.stderr]).toEqual([2, expect.stringContaining('none is named')]);
    await place.run(['snapshot', '-d', 'shop.db', '--stats', '--output', 'shop.json']);
    const offline = await place.run(['reach', 'users', '--snapshot', 'shop.json', '--where', 'id = 1']);
    expect([offline.code, offline.stderr]).toEqual([2, expect.stringContaining('a saved snapshot has none')]);
    expect(await counted('id = 1', ['--timeout', '0'])).toMatchObject({ code: 2 });
  });
});

test('a delete that is refused says so first, and promises nothing', async () => {
  const bank = openProject();
  try {
    bank.sqlite(`CREATE TABLE accounts (id INTEGER PRIMARY KEY);
      CREATE TABLE cards (id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL REFERENCES accounts ON DELETE SET NULL);
      CREATE TABLE payments (id INTEGER PRIMARY KEY, account_id INTEGER REFERENCES accounts ON DELETE CASCADE);
      INSERT INTO accounts VALUES (1), (2); INSERT INTO cards VALUES (1, 1); INSERT INTO payments VALUES (1, 1), (2, 2);`);
    const said = async (...words: readonly string[]): Promise<readonly string[]> =>
      (await bank.run(['reach', 'accounts', '-d', 'shop.db', ...words])).stdout.split('\n').slice(1, 6);
    expect(await said()).toEqual([
      'Deleting one row of accounts',
      'This delete is refused by cards(account_id) -> accounts(id) as soon as there are',
      '  such rows.',
      '',
      'Deletes rows in 1 table',
    ]);
    expect(await said('--where', 'id = 1')).toEqual([
      'Deleting 1 row of accounts where id = 1',
      'This delete is refused by 1 row of cards: nothing is deleted or set.',
      '',
      'Would delete rows in 1 table',
      '',
    ]);
    expect((await said('--where', 'id = 2'))[0]).toBe(
      'Deleting 1 row of accounts where id = 2, in total: 2 rows',
    );
    const refused = await place.run(['reach', 'users', '-d', 'shop.db', '--where', 'id = 2']);
    expect(refused.stdout).toContain(
      'This delete is refused by 1 row of invoices: nothing is deleted or set.',
    );
  } finally {
    bank.remove();
  }
});

describe('names', () => {
  test.each([
    ['usres', 'did you mean `users`?'],
    ['nobody', 'no foreign key names a table nobody'],
    ['u*', 'is not the name of a table'],
    ['other.users', 'no foreign key names a table other.users'],
  ])('%s is no table', async (name, why) => {
    const { code, stdout, stderr } = await place.run(['reach', name, '-d', 'shop.db']);
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(why)]);
  });

  test('are found as the server compares them', async () => {
    expect((await place.run(['reach', 'main.USERS', '-d', 'shop.db'])).stdout).toContain('one row of users');
  });
});

test('lines stay within 80 columns', async () => {
  for (const words of [['reach'], ['reach', 'users'], ['reach', 'folders']]) {
    const { stdout } = await place.run([...words, '-d', 'shop.db']);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  }
});

test('a dry run of generate tells what deletes will do, also as JSON', async () => {
  place.write('ondelete.config.yaml', config);
  const env = { DATABASE_URL: 'shop.db' };
  const text = await place.run(['generate', '--dry-run'], { env });
  expect(text.stdout).toContain('What a delete will do after these changes, worst first');
  expect(text.stdout).toContain('orders: also deletes from invoices');
  const json = await place.run(['generate', '--dry-run', '--format', 'json'], { env });
  const { reach } = JSON.parse(json.stdout) as {
    reach: { table: { name: string }; deleted: { path: object[] }[] }[];
  };
  expect(reach.map((one) => [one.table.name, one.deleted[0]?.path.length])).toEqual([
    ['orders', 1],
    ['users', 2],
  ]);
});
