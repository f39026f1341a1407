// One fault is one finding, and what is said of it is true: keys that are not there, faults of live key and model, write-only collections.
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { openProject, type Project } from '../support/project.ts';
import { ondelete } from '../support/shared-cli.ts';
import type { DeleteOutcomes } from '../../src/orm/finding.ts';
import { environmentOf, python, sqlalchemies } from './sqlalchemy.ts';

const models = (key: string, items: string, notNull = false): string => `
from sqlalchemy import Column, ForeignKey, Integer, event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import declarative_base, foreign, relationship
Base = declarative_base()
@event.listens_for(Engine, "connect")
def enforce(connection, record):
    connection.execute("PRAGMA foreign_keys=ON")
class Order(Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    items = relationship("Item"${items})
class Item(Base):
    __tablename__ = "items"
    id = Column(Integer, primary_key=True)
    order_id = Column(Integer${key}${notNull ? ', nullable=False' : ''})
`;
const schema = (key: string): string =>
  `CREATE TABLE orders (id INTEGER PRIMARY KEY);
   CREATE TABLE items (id INTEGER PRIMARY KEY, order_id INTEGER${key});
   CREATE INDEX items_order ON items (order_id);`;
const orphans = { unloaded: 'nulled', loaded: 'nulled', bulk: 'dangling' };

interface Report {
  readonly findings: readonly { readonly severity: string; readonly code: string }[];
  readonly models: {
    readonly findings: readonly {
      readonly severity: string;
      readonly code: string;
      readonly detail: string;
      readonly outcomes: DeleteOutcomes | null;
      readonly edits: readonly { readonly text: string }[];
    }[];
  };
}

describe.each(sqlalchemies.slice(-1))('$name', (version) => {
  let env: Readonly<Record<string, string>>;
  let place: Project;
  beforeAll(async () => {
    env = await environmentOf(version);
  }, 240_000);
  beforeEach(() => {
    place = openProject(ondelete);
  });
  afterEach(() => place.remove());

  const lint = async (source: string, sql: string): Promise<Report> => {
    place.write('shop/__init__.py', '');
    place.write('shop/models.py', source);
    place.sqlite(sql);
    place.write('ondelete.config.yaml', 'database: shop.db\npolicy: { from: sqlalchemy }\n');
    const words = ['lint', '--orm', 'sqlalchemy', '--python', python(), '--models', './shop/models.py:Base'];
    const result = await place.run([...words, '--format', 'json'], { env });
    expect(result.stderr).toContain('Importing shop.models:Base');
    return JSON.parse(result.stdout) as Report;
  };
  const told = ({ findings, models }: Report): readonly string[] =>
    [...findings, ...models.findings].map(({ severity, code }) => `${severity} ${code}`);

  test('a key that the database does not have', async () => {
    const report = await lint(models(', ForeignKey("orders.id", ondelete="CASCADE")', ''), schema(''));
    expect(told(report)).toEqual(['warning ORM_KEY_NOT_IN_DATABASE']);
  }, 60_000);

  test('a relationship without any key', async () => {
    const joined = ', primaryjoin="Order.id == foreign(Item.order_id)"';
    const report = await lint(models('', joined), schema(''));
    expect(told(report)).toEqual(['warning ORM_KEY_NOT_CONSTRAINED']);
    expect(report.models.findings[0]?.outcomes).toEqual(orphans);
  }, 60_000);

  test('SET NULL on NOT NULL, in the database and in the model', async () => {
    const action = ' NOT NULL REFERENCES orders (id) ON DELETE SET NULL';
    const key = ', ForeignKey("orders.id", ondelete="SET NULL")';
    const report = await lint(models(key, ', passive_deletes="all"', true), schema(action));
    expect(told(report)).toEqual(['error ORM_SET_NULL_ON_NOT_NULL']);
  }, 60_000);

  test('children that are left to the database when they are not loaded', async () => {
    const key = ', ForeignKey("orders.id", ondelete="CASCADE")';
    const report = await lint(
      models(key, ', passive_deletes=True'),
      schema(' REFERENCES orders (id) ON DELETE CASCADE'),
    );
    expect(told(report)).toEqual(['error ORM_LOAD_STATE_DEPENDENT_DELETE']);
  }, 60_000);

  test('a write-only collection never deletes by itself', async () => {
    const key = ', ForeignKey("orders.id")';
    const writeOnly = ', lazy="write_only", cascade="all, delete-orphan"';
    const failing = await lint(models(key, writeOnly), schema(' REFERENCES orders (id)'));
    expect(told(failing)).toEqual(['error ORM_WRITE_ONLY_NEEDS_PASSIVE']);
    const passive = await lint(models(key, `${writeOnly}, passive_deletes=True`), 'SELECT 1');
    expect(told(passive)).toEqual(['warning ORM_ONLY_CASCADE']);
    expect(passive.models.findings[0]?.detail).toContain('SQLAlchemy never loads the children');
  }, 60_000);

  test.each(['../shop/models.py', '/srv/shop/models.py', 'my shop/models.py'])(
    'a file that is no module from here: %s',
    async (file) => {
      const { code, stderr } = await place.run(['facts', '--orm', 'sqlalchemy', '--models', file]);
      expect([code, stderr.trimEnd().split('\n').length]).toEqual([2, 1]);
      expect(stderr).toContain('--models package.module');
    },
  );
});
