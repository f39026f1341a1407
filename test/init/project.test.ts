// Which tool and which ORM a project uses, by the files that lie in it.
import { describe, expect, test } from '@jest/globals';
import { recognise } from '../../src/init/project.ts';

function found(files: Readonly<Record<string, string>>) {
  return recognise({ has: (path) => path in files, read: (path) => files[path] ?? null });
}

describe('a project with one tool', () => {
  test.each([
    [
      'alembic',
      { 'alembic.ini': '[alembic]\nscript_location = %(here)s/db/alembic\n' },
      'db/alembic/versions',
    ],
    ['django', { 'manage.py': '' }, null],
    ['rails', { 'bin/rails': '' }, 'db/migrate'],
    ['laravel', { artisan: '' }, 'database/migrations'],
    ['prisma', { 'prisma/schema.prisma': '' }, 'prisma/migrations'],
    ['drizzle', { 'drizzle.config.ts': "export default { out: './db/drizzle' };" }, './db/drizzle'],
    ['knex', { 'knexfile.js': '' }, 'migrations'],
    ['typeorm', { 'src/data-source.ts': '' }, null],
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
