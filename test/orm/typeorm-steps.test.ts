// TypeORM in an application step by step: from a finding to a clean lint, models as the policy, and models that cannot be read.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type DatabaseUnderTest, openSqlite } from '../support/database.ts';
import { brokenModules, saysWhatIsMissing, survivesBrokenModels } from './contract.ts';
import { liveKeys, type ModelFinding, modelFindings, nodeProject, type Project } from './node-project.ts';

const patience = 240_000;
const orm = ['--orm', 'typeorm'];

describe('one application, step by step', () => {
  const models = (parent: string, child: string): string => `import 'reflect-metadata';
import { DataSource, Entity, JoinColumn, ManyToOne, OneToMany, PrimaryColumn } from 'typeorm';

@Entity('orders')
export class Order {
  @PrimaryColumn('int') id!: number;
  @OneToMany(() => Item, (item) => item.order${parent}) items!: Item[];
}

@Entity('items')
export class Item {
  @PrimaryColumn('int') id!: number;
  @ManyToOne(() => Order, (order) => order.items${child}) @JoinColumn({ name: 'order_id' }) order!: Order;
}

export default new DataSource({ type: 'better-sqlite3', database: 'shop.db', entities: [Order, Item] });
`;
  const schema = `CREATE TABLE orders (id INTEGER PRIMARY KEY);
CREATE TABLE items (id INTEGER PRIMARY KEY, order_id INTEGER REFERENCES orders (id));`;
  let project: Project;
  let database: DatabaseUnderTest;
  beforeAll(async () => {
    project = await nodeProject('typeorm', null);
    database = await openSqlite();
    await database.client(schema);
    project.write(
      'ondelete.config.yaml',
      `database: ${database.url}\norm: { models: [data-source.ts] }\npolicy: { from: typeorm }\n`,
    );
  }, patience);
  afterAll(async () => {
    project.remove();
    await database.drop();
  });
  const lint = async (): Promise<readonly ModelFinding[]> =>
    modelFindings(await project.run(['lint', '--orm', 'typeorm', '--format', 'json']));

  test('after our migration and the printed edit there is nothing to tell', async () => {
    project.write('data-source.ts', models(', { cascade: true }', ''));
    const [found, ...more] = await lint();
    expect([found?.code, more]).toEqual(['ORM_ONLY_CASCADE', []]);
    expect(found?.edits.map(({ text }) => text)).toEqual([
      "in the database: add the policy rule `match: 'items(order_id) -> orders'` with `onDelete: cascade`, run `ondelete generate` and apply the migration",
      "`onDelete: 'CASCADE'` in the options of the relation on order_id, so that the model says the same",
    ]);
    project.write('data-source.ts', models(', { cascade: true }', ", { onDelete: 'CASCADE' }"));
    const diff = await project.run(['diff']);
    expect(diff.stdout).toContain('data-source.ts:13');
    expect(diff.stdout).toContain('the typeorm model says CASCADE');
    const made = await project.run(['generate', '--out', 'out', '--quiet']);
    expect([made.code, made.stderr]).toEqual([0, '']);
    const up = readdirSync(join(project.folder, 'out')).filter((name) => name.endsWith('.up.sql'));
    expect(up).toHaveLength(1);
    for (const name of up) await database.client(project.read(join('out', name)));
    expect(await liveKeys(database)).toEqual(['items(order_id) -> orders CASCADE']);
    expect(await lint()).toEqual([]);
    const frozen = await project.run(['policy', 'import', '--orm', 'typeorm', '--models', 'data-source.ts']);
    expect(frozen.stdout).toContain(
      "    # data-source.ts:13  says CASCADE\n    - match: 'items(order_id) -> orders'\n      onDelete: cascade",
    );
  });

  survivesBrokenModels({
    title: 'TypeORM',
    models: 'data-source.ts',
    cases: brokenModules('data-source.ts', 'data-source.ts exports no DataSource', {
      name: 'a relation to nothing',
      source: models('', '').replace('[Order, Item]', '[Item]'),
      what: 'Entity metadata for Item#order was not found',
    }),
    write: (name, text) => project.write(name, text),
    facts: (words) => project.run(['facts', ...orm, ...words]),
  });

  test('no models named, and no TypeORM in the folder', async () => {
    const bare = await nodeProject('typeorm', null, { typeorm: 'no-such-package' });
    bare.write('data-source.ts', 'export const x = 1;');
    await saysWhatIsMissing(bare, 'typeorm', {
      unnamed: '--models src/data-source.ts, or src/data-source.ts:AppDataSource',
      models: 'data-source.ts',
      missing: 'typeorm',
    });
  });
});
