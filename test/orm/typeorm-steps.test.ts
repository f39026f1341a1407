// TypeORM in an application step by step: from a finding to a clean lint, models as the policy, and models that cannot be read.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openSqlite, type DatabaseUnderTest } from '../harness/database.ts';
import { liveKeys, modelFindings, nodeProject, type ModelFinding, type Project } from './node-project.ts';

const patience = 240_000;
const orm = ['--orm', 'typeorm', '--models'];

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

  test.each([
    ['a file that is not there', null, 'Cannot find data-source.ts', 'check the path'],
    ['no syntax', 'export const = ;', 'data-source.ts:1: ', '--env-file'],
    [
      'nothing exported',
      'export const x = 1;',
      'data-source.ts exports no DataSource',
      '--models src/data-source.ts',
    ],
    [
      'an error at import',
      "const x = 1;\nthrow new Error('no postgres://u:hunter22@h/d');",
      'data-source.ts:2: no postgres://',
      '--env-file',
    ],
    ['an exit', 'process.exit(3);', 'the application called process.exit(3)', '--env-file'],
    [
      'a relation to nothing',
      models('', '').replace('[Order, Item]', '[Item]'),
      'Entity metadata for Item#order was not found',
      '--env-file',
    ],
  ])('%s: one line and a way out', async (_, source, what, way) => {
    const words = ['facts', ...orm, source === null ? 'nowhere/data-source.ts' : 'data-source.ts'];
    if (source !== null) project.write('data-source.ts', source);
    const { code, stdout, stderr } = await project.run(words);
    const lines = stderr.trimEnd().split('\n');
    expect([code, stdout, lines.length]).toEqual([2, '', 2]);
    expect(lines[1]).toContain(`no TypeORM models could be read: `);
    expect(lines[1]).toContain(
      what.replace('data-source.ts', source === null ? 'nowhere/data-source.ts' : 'data-source.ts'),
    );
    expect(lines[1]).toContain(way);
    expect(stderr).not.toContain('hunter22');
  });

  test('no models named, and no TypeORM in the folder', async () => {
    const bare = await nodeProject('typeorm', null, { typeorm: 'no-such-package' });
    try {
      const unnamed = await bare.run(['facts', '--orm', 'typeorm']);
      expect([unnamed.code, unnamed.stderr]).toEqual([
        2,
        expect.stringContaining('--models src/data-source.ts, or src/data-source.ts:AppDataSource'),
      ]);
      bare.write('data-source.ts', 'export const x = 1;');
      const missing = await bare.run(['facts', ...orm, 'data-source.ts']);
      expect(missing.stderr).toContain('the package typeorm is not installed here. Call it from the folder');
    } finally {
      bare.remove();
    }
  });
});
