// Drizzle in its versions: modules with older and newer copies of drizzle-orm, snapshots as older and newer versions of drizzle-kit
// have written them, and what a configuration or relations add.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Facts } from '../../src/orm/facts.ts';
import { factsIn, nodeProject, type Project } from './node-project.ts';

const patience = 240_000;
const orm = ['--orm', 'drizzle'];

const tables = (facts: Facts): readonly string[] =>
  facts.tables.map(({ schema, name, columns }) => JSON.stringify([schema, name, columns])).sort();

describe('versions', () => {
  const dialects = ['pg', 'mysql', 'sqlite'];
  /** Constraint names differ from version to version. */
  const keys = ({ foreignKeys }: Facts): readonly string[] =>
    foreignKeys
      .filter(({ constrained }) => constrained)
      .map(({ child, columns, parent, parentColumns, onDelete }) =>
        JSON.stringify([child, columns, parent, parentColumns, onDelete]),
      )
      .sort();
  const projects = new Map<string, Project>();
  let now: ReadonlyMap<string, Facts>;
  beforeAll(async () => {
    for (const [version, name] of [
      ['0.29.5', 'drizzle-orm-0'],
      ['0.45.4', 'drizzle-orm'],
      ['1.0.0-beta.24', 'drizzle-orm-1'],
    ] as const)
      projects.set(version, await nodeProject('drizzle', 'drizzle-versions', { 'drizzle-orm': name }));
    now = await readAll('0.45.4', (dialect) => `${dialect}.ts`);
  }, patience);
  afterAll(() => projects.forEach((project) => project.remove()));
  const read = async (version: string, models: string): Promise<Facts> => {
    const result = await projects.get(version)?.run(['facts', ...orm, '--models', models]);
    if (result === undefined) throw new Error(version);
    return factsIn(result);
  };

  const readAll = async (
    version: string,
    models: (dialect: string) => string,
  ): Promise<ReadonlyMap<string, Facts>> =>
    new Map(
      await Promise.all(
        dialects.map(async (dialect) => [dialect, await read(version, models(dialect))] as const),
      ),
    );

  test.each(['0.29.5', '1.0.0-beta.24'])(
    'drizzle-orm %s says of the same modules what 0.45 says, with the same lines',
    async (version) => {
      for (const [dialect, then] of await readAll(version, (name) => `${name}.ts`)) {
        const same = now.get(dialect) as Facts;
        expect([then.ormVersion, then.errors]).toEqual([version, []]);
        expect(keys(then)).toEqual(keys(same));
        expect(tables(then)).toEqual(tables(same));
        const lines = ({ foreignKeys }: Facts): unknown =>
          foreignKeys.map(({ place }) => place?.line ?? null);
        expect(lines(then)).toEqual(lines(same));
        expect(lines(same)).not.toContain(null);
      }
    },
    patience,
  );

  test.each(['kit-0.20', 'kit-1.0'])(
    'the snapshots of drizzle-%s say what the modules say; of several the newest is read',
    async (kit) => {
      for (const [dialect, snapshot] of await readAll('0.45.4', (name) => `${kit}/${name}`)) {
        const code = now.get(dialect) as Facts;
        expect(keys(snapshot)).toEqual(keys(code));
        expect(tables(snapshot)).toEqual(tables(code));
      }
    },
    patience,
  );

  test(
    'relations() and defineRelations(), from either side: the one without a key is told once',
    async () => {
      const project = projects.get('1.0.0-beta.24');
      const old = project?.read('relations.ts').replace("'drizzle-orm'", "'drizzle-orm/_relations'") ?? '';
      project?.write('kept.ts', old);
      for (const [version, models] of [
        ['0.29.5', 'relations.ts'],
        ['0.45.4', 'relations.ts'],
        ['1.0.0-beta.24', 'kept.ts'],
        ['1.0.0-beta.24', 'defined.ts'],
      ] as const) {
        const { errors, foreignKeys } = await read(version, models);
        const alone = foreignKeys.filter(({ constrained }) => !constrained);
        expect([version, models, errors]).toEqual([version, models, []]);
        expect(alone.map(({ child, columns, parent }) => [child.name, columns, parent.name])).toEqual([
          ['accounts', ['guest_id'], 'users'],
        ]);
      }
    },
    patience,
  );
});

