// The first commands of the README, one after the other: what `init` writes makes the next one work.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openScratch } from '../support/database.ts';
import { describeServers } from '../servers/describe.ts';
import { openProject, type Project, shopConfig, shopSchema } from '../support/project.ts';

let place: Project;
beforeEach(() => {
  place = openProject();
  place.sqlite(shopSchema);
});
afterEach(() => place.remove());

const config = (name = 'ondelete.config.yaml'): string => readFileSync(place.path(name), 'utf8');

test.each(['shop.db', 'sqlite:shop.db'])('init -d %s, then diff, here and from a folder', async (url) => {
  expect(await place.run(['init', '-d', url])).toMatchObject({ code: 0, stdout: '' });
  expect(config()).toContain(`database: ${url.includes(':') ? `'${url}'` : url}\n`);
  expect((await place.run(['diff'])).code).toBe(0);
  mkdirSync(place.path('sub'));
  const there = await place.run(['init', '-d', url, '--output', 'sub/other.yaml']);
  expect(there.stderr).toContain('`ondelete diff --config sub/other.yaml`');
  expect((await place.run(['diff', '--config', 'sub/other.yaml'])).code).toBe(0);
});

test.each(['libsql', 'turso'])('init for a file of %s writes down its tool', async (name) => {
  expect(await place.run(['init', '-d', `${name}:shop.db`])).toMatchObject({ code: 0 });
  expect(config()).toContain(`tool: ${name}\n`);
  expect((await place.run(['generate', '--dry-run'])).code).toBe(0);
});

test.each([
  ['prisma', 'prisma/schema.prisma', 'datasource db { provider = "sqlite" }'],
  ['d1', 'wrangler.toml', '[[d1_databases]]\nbinding = "DB"\n'],
])(
  'a tool that writes nothing for the database is named and not written down: %s',
  async (tool, file, text) => {
    place.write(file, text);
    const { code, stderr } = await place.run(['init', '-d', 'shop.db']);
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(
        /^Not decided: tool: .* writes nothing for SQLite 3\.[\d.]+, so files are plain SQL/m,
      ),
    ]);
    expect(stderr).toContain(`${tool} (${file})`);
    expect(config()).not.toMatch(/^tool:/m);
    expect((await place.run(['generate', '--dry-run'])).code).toBe(0);
  },
);

test('without a database, what the project’s files say of it is told, and of a password nothing', async () => {
  place.write('.env', 'DATABASE_URL=sqlite:shop.db\n');
  const first = await place.run(['init']);
  expect(first.stderr).toContain('no database is named. .env has one in DATABASE_URL: add --env-file .env.');
  const next = await place.run(['init', '--env-file', '.env']);
  expect(next.stderr).toContain('then run `ondelete diff --env-file .env`');
  const diff = await place.run(['diff']);
  expect([diff.code, diff.stderr]).toEqual([
    2,
    expect.stringContaining('DATABASE_URL is not set. The .env beside it sets it: add --env-file .env.'),
  ]);
  place.write('.env', '');
  place.write('alembic.ini', 'sqlalchemy.url = postgresql+psycopg://me@db/shop\n');
  expect((await place.run(['init', '--config', 'c.yaml'])).stderr).toContain(
    "alembic.ini has one: add --database 'postgresql://me@db/shop'.",
  );
  place.write('alembic.ini', 'sqlalchemy.url = postgresql+psycopg://me:hunter22@db/shop\n');
  const secret = await place.run(['init', '--config', 'c.yaml']);
  expect(secret.stderr).toContain('alembic.ini has one, with a password: put its URL into DATABASE_URL.');
  expect(secret.stderr).not.toContain('hunter');
});

test('a Django project: its own keys are kept, those of Django’s apps left out', async () => {
  place.write('manage.py', '');
  for (const app of ['blog', 'shop']) place.write(`${app}/migrations/__init__.py`, '');
  place.sqlite(`CREATE TABLE auth_user (id INTEGER PRIMARY KEY);
    CREATE TABLE auth_user_groups (id INTEGER PRIMARY KEY, user_id INT REFERENCES auth_user (id));`);
  const { stderr } = await place.run(['init', '-d', 'shop.db']);
  expect(stderr).toContain('Not decided: out: blog/migrations or shop/migrations.');
  expect(stderr).toContain('1 foreign key as it is today (1 more of Django’s own apps left out)');
  expect(config()).toContain('exclude: [auth_user_groups]\n');
  expect((await place.run(['diff'])).stdout).toContain('1 key matches the policy');
  const generated = await place.run(['generate']);
  expect([generated.code, generated.stderr]).toEqual([
    2,
    expect.stringContaining(
      'it may be blog/migrations or shop/migrations. Write `out: blog/migrations` into',
    ),
  ]);
});

