// docs/connecting.md: every way to name a database, and the rights that each command needs, tried with a user that has no others.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseClientOptions } from '../../dialects/mysql/connection/option-file.ts';
import { usualSpelling } from '../../src/core/url-spellings.ts';
import { describeServers } from '../servers/describe.ts';
import { type DatabaseUnderTest, openScratch } from '../support/database.ts';
import { openProject, type Project, shopConfig, shopSchema } from '../support/project.ts';
import { ondelete } from '../support/shared-cli.ts';

test.each([
  ['postgresql+psycopg2://u@h/d', 'postgresql://u@h/d'],
  ['postgresql+asyncpg://u@h/d?ssl=require', 'postgresql://u@h/d?ssl=require'],
  ['mysql+pymysql://u@h/d', 'mysql://u@h/d'],
  ['mariadb+mariadbconnector://u@h/d', 'mariadb://u@h/d'],
  ['mysql2://u@h/d', 'mysql://u@h/d'],
  ['postgis://u@h/d', 'postgres://u@h/d'],
  ['jdbc:postgresql://h:5432/d?user=u', 'postgresql://h:5432/d?user=u'],
  ['jdbc:postgresql:d', 'postgresql:///d'],
  ['jdbc:mysql://h/d', 'mysql://h/d'],
  ['jdbc:sqlite:shop.db', 'sqlite:shop.db'],
  ['sqlite+aiosqlite:///shop.db', 'sqlite:shop.db'],
  ['sqlite+pysqlite:////tmp/shop.db', 'sqlite:/tmp/shop.db'],
  ['sqlite3:db/dev.sqlite3', 'sqlite:db/dev.sqlite3'],
  ...[
    'postgres://u@h/d',
    'sqlite:///shop.db',
    'C:\\shop.db',
    'shop.db',
    'mongodb+srv://h',
    'jdbc:oracle:x',
  ].map((url) => [url, url] as const),
])('%s is %s', (url, usual) => expect(usualSpelling(url)).toBe(usual));

test('the [client] section of ~/.my.cnf', () => {
  const text =
    '[mysqld]\nport=1\n[client]\n# a note\nuser = me\npassword="a#b \\\\"\nssl_mode=REQUIRED # why\n[mysql]\nuser=no\n';
  expect(Object.fromEntries(parseClientOptions(text))).toEqual({
    user: 'me',
    password: 'a#b \\',
    'ssl-mode': 'REQUIRED',
  });
});

describe('a SQLite file', () => {
  let place: Project;
  beforeAll(() => {
    place = openProject(ondelete);
    place.sqlite(shopSchema);
    place.write('.env', 'DATABASE_URL="shop.db"\n');
    place.write('ondelete.config.yaml', shopConfig.replace('shop.db', '${DATABASE_URL}'));
  });
  afterAll(() => place.remove());

  test('.env is read with --env-file and not without', async () => {
    expect((await place.run(['diff'])).stderr).toContain('DATABASE_URL is not set');
    expect((await place.run(['diff', '--env-file', '.env'])).stdout).toContain('1 key differs');
    // Some versions of Node.js look for this flag themselves, and end with 9 where there is no such file.
    expect([2, 9]).toContain((await place.run(['snapshot', '--env-file', 'none'])).code);
  });

  test('in the spelling of SQLAlchemy, and what three slashes mean', async () => {
    expect((await place.run(['diff', '-d', 'sqlite+aiosqlite:///shop.db'])).code).toBe(1);
    expect((await place.run(['diff', '-d', 'sqlite:///shop.db'])).stderr).toContain('is sqlite:shop.db.');
  });
});

