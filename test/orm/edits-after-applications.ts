// Applications with each ORM of JavaScript, and the patch that their models need after the migration.
import { enginesUnderTest } from '../support/database.ts';

const engines = enginesUnderTest();
const [sqlite] = engines.filter(({ engine }) => engine === 'sqlite');
if (sqlite === undefined) throw new Error('no SQLite');
/** MikroORM compares no keys on SQLite, and Sequelize has no driver there. */
export const postgres = engines.filter(({ engine }) => engine === 'postgres').slice(-1);

interface Application {
  readonly orm: string;
  /** What is special about it, for people. */
  readonly title?: string;
  /** Packages under another name. */
  readonly renamed?: Readonly<Record<string, string>>;
  readonly place: (typeof engines)[number];
  readonly files: (url: string) => Readonly<Record<string, string>>;
  /** `orm:` in the configuration, without the name. */
  readonly models: string;
  /** Words behind the runner's that make the tables; null where `schema` does. */
  readonly make: readonly string[] | null;
  readonly diff: (url: string) => readonly string[];
  /** Whether the application is built before it runs. */
  readonly isBuilt?: boolean;
  /** The lines of the patch. */
  readonly patch: readonly string[];
}

export const schema = `CREATE TABLE "orders" ("id" INTEGER NOT NULL PRIMARY KEY);
CREATE TABLE "items" ("id" INTEGER NOT NULL PRIMARY KEY, "order_id" INTEGER, "gift_id" INTEGER,
  CONSTRAINT "items_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders" ("id") ON DELETE SET NULL ON UPDATE CASCADE,
  CONSTRAINT "items_gift_id_fkey" FOREIGN KEY ("gift_id") REFERENCES "orders" ("id") ON DELETE RESTRICT ON UPDATE CASCADE);`;