test('a database without keys is asked about', async () => {
  place.sqlite('DROP TABLE order_items');
  const { stderr } = await place.run(['init', '-d', 'shop.db']);
  expect(stderr).toContain('the database has no foreign keys yet, if it is the right one');
});

test('the README shows what diff prints for a rule that was edited in the file of init', async () => {
  const readme = join(import.meta.dirname, '../../README.md');
  const written = readFileSync(readme, 'utf8');
  const rule = / {4}- match: 'order_items\(order_id\) -> orders'\n(?: {6}.*\n)*/.exec(written)?.[0] ?? '';
  // As after the installation.
  place.write('node_modules/ondelete/ondelete.schema.json', '{}');
  await place.run(['init', '-d', 'shop.db']);
  place.write('ondelete.config.yaml', config().replace(/ {4}- match: [^]*$/, rule));
  const { stdout } = await place.run(['diff', '-d', 'shop.db']);
  const shown = stdout.split('\n\nFindings')[0] ?? '';
  const now = written.replace(
    /(`diff` begins with:\n\n```text\n)[^]*?\n```/,
    (_, head: string) => `${head}${shown}\n\`\`\``,
  );
  if (process.env['UPDATE'] === '1') writeFileSync(readme, now);
  expect(now).toBe(readFileSync(readme, 'utf8'));
});

test('generate that wrote everything exits 0, whatever else there is to say', async () => {
  const twoErrors = `${shopConfig}    - match: 'nothing -> nowhere'\n      onDelete: cascade\n`;
  place.write('ondelete.config.yaml', `severity: { RULE_MATCHES_NOTHING: error }\n${twoErrors}`);
  const result = await place.run(['generate', 'all']);
  expect(result.stderr).toContain('Not fixed by these migrations: 1 error (RULE_MATCHES_NOTHING)');
  expect(result.code).toBe(0);
});

test('generate says what a tool needs on this engine before the file can run', async () => {
  place.write('ondelete.config.yaml', shopConfig);
  const { stderr } = await place.run(['generate', 'all', '--tool', 'mikro-orm', '--out', 'migrations']);
  expect(stderr.replace(/\s+/g, ' ')).toContain(
    'Before you run it: SQLite: run it with `driverOptions: new NodeSqliteDialect("FILE")`',
  );
});

test('verify rehearses the keys of pending files of a tool that cannot run here', async () => {
  place.write('ondelete.config.yaml', shopConfig);
  const out = ['--tool', 'goose', '--out', 'migrations'];
  expect((await place.run(['generate', 'all', ...out])).code).toBe(0);
  const { code, stderr, stdout } = await place.run(['verify', ...out]);
  expect(stdout).toContain('1 key proven');
  expect(stderr.replace(/\s+/g, ' ')).toContain('goose cannot run here: for the keys of its pending files');
  expect(code).toBe(0);
});

test('completion names commands and flags', async () => {
  expect((await place.run(['completion'])).stdout).toContain('ondelete');
  expect((await place.run(['--get-yargs-completions', 'ondelete', 'gen'])).stdout).toContain('generate');
  expect((await place.run(['--get-yargs-completions', 'ondelete', 'diff', '--fail'])).stdout).toContain(
    '--fail-on',
  );
});

describeServers(undefined, (server) => {
  test('init -d URL writes a URL without a secret, and says what to set for one with a password', async () => {
    const scratch = await openScratch(server);
    try {
      const url = new URL(scratch.url);
      const { password } = url;
      const first = await place.run(['init', '-d', url.href]);
      expect(first).toMatchObject({ code: 0, stdout: '' });
      if (password !== '') {
        expect(first.stderr).toContain('holds a password');
        expect(first.stderr).toContain('Next: set DATABASE_URL to that URL');
        expect(config() + first.stderr).not.toContain(password);
        expect((await place.run(['diff'])).code).toBe(2);
      } else expect(config()).toContain(url.href);
      expect((await place.run(['diff'], { env: { DATABASE_URL: url.href } })).code).toBe(0);
    } finally {
      await scratch.drop();
    }
  });
});
