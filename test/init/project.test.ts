// Which tool and which ORM a project uses, by the files that lie in it.
import { describe, expect, test } from '@jest/globals';
import { databaseNamedIn } from '../../src/init/project-database.ts';
import { recognise, usualFolder } from '../../src/init/project.ts';

function found(files: Readonly<Record<string, string>>) {
  return recognise({
    has: (path) => path in files,
    read: (path) => files[path] ?? null,
    list: (path) => {
      const below = path === '.' ? '' : `${path}/`;
      const inside = Object.keys(files).filter((file) => file.startsWith(below));
      return [...new Set(inside.map((file) => file.slice(below.length).split('/')[0] ?? ''))].sort();
    },
  });
}

describe('a project with one tool', () => {
  test.each([
    [
      'alembic',
      { 'alembic.ini': '[alembic]\nscript_location = %(here)s/db/alembic\n' },
      'db/alembic/versions',
    ],
    ['alembic', { 'migrations/alembic.ini': '[alembic]\n', 'migrations/env.py': '' }, 'migrations/versions'],
    ['django', { 'manage.py': '' }, null],
    ['rails', { 'bin/rails': '' }, 'db/migrate'],
    ['laravel', { artisan: '' }, 'database/migrations'],
    ['prisma', { 'prisma/schema.prisma': '' }, 'prisma/migrations'],
    ['drizzle', { 'drizzle.config.ts': "export default { out: './db/drizzle' };" }, './db/drizzle'],
    ['django', { 'manage.py': '', 'blog/migrations/__init__.py': '' }, 'blog/migrations'],
    ['django', { 'manage.py': '', 'a/migrations/__init__.py': '', 'b/migrations/__init__.py': '' }, null],
    ['knex', { 'knexfile.js': '' }, 'migrations'],
    ['knex', { 'knexfile.ts': "a: { migrations: { directory: './db/migrations', x: 1 } }" }, 'db/migrations'],
    ['knex', { 'knexfile.js': "directory: 'a',\n  b: { directory: 'b' }" }, null],
    ['knex', { 'knexfile.js': "directory: path.join(__dirname, 'db')" }, null],
    ['typeorm', { 'src/data-source.ts': '' }, null],
    ['typeorm', { 'src/data-source.ts': 'migrations: ["src/migration/*.ts"],' }, 'src/migration'],
    ['typeorm', { 'src/data-source.ts': 'migrations: [__dirname + "/migration/*.ts"],' }, null],
    ['mikro-orm', { 'mikro-orm.config.ts': "migrations: { path: './db/m', glob: '*' }" }, 'db/m'],
    ['sql-migrate', { 'dbconfig.yml': 'development:\n  dialect: sqlite3\n  dir: db/sql\n' }, 'db/sql'],
    ['goose', { 'migrations/00001_a.sql': '-- +goose Up\nSELECT 1;' }, 'migrations'],
    ['dbmate', { 'db/migrations/2026_a.sql': '-- migrate:up\n' }, 'db/migrations'],
    ['golang-migrate', { 'db/migrations/000001_a.up.sql': 'SELECT 1;' }, 'db/migrations'],
    ['sequelize', { '.sequelizerc': "'migrations-path': path.resolve('db', 'migrations')" }, 'db/migrations'],
    ['yoyo', { 'yoyo.ini': '[DEFAULT]\nsources = db/migrations\n' }, 'db/migrations'],
    ['flyway', { 'flyway.conf': '' }, null],
    ['flyway', { 'flyway.conf': 'flyway.locations=filesystem:db/sql,classpath:x\n' }, 'db/sql'],
    ['flyway', { 'flyway.toml': '[flyway]\nlocations = ["filesystem:db/sql"]\n' }, 'db/sql'],
    [
      'flyway',
      { 'flyway.conf': 'flyway.locations=classpath:db/migration\n' },
      'src/main/resources/db/migration',
    ],
    ['flyway', { 'src/main/resources/db/migration': '' }, 'src/main/resources/db/migration'],
    ['sqitch', { 'sqitch.plan': '' }, '.'],
    ['supabase', { 'supabase/config.toml': '' }, 'supabase/migrations'],
    ['node-pg-migrate', { 'package.json': '{"devDependencies":{"node-pg-migrate":"9"}}' }, 'migrations'],
    ['kysely', { 'package.json': '{"dependencies":{"kysely":"0.28"}}' }, 'migrations'],
  ])('%s', (tool, files, out) => {
    expect(found(files as Record<string, string>).tools).toMatchObject([{ tool, out }]);
  });
});

