// MikroORM as it is met: decorators and EntitySchema, embedded keys, pivot tables; and each of its ways to delete against what
// lint foretells.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type DatabaseUnderTest, enginesUnderTest, openSqlite } from '../support/database.ts';
import type { DeleteOutcomes } from '../../src/orm/finding.ts';
import type { Facts } from '../../src/orm/facts.ts';
import { brokenModules, saysWhatIsMissing, survivesBrokenModels } from './contract.ts';
import {
  compiled,
  declaredKeys,
  factsIn,
  liveKeys,
  type ModelFinding,
  modelFindings,
  nodeProject,
  type Project,
} from './node-project.ts';

const runner = join(import.meta.dirname, 'mikro-orm-runner.mjs');
const engines = enginesUnderTest();
const servers = engines.filter(({ engine }) => engine === 'postgres').slice(-1);
const places = [...engines.filter(({ engine }) => engine === 'sqlite'), ...servers];
const patience = 240_000;
const orm = ['--orm', 'mikro-orm'];

describe('an application', () => {
  let project: Project;
  let facts: Facts;
  beforeAll(async () => {
    project = await nodeProject('mikro-orm', 'mikro-orm');
    const read = await project.run(['facts', ...orm]);
    expect(read.stderr).toContain(
      'Importing src/mikro-orm.config.ts with Node.js: this runs the application’s',
    );
    facts = factsIn(read);
  }, patience);
  afterAll(() => project.remove());

  test('keys with their lines, defaults told from what is written, and what em.remove() does itself', () => {
    expect([facts.errors, facts.ormVersion]).toEqual([[], '6.6.7']);
    const said = facts.foreignKeys.map(
      ({ child, columns, onDelete, onDeleteWritten, constrained, place }) => {
        const action = constrained ? `${onDelete ?? '-'}${onDeleteWritten ? '' : ' by default'}` : 'no key';
        const at = place === null ? '' : `${place.file.replace('src/entities/', '')}:${place.line} `;
        return `${at}${child.name}(${columns.join()}) ${action}`;
      },
    );
    expect(said.sort()).toEqual([
      'author.entity.ts:13 writers(mentor_id) SET NULL by default',
      'book.entity.ts:21 book(author_id) -',
      'book.entity.ts:24 book(editor_id) RESTRICT',
      'book.entity.ts:27 book(reader_id) no key',
      'book.entity.ts:30 book(place_country,place_code) SET NULL by default',
      'book.entity.ts:33 book(owner_id) CASCADE',
      'book_tags(book_id) CASCADE by default',
      'book_tags(tag_id) CASCADE by default',
      'library.entity.ts:35 edition(loan_borrower_id) CASCADE',
      'library.entity.ts:37 edition(book_id) CASCADE by default',
      'library.entity.ts:52 shelf(place_country,place_code) NO ACTION',
      'sequels(book_1_id) RESTRICT',
      'sequels(book_2_id) RESTRICT',
      'tag(parent_id) CASCADE',
    ]);
    const own = facts.foreignKeys.flatMap(({ application }) =>
      application === null ? [] : [`${application.by ?? ''}: ${application.onDelete} ${application.when}`],
    );
    expect(own.sort()).toEqual([
      'Author.books: CASCADE loaded',
      'Author.edited: SET NULL loaded',
      'Book.edition: CASCADE always',
    ]);
  });

  const onServer =
    servers.length > 0 ? test.each(servers) : test.skip.each([{ id: 'no server', open: openSqlite }]);
  onServer(
    'on $id, what is read is what MikroORM’s own schema makes; each trap is told',
    async ({ open }) => {
      const database = await open();
      try {
        compiled(project);
        project.write(
          'make.cjs',
          `const { MikroORM } = require('@mikro-orm/postgresql');
MikroORM.init(require('./dist/mikro-orm.config').default).then(async (orm) => {
  await orm.schema.createSchema();
  await orm.close();
});`,
        );
        await project.node(['make.cjs'], { SHELF_DB: database.url });
        expect(declaredKeys(facts)).toEqual(await liveKeys(database));
        const lint = await project.run(['lint', '-d', database.url, ...orm, '--format', 'json']);
        const told = modelFindings(lint).map(
          ({ code, subject, severity }) => `${severity} ${code} ${subject}`,
        );
        expect(told.sort()).toEqual([
          'error ORM_CASCADE_ON_MANY_TO_ONE Book.owner',
          'warning ORM_KEY_NOT_CONSTRAINED book(reader_id) -> people.writers(id)',
          'warning ORM_ONLY_CASCADE Author.books',
          'warning ORM_ONLY_SET_NULL Author.edited',
        ]);
      } finally {
        await database.drop();
      }
    },
  );
});

