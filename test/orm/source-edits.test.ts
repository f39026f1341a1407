// Where an edit of a model is written: the exact lines, for each ORM's way of writing them; and what is not certain is left out.
import { describe, expect, test } from '@jest/globals';
import { factsSchema, keyTarget } from '../../src/orm/facts.ts';
import type { ModelEdit } from '../../src/orm/finding.ts';
import { ormNamed } from '../../src/orm/index.ts';
import { sourceEdits } from '../../src/orm/model-files/edits.ts';
import { unifiedDiff } from '../../src/orm/model-files/patch.ts';

type Part = Partial<Pick<ModelEdit, 'at' | 'set' | 'remove' | 'target'>>;

interface Given {
  /** How many the line makes. */
  readonly keys?: number;
  /** Whether there is a relationship over them. */
  readonly related?: boolean;
  readonly within?: readonly string[];
}

/** A file, and one edit of the line that says HERE; with what it should be. */
async function edited(
  orm: string,
  source: string,
  part: Part = {},
  { keys = 1, related = true, within = [] }: Given = {},
): Promise<string> {
  const line = source.split('\n').findIndex((one) => one.includes('HERE')) + 1;
  const place = { file: 'models', line };
  const foreignKeys = Array.from({ length: keys }, (_, at) => ({
    child: { schema: null, name: `items${at === 0 ? '' : at}` },
    columns: ['order_id'],
    parent: { schema: null, name: 'orders' },
    parentColumns: ['id'],
    onDelete: null,
    place,
    within,
  }));
  const facts = factsSchema.parse({
    version: 1,
    orm,
    source: 'models',
    tables: [],
    foreignKeys,
    relationships: [
      { owner: 'Item', attribute: 'order', target: 'Order', direction: 'many-to-one', keys: [], place },
    ]
      .filter(() => related)
      .map((one) => ({ ...one, keys: [keyOnly(foreignKeys[0])] })),
  });
  const edits = facts.foreignKeys.map((key): ModelEdit => ({
    kind: 'model',
    at: 'key',
    target: keyTarget(key),
    place,
    set: {},
    remove: [],
    text: 'the edit',
    ...part,
  }));
  const { editor: spelling } = await ormNamed(orm);
  const made = sourceEdits(edits, facts, spelling, () => ({ text: source }));
  return made.leftOut.length > 0
    ? made.leftOut.map(({ why }) => why).join('\n')
    : unifiedDiff(made.edits, () => source)
        .split('\n')
        .filter((one) => /^[-+](?![-+])/.test(one))
        .join('\n');
}

function keyOnly<T extends { child: object; columns: string[]; parent: object; parentColumns: string[] }>(
  key: T | undefined,
): Pick<T, 'child' | 'columns' | 'parent' | 'parentColumns'> | undefined {
  if (key === undefined) return undefined;
  const { child, columns, parent, parentColumns } = key;
  return { child, columns, parent, parentColumns };
}