test('the folders that it may be are named', () => {
  const files = { 'manage.py': '', 'a/migrations/__init__.py': '', 'b/migrations/__init__.py': '' };
  expect(found(files).tools).toMatchObject([{ candidates: ['a/migrations', 'b/migrations'] }]);
});

const rails = (development: string): Readonly<Record<string, string>> => ({
  'config/database.yml': `default: &default\n  adapter: postgresql\n  pool: <%= 5 %>\n\ndevelopment:\n  <<: *default\n${development}\ntest:\n  database: other\n`,
});

const inParts = (because: string) => ({ because, url: null, why: 'in parts' });
const withPassword = (because: string) => ({ because, url: null, why: 'password' });
const railsFile = (url: string) => ({ because: 'config/database.yml', url });
const laravel = (more: string): Readonly<Record<string, string>> => ({
  '.env': `APP_NAME=Shop\nDB_CONNECTION=mysql\nDB_HOST=h\nDB_DATABASE=shop\nDB_USERNAME=u\n${more}`,
});

test.each([
  [{}, null],
  [
    { '.env': '# a\nexport DATABASE_URL=postgres://u:p@h/d\n' },
    { because: '.env', url: null, why: 'DATABASE_URL' },
  ],
  [{ '.env': 'DATABASE_URL=\n' }, null],
  [{ 'alembic.ini': 'sqlalchemy.url = sqlite:///a.db' }, { because: 'alembic.ini', url: 'sqlite:///a.db' }],
  [{ 'alembic.ini': 'sqlalchemy.url = driver://user:pass@localhost/dbname' }, null],
  [{ 'alembic.ini': 'sqlalchemy.url = %(URL)s' }, inParts('alembic.ini')],
  [
    { 'alembic.ini': '[a]\nsqlalchemy.url = sqlite:///a.db\n[b]\nsqlalchemy.url = sqlite:///b.db\n' },
    inParts('alembic.ini'),
  ],
  [
    { 'flyway.conf': 'flyway.user=u\nflyway.url=jdbc:postgresql://h/d\n' },
    { because: 'flyway.conf', url: 'postgresql://u@h/d' },
  ],
  [
    { 'flyway.toml': '[environments.x]\nurl = "jdbc:mysql://h:3307/d" # ours\nuser = "a b"\n' },
    { because: 'flyway.toml', url: 'mysql://a%20b@h:3307/d' },
  ],
  [{ 'flyway.conf': 'flyway.url=jdbc:postgresql:d' }, { because: 'flyway.conf', url: 'jdbc:postgresql:d' }],
  [{ 'flyway.conf': 'flyway.url=jdbc:postgresql://h/d?user=u' }, inParts('flyway.conf')],
  [{ 'flyway.conf': 'flyway.url=jdbc:postgresql://h/d\nflyway.user=${U}' }, inParts('flyway.conf')],
  [{ 'flyway.toml': 'url = "jdbc:mysql://h/d"\npassword = "p"\n' }, withPassword('flyway.toml')],
  [{ 'flyway.toml': '[a]\nurl = "jdbc:mysql://h/d"\n[b]\nurl = "jdbc:mysql://i/d"' }, inParts('flyway.toml')],
  [rails('  database: shop\n  host: h\n  username: u'), railsFile('postgres://u@h/shop')],
  [
    rails('  database: shop # ours\n  host: h\n  port: "41879"\n  variables:\n    host: i'),
    railsFile('postgres://h:41879/shop'),
  ],
  [rails('  adapter: mysql2\n  database: shop\n  host: h\n  port: 3307'), railsFile('mysql://h:3307/shop')],
  [
    {
      'config/database.yml':
        'd: &d\n  port: 1\n  host: h\ndevelopment:\n  <<: *d\n  adapter: postgis\n  database: a\n',
    },
    railsFile('postgres://h:1/a'),
  ],
  [
    { 'config/database.yml': 'default:\n  port: 1\ndevelopment:\n  adapter: postgis\n  database: a\n' },
    railsFile('postgres:///a'),
  ],
  [rails('  adapter: sqlite3\n  database: storage/a.sqlite3'), railsFile('storage/a.sqlite3')],
  [rails('  url: postgres://h/d'), railsFile('postgres://h/d')],
  ...[
    '  database: <%= ENV["DB"] %>',
    '  database: shop\n  host: h\n  port: <%= ENV.fetch("PGPORT", 41879) %>',
    '  database: shop\n  host: <%= HOST %>',
    '  database: shop\n  host: h\n  username: <%= USER %>',
    '  database: shop\n  port: 41879',
    '  database: shop\n  host: /var/run/other',
    '  adapter: mysql2\n  database: shop',
    '  adapter: mysql2\n  database: shop\n  host: h\n  socket: /tmp/other.sock',
    '  primary:\n    database: shop\n    host: h\n  cache:\n    database: cache\n    port: 5433',
    '  url: <%= ENV["URL"] %>\n  database: shop\n  host: h',
  ].map((text) => [rails(text), inParts('config/database.yml')] as const),
  [rails('  database: shop\n  password: p'), withPassword('config/database.yml')],
  [rails('  database: shop\n  password: <%= P %>'), withPassword('config/database.yml')],
  [rails('  database: shop\n  password:'), railsFile('postgres:///shop')],
  [rails('  database: shop\n  adapter: oracle'), null],
  [laravel('DB_PORT=3307\nDB_PASSWORD=\n'), { because: '.env', url: 'mysql://u@h:3307/shop' }],
  [laravel('DB_PORT=3307\nDB_PASSWORD="p p"\n'), withPassword('.env')],
  [laravel(''), inParts('.env')],
  [laravel('DB_PORT=3307\nDB_URL=mysql://h/d\n'), inParts('.env')],
  [{ '.env': 'DB_CONNECTION=sqlite\n' }, inParts('.env')],
  [
    { '.env': 'GOOSE_DRIVER=postgres\nGOOSE_DBSTRING=postgres://u:p@h/d\n' },
    { because: '.env', url: 'postgres://u:p@h/d' },
  ],
  [{ '.env': 'GOOSE_DRIVER=sqlite3\nGOOSE_DBSTRING=./a.db' }, { because: '.env', url: './a.db' }],
  [{ '.env': 'GOOSE_DRIVER=mysql\nGOOSE_DBSTRING=u:p@tcp(h)/d' }, inParts('.env')],
  [{ '.env': 'GOOSE_DRIVER=postgres\nGOOSE_DBSTRING="user=u dbname=d"' }, inParts('.env')],
  [{ 'manage.py': '' }, null],
  [
    { 'manage.py': '', 'db.sqlite3': '' },
    { because: 'the folder of manage.py', url: 'db.sqlite3' },
  ],
  // one that is whole goes before one in parts
  [
    {
      'alembic.ini': 'sqlalchemy.url = %(URL)s',
      '.env': 'GOOSE_DRIVER=postgres\nGOOSE_DBSTRING=postgres://h/d',
    },
    { because: '.env', url: 'postgres://h/d' },
  ],
])('the database that a file of the project names: %j', (files: Readonly<Record<string, string>>, named) => {
  expect(
    databaseNamedIn({ has: (path) => path in files, read: (path) => files[path] ?? null, list: () => [] }),
  ).toEqual(named);
});