describe.each(places)('each way to delete, on $id', (place) => {
  let outcomes: ReadonlyMap<string, Readonly<Record<string, string>> & DeleteOutcomes>;
  let findings: readonly ModelFinding[];
  let project: Project;
  let database: DatabaseUnderTest;
  beforeAll(async () => {
    project = await nodeProject('mikro-orm', 'mikro-orm-matrix');
    database = await place.open();
    const driver = place.engine === 'sqlite' ? 'better-sqlite' : 'postgresql';
    outcomes = new Map(
      Object.entries(
        JSON.parse(await project.node([runner, driver, database.url, 'matrix.js'])) as Record<
          string,
          Readonly<Record<string, string>> & DeleteOutcomes
        >,
      ),
    );
    project.write(
      'config.js',
      `module.exports = require('@mikro-orm/${driver}').defineConfig({ dbName: 'none', entities: require('./matrix.js').entities });`,
    );
    const lint = ['lint', '-d', database.url, ...orm, '--models', 'config.js', '--format', 'json'];
    findings = modelFindings(await project.run(lint));
  }, patience);
  afterAll(async () => {
    project.remove();
    await database.drop();
  });
  const about = (id: string): readonly ModelFinding[] =>
    findings.filter(({ subject, key }) => subject === `P_${id}.kids` || (key ?? '').includes(`c_${id}(`));
  const isCoherent = ({ unloaded, loaded, bulk }: DeleteOutcomes): boolean =>
    unloaded === bulk && loaded === bulk;

  test('a query builder and plain SQL are one with nativeDelete; a reference loads nothing', () => {
    expect(outcomes.size).toBe(64);
    const apart = [...outcomes].filter(
      ([, { bulk, builder, sql, reference }]) => builder !== bulk || sql !== bulk || reference !== bulk,
    );
    expect(apart).toEqual([]);
  });

  test('what is foretold happens, and nothing incoherent goes unflagged', () => {
    const incoherent = [...outcomes].filter(([, outcomes]) => !isCoherent(outcomes)).map(([id]) => id);
    const foretold = [...outcomes].flatMap(([id, { unloaded, loaded, bulk }]) =>
      about(id).flatMap(({ outcomes }) =>
        outcomes === null ? [] : [{ id, outcomes, happened: { unloaded, loaded, bulk } }],
      ),
    );
    expect(
      foretold.filter(({ outcomes, happened }) => JSON.stringify(outcomes) !== JSON.stringify(happened)),
    ).toEqual([]);
    expect(foretold.map(({ id }) => id)).toEqual(incoherent);
    expect(incoherent.length).toBeGreaterThan(30);
  });

  test('nothing coherent is called an error but what always fails', () => {
    const wrong = [...outcomes].filter(
      ([id, outcomes]) =>
        isCoherent(outcomes) &&
        outcomes.bulk !== 'not-null-violation' &&
        about(id).some(({ severity }) => severity === 'error'),
    );
    expect(wrong.map(([id]) => [id, about(id)])).toEqual([]);
  });
});

