// The last mile, with the real ORMs of JavaScript: after the migration and the patch their own diff has nothing to take back.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { run } from '../support/cli.ts';
import { type DatabaseUnderTest, enginesUnderTest, openSqlite } from '../support/database.ts';
import { compiled, liveKeys, modelFindings, nodeProject, type Project } from './node-project.ts';

const engines = enginesUnderTest();
const [sqlite] = engines.filter(({ engine }) => engine === 'sqlite');
if (sqlite === undefined) throw new Error('no SQLite');
/** MikroORM compares no keys on SQLite, and Sequelize has no driver there. */
const postgres = engines.filter(({ engine }) => engine === 'postgres').slice(-1);
const runner = join(import.meta.dirname, 'edits-after-runner.mjs');
const patience = 240_000;

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

const schema = `CREATE TABLE "orders" ("id" INTEGER NOT NULL PRIMARY KEY);
CREATE TABLE "items" ("id" INTEGER NOT NULL PRIMARY KEY, "order_id" INTEGER, "gift_id" INTEGER,
  CONSTRAINT "items_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders" ("id") ON DELETE SET NULL ON UPDATE CASCADE,
  CONSTRAINT "items_gift_id_fkey" FOREIGN KEY ("gift_id") REFERENCES "orders" ("id") ON DELETE RESTRICT ON UPDATE CASCADE);`;

const applications: readonly Application[] = [
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

/** Applied with the engine's own client. */
async function migrated(project: Project, database: DatabaseUnderTest): Promise<void> {
  for (const name of readdirSync(join(project.folder, 'out')).filter((each) => each.endsWith('.up.sql'))) {
    const { code, stderr } = await database.client(project.read(join('out', name)));
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('ERROR')]);
  }
  expect(await liveKeys(database)).toEqual([
    'items(gift_id) -> orders SET NULL',
    'items(order_id) -> orders CASCADE',
  ]);
}

const policy = `policy:
  rules:
    - match: 'items(order_id) -> *'
      onDelete: cascade
    - match: 'items(gift_id) -> *'
      onDelete: set null
`;

const changed = (patch: string): readonly string[] =>
  patch.split('\n').filter((line) => /^[-+](?![-+])/.test(line));

describe.each(applications.map((one) => ({ title: '', ...one })))(
  '$orm$title on $place.id',
  (application) => {
    test(
      'its own diff takes the migration back before the patch, and nothing after it',
      async () => {
        const database = await application.place.open();
        const project = await nodeProject(application.orm, null, application.renamed);
        try {
          for (const [name, text] of Object.entries(application.files(database.url)))
            project.write(name, text);
          project.write(
            'ondelete.config.yaml',
            `database: '${database.url}'\nout: out\norm: { name: ${application.orm}, ${application.models} }\n${policy}`,
          );
          const build = (): void => {
            if (application.isBuilt === true) compiled(project);
          };
          const diff = async (): Promise<string> =>
            (await project.node([runner, ...application.diff(database.url)])).trim();
          build();
          if (application.make === null) await database.client(schema);
          else expect((await project.node([runner, ...application.make])).trim()).toBe('');
          expect(await diff()).toBe('');
          const made = await project.run(['generate', '--patch', 'models.patch']);
          expect([made.code, made.stderr]).toEqual([0, expect.not.stringContaining('by hand')]);
          expect(changed(project.read('models.patch'))).toEqual(application.patch);
          await migrated(project, database);
          expect(await diff()).not.toBe('');
          const applied = await run('git', ['apply', 'models.patch'], { cwd: project.folder });
          expect([applied.code, applied.stderr]).toEqual([0, '']);
          build();
          expect(await diff()).toBe('');
          const lint = await project.run(['lint', '--format', 'json']);
          expect(modelFindings(lint)).toEqual([]);
        } finally {
          project.remove();
          await database.drop();
        }
      },
      patience,
    );
  },
);

