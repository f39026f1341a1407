// Sequelize as it is met: models/index.js, classes and define(), associations in every order; and each of its ways to delete on
// PostgreSQL, against what lint foretells. SQLite's models are read as well; its driver, which has to be built, is not there.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type DatabaseUnderTest, enginesUnderTest, openSqlite } from '../support/database.ts';
import type { DeleteOutcomes } from '../../src/orm/finding.ts';
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

const runner = join(import.meta.dirname, 'sequelize-runner.mjs');
const places = enginesUnderTest()
  .filter(({ engine }) => engine === 'postgres')
  .slice(-1);
const patience = 240_000;
const orm = ['--orm', 'sequelize'];
const onServers =
  places.length > 0 ? describe.each(places) : describe.skip.each([{ id: 'no server', open: openSqlite }]);

onServers('on $id: an application', ({ open }) => {
  let project: Project;
  let database: DatabaseUnderTest;
  let env: Readonly<Record<string, string>>;
  beforeAll(async () => {
    project = await nodeProject('sequelize', 'sequelize');
    database = await open();
    env = { SHELF_DB: database.url };
    await project.node([runner, 'models/index.js', 'sync'], env);
  }, patience);
  afterAll(async () => {
    project.remove();
    await database.drop();
  });

  test('what is read is what Sequelize’s own DDL made', async () => {
    const read = await project.run(['facts', ...orm], env);
    expect(read.stderr).toContain('Importing models/index.js with Node.js: this runs the application’s code');
    const facts = factsIn(read);
    expect([read.code, facts.errors, facts.ormVersion]).toEqual([0, [], '6.37.8']);
    expect(declaredKeys(facts)).toEqual(await liveKeys(database));
    expect(facts.foreignKeys).toHaveLength(21);
    expect(facts.notes).toEqual([expect.stringContaining('destroy() of Note (paranoid)')]);
  });

  test('each trap is told at its line', async () => {
    const lint = await project.run(['lint', '-d', database.url, ...orm, '--format', 'json'], env);
    const told = modelFindings(lint).map(
      ({ severity, code, subject, position }) =>
        `${severity} ${code} ${subject} ${position?.file ?? ''}:${position?.line ?? ''}`,
    );
    expect(told).toEqual([
      'warning ORM_KEY_NOT_CONSTRAINED notes(authorId) -> authors models/library.js:11',
      'warning ORM_KEY_NOT_CONSTRAINED loose_tags(book_id) -> books models/library.js:24',
      'warning ORM_KEY_NOT_CONSTRAINED loose_tags(tag_id) -> tags models/library.js:24',
      'warning ORM_ACTION_IGNORED Letter.author models/more.js:9',
    ]);
  });

  test('sync({ alter: true }) takes back what the database alone says: that is drift', async () => {
    const changed = 'books(translated_by) -> authors CASCADE';
    const [row] = await database.query(
      `SELECT conname AS name FROM pg_constraint WHERE conrelid = 'books'::regclass AND pg_get_constraintdef(oid) LIKE '%translated_by%'`,
    );
    const name = String(row?.['name']);
    await database.query(`ALTER TABLE books DROP CONSTRAINT "${name}",
      ADD CONSTRAINT "${name}" FOREIGN KEY (translated_by) REFERENCES authors (id) ON DELETE CASCADE`);
    expect(await liveKeys(database)).toContain(changed);
    const lint = await project.run(['lint', '-d', database.url, ...orm, '--format', 'json'], env);
    const drift = modelFindings(lint).filter(({ code }) => code === 'ORM_MODEL_DB_DRIFT');
    expect(drift.map(({ severity, detail }) => [severity, detail])).toEqual([
      ['error', 'The model says nothing, the database has CASCADE.'],
    ]);
    await project.node([runner, 'models/index.js', 'alter'], env);
    expect(await liveKeys(database)).not.toContain(changed);
  });
});

