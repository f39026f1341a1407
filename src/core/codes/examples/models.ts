/** Examples about models: what the database has, and what the ORM is told. Run by test/codes/examples-orm.test.ts with the real ORM. */
import type { Code } from '../index.ts';

export interface ModelExample {
  readonly orm: keyof typeof ways;
  /** SQLite. */
  readonly schema: string;
  /** What stands in the file that the ORM's way names. */
  readonly models: string;
}

/** How the models of an example are written and read. */
const ways = {
  sqlalchemy: {
    title: 'SQLAlchemy',
    language: 'python',
    file: 'app.py',
    command: 'lint --orm sqlalchemy --models app',
  },
  django: {
    title: 'Django',
    language: 'python',
    file: 'shop/models.py',
    command: 'lint --orm django --models settings',
  },
  typeorm: {
    title: 'TypeORM',
    language: 'typescript',
    file: 'src/data-source.ts',
    command: 'lint --orm typeorm --models src/data-source.ts',
  },
} as const;

export const wayOf = ({ orm }: Pick<ModelExample, 'orm'>): (typeof ways)[keyof typeof ways] => ways[orm];

const head = `from sqlalchemy import Column, ForeignKey, Integer, String, Table, create_engine, event
from sqlalchemy.orm import declarative_base, relationship
Base = declarative_base()
`;

interface Parts {
  /** The ON DELETE of the live key; null where there is no key. */
  readonly live?: string | null;
  readonly notNull?: boolean;
  /** What ForeignKey() says beside the column. */
  readonly key?: string;
  /** Behind the name of the class, in relationship() on the parent; null for no collection. */
  readonly items?: string | null;
  /** The same on the child. */
  readonly order?: string;
  readonly more?: string;
  readonly moreSchema?: string;
}

function shop(parts: Parts): ModelExample {
  const { live = '', notNull = false, key = '', items = '', order, more = '', moreSchema = '' } = parts;
  const references = live === null ? '' : ` REFERENCES orders (id)${live === '' ? '' : ` ON DELETE ${live}`}`;
  return {
    orm: 'sqlalchemy',
    schema: [
      'CREATE TABLE orders (id INTEGER PRIMARY KEY);',
      `CREATE TABLE order_items (id INTEGER PRIMARY KEY, order_id INTEGER${notNull ? ' NOT NULL' : ''}${references});`,
      ...(moreSchema === '' ? [] : [moreSchema]),
    ].join('\n'),
    models: [
      `${head}class Order(Base):`,
      '    __tablename__ = "orders"',
      '    id = Column(Integer, primary_key=True)',
      ...(items === null ? [] : [`    items = relationship("Item"${items === '' ? '' : `, ${items}`})`]),
      'class Item(Base):',
      '    __tablename__ = "order_items"',
      '    id = Column(Integer, primary_key=True)',
      `    order_id = Column(Integer, ForeignKey("orders.id"${key === '' ? '' : `, ${key}`})${notNull ? ', nullable=False' : ''})`,
      ...(order === undefined ? [] : [`    order = relationship("Order", ${order})`]),
      ...(more === '' ? [] : [more]),
    ].join('\n'),
  };
}

const enforcing = `from sqlalchemy.engine import Engine
@event.listens_for(Engine, "connect")
def enforce_keys(connection, record):
    connection.execute("PRAGMA foreign_keys=ON")`;
const cascade = 'ondelete="CASCADE"';
const all = 'cascade="all, delete"';
const recommended = `${all}, passive_deletes=True`;

function posts(tags: string): ModelExample {
  return {
    orm: 'sqlalchemy',
    schema: `CREATE TABLE posts (id INTEGER PRIMARY KEY);
CREATE TABLE tags (id INTEGER PRIMARY KEY);
CREATE TABLE post_tags (post_id INTEGER REFERENCES posts (id), tag_id INTEGER REFERENCES tags (id));`,
    models: `${head}post_tags = Table("post_tags", Base.metadata,
    Column("post_id", ForeignKey("posts.id")), Column("tag_id", ForeignKey("tags.id")))
class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    tags = relationship("Tag", secondary=post_tags${tags})
class Tag(Base):
    __tablename__ = "tags"
    id = Column(Integer, primary_key=True)`,
  };
}

/** @param live the ON DELETE of the live key; null where there is no key */
function djangoShop(live: string | null, onDelete: string): ModelExample {
  const references =
    live === null ? '' : ` REFERENCES shop_order (id)${live === '' ? '' : ` ON DELETE ${live}`}`;
  return {
    orm: 'django',
    schema: `CREATE TABLE shop_order (id INTEGER PRIMARY KEY);
CREATE TABLE shop_item (id INTEGER PRIMARY KEY, order_id INTEGER${references});`,
    models: `from django.db import models
class Order(models.Model):
    id = models.AutoField(primary_key=True)
class Item(models.Model):
    id = models.AutoField(primary_key=True)
    order = models.ForeignKey(Order, null=True, ${onDelete})`,
  };
}

