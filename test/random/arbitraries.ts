// fast-check arbitraries: numbers and names without a meaning of their own, so that a failing case shrinks well. schema.ts turns them into tables and keys.
import fc from 'fast-check';
import { hostileName } from '../support/random-snapshots.ts';

type Drawn<A> = A extends fc.Arbitrary<infer T> ? T : never;

const several = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max });
/** True once in so many draws. */
const rarely = (one: number): fc.Arbitrary<boolean> => several(one - 1).map((drawn) => drawn === one - 1);

const name = fc.oneof(
  { weight: 3, arbitrary: fc.stringMatching(/^[a-eA-E]{1,3}$/) },
  { weight: 2, arbitrary: hostileName },
  { weight: 1, arbitrary: fc.constantFrom('id', 'order', 'select', 'a'.repeat(63), 'x'.repeat(60)) },
);

const column = fc.record({
  name,
  isText: rarely(5),
  variety: several(3),
  notNull: rarely(4),
  default: several(5),
  made: several(11),
  identity: rarely(20),
  check: rarely(12),
  domain: rarely(12),
});
export type DrawnColumn = Drawn<typeof column>;

const table = fc.record({
  name,
  schema: several(3),
  columns: fc.array(column, { minLength: 2, maxLength: 6 }),
  wideKey: rarely(3),
  unique: several(7),
  kind: several(9),
  rule: rarely(40),
  index: several(3),
  rows: fc.array(fc.array(several(11), { minLength: 6, maxLength: 6 }), { maxLength: 6, size: 'max' }),
});
export type DrawnTable = Drawn<typeof table>;

const key = fc.record({
  name,
  named: fc.boolean(),
  child: several(11),
  parent: several(11),
  self: rarely(6),
  same: rarely(8),
  missing: rarely(25),
  target: several(3),
  columns: several(11),
  onDelete: several(4),
  onUpdate: several(7),
  list: rarely(3),
  full: rarely(4),
  deferral: several(4),
  notValid: rarely(6),
  notEnforced: rarely(8),
  comment: rarely(4),
  inColumn: fc.boolean(),
});
export type DrawnKey = Drawn<typeof key>;

const rule = fc.record({
  key: several(11),
  child: several(5),
  parent: several(5),
  columns: fc.boolean(),
  schema: fc.boolean(),
  except: fc.option(several(11), { freq: 2 }),
  nullable: fc.option(fc.boolean(), { freq: 3 }),
  from: fc.option(several(5), { freq: 4 }),
  action: several(8),
});
export type DrawnRule = Drawn<typeof rule>;

/** One random case: 1 to 12 tables, keys between them, rows, and a policy. */
export const drawing = fc.record({
  tables: fc.array(table, { minLength: 1, maxLength: 12, size: 'max' }),
  keys: fc.array(key, { minLength: 1, maxLength: 16, size: 'max' }),
  rules: fc.array(rule, { maxLength: 6, size: 'max' }),
  /** What the policy does with the keys that no rule matches. */
  default: several(7),
  style: fc.array(several(30), { minLength: 1, maxLength: 30, size: 'max' }),
  disabled: rarely(12),
  dirty: rarely(4),
  runner: several(2),
});
export type Drawing = Drawn<typeof drawing>;