export const applications: readonly Application[] = [
  {
    orm: 'typeorm',
    place: sqlite,
    models: 'models: [src/data-source.ts]',
    make: ['typeorm', 'dist/data-source.js', 'make'],
    diff: () => ['typeorm', 'dist/data-source.js'],
    isBuilt: true,
    files: (url) => ({
      'src/data-source.ts': `import 'reflect-metadata';
import { DataSource, Entity, JoinColumn, ManyToOne, OneToMany, PrimaryColumn } from 'typeorm';

@Entity('orders')
export class Order {
  @PrimaryColumn('int') id!: number;
  @OneToMany(() => Item, (item) => item.order) items!: Item[];
}

@Entity('items')
export class Item {
  @PrimaryColumn('int') id!: number;
  @ManyToOne(() => Order, (order) => order.items)
  @JoinColumn({ name: 'order_id' })
  order!: Order;
  @ManyToOne(() => Order, { nullable: true, onDelete: 'RESTRICT' })
  @JoinColumn({ name: 'gift_id' })
  gift!: Order | null;
}

export default new DataSource({ type: 'better-sqlite3', database: '${url}', entities: [Order, Item] });
`,
    }),
    patch: [
      '-  @ManyToOne(() => Order, (order) => order.items)',
      "+  @ManyToOne(() => Order, (order) => order.items, { onDelete: 'CASCADE' })",
      "-  @ManyToOne(() => Order, { nullable: true, onDelete: 'RESTRICT' })",
      "+  @ManyToOne(() => Order, { nullable: true, onDelete: 'SET NULL' })",
    ],
  },
  {
    orm: 'typeorm',
    title: ' with EntitySchema',
    place: sqlite,
    models: 'models: [src/data-source.ts]',
    make: ['typeorm', 'dist/data-source.js', 'make'],
    diff: () => ['typeorm', 'dist/data-source.js'],
    isBuilt: true,
    files: (url) => ({
      'src/data-source.ts': `import { DataSource, EntitySchema } from 'typeorm';

interface OrderRow { id: number; items: ItemRow[] }
interface ItemRow { id: number; order: OrderRow; giftId: number | null }

const id = { type: Number, primary: true } as const;

export const Order = new EntitySchema<OrderRow>({
  name: 'Order',
  tableName: 'orders',
  columns: { id },
  relations: {
    items: { type: 'one-to-many', target: 'Item', inverseSide: 'order' },
  },
});

export const Item = new EntitySchema<ItemRow>({
  name: 'Item',
  tableName: 'items',
  columns: { id, giftId: { type: Number, name: 'gift_id', nullable: true } },
  relations: {
    order: {
      type: 'many-to-one',
      target: 'Order',
      inverseSide: 'items',
      joinColumn: { name: 'order_id' },
    },
  },
  foreignKeys: [{ target: 'Order', columnNames: ['giftId'], referencedColumnNames: ['id'], onDelete: 'RESTRICT' }],
});

export default new DataSource({ type: 'better-sqlite3', database: '${url}', entities: [Order, Item] });
`,
    }),
    patch: [
      "+      onDelete: 'CASCADE',",
      "-  foreignKeys: [{ target: 'Order', columnNames: ['giftId'], referencedColumnNames: ['id'], onDelete: 'RESTRICT' }],",
      "+  foreignKeys: [{ target: 'Order', columnNames: ['giftId'], referencedColumnNames: ['id'], onDelete: 'SET NULL' }],",
    ],
  },
  {
    orm: 'typeorm',
    title: ' 0.3 with EntitySchema',
    renamed: { typeorm: 'typeorm-0' },
    place: sqlite,
    models: 'models: [db.js]',
    make: ['typeorm', 'db.js', 'make'],
    diff: () => ['typeorm', 'db.js'],
    files: (url) => ({
      'db.js': `const { DataSource, EntitySchema } = require('typeorm');
const id = { type: Number, primary: true };
const Order = new EntitySchema({ name: 'orders', columns: { id } });
const Item = new EntitySchema({
  name: 'items',
  columns: { id, gift_id: { type: Number, nullable: true, foreignKey: { target: Order } } },
  relations: { order: { type: 'many-to-one', target: 'orders', onDelete: 'SET NULL', joinColumn: { name: 'order_id' } } },
});
exports.source = exports.default = new DataSource({ type: 'better-sqlite3', database: '${url}', entities: [Order, Item] });
`,
    }),
    patch: [
      '-  columns: { id, gift_id: { type: Number, nullable: true, foreignKey: { target: Order } } },',
      "+  columns: { id, gift_id: { type: Number, nullable: true, foreignKey: { target: Order, onDelete: 'SET NULL' } } },",
      "-  relations: { order: { type: 'many-to-one', target: 'orders', onDelete: 'SET NULL', joinColumn: { name: 'order_id' } } },",
      "+  relations: { order: { type: 'many-to-one', target: 'orders', onDelete: 'CASCADE', joinColumn: { name: 'order_id' } } },",
    ],
  },
  ...postgres.map((place): Application => ({
    orm: 'mikro-orm',
    place,
    models: 'models: [src/config.ts]',
    make: ['mikro-orm', 'dist/config.js', 'make'],
    diff: () => ['mikro-orm', 'dist/config.js'],
    isBuilt: true,
    files: (url) => ({
      'src/config.ts': `import 'reflect-metadata';
import { Collection, Entity, ManyToOne, OneToMany, PrimaryKey } from '@mikro-orm/core';
import { PostgreSqlDriver } from '@mikro-orm/postgresql';

@Entity({ tableName: 'orders' })
export class Order {
  @PrimaryKey({ type: 'number' }) id!: number;
}

@Entity({ tableName: 'items' })
export class Item {
  @PrimaryKey({ type: 'number' }) id!: number;
  @ManyToOne(() => Order)
  order!: Order;
  @ManyToOne({ entity: () => Order, nullable: true, deleteRule: 'restrict' }) gift?: Order;
}

export default { driver: PostgreSqlDriver, clientUrl: '${url}', entities: [Order, Item] };
`,
    }),
    patch: [
      '-  @ManyToOne(() => Order)',
      "+  @ManyToOne(() => Order, { deleteRule: 'cascade' })",
      "-  @ManyToOne({ entity: () => Order, nullable: true, deleteRule: 'restrict' }) gift?: Order;",
      "+  @ManyToOne({ entity: () => Order, nullable: true, deleteRule: 'set null' }) gift?: Order;",
    ],
  })),
  {
    orm: 'prisma',
    place: sqlite,
    models: 'models: [prisma/schema.prisma]',
    make: null,
    diff: (url) => ['prisma', 'prisma/schema.prisma', url],
    files: () => ({
      'prisma/schema.prisma': `datasource db {
  provider = "sqlite"
}

model Order {
  id    Int    @id
  items Item[] @relation("items")
  gifts Item[] @relation("gifts")

  @@map("orders")
}

model Item {
  id      Int    @id
  orderId Int?   @map("order_id")
  giftId  Int?   @map("gift_id")
  order   Order? @relation("items", fields: [orderId], references: [id])
  gift    Order? @relation("gifts", fields: [giftId], references: [id], onDelete: Restrict)

  @@map("items")
}
`,
    }),
    patch: [
      '-  order   Order? @relation("items", fields: [orderId], references: [id])',
      '+  order   Order? @relation("items", fields: [orderId], references: [id], onDelete: Cascade)',
      '-  gift    Order? @relation("gifts", fields: [giftId], references: [id], onDelete: Restrict)',
      '+  gift    Order? @relation("gifts", fields: [giftId], references: [id], onDelete: SetNull)',
    ],
  },
];
