// Drizzle as it is met: drizzle.config.ts, globs, schemas, casing, and drizzle-kit's snapshots; what it makes and what its deletes do.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type DatabaseUnderTest, enginesUnderTest, openSqlite } from '../support/database.ts';
import type { Facts } from '../../src/orm/facts.ts';
import { brokenModules, saysWhatIsMissing, survivesBrokenModels } from './contract.ts';
import {
  declaredKeys,
  factsIn,
  liveKeys,
  type ModelFinding,
  modelFindings,
  nodeProject,
  type Project,
} from './node-project.ts';

const runner = join(import.meta.dirname, 'drizzle-runner.mjs');
const kit = 'node_modules/drizzle-kit/bin.cjs';
const servers = enginesUnderTest()
  .filter(({ engine }) => engine === 'postgres')
  .slice(-1);
const patience = 240_000;
const orm = ['--orm', 'drizzle'];

/** What both ways of reading know: places are in the code alone, and a written NO ACTION cannot be told in a snapshot. */
const common = ({ foreignKeys }: Facts): readonly string[] =>
  foreignKeys
    .filter(({ constrained }) => constrained)
    .map(({ child, columns, parent, parentColumns, name, onDelete }) =>
      JSON.stringify([
        child,
        columns,
        parent,
        parentColumns,
        name,
        onDelete === 'NO ACTION' ? null : onDelete,
      ]),
    )
    .sort();
const tables = (facts: Facts): readonly string[] =>
  facts.tables.map(({ schema, name, columns }) => JSON.stringify([schema, name, columns])).sort();

describe('an application for PostgreSQL', () => {
  let project: Project;
  let facts: Facts;
  beforeAll(async () => {
    project = await nodeProject('drizzle', 'drizzle');
    await project.node([kit, 'generate']);
    const read = await project.run(['facts', ...orm]);
    expect(read.stderr).toContain(
      'Importing drizzle.config.ts with Node.js: this runs the application’s code',
    );
    facts = factsIn(read);
  }, patience);
  afterAll(() => project.remove());

  test('every key is read with its line; what nobody has written is no action, and a relation alone is no key', () => {
    expect([facts.errors, facts.ormVersion]).toEqual([[], '0.45.4']);
    const said = facts.foreignKeys.map(
      ({ child, columns, onDelete, constrained, place }) =>
        `${place?.file ?? ''}:${place?.line ?? ''} ${child.name}(${columns.join()}) ${constrained ? (onDelete ?? '-') : 'no key'}`,
    );
    expect(said.sort()).toEqual([
      'src/db/tags.ts:10 visit_tags(added_by) SET DEFAULT',
      'src/db/tags.ts:8 visit_tags(visit_id) CASCADE',
      'src/db/tags.ts:9 visit_tags(tag_id) CASCADE',
      'src/db/users.ts:13 users(manager_id) SET NULL',
      'src/db/users.ts:20 accounts(owner_id) CASCADE',
      'src/db/users.ts:27 app_visits(guide_id) -',
      'src/db/users.ts:27 app_visits(host_id) no key',
      'src/db/users.ts:31 app_visits(visitor) -',
      'src/db/users.ts:32 app_visits(account_id) NO ACTION',
      'src/db/users.ts:37 app_visits(country,code) RESTRICT',
    ]);
  });

  test('drizzle-kit’s snapshot says the same and runs no code, named by file, by folder and by its meta', async () => {
    for (const models of ['drizzle', 'drizzle/meta', 'drizzle/meta/0000_snapshot.json']) {
      const read = await project.run(['facts', ...orm, '--models', models]);
      expect([read.code, read.stderr]).toEqual([0, '']);
      expect(common(factsIn(read))).toEqual(common(facts));
      expect(tables(factsIn(read))).toEqual(tables(facts));
    }
  });

  const onServer =
    servers.length > 0 ? test.each(servers) : test.skip.each([{ id: 'no server', open: openSqlite }]);
  onServer(
    'on $id, what is read is what drizzle-kit’s migration makes; lint tells the relation alone',
    async ({ open }) => {
      const database = await open();
      try {
        for (const file of readdirSync(join(project.folder, 'drizzle')).filter((name) =>
          name.endsWith('.sql'),
        )) {
          const { code, stderr } = await database.client(project.read(join('drizzle', file)));
          expect([code, stderr]).toEqual([0, '']);
        }
        expect(declaredKeys(facts)).toEqual(await liveKeys(database));
        const lint = await project.run(['lint', '-d', database.url, ...orm, '--format', 'json']);
        expect(modelFindings(lint).map(({ code, subject }) => `${code} ${subject}`)).toEqual([
          'ORM_KEY_NOT_CONSTRAINED app_visits(host_id) -> users(id)',
        ]);
      } finally {
        await database.drop();
      }
    },
  );
});

test.each([
  ['mysql', 3],
  ['sqlite', 3],
])(
  '%s: modules and snapshot say the same',
  async (dialect, keys) => {
    const project = await nodeProject('drizzle', 'drizzle-others');
    try {
      await project.node([kit, 'generate', `--dialect=${dialect}`, `--schema=${dialect}.ts`, '--out=out']);
      const code = factsIn(await project.run(['facts', ...orm, '--models', `${dialect}.ts`]));
      const snapshot = factsIn(await project.run(['facts', ...orm, '--models', 'out']));
      expect(code.foreignKeys).toHaveLength(keys);
      expect(common(snapshot)).toEqual(common(code));
      expect(tables(snapshot)).toEqual(tables(code));
      expect(code.foreignKeys.every(({ place }) => place !== null)).toBe(true);
    } finally {
      project.remove();
    }
  },
  patience,
);

