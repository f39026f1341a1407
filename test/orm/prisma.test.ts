// Prisma as it is met: schemas of one file and of many, what its schema engine makes of them, and from a schema to a migration.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type DatabaseUnderTest, enginesUnderTest, openSqlite } from '../support/database.ts';
import type { Facts } from '../../src/orm/facts.ts';
import {
  declaredKeys,
  factsIn,
  liveKeys,
  type ModelFinding,
  modelFindings,
  nodeProject,
  type Project,
} from './node-project.ts';

const runner = join(import.meta.dirname, 'prisma-runner.mjs');
const engines = enginesUnderTest();
const last = (engine: string): typeof engines => engines.filter((each) => each.engine === engine).slice(-1);
const patience = 240_000;
const orm = ['--orm', 'prisma'];

async function madeByPrisma(
  project: Project,
  database: DatabaseUnderTest,
  files: readonly string[],
): Promise<void> {
  const sql = await project.node([runner, 'sql', database.url, ...files]);
  const { code, stderr } = await database.client(sql);
  expect([code, stderr]).toEqual([0, expect.not.stringContaining('ERROR')]);
}

const names = ({ foreignKeys }: Facts): readonly string[] => foreignKeys.map(({ name }) => name ?? '').sort();
const declared = (facts: Facts): readonly string[] =>
  declaredKeys(facts)
    .map((key) => key.replaceAll('public.', ''))
    .sort();

describe('an application', () => {
  let project: Project;
  beforeAll(async () => {
    project = await nodeProject('prisma', 'prisma');
  }, patience);
  afterAll(() => project.remove());

  test('every key is read with its line, from every file of the usual folder, and no code is run', async () => {
    const read = await project.run(['facts', ...orm]);
    expect([read.code, read.stderr]).toEqual([0, '']);
    const { errors, foreignKeys, source } = factsIn(read);
    expect([errors, source]).toEqual([
      [],
      'prisma/schema/base.prisma, prisma/schema/blog.prisma, prisma/schema/people/user.prisma',
    ]);
    const said = foreignKeys.map(
      ({ child, columns, onDelete, onDeleteWritten, place }) =>
        `${place?.file.split('/').at(-1) ?? ''}:${place?.line ?? ''} ${child.name}(${columns.join()}) ${onDelete ?? '-'}${onDeleteWritten ? '' : ' by default'}`,
    );
    expect(said).toEqual([
      'blog.prisma:6 posts(author_id) RESTRICT by default',
      'blog.prisma:7 posts(editorId) NO ACTION',
      'blog.prisma:9 posts(parentId) CASCADE',
      'blog.prisma:11 _PostToTag(A) CASCADE by default',
      'blog.prisma:24 _PostToTag(B) CASCADE by default',
      'blog.prisma:12 _pins(A) CASCADE by default',
      'blog.prisma:25 _pins(B) CASCADE by default',
      'blog.prisma:26 _Broader(A) CASCADE by default',
      'blog.prisma:27 _Broader(B) CASCADE by default',
      'blog.prisma:40 Vote(postId) SET NULL',
      'blog.prisma:42 Vote(tenant,login) RESTRICT by default',
      'blog.prisma:43 Vote(ownerTenant,ownerLogin) SET NULL by default',
      'user.prisma:8 app_users(manager) SET DEFAULT',
      'user.prisma:11 _Follow(A) CASCADE by default',
      'user.prisma:10 _Follow(B) CASCADE by default',
      'user.prisma:25 Profile(userId) RESTRICT',
    ]);
  });

  const onServer =
    last('postgres').length > 0
      ? test.each(last('postgres'))
      : test.skip.each([{ id: 'no server', open: openSqlite }]);
  onServer(
    'on $id: what is read is what Prisma’s schema engine makes, and lint tells the one key that can never do what it says',
    async (place) => {
      const database = await place.open();
      try {
        const facts = factsIn(await project.run(['facts', ...orm]));
        const files = facts.source.split(', ');
        await madeByPrisma(project, database, files);
        expect(declared(facts)).toEqual(await liveKeys(database));
        const live = await database.query(
          `SELECT conname AS name FROM pg_constraint WHERE contype = 'f' ORDER BY conname COLLATE "C"`,
        );
        expect(names(facts)).toEqual(live.map(({ name }) => name));
        const lint = await project.run(['lint', '-d', database.url, ...orm, '--format', 'json']);
        expect(modelFindings(lint).map(({ code, subject }) => `${code} ${subject}`)).toEqual([
          'ORM_SET_NULL_ON_NOT_NULL blog.Vote(postId) -> blog.posts(id)',
        ]);
      } finally {
        await database.drop();
      }
    },
    patience,
  );

  test(
    'on sqlite: the same',
    async () => {
      const database = await openSqlite();
      try {
        const facts = factsIn(await project.run(['facts', ...orm, '--models', 'lite.prisma']));
        await madeByPrisma(project, database, ['lite.prisma']);
        expect(declared(facts)).toEqual(await liveKeys(database));
        expect(facts.foreignKeys).toHaveLength(7);
        const lint = await project.run([
          ...['lint', '-d', database.url, ...orm, '--models', 'lite.prisma', '--format', 'json'],
        ]);
        expect(modelFindings(lint)).toEqual([]);
        const other = await project.run(['lint', '-d', database.url, ...orm]);
        expect([other.code, other.stderr]).toEqual([
          2,
          expect.stringContaining(
            'is for postgresql, and the database is sqlite. Name the schema of this database',
          ),
        ]);
      } finally {
        await database.drop();
      }
    },
    patience,
  );
});