test('files of ours are no sign of a tool', () => {
  expect(found({ 'migrations/20260101000000_a.up.sql': '-- ondelete-set: {}' }).tools).toEqual([]);
});

test('where a tool looks unless it is told otherwise', () => {
  expect(['dbmate', 'rails', 'goose', 'sql'].map(usualFolder)).toEqual([
    'db/migrations',
    'db/migrate',
    'migrations',
    'migrations',
  ]);
});

test('files that name the models are named with their ORM', () => {
  for (const alembic of ['alembic.ini', 'migrations/alembic.ini'])
    expect(found({ [alembic]: '' }).orms).toMatchObject([{ named: { alembic } }]);
  const files = { 'package.json': '{"dependencies":{"typeorm":"0.3"}}', 'src/data-source.ts': '' };
  expect(found(files).orms).toMatchObject([{ named: { models: ['src/data-source.ts'] } }]);
});

test('Kysely beside another tool is a query builder', () => {
  const files = { 'knexfile.js': '', 'package.json': '{"dependencies":{"kysely":"0.28"}}' };
  expect(found(files).tools.map(({ tool }) => tool)).toEqual(['knex']);
});

test('ORMs', () => {
  expect(found({ 'package.json': '{"dependencies":{"@prisma/client":"6","drizzle-orm":"0"}}' }).orms).toEqual(
    [
      { orm: 'prisma', because: 'package.json' },
      { orm: 'drizzle', because: 'package.json' },
    ],
  );
  expect(found({ 'pyproject.toml': 'dependencies = ["SQLAlchemy>=2"]' }).orms).toEqual([
    { orm: 'sqlalchemy', because: 'pyproject.toml' },
  ]);
});

test('a package.json that does not parse says nothing', () => {
  expect(found({ 'package.json': '{' })).toEqual({ tools: [], orms: [] });
});
