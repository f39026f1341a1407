// Where an edit of a model is written in JavaScript, TypeScript and Prisma.
import { describe, expect, test } from '@jest/globals';
import { type Part, edited } from './source-edits.ts';

describe('JavaScript', () => {
  const upper = { set: { onDelete: "'SET NULL'" } };
  const rule = { set: { deleteRule: "'cascade'" } };
  const lower = { set: { onDelete: "'cascade'" } };
  test.each<[string, Part, string, string]>([
    [
      'typeorm',
      upper,
      '@ManyToOne(() => A) // HERE',
      "+@ManyToOne(() => A, { onDelete: 'SET NULL' }) // HERE",
    ],
    [
      'typeorm',
      upper,
      '@ManyToOne(() => A, (a) => a.items, { nullable: true, onDelete: "CASCADE" }) // HERE',
      '+@ManyToOne(() => A, (a) => a.items, { nullable: true, onDelete: "SET NULL" }) // HERE',
    ],
    [
      'typeorm',
      upper,
      '@OneToOne((type) => A, "item", {\n  eager: true,\n}) // HERE',
      'no ManyToOne(…) stands on that line',
    ],
    [
      'typeorm',
      upper,
      '@ManyToOne(() => A, {}) // HERE',
      "+@ManyToOne(() => A, { onDelete: 'SET NULL' }) // HERE",
    ],
    ['typeorm', upper, '@ManyToOne(() => A, options) // HERE', 'its options are not written there'],
    [
      'typeorm',
      upper,
      '@ManyToOne(() => A, { ...options }) // HERE',
      'what `...options` holds is not written there',
    ],
    [
      'typeorm',
      upper,
      '@ManyToOne(() => A, { onDelete }) // HERE',
      'what `onDelete` holds is not written there',
    ],
    [
      'drizzle',
      lower,
      "a: integer('a').references(() => orders.id), // HERE",
      "+a: integer('a').references(() => orders.id, { onDelete: 'cascade' }), // HERE",
    ],
    [
      'drizzle',
      lower,
      "a: integer().references((): AnyColumn => o.id, { onUpdate: 'cascade' }), // HERE",
      "+a: integer().references((): AnyColumn => o.id, { onUpdate: 'cascade', onDelete: 'cascade' }), // HERE",
    ],
    [
      'drizzle',
      lower,
      '(t) => [foreignKey({ columns: [t.a], foreignColumns: [o.id] }).onDelete("set null")], // HERE',
      '+(t) => [foreignKey({ columns: [t.a], foreignColumns: [o.id] }).onDelete("cascade")], // HERE',
    ],
    [
      'drizzle',
      lower,
      "export const items = pgTable('items', { a: integer() }, (t) => [ // HERE\n  foreignKey({ columns: [t.a], foreignColumns: [o.id] })\n    .onUpdate('cascade'),\n  foreignKey({ columns: [t.b], foreignColumns: [o.id] }).onDelete('cascade'),\n]);\nexport const rest = pgTable('rest', {}, (t) => [foreignKey({})]);",
      "+  foreignKey({ columns: [t.a], foreignColumns: [o.id] }).onDelete('cascade')",
    ],
    [
      'drizzle',
      lower,
      "export const items = pgTable('items', {}, (t) => [ // HERE\n  foreignKey({ columns: [t.a] }),\n  foreignKey({ columns: [t.b] }),\n]);",
      '2 foreignKey(…) without onDelete() stand in that table (line 2, 3)',
    ],
    [
      'typeorm',
      upper,
      '@ManyToMany(() => A) @JoinTable() a: A[]; // HERE',
      'a key of a link table takes onDelete from the options of the @ManyToMany in the entity that it points to',
    ],
    [
      'drizzle',
      lower,
      "export const items = pgTable('items', { // HERE",
      'no references(…) stands on that line',
    ],
    [
      'sequelize',
      upper,
      'Item.belongsTo(Order); // HERE',
      "+Item.belongsTo(Order, { onDelete: 'SET NULL' }); // HERE",
    ],
    [
      'sequelize',
      upper,
      "Order.hasMany(Item, { foreignKey: 'orderId', onDelete: 'CASCADE' }); // HERE",
      "+Order.hasMany(Item, { foreignKey: 'orderId', onDelete: 'SET NULL' }); // HERE",
    ],
    ['sequelize', upper, 'Order.hasMany(Item, given); // HERE', 'its options are not written there'],
    [
      'mikro-orm',
      rule,
      '@ManyToOne({ entity: () => A })\norder!: A; // HERE',
      "+@ManyToOne({ entity: () => A, deleteRule: 'cascade' })",
    ],
    [
      'mikro-orm',
      rule,
      '@ManyToOne() order!: A; // HERE',
      "+@ManyToOne({ deleteRule: 'cascade' }) order!: A; // HERE",
    ],
    [
      'mikro-orm',
      rule,
      '@ManyToOne(() => B) b!: B;\n@ManyToOne(() => A)\n// the order\n@Index()\norder!: A; // HERE',
      "+@ManyToOne(() => A, { deleteRule: 'cascade' })",
    ],
    ['mikro-orm', rule, 'order!: A; // HERE', 'no single @ManyToOne(…) or @OneToOne(…) stands above it'],
    [
      'typeorm',
      upper,
      'const x = a / b; const y = /[/"(]/.test(z) ? `${f({ a: `}` })}"` : 1; @ManyToOne(() => A) // HERE',
      '+const x = a / b; const y = /[/"(]/.test(z) ? `${f({ a: `}` })}"` : 1; @ManyToOne(() => A, { onDelete: \'SET NULL\' }) // HERE',
    ],
  ])('%s %j: %s', async (orm, part, source, after) => {
    const made = await edited(orm, source, part);
    expect(made.split('\n').at(-1)).toBe(after);
  });

  test.each([
    [
      "const Item = sequelize.define('Item', { // HERE\n  id: { type: INTEGER },\n  orderId: { type: INTEGER, field: 'order_id', references: { model: 'orders', key: 'id' } },\n});",
      "+  orderId: { type: INTEGER, field: 'order_id', references: { model: 'orders', key: 'id' }, onDelete: 'SET NULL' },",
    ],
    [
      "Item.init({ order_id: { references: { model: 'orders' }, onDelete: 'CASCADE' } }, { sequelize }); // HERE",
      "+Item.init({ order_id: { references: { model: 'orders' }, onDelete: 'SET NULL' } }, { sequelize }); // HERE",
    ],
    [
      "Item.init({ order_id: { references: { model: 'orders' }, onDelete: rule } }, { sequelize }); // HERE",
      '`onDelete` is no plain value there',
    ],
    ['Item.init(attributes, { sequelize }); // HERE', 'no belongsTo(…) stands on that line'],
  ])('an attribute of Sequelize: %s', async (source, after) => {
    const made = await edited('sequelize', source, upper, { related: false });
    expect(made.split('\n').at(-1)).toBe(after);
  });

  test.each<[readonly string[], string, string]>([
    [
      ['relations', 'order'],
      "new EntitySchema<Row<'items'>>({ // HERE\n  relations: {\n    gift: { target: 'Order' },\n    'order': { target: 'Order' },\n  },\n});",
      "+    'order': { target: 'Order', onDelete: 'SET NULL' },",
    ],
    [
      ['foreignKeys', '1'],
      "new EntitySchema({ foreignKeys: [{ target: 'A' }, { target: 'B' }] }); // HERE",
      "+new EntitySchema({ foreignKeys: [{ target: 'A' }, { target: 'B', onDelete: 'SET NULL' }] }); // HERE",
    ],
    [
      ['foreignKeys', '1'],
      'new EntitySchema({ foreignKeys: [...shared, {}] }); // HERE',
      'what `...shared` holds is not written there',
    ],
    [
      ['relations', 'order'],
      'new EntitySchema({ relations: { order: {}, ...shared } }); // HERE',
      'what `...shared` holds is not written there',
    ],
    [
      ['relations', 'order'],
      "new EntitySchema({ relations: { order: { onDelete: 'CASCADE', ...shared } } }); // HERE",
      'what `...shared` holds is not written there',
    ],
    [
      ['relations', 'order'],
      'new EntitySchema({ relations: { order: orderOf() } }); // HERE',
      'what makes the key is not written there',
    ],
    [
      ['relations', 'order'],
      'new EntitySchema({ relations }); // HERE',
      '`relations` is not written there once',
    ],
    [
      ['relations', 'order'],
      'const schemas = [new EntitySchema({}), new EntitySchema({})]; // HERE',
      '2 calls of EntitySchema(…) stand on that line',
    ],
    [
      ['relations', 'order'],
      'class Items extends Table {} // HERE',
      'no EntitySchema(…) stands on that line',
    ],
    [
      ['relations', 'tags'],
      "new EntitySchema({ relations: { tags: { type: 'many-to-many', target: 'Tag' } } }); // HERE",
      'a key of a link table takes onDelete from the options of the many-to-many relation in the entity that it points to',
    ],
  ])('EntitySchema of TypeORM, %j: %s', async (within, source, after) => {
    const made = await edited('typeorm', source, upper, { within });
    expect(made.split('\n').at(-1)).toBe(after);
  });

  test('Prisma', async () => {
    const source = 'model Item {\n  order Order @relation(fields: [orderId], references: [id]) // HERE\n}\n';
    expect(await edited('prisma', source, { set: { onDelete: 'Cascade' } })).toContain(
      '+  order Order @relation(fields: [orderId], references: [id], onDelete: Cascade) // HERE',
    );
    const written = source.replace('[id])', '[id], onDelete: SetNull, map: "k")');
    expect(await edited('prisma', written, { set: { onDelete: 'Cascade' } })).toContain(
      '+  order Order @relation(fields: [orderId], references: [id], onDelete: Cascade, map: "k") // HERE',
    );
  });
});