onServers('on $id: each way to delete', ({ open }) => {
  let project: Project;
  let database: DatabaseUnderTest;
  let outcomes: ReadonlyMap<string, DeleteOutcomes & { readonly individual: string }>;
  let findings: readonly ModelFinding[];
  beforeAll(async () => {
    project = await nodeProject('sequelize', 'sequelize-matrix');
    database = await open();
    const env = { MATRIX_DB: database.url };
    const printed = await project.node([runner, 'matrix.js', 'deletes'], env);
    outcomes = new Map(
      Object.entries(JSON.parse(printed) as Record<string, DeleteOutcomes & { individual: string }>),
    );
    const lint = ['lint', '-d', database.url, ...orm, '--models', 'matrix.js:sequelize', '--format', 'json'];
    findings = modelFindings(await project.run(lint, env));
  }, patience);
  afterAll(async () => {
    project.remove();
    await database.drop();
  });
  const about = (id: string): readonly ModelFinding[] =>
    findings.filter(({ key }) => (key ?? '').includes(`c_${id}(parent_id)`));
  const isCoherent = ({ unloaded, loaded, bulk }: DeleteOutcomes): boolean =>
    unloaded === bulk && loaded === bulk;

  test('Model.destroy leaves everything to the database, with individualHooks too; what is loaded makes no difference', () => {
    expect(outcomes.size).toBe(145);
    const apart = [...outcomes].filter(
      ([, { bulk, individual, unloaded, loaded }]) => bulk !== individual || unloaded !== loaded,
    );
    expect(apart).toEqual([]);
  });

  test('destroy() of a paranoid parent touches no children, whatever is said of them', () => {
    const ways = new Set(Object.values(outcomes.get('kept_parent') ?? {}));
    expect([[...ways], about('kept_parent')]).toEqual([['dangling'], []]);
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
    expect(incoherent).toHaveLength(4);
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

  test('an action that another association forestalls is told exactly where it is', () => {
    const ignored = findings
      .filter(({ code }) => code === 'ORM_ACTION_IGNORED')
      .map(({ subject }) => subject);
    const expected = [...outcomes.keys()].flatMap((id) => {
      if (id === 'kept_parent') return [];
      const [first, parent, child] = id.split('_');
      const isUpFirst = first === 'belongsto';
      const says: Readonly<Record<string, string>> = {
        cascade: 'CASCADE',
        setnull: 'SET NULL',
        restrict: 'RESTRICT',
      };
      const allowNull = id.includes('_null_');
      const byDefault = allowNull ? 'SET NULL' : isUpFirst ? 'NO ACTION' : 'CASCADE';
      const [winner = '', loser = ''] = isUpFirst ? [child, parent] : [parent, child];
      const decided = says[winner] ?? byDefault;
      const lost = says[loser];
      return lost === undefined || lost === decided ? [] : [isUpFirst ? `P_${id}.kids` : `C_${id}.parent`];
    });
    expect([...ignored].sort()).toEqual(expected.sort());
    expect(expected.length).toBeGreaterThan(40);
  });
});

describe('one application, step by step', () => {
  const models = (options: string, up = ''): string => `const { Sequelize, DataTypes } = require('sequelize');
const sequelize = new Sequelize({ dialect: 'sqlite', storage: 'shop.db' });
const Order = sequelize.define('Order', {}, { tableName: 'orders' });
const Item = sequelize.define('Item', {}, { tableName: 'items' });
Order.hasMany(Item, { as: 'items', foreignKey: 'order_id'${options} });
Item.belongsTo(Order, { as: 'order', foreignKey: 'order_id'${up} });
module.exports = sequelize;
`;
  const schema = `CREATE TABLE orders (id INTEGER PRIMARY KEY);
CREATE TABLE items (id INTEGER PRIMARY KEY, order_id INTEGER REFERENCES orders (id) ON DELETE SET NULL);`;
  let project: Project;
  let database: DatabaseUnderTest;
  beforeAll(async () => {
    project = await nodeProject('sequelize', null);
    database = await openSqlite();
    await database.client(schema);
    project.write(
      'ondelete.config.yaml',
      `database: ${database.url}\norm: { models: [db.js] }\npolicy: { from: sequelize }\n`,
    );
  }, patience);
  afterAll(async () => {
    project.remove();
    await database.drop();
  });
  const lint = async (): Promise<readonly ModelFinding[]> =>
    modelFindings(await project.run(['lint', ...orm, '--format', 'json']));

  test('no driver is needed; after our migration there is nothing to tell', async () => {
    project.write('db.js', models(", onDelete: 'cascade', hooks: true"));
    const found = await lint();
    expect(found.map(({ code }) => code).sort()).toEqual(['ORM_MODEL_DB_DRIFT', 'ORM_ONLY_CASCADE']);
    const diff = await project.run(['diff']);
    expect(diff.stdout).toContain('db.js:5');
    expect(diff.stdout.replace(/\s+/g, ' ')).toContain('the sequelize model says CASCADE');
    const made = await project.run(['generate', '--out', 'out', '--quiet']);
    expect([made.code, made.stderr]).toEqual([0, '']);
    const up = readdirSync(join(project.folder, 'out')).filter((name) => name.endsWith('.up.sql'));
    expect(up).toHaveLength(1);
    for (const name of up) await database.client(project.read(join('out', name)));
    expect(await liveKeys(database)).toEqual(['items(order_id) -> orders CASCADE']);
    expect(await lint()).toEqual([]);
    const frozen = await project.run(['policy', 'import', ...orm, '--models', 'db.js']);
    expect(frozen.stdout).toContain(
      "    # db.js:5  says CASCADE\n    - match: 'items(order_id) -> orders'\n      onDelete: cascade",
    );
  });

  test('cascades that go upwards or through a link table', async () => {
    const hooks = ", onDelete: 'CASCADE', hooks: true";
    const more = `Order.belongsToMany(Item, { as: 'shared', through: 'links'${hooks} });\nmodule.exports`;
    project.write('db.js', models(", onDelete: 'CASCADE'", hooks).replace('module.exports', more));
    const codes = (await lint()).map(({ code, subject }) => `${code} ${subject}`);
    expect(codes).toContain('ORM_CASCADE_ON_MANY_TO_ONE Item.order');
    expect(codes).toContain('ORM_CASCADE_THROUGH_SECONDARY Order.shared');
  });

  survivesBrokenModels({
    title: 'Sequelize',
    models: 'db.js',
    cases: brokenModules('db.js', 'db.js exports no Sequelize', {
      name: 'an association that is wrong',
      source: models('').replace('hasMany(Item', 'hasMany(undefined'),
      what: 'db.js:5: ',
    }),
    write: (name, text) => project.write(name, text),
    facts: (words) => project.run(['facts', ...orm, ...words]),
  });

  test('no models named, and no Sequelize in the folder', async () => {
    const bare = await nodeProject('sequelize', null, { sequelize: 'no-such-package' });
    bare.write('db.js', 'module.exports = {};');
    await saysWhatIsMissing(bare, 'sequelize', {
      unnamed: 'there is no models/index.js',
      models: 'db.js',
      missing: 'sequelize',
    });
  });

  test('a connection asked for at import is not opened', async () => {
    const opening = await nodeProject('sequelize', 'sequelize');
    try {
      // nobody listens there
      const env = { SHELF_DB: 'postgres://nobody:hunter22@127.0.0.1:1/none', SHELF_OPENS: 'yes' };
      const read = await opening.run(['facts', ...orm, '--models', 'models/index.js'], env);
      expect([read.code, factsIn(read).foreignKeys.length]).toEqual([0, 21]);
    } finally {
      opening.remove();
    }
  });
});