describeServers(undefined, (server) => {
  const role = `od_${randomBytes(4).toString('hex')}`;
  const isPostgres = server.dialect === 'postgres';
  let place: Project;
  let database: DatabaseUnderTest;
  let url: URL;

  /** The rights of docs/connecting.md. */
  const run = (sql: readonly string[]): Promise<unknown> =>
    sql.reduce<Promise<unknown>>((before, one) => before.then(() => database.query(one)), Promise.resolve());
  beforeAll(async () => {
    place = openProject(ondelete);
    database = await openScratch(server);
    await run([
      'CREATE TABLE orders (id int PRIMARY KEY)',
      'CREATE TABLE items (id int PRIMARY KEY, order_id int NOT NULL, CONSTRAINT items_order FOREIGN KEY (order_id) REFERENCES orders (id))',
      'INSERT INTO orders VALUES (1)',
      'INSERT INTO items VALUES (1, 1), (2, 1)',
    ]);
    url = new URL(database.url);
    url.username = role;
    url.password = 'open-sesame';
    place.write(
      'ondelete.config.yaml',
      "policy:\n  rules:\n    - match: 'items -> orders'\n      onDelete: cascade\n",
    );
    await run(
      isPostgres
        ? [`CREATE ROLE ${role} LOGIN PASSWORD 'open-sesame'`]
        : [`CREATE USER ${role} IDENTIFIED BY 'open-sesame'`],
    );
  });
  afterAll(async () => {
    if (isPostgres) await run([`DROP OWNED BY ${role}`, `DROP ROLE ${role}`]);
    else await run([`DROP USER ${role}`]);
    await database.drop();
    place.remove();
  });

  const printed = (by: string, words: string): Promise<unknown> => place.run([...words.split(' '), '-d', by]);

  test('with the rights of the page every command prints what it prints for the owner', async () => {
    const name = url.pathname.slice(1);
    if (isPostgres) {
      // Without any right on a table: the catalog is everybody's.
      for (const words of ['snapshot', 'diff', 'reach orders', 'generate --dry-run --format json'])
        expect([words, (await place.run([...words.split(' '), '-d', url.href])).code]).toEqual([
          words,
          words.startsWith('diff') ? 1 : 0,
        ]);
      const denied = await place.run(['reach', 'orders', '--where', 'true', '-d', url.href]);
      expect(denied).toMatchObject({ code: 2, stdout: '' });
      expect(denied.stderr).toContain('permission denied for table orders');
      expect(denied.stderr).not.toContain('--timeout');
      await run([
        `GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`,
        `GRANT USAGE ON SCHEMA public TO ${role}`,
      ]);
    } else await run([`GRANT SELECT, SHOW VIEW ON \`${name}\`.* TO ${role}`]);
    for (const words of ['snapshot', 'diff', 'reach orders --where id=1', 'report --format mermaid']) {
      const [own, others] = [await printed(url.href, words), await printed(database.url, words)];
      expect([words, own]).toEqual([words, others]);
    }
    // That this user could not run the file is a finding of its own.
    const linted = await place.run(['lint', '--fail-on', 'error', '-d', url.href]);
    expect([linted.code, linted.stderr]).toEqual([0, '']);
    expect(linted.stdout).toContain('NOT_OWNER');
    const preview = await place.run(['generate', '--dry-run', '-d', url.href]);
    expect(preview.stderr).toMatch(/^Shorter: --plain .*\n$/);
    expect(preview.code).toBe(0);
    expect(preview.stdout.replace(/\s+/g, ' ')).toContain('no orphans');
    const write = await place.run(['generate', 'change', '-d', url.href]);
    expect(write.code).toBe(0);
  });

  test('a user without any right on MySQL and MariaDB is told what to grant', async () => {
    if (isPostgres) return;
    await run([`REVOKE ALL PRIVILEGES, GRANT OPTION FROM ${role}`]);
    const { code, stderr } = await place.run(['diff', '-d', url.href]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/Grant|GRANT/);
  });

  test('a password that is missing is told', async () => {
    const without = new URL(url);
    without.password = '';
    const { code, stderr } = await place.run(['diff', '-d', without.href], { env: { HOME: place.folder } });
    // A server of the tests may trust everybody.
    if (isPostgres && code !== 2) return;
    expect(code).toBe(2);
    expect(stderr).toContain('none is given');
    expect(stderr).toContain(isPostgres ? 'PGPASSWORD' : '~/.my.cnf');
  });

  test('the files and variables of the engine’s own client name the database', async () => {
    const owner = new URL(database.url);
    const name = owner.pathname.slice(1);
    const [user, password] = [decodeURIComponent(owner.username), decodeURIComponent(owner.password)];
    const settings = { host: owner.hostname || 'localhost', port: owner.port, user, password };
    if (isPostgres) {
      const { host, port } = settings;
      const env = { PGHOST: host, PGPORT: port, PGUSER: user, PGPASSWORD: password, PGDATABASE: name };
      const byVariables = await place.run(['diff'], { env });
      expect(byVariables.stdout).toContain('1 key differs');
      expect(byVariables.stdout).toContain(`postgres://${host}:${port}/${name}`);
      const byParameters = `postgres://${user}@/${name}?${new URLSearchParams({ host, port, password, sslcert: '' }).toString()}`;
      const shown = (await place.run(['diff', '-d', byParameters])).stdout;
      expect(shown).toContain('1 key differs');
      expect(shown).toContain(`postgres:///${name}:`);
      const several = await place.run(['diff', '-d', `postgres:///${name}?host=one,two`]);
      expect(several.stderr).toBe('ondelete: the database URL names several hosts. Name one: the primary.\n');
      place.write(
        'services',
        `[other]\nhost=nowhere\n\n[shop]\nhost=${host}\nport=${port}\nuser=${user}\npassword=${password}\ndbname=${name}\n`,
      );
      const service = { PGSERVICEFILE: place.path('services'), PGSERVICE: 'shop' };
      expect((await place.run(['diff'], { env: service })).stdout).toContain('1 key differs');
      const none = await place.run(['diff', '-d', 'postgres:///?service=none'], { env: service });
      expect(none.stderr).toContain('the PostgreSQL service none is not in');
    } else {
      place.write(
        '.my.cnf',
        `[client]\nhost=${settings.host}\nport=${settings.port}\nuser="${user}"\npassword='${password}'\n`,
      );
      const env = { HOME: place.folder };
      expect((await place.run(['diff', '-d', `${server.dialect}:///${name}`], { env })).stdout).toContain(
        '1 key differs',
      );
    }
  });

  test.each(
    isPostgres
      ? ['postgresql+psycopg2:', 'postgresql+asyncpg:', 'jdbc:postgresql:']
      : ['mysql+pymysql:', 'mysql2:', 'jdbc:mysql:', 'mariadb+mariadbconnector:'],
  )('%s is understood', async (scheme) => {
    const { href, protocol } = new URL(database.url);
    const written = `${scheme}${href.slice(protocol.length)}`;
    expect((await place.run(['diff', '-d', written])).stdout).toContain('1 key differs');
  });
});