test('a snapshot with a table that is called __proto__', async () => {
  const project = await nodeProject('drizzle', null);
  try {
    const table = (name: string, foreignKeys: object): object => ({
      name,
      columns: { ['__proto__']: { name: '__proto__', primaryKey: false, notNull: false } },
      foreignKeys,
    });
    const key = {
      name: 'k',
      tableTo: 'b',
      columnsFrom: ['__proto__'],
      columnsTo: ['__proto__'],
      onDelete: 'cascade',
    };
    const tables = { ['__proto__']: table('__proto__', { ['__proto__']: key }), b: table('b', {}) };
    project.write('s.json', JSON.stringify({ version: '6', dialect: 'sqlite', tables }));
    const facts = factsIn(await project.run(['facts', ...orm, '--models', 's.json']));
    expect(facts.tables.map(({ name, columns }) => [name, columns.length])).toEqual([
      ['__proto__', 1],
      ['b', 1],
    ]);
    expect(facts.foreignKeys.map(({ child, onDelete }) => [child.name, onDelete])).toEqual([
      ['__proto__', 'CASCADE'],
    ]);
  } finally {
    project.remove();
  }
});

describe('what the modules leave open', () => {
  let project: Project;
  beforeAll(async () => {
    project = await nodeProject('drizzle', null);
  }, patience);
  afterAll(() => project.remove());

  test('modules that are named are cased as the configuration beside them says; what cannot be known is told', async () => {
    project.write(
      'cased.ts',
      `import { integer, sqliteTable } from 'drizzle-orm/sqlite-core';
export const orders = sqliteTable('orders', { id: integer().primaryKey() });
export const items = sqliteTable('items', { id: integer().primaryKey(), orderId: integer().references(() => orders.id) });
`,
    );
    const columns = async (models = 'cased.ts'): Promise<readonly unknown[]> => {
      const { errors, foreignKeys, notes } = factsIn(
        await project.run(['facts', ...orm, '--models', models]),
      );
      return [foreignKeys.map((key) => key.columns.join()), notes, errors.map(({ message }) => message)];
    };
    expect(await columns()).toEqual([['orderId'], [], []]);
    project.write('drizzle.config.json', '{ "schema": "./cased.ts", "casing": "snake_case" }');
    const note = 'Columns are cased as drizzle.config.json says: snake_case.';
    expect(await columns()).toEqual([['order_id'], [note], []]);
    expect(await columns('drizzle.config.json')).toEqual([['order_id'], [], []]);
    project.write('drizzle.config.js', "throw new Error('DATABASE_URL is missing');");
    const unknown =
      'drizzle.config.js, which may say how columns are cased, cannot be read: DATABASE_URL is missing';
    expect(await columns()).toEqual([['orderId'], [], [unknown]]);
  });

  test('relations() that cannot be read leave the keys standing', async () => {
    project.write(
      'schema.ts',
      `import { relations } from 'drizzle-orm';
import { integer, sqliteTable } from 'drizzle-orm/sqlite-core';
export const orders = sqliteTable('orders', { id: integer().primaryKey() });
export const items = sqliteTable('items', { id: integer().primaryKey(), orderId: integer('order_id').references(() => orders.id) });
export const itemRelations = relations(items, ({ one }) => ({
  order: one(undefined as never, { fields: [items.orderId], references: [orders.id] }),
}));\n`,
    );
    const facts = factsIn(await project.run(['facts', ...orm, '--models', 'schema.ts']));
    expect(facts.foreignKeys).toHaveLength(1);
    expect(facts.errors).toEqual([
      {
        stage: 'configure',
        message: expect.stringContaining('relations() of items cannot be read: '),
        place: { file: 'schema.ts', line: 6 },
      },
    ]);
  });
});