export const modelExamples: Readonly<Record<Extract<Code, `ORM_${string}`>, ModelExample>> = {
  ORM_NULLS_BEFORE_DB_CASCADE: shop({ live: 'CASCADE', key: cascade }),
  ORM_LOAD_STATE_DEPENDENT_DELETE: shop({ items: recommended }),
  ORM_ONLY_CASCADE: shop({ items: all }),
  ORM_ONLY_SET_NULL: shop({}),
  ORM_ONLY_SET_DEFAULT: djangoShop('', 'default=1, on_delete=models.SET_DEFAULT'),
  ORM_GUARD_NOT_IN_DATABASE: djangoShop('CASCADE', 'on_delete=models.PROTECT'),
  ORM_KEY_NOT_CONSTRAINED: djangoShop(null, 'on_delete=models.CASCADE, db_constraint=False'),
  ORM_DELETE_ALWAYS_FAILS: shop({ notNull: true }),
  ORM_CASCADE_ON_MANY_TO_ONE: shop({ items: null, order: all }),
  ORM_ACTION_IGNORED: {
    orm: 'typeorm',
    schema: `CREATE TABLE orders (id INTEGER PRIMARY KEY);
CREATE TABLE order_items (id INTEGER PRIMARY KEY, order_id INTEGER REFERENCES orders (id));`,
    models: `import 'reflect-metadata';
import { DataSource, Entity, JoinColumn, ManyToOne, OneToMany, PrimaryColumn } from 'typeorm';

@Entity('orders')
export class Order {
  @PrimaryColumn('int') id!: number;
  @OneToMany(() => Item, (item) => item.order, { onDelete: 'CASCADE' }) items!: Item[];
}

@Entity('order_items')
export class Item {
  @PrimaryColumn('int') id!: number;
  @ManyToOne(() => Order, (order) => order.items) @JoinColumn({ name: 'order_id' }) order!: Order;
}

export const db = new DataSource({ type: 'better-sqlite3', database: 'shop.db', entities: [Order, Item] });`,
  },
  ORM_PASSIVE_DELETES_ON_MANY_TO_ONE: shop({ items: null, order: 'passive_deletes=True' }),
  ORM_DB_CASCADE_NOT_TRUSTED: shop({ live: 'CASCADE', key: cascade, items: all, more: enforcing }),
  ORM_EAGER_DEFEATS_PASSIVE_DELETES: shop({
    live: 'CASCADE',
    key: cascade,
    items: `${recommended}, lazy="selectin"`,
  }),
  ORM_NOLOAD_CASCADE: shop({ items: `${all}, lazy="noload"` }),
  ORM_WRITE_ONLY_NEEDS_PASSIVE: shop({
    live: 'CASCADE',
    key: cascade,
    items: 'cascade="all, delete-orphan", lazy="write_only"',
  }),
  ORM_CASCADE_THROUGH_SECONDARY: posts(`, ${all}`),
  ORM_SECONDARY_WITHOUT_DB_CASCADE: posts(''),
  ORM_JOINED_INHERITANCE_WITHOUT_DB_CASCADE: {
    orm: 'sqlalchemy',
    schema: `CREATE TABLE people (id INTEGER PRIMARY KEY, kind VARCHAR(20));
CREATE TABLE engineers (id INTEGER PRIMARY KEY REFERENCES people (id));`,
    models: `${head}class Person(Base):
    __tablename__ = "people"
    id = Column(Integer, primary_key=True)
    kind = Column(String(20))
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "person"}
class Engineer(Person):
    __tablename__ = "engineers"
    id = Column(Integer, ForeignKey("people.id"), primary_key=True)
    __mapper_args__ = {"polymorphic_identity": "engineer"}`,
  },
  ORM_VIEWONLY_CASCADE: shop({ items: `viewonly=True, ${all}` }),
  ORM_SET_NULL_ON_NOT_NULL: shop({ live: 'SET NULL', notNull: true, key: 'ondelete="SET NULL"' }),
  ORM_OVERRIDES_DB_GUARD: shop({ live: 'RESTRICT', key: 'ondelete="RESTRICT"', items: all }),
  ORM_DELETE_ORPHAN_MISSING: shop({ live: 'CASCADE', notNull: true, key: cascade, items: recommended }),
  ORM_UNCOVERED_GRANDCHILD: shop({
    live: 'CASCADE',
    key: cascade,
    items: recommended,
    moreSchema: 'CREATE TABLE refunds (id INTEGER PRIMARY KEY, item_id INTEGER REFERENCES order_items (id));',
  }),
  ORM_EVENTS_SKIP_ON_DB_CASCADE: shop({
    live: 'CASCADE',
    key: cascade,
    items: recommended,
    more: `${enforcing}
event.listen(Item, "after_delete", lambda mapper, connection, target: None)`,
  }),
  ORM_SQLITE_FOREIGN_KEYS_OFF: shop({
    live: 'CASCADE',
    key: cascade,
    items: recommended,
    more: 'engine = create_engine("sqlite:///shop.db")',
  }),
  ORM_MODEL_DB_DRIFT: shop({ key: cascade, items: recommended }),
  ORM_KEY_NOT_IN_DATABASE: shop({ live: null }),
  ORM_MODELS_DISAGREE: shop({
    key: cascade,
    more: `Other = declarative_base()
class SameOrder(Other):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
class SameItem(Other):
    __tablename__ = "order_items"
    id = Column(Integer, primary_key=True)
    order_id = Column(Integer, ForeignKey("orders.id", ondelete="SET NULL"))`,
  }),
  ORM_UNKNOWN_ACTION: shop({ key: 'ondelete="CASCADDE"' }),
  ORM_PARTIAL: shop({ items: 'back_populates="nothing"' }),
  ORM_MARK_UNKNOWN: shop({ items: `${all}, info={"ondelete": "ignore: ORM_NO_SUCH_RULE, meant so"}` }),
};