describe('one application on SQLite, step by step', () => {
  const config = (options: string, held = ''): string => `const { EntitySchema } = require('@mikro-orm/core');
const { defineConfig } = require('@mikro-orm/better-sqlite');
const id = { type: 'number', primary: true };
const Order = new EntitySchema({ name: 'Order', tableName: 'orders', properties: { id,
  items: { kind: '1:m', entity: 'Item', mappedBy: 'order'${held} } } });
const Item = new EntitySchema({ name: 'Item', tableName: 'items', properties: { id,
  order: { kind: 'm:1', entity: 'Order', nullable: true${options} } } });
module.exports = defineConfig({ dbName: 'shop.db', entities: [Order, Item] });
`;
  let project: Project;
  let database: DatabaseUnderTest;
  beforeAll(async () => {
    project = await nodeProject('mikro-orm', null);
    database = await openSqlite();
    await database.client(`CREATE TABLE orders (id INTEGER PRIMARY KEY);
CREATE TABLE items (id INTEGER PRIMARY KEY, order_id INTEGER REFERENCES orders (id));`);
    project.write(
      'ondelete.config.yaml',
      `database: ${database.url}\norm: { models: [config.js] }\npolicy: { from: mikro-orm }\n`,
    );
  }, patience);
  afterAll(async () => {
    project.remove();
    await database.drop();
  });
  const lint = async (): Promise<readonly ModelFinding[]> =>
    modelFindings(await project.run(['lint', ...orm, '--format', 'json']));

  test('a default counts in the policy, and is said to be one', async () => {
    project.write('config.js', config(''));
    const diff = await project.run(['diff']);
    expect([diff.code, diff.stdout.replace(/\s+/g, ' ')]).toEqual([
      1,
      expect.stringContaining('the mikro-orm model says SET NULL by default'),
    ]);
  });

  test('after our migration and with what the model says there is nothing to tell', async () => {
    project.write('config.js', config(", deleteRule: 'cascade'", ", cascade: ['remove']"));
    const found = await lint();
    expect(found.map(({ code }) => code).sort()).toEqual(['ORM_MODEL_DB_DRIFT', 'ORM_ONLY_CASCADE']);
    const made = await project.run(['generate', '--out', 'out', '--quiet']);
    expect([made.code, made.stderr]).toEqual([0, '']);
    for (const name of readdirSync(join(project.folder, 'out')).filter((each) => each.endsWith('.up.sql')))
      await database.client(project.read(join('out', name)));
    expect(await liveKeys(database)).toEqual(['items(order_id) -> orders CASCADE']);
    expect(await lint()).toEqual([]);
    const frozen = await project.run(['policy', 'import', ...orm, '--models', 'config.js']);
    expect(frozen.stdout).toContain("    - match: 'items(order_id) -> orders'\n      onDelete: cascade");
  });

  test('the printed edit makes the model say what the database does', async () => {
    project.write(
      'own.yaml',
      `database: ${database.url}\norm: { models: [config.js] }
policy: { rules: [{ match: 'items -> orders', onDelete: cascade }] }\n`,
    );
    project.write('config.js', config('', ", cascade: ['remove']"));
    const lint = ['lint', ...orm, '--config', 'own.yaml', '--format', 'json'];
    const [found, ...others] = modelFindings(await project.run(lint));
    expect([found?.code, others]).toEqual(['ORM_MODEL_DB_DRIFT', []]);
    expect(found?.edits.map(({ text }) => text)).toEqual([
      "`deleteRule: 'cascade'` in the options of the relation on order_id, so that the model says the same",
    ]);
    project.write('config.js', config(", deleteRule: 'cascade'", ", cascade: ['remove']"));
    expect(modelFindings(await project.run(lint))).toEqual([]);
  });

  survivesBrokenModels({
    title: 'MikroORM',
    models: 'config.js',
    cases: brokenModules('config.js', 'config.js exports no configuration of MikroORM', {
      name: 'an entity that is missing',
      source: config('').replace('[Order, Item]', '[Item]'),
      what: 'Item.order',
    }),
    write: (name, text) => project.write(name, text),
    facts: (words) => project.run(['facts', ...orm, ...words]),
  });

  test('no models named, and no MikroORM in the folder', async () => {
    const bare = await nodeProject('mikro-orm', null, { '@mikro-orm': 'no-such-package' });
    bare.write('config.js', 'module.exports = {};');
    await saysWhatIsMissing(bare, 'mikro-orm', {
      unnamed: 'there is no src/mikro-orm.config.ts',
      models: 'config.js',
      missing: '@mikro-orm/core',
    });
  });
});