test(
  'Drizzle: drizzle-kit has nothing to generate',
  async () => {
    const database = await openSqlite();
    const project = await nodeProject('drizzle', null);
    try {
      project.write(
        'schema.ts',
        `import { foreignKey, integer, sqliteTable } from 'drizzle-orm/sqlite-core';
export const orders = sqliteTable('orders', { id: integer().primaryKey() });
export const items = sqliteTable(
  'items',
  {
    id: integer().primaryKey(),
    orderId: integer('order_id').references(() => orders.id),
    giftId: integer('gift_id'),
  },
  (t) => [
    foreignKey({ columns: [t.giftId], foreignColumns: [orders.id] }).onDelete('restrict'),
  ],
);
`,
      );
      project.write(
        'drizzle.config.json',
        JSON.stringify({ dialect: 'sqlite', schema: './schema.ts', out: './drizzle' }),
      );
      project.write(
        'ondelete.config.yaml',
        `database: '${database.url}'\ntool: drizzle\nout: drizzle\norm: { name: drizzle }\n${policy}`,
      );
      const kit = (): Promise<string> => project.node(['node_modules/drizzle-kit/bin.cjs', 'generate']);
      const sqlOf = (): readonly string[] =>
        readdirSync(join(project.folder, 'drizzle'))
          .filter((name) => name.endsWith('.sql'))
          .sort();
      await kit();
      const [first = ''] = sqlOf();
      await database.client(project.read(join('drizzle', first)).replaceAll('--> statement-breakpoint', ''));
      const made = await project.run(['generate', '--patch', 'models.patch']);
      expect([made.code, made.stderr]).toEqual([0, expect.not.stringContaining('by hand')]);
      expect(changed(project.read('models.patch'))).toEqual([
        "-    orderId: integer('order_id').references(() => orders.id),",
        "+    orderId: integer('order_id').references(() => orders.id, { onDelete: 'cascade' }),",
        "-    foreignKey({ columns: [t.giftId], foreignColumns: [orders.id] }).onDelete('restrict'),",
        "+    foreignKey({ columns: [t.giftId], foreignColumns: [orders.id] }).onDelete('set null'),",
      ]);
      const applied = await run('git', ['apply', 'models.patch'], { cwd: project.folder });
      expect([applied.code, applied.stderr]).toEqual([0, '']);
      expect([await kit(), sqlOf().length]).toEqual([expect.stringContaining('No schema changes'), 2]);
    } finally {
      project.remove();
      await database.drop();
    }
  },
  patience,
);

if (postgres.length > 0)
  test.each(postgres)(
    'Sequelize on $id: sync({ alter: true }) changes no action back',
    async (place) => {
      const database = await place.open();
      const project = await nodeProject('sequelize', null);
      try {
        project.write(
          'db.js',
          `const { Sequelize } = require('sequelize');
const sequelize = new Sequelize('${database.url}', { logging: false });
const options = { timestamps: false };
const Order = sequelize.define('Order', {}, { ...options, tableName: 'orders' });
const Item = sequelize.define('Item', {}, { ...options, tableName: 'items' });
Order.hasMany(Item, { foreignKey: { name: 'order_id', allowNull: false }, as: 'items', onDelete: 'RESTRICT' });
Item.belongsTo(Order, { foreignKey: { name: 'order_id', allowNull: false } });
Item.belongsTo(Order, { foreignKey: 'gift_id', as: 'gift', onDelete: 'RESTRICT' });
module.exports = { sequelize };
`,
        );
        project.write(
          'ondelete.config.yaml',
          `database: '${database.url}'\nout: out\norm: { name: sequelize, models: [db.js] }\n${policy}`,
        );
        await project.node([runner, 'sequelize', 'db.js', 'make']);
        const made = await project.run(['generate', '--patch', 'models.patch']);
        expect([made.code, made.stderr]).toEqual([0, expect.not.stringContaining('by hand')]);
        await migrated(project, database);
        const applied = await run('git', ['apply', 'models.patch'], { cwd: project.folder });
        expect([applied.code, applied.stderr]).toEqual([0, '']);
        expect(project.read('db.js').match(/onDelete: '[A-Z ]+'/g)).toEqual([
          "onDelete: 'CASCADE'",
          "onDelete: 'CASCADE'",
          "onDelete: 'SET NULL'",
        ]);
        await project.node([runner, 'sequelize', 'db.js']);
        expect(await liveKeys(database)).toEqual([
          'items(gift_id) -> orders SET NULL',
          'items(order_id) -> orders CASCADE',
        ]);
        const lint = await project.run(['lint', '--format', 'json']);
        expect(modelFindings(lint)).toEqual([]);
      } finally {
        project.remove();
        await database.drop();
      }
    },
    patience,
  );