describe('one application on SQLite, step by step', () => {
  const schema = (options: string): string => `import { integer, sqliteTable } from 'drizzle-orm/sqlite-core';
export const orders = sqliteTable('orders', { id: integer().primaryKey() });
export const items = sqliteTable('items', {
  id: integer().primaryKey(),
  orderId: integer('order_id').references(() => orders.id${options}),
});
`;
  let project: Project;
  let database: DatabaseUnderTest;
  beforeAll(async () => {
    project = await nodeProject('drizzle', null);
    database = await openSqlite();
    await make('');
    project.write(
      'ondelete.config.yaml',
      `database: ${database.url}\norm: { models: [schema.ts] }\npolicy: { from: drizzle }\n`,
    );
  }, patience);
  afterAll(async () => {
    project.remove();
    await database.drop();
  });
  const make = async (onDelete: string): Promise<void> => {
    const { code } = await database.client(`DROP TABLE IF EXISTS items; DROP TABLE IF EXISTS orders;
CREATE TABLE orders (id INTEGER PRIMARY KEY);
CREATE TABLE items (id INTEGER PRIMARY KEY, order_id INTEGER DEFAULT 99 REFERENCES orders (id)${onDelete});`);
    expect(code).toBe(0);
  };
  const lint = async (): Promise<readonly ModelFinding[]> =>
    modelFindings(await project.run(['lint', ...orm, '--format', 'json']));

  test(
    'Drizzle deletes as plain SQL does, with relations() too; lint tells drift and nothing else',
    async () => {
      const outcomes = {
        '': 'foreign-key-violation',
        RESTRICT: 'foreign-key-violation',
        CASCADE: 'deleted',
        'SET NULL': 'nulled',
        'SET DEFAULT': 'defaulted',
      };
      for (const [action, fate] of Object.entries(outcomes)) {
        await make(action === '' ? '' : ` ON DELETE ${action}`);
        const ways = [];
        for (const way of ['db', 'sql']) ways.push((await project.node([runner, database.url, way])).trim());
        expect([action, ...ways]).toEqual([action, fate, fate]);
        project.write('schema.ts', schema(action === '' ? '' : `, { onDelete: '${action.toLowerCase()}' }`));
        expect([action, await lint()]).toEqual([action, []]);
      }
      project.write('schema.ts', schema(", { onDelete: 'cascade' }"));
      expect((await lint()).map(({ code }) => code)).toEqual(['ORM_MODEL_DB_DRIFT']);
    },
    patience,
  );

  test('what the model says becomes the migration, and after it there is nothing to tell', async () => {
    await make('');
    project.write('schema.ts', schema(", { onDelete: 'cascade' }"));
    const diff = await project.run(['diff']);
    expect(diff.code).toBe(1);
    expect(diff.stdout).toContain('schema.ts:5');
    expect(diff.stdout).toContain('the drizzle model says CASCADE');
    const made = await project.run(['generate', '--out', 'out', '--quiet']);
    expect([made.code, made.stderr]).toEqual([0, '']);
    for (const name of readdirSync(join(project.folder, 'out')).filter((each) => each.endsWith('.up.sql')))
      await database.client(project.read(join('out', name)));
    expect(await liveKeys(database)).toEqual(['items(order_id) -> orders CASCADE']);
    expect([await lint(), (await project.run(['diff'])).code]).toEqual([[], 0]);
    const frozen = await project.run(['policy', 'import', ...orm, '--models', 'schema.ts']);
    expect(frozen.stdout).toContain(
      "    # schema.ts:5  says CASCADE\n    - match: 'items(order_id) -> orders'\n      onDelete: cascade",
    );
  });

  test('the printed edit makes the model say what the database does', async () => {
    await make(' ON DELETE SET NULL');
    project.write('schema.ts', schema(''));
    const [found] = await lint();
    const edit = found?.edits.find(({ kind }) => kind === 'model')?.text ?? '';
    expect(edit).toBe(
      "`references(…, { onDelete: 'set null' })` on order_id, so that the model says the same",
    );
    project.write('schema.ts', schema(", { onDelete: 'set null' }"));
    expect(await lint()).toEqual([]);
  });

  survivesBrokenModels({
    title: 'Drizzle',
    models: 'schema.ts',
    cases: [
      ...brokenModules('schema.ts', 'schema.ts exports no table'),
      { name: 'a glob that meets nothing', models: 'none/*.ts', what: 'no module is called none/*.ts' },
      {
        name: 'a config that names no schema',
        files: { 'drizzle.config.ts': 'export default {};' },
        models: 'drizzle.config.ts',
        what: 'drizzle.config.ts names no schema',
      },
    ],
    write: (name, text) => project.write(name, text),
    facts: (words) => project.run(['facts', ...orm, ...words]),
  });

  test.each([
    ['is none', '{"version":"9"}', 'cannot be read as a snapshot of drizzle-kit: '],
    [
      'has another version',
      '{"version":"9","dialect":"sqlite","tables":{}}',
      'version 9 of sqlite is not known here',
    ],
  ])('a snapshot that %s', async (_, source, what) => {
    project.write('snapshot.json', source);
    const { code, stdout, stderr } = await project.run(['facts', ...orm, '--models', 'snapshot.json']);
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(what)]);
    expect(stderr).toContain('Name a file of drizzle/meta');
  });

  test('no models named, and no Drizzle in the folder', async () => {
    const bare = await nodeProject('drizzle', null, { 'drizzle-orm': 'no-such-package' });
    bare.write('schema.ts', 'export const x = 1;');
    await saysWhatIsMissing(bare, 'drizzle', {
      unnamed: 'there is no drizzle.config.ts',
      models: 'schema.ts',
      missing: 'drizzle-orm',
    });
  });
});