describe('SQLAlchemy', () => {
  const set = { ondelete: '"CASCADE"' };
  const relationship = (options: Readonly<Record<string, string>>, remove: readonly string[] = []): Part => ({
    at: 'relationship',
    set: options,
    remove,
  });
  const passive = { cascade: '"all, delete"', passive_deletes: 'True' };

  test.each<[string, Part, string, string]>([
    [
      'the last argument',
      { set },
      'order_id = mapped_column(ForeignKey("orders.id"))  # HERE',
      `-order_id = mapped_column(ForeignKey("orders.id"))  # HERE
+order_id = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))  # HERE`,
    ],
    [
      'another value, in the quotes that are there',
      { set },
      "order_id = Column(sa.ForeignKey('orders.id', ondelete='SET NULL', name='fk'))  # HERE",
      `-order_id = Column(sa.ForeignKey('orders.id', ondelete='SET NULL', name='fk'))  # HERE
+order_id = Column(sa.ForeignKey('orders.id', ondelete='CASCADE', name='fk'))  # HERE`,
    ],
    [
      'a line of its own, with the comma and the comment that are there',
      { set },
      'x = ForeignKeyConstraint(  # HERE\n    ["a"],\n    ["b"],  # why, because\n)',
      `+    ondelete="CASCADE",`,
    ],
    [
      'a line of its own behind a last one without a comma',
      { set },
      'x = ForeignKey(  # HERE\r\n    "a"  # why\r\n)',
      `-    "a"  # why\r\n+    "a",  # why\r\n+    ondelete="CASCADE"\r`,
    ],
    [
      'under another name',
      { set },
      "from sqlalchemy import ForeignKey as FK\nx = FK('a')  # HERE",
      "-x = FK('a')  # HERE\n+x = FK('a', ondelete='CASCADE')  # HERE",
    ],
    [
      'strings, comments and brackets are no calls',
      { set },
      "x = f(\"ForeignKey(\", '''ForeignKey(\n''', ForeignKey(\"a\"))  # HERE ForeignKey(",
      '-\'\'\', ForeignKey("a"))  # HERE ForeignKey(\n+\'\'\', ForeignKey("a", ondelete="CASCADE"))  # HERE ForeignKey(',
    ],
    [
      'a relationship gets several arguments',
      relationship(passive),
      'items = relationship("Item", back_populates="order")  # HERE',
      `-items = relationship("Item", back_populates="order")  # HERE
+items = relationship("Item", back_populates="order", cascade="all, delete", passive_deletes=True)  # HERE`,
    ],
    [
      'and loses one, whatever comes after it',
      relationship({ passive_deletes: '"all"' }, ['cascade']),
      'items = relationship("Item", cascade="all, delete")  # HERE',
      `-items = relationship("Item", cascade="all, delete")  # HERE
+items = relationship("Item", passive_deletes="all")  # HERE`,
    ],
    [
      'a backref that is a string becomes a call',
      { at: 'backref', set: passive },
      'from sqlalchemy.orm import backref, relationship\norder = relationship("Order", backref="items")  # HERE',
      `-order = relationship("Order", backref="items")  # HERE
+order = relationship("Order", backref=backref("items", cascade="all, delete", passive_deletes=True))  # HERE`,
    ],
    [
      'a backref that is a call',
      { at: 'backref', set: { passive_deletes: 'True' } },
      'order = relationship("Order", backref=orm.backref("items", passive_deletes="all"))  # HERE',
      `-order = relationship("Order", backref=orm.backref("items", passive_deletes="all"))  # HERE
+order = relationship("Order", backref=orm.backref("items", passive_deletes=True))  # HERE`,
    ],
  ])('%s', async (_, part, source, after) => {
    expect(await edited('sqlalchemy', source, part)).toBe(after);
  });

  test.each<[string, Part, string, string]>([
    [
      'a variable',
      { set },
      'x = ForeignKey("a", ondelete=RULE)  # HERE',
      '`ondelete` is no plain value there',
    ],
    [
      'arguments from elsewhere',
      { set },
      'x = ForeignKey("a", **rule)  # HERE',
      'what `**rule` holds is not written there',
    ],
    [
      'two calls',
      { set },
      'x = f(ForeignKey("a"), ForeignKey("b"))  # HERE',
      '2 calls of ForeignKey(…) stand on that line',
    ],
    ['no call', { set }, 'class Item(SQLModel, table=True):  # HERE', 'no ForeignKey(…) stands on that line'],
    [
      'a field of SQLModel',
      { set },
      'class Item(SQLModel, table=True):  # HERE\n    id: int = Field(primary_key=True)\n    order_id: int = Field(foreign_key="orders.id")\n\nclass Other(SQLModel):\n    order_id: int = Field(foreign_key="orders.id")\n',
      'line 3 writes it as Field(foreign_key=…): give it ondelete="CASCADE" (SQLModel 0.0.21 and later)',
    ],
    [
      'a relationship of SQLModel',
      { at: 'relationship', target: 'Item.order', set: { passive_deletes: 'True' } },
      'class Item(SQLModel, table=True):  # HERE\n    order: list["Order"] = Relationship(back_populates="items")\n',
      'line 2 writes it as Relationship(…): give it sa_relationship_kwargs={"passive_deletes": True}',
    ],
    [
      'a class with mapper arguments',
      { at: 'class', set: passive },
      'class Item(Base):  # HERE\n    __tablename__ = "i"\n    __mapper_args__ = {"passive_deletes": True}\n',
      '__mapper_args__ is written by hand: it stands on line 3',
    ],
    ['a call that never ends', { set }, 'x = ForeignKey("a"  # HERE', 'no ForeignKey(…) stands on that line'],
    [
      'what is there already',
      { set },
      'x = ForeignKey("a", ondelete="CASCADE")  # HERE',
      'models:1 says so already, so something else decides it',
    ],
    [
      'a backref that nobody imports',
      { at: 'backref', set: passive },
      'order = relationship("Order", backref="items")  # HERE',
      '`backref` is not imported there',
    ],
    [
      'a class',
      { at: 'class', set: passive },
      'class Item(Base):  # HERE',
      '__mapper_args__ is written by hand; the class has none yet',
    ],
  ])('left out: %s', async (_, part, source, why) => {
    expect(await edited('sqlalchemy', source, part)).toBe(why);
  });

  test('one line that makes several keys is edited if all of them want it', async () => {
    const source = 'order_id = Column(ForeignKey("orders.id"))  # HERE';
    expect(await edited('sqlalchemy', source, { set }, { keys: 2 })).toContain('ondelete="CASCADE"');
    const two = 'Table("l", m, Column("a", ForeignKey("a.id")), Column("b", ForeignKey("b.id")))  # HERE';
    expect(await edited('sqlalchemy', two, { set }, { keys: 2 })).toContain(
      'ForeignKey("a.id", ondelete="CASCADE")), Column("b", ForeignKey("b.id", ondelete="CASCADE")',
    );
  });
});

describe('Django', () => {
  const set = { on_delete: 'models.PROTECT' };
  test.each([
    [
      'order = models.ForeignKey(Order, on_delete=models.CASCADE)  # HERE',
      '+order = models.ForeignKey(Order, on_delete=models.PROTECT)  # HERE',
    ],
    [
      'order = ForeignKey(  # HERE\n    Order,\n    models.CASCADE,\n    null=True,\n)',
      '+    models.PROTECT,',
    ],
    ['order: int = OwnKey("Order", m.CASCADE)  # HERE', '+order: int = OwnKey("Order", m.PROTECT)  # HERE'],
    [
      'order = ForeignKey(Order, CASCADE)  # HERE',
      'its on_delete is imported by name, and PROTECT may not be',
    ],
    ['order = ForeignKey(Order, on_delete=rule())  # HERE', 'its on_delete is no plain word there'],
    ['order = key(Order)  # HERE', 'no field with an on_delete stands on that line'],
  ])('%s', async (source, after) => {
    const made = await edited('django', source, { set });
    expect(made.split('\n').at(-1)).toBe(after);
  });
});

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
