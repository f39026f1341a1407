// Where an edit of a model is written: the exact lines, for each ORM's way of writing them; and what is not certain is left out.
import { describe, expect, test } from '@jest/globals';
import { type Part, edited } from './source-edits.ts';

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