describe('one application on SQLite, step by step', () => {
  const schema = (onDelete: string, above = ''): string => `datasource db {
  provider = "sqlite"
}
model Order {
  id    Int    @id
  items Item[]
}
model Item {
  id      Int    @id
  orderId Int?
${above}  order   Order? @relation(fields: [orderId], references: [id]${onDelete})
}
`;
  let project: Project;
  let database: DatabaseUnderTest;
  beforeAll(async () => {
    project = await nodeProject('prisma', null);
    database = await openSqlite();
    project.write('ondelete.config.yaml', `database: ${database.url}\npolicy: { from: prisma }\n`);
  }, patience);
  afterAll(async () => {
    project.remove();
    await database.drop();
  });
  const make = async (onDelete: string): Promise<void> => {
    const { code } = await database.client(`DROP TABLE IF EXISTS "Item"; DROP TABLE IF EXISTS "Order";
CREATE TABLE "Order" ("id" INTEGER NOT NULL PRIMARY KEY);
CREATE TABLE "Item" ("id" INTEGER NOT NULL PRIMARY KEY, "orderId" INTEGER REFERENCES "Order" ("id") ON DELETE ${onDelete});`);
    expect(code).toBe(0);
  };
  const lint = async (): Promise<readonly ModelFinding[]> =>
    modelFindings(await project.run(['lint', ...orm, '--format', 'json']));

  test('what the model says becomes the migration, and after it there is nothing to tell', async () => {
    await make('NO ACTION');
    project.write('prisma/schema.prisma', schema(', onDelete: Cascade'));
    const diff = await project.run(['diff']);
    expect(diff.code).toBe(1);
    expect(diff.stdout).toContain('prisma/schema.prisma:11');
    expect(diff.stdout.replace(/\s+/g, ' ')).toContain('the prisma model says CASCADE');
    const made = await project.run(['generate', '--out', 'out', '--quiet']);
    expect([made.code, made.stderr]).toEqual([0, '']);
    for (const name of readdirSync(join(project.folder, 'out')).filter((each) => each.endsWith('.up.sql')))
      await database.client(project.read(join('out', name)));
    expect(await liveKeys(database)).toEqual(['Item(orderId) -> Order CASCADE']);
    expect([await lint(), (await project.run(['diff'])).code]).toEqual([[], 0]);
    const frozen = await project.run(['policy', 'import', ...orm]);
    expect(frozen.stdout).toContain(
      "    # prisma/schema.prisma:11  says CASCADE\n    - match: 'Item(orderId) -> Order'\n      onDelete: cascade",
    );
    project.write('prisma/schema.prisma', schema(''));
    const byDefault = await project.run(['policy', 'import', ...orm]);
    expect(byDefault.stdout).toContain('# prisma/schema.prisma:11  says SET NULL by default');
  });

  test('the printed edit makes the model say what the database does, and a mark keeps lint quiet', async () => {
    await make('CASCADE');
    project.write('ondelete.config.yaml', `database: ${database.url}\n`);
    project.write('prisma/schema.prisma', schema(', onDelete: Restrict'));
    expect((await lint()).map(({ code, severity }) => `${severity} ${code}`)).toEqual([
      'error ORM_MODEL_DB_DRIFT',
    ]);
    const mark = '  /// ondelete: ignore: orm-model-db-drift, on its way\n';
    project.write('prisma/schema.prisma', schema(', onDelete: Restrict', mark));
    expect(await lint()).toEqual([]);
    project.write(
      'ondelete.config.yaml',
      `database: ${database.url}\npolicy: { rules: [{ match: '* -> *', onDelete: cascade }] }\n`,
    );
    project.write('prisma/schema.prisma', schema(', onDelete: Restrict'));
    const edits = (await lint()).flatMap((each) => each.edits.map(({ text }) => text));
    expect(edits).toEqual(['`@relation(…, onDelete: Cascade)` on orderId, so that the model says the same']);
    project.write('prisma/schema.prisma', schema(', onDelete: Cascade'));
    expect(await lint()).toEqual([]);
  });
});
