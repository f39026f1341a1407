// Several databases that share one policy: one report for all that say the same, one migration for all that need it.
import { readdirSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { askEach } from '../../src/commands/shared/databases.ts';
import type { Models } from '../../src/commands/shared/models.ts';
import { describeServers } from '../servers/describe.ts';
import { openScratch } from '../support/database.ts';
import { openProject, type Project, shopConfig, shopSchema } from '../support/project.ts';
import { ondelete } from '../support/shared-cli.ts';

const names = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}.db`);

let place: Project;
beforeEach(() => {
  place = openProject(ondelete);
  for (const name of names) fill(name, shopSchema);
  listed(names);
});
afterEach(() => place.remove());

function fill(name: string, sql: string): void {
  const database = new Database(place.path(name));
  database.exec(sql);
  database.close();
}

const listed = (databases: readonly string[]): void =>
  place.write('ondelete.config.yaml', shopConfig.replace('shop.db', JSON.stringify(databases)));

const cascading = shopSchema.replace('REFERENCES orders (id))', 'REFERENCES orders (id) ON DELETE CASCADE)');

test('databases that say the same are one report', async () => {
  fill('kept.db', cascading);
  listed([...names, 'kept.db']);
  const { code, stdout } = await place.run(['diff']);
  expect(code).toBe(1);
  const text = stdout.replace(/\s+/g, ' ');
  expect(text).toMatch(/5 databases \(\S*a\.db, \S*b\.db, \S*c\.db and 2 more\): SQLite/);
  expect(stdout.match(/NO ACTION → CASCADE/g)).toHaveLength(1);
  expect(text).toMatch(
    /kept\.db: SQLite \S+, 1 foreign key; policy: ondelete\.config\.yaml 1 key matches the policy\./,
  );
  const { reports } = JSON.parse((await place.run(['diff', '--format', 'json'])).stdout) as {
    readonly reports: readonly { readonly databases: readonly string[]; readonly inPolicy: boolean }[];
  };
  expect(reports.map(({ databases, inPolicy }) => [databases.length, inPolicy])).toEqual([
    [5, false],
    [1, true],
  ]);
});

test('exit 0 if all of them match', async () => {
  for (const name of ['x.db', 'y.db']) fill(name, cascading);
  listed(['x.db', 'y.db']);
  const { code, stdout } = await place.run(['diff']);
  expect(stdout).toContain('2 databases');
  expect(code).toBe(0);
});

test('one that cannot be read: exit 2, and the others are reported', async () => {
  listed([...names, 'gone.db']);
  const { code, stderr, stdout } = await place.run(['diff']);
  expect(code).toBe(2);
  expect(stdout.replace(/\s+/g, ' ')).toContain('and 2 more)');
  expect(stderr).toContain('there is no file');
  listed(['gone.db', 'lost.db', ...names]);
  const several = await place.run(['diff']);
  expect(several.stderr).toMatch(
    /^ondelete: 2 of 7 databases could not be compared\n {2}\S*gone\.db: .*\n {2}\S*lost\.db: /,
  );
});

test('generate writes one migration, which changes each of them and nothing in one that matches', async () => {
  fill('kept.db', cascading);
  listed(['kept.db', ...names]);
  const { code, stderr } = await place.run(['generate', 'items']);
  expect(stderr).toContain('One change for 5 of 6 databases; the others match.');
  expect(code).toBe(0);
  const [, up = ''] = readdirSync(place.path('migrations')).sort();
  expect(up).toMatch(/\.up\.sql$/);
  const { spawnSync } = await import('node:child_process');
  for (const name of ['kept.db', ...names])
    expect(
      spawnSync('sqlite3', [name, '-bail', '-cmd', '.dbconfig defensive off', `.read migrations/${up}`], {
        cwd: place.folder,
      }).status,
    ).toBe(0);
  expect((await place.run(['diff'])).code).toBe(0);
});

test('generate refuses where they need different changes, and takes the one that is named', async () => {
  fill(
    'other.db',
    shopSchema.replace('REFERENCES orders (id))', 'REFERENCES orders (id) ON DELETE SET NULL)'),
  );
  listed([...names, 'other.db']);
  const refused = await place.run(['generate', 'items']);
  expect(refused.stderr).toContain('do not need the same change: 5 databases');
  expect(refused.code).toBe(2);
  expect((await place.run(['generate', 'items', '-d', 'other.db'])).code).toBe(0);
});

test.each(['lint', 'reach', 'snapshot', 'verify', 'diff --format sarif'])(
  '%s works on one',
  async (words) => {
    const { code, stderr } = await place.run(words.split(' '));
    expect(stderr).toMatch(/^ondelete: .*the config lists 5.*--database URL\..*\n$/);
    expect(code).toBe(2);
  },
);

test('at most four are asked at a time, after the first, whose models the others get', async () => {
  const models = { errors: 'of the first' } as unknown as Models;
  const context = { progress: () => undefined } as unknown as Parameters<typeof askEach>[1];
  const given: (Models | null)[] = [];
  let [open, most] = [0, 0];
  const answers = await askEach('a b c d e f g h i j'.split(' '), context, async (url, read) => {
    given.push(read);
    most = Math.max(most, ++open);
    await new Promise((resolve) => setImmediate(resolve));
    open--;
    return { url, models };
  });
  expect(most).toBe(4);
  expect(given).toEqual([null, ...Array.from({ length: 9 }, () => models)]);
  expect(answers.map(({ url }) => url).join('')).toBe('abcdefghij');
});

describeServers('mysql', (server) => {
  test('the name of the database before each table keeps them no report of their own', async () => {
    const tenants = [await openScratch(server), await openScratch(server)];
    try {
      for (const tenant of tenants) {
        await tenant.query('CREATE TABLE orders (id INT PRIMARY KEY)');
        await tenant.query(
          'CREATE TABLE order_items (id INT PRIMARY KEY, order_id INT NOT NULL, CONSTRAINT o FOREIGN KEY (order_id) REFERENCES orders (id))',
        );
      }
      listed(tenants.map(({ url }) => url));
      const { stdout } = await place.run(['diff']);
      expect(stdout.replace(/\s+/g, ' ')).toMatch(/^2 databases \(/);
    } finally {
      for (const tenant of tenants) await tenant.drop();
    }
  });
});
