import { describe, expect, test } from '@jest/globals';
import type { ForeignKey } from '../../src/core/model.ts';
import { schemaIndex } from '../../src/core/schema-index.ts';
import { decide } from '../../src/policy/decide.ts';
import { type SameAction, sameClause } from '../../src/core/referential-actions.ts';
import { policyOf } from '../support/configs.ts';
import { key, snapshotOf } from '../builders.ts';
import { exactly, loosely, mysqlNames, postgresNames, sqliteNames } from '../support/random-snapshots.ts';
import { decided, line, shop } from './decided.ts';

describe('the first rule that matches decides', () => {
  test('with its reason and place; except, constraint and default', async () => {
    const rules =
      line('items(order_id) -> orders', 'cascade', '      reason: a line item is part of its order\n') +
      `    - match: ['audit_* -> users', 'history_* -> users']\n      except: 'audit_logins -> users'\n      onDelete: set null (order_id)\n      optional: true\n` +
      line('* -> users', 'refuse') +
      line('items -> products', 'set default', '      constraint: items_fkey\n');
    const { wanted, findings, decisions } = await decided(rules, snapshotOf(shop));
    expect(wanted).toEqual([
      'public.audit_logins(user_id) -> public.users(id): NO ACTION by * -> users (11:14)',
      'public.audit_orders(user_id, order_id) -> public.users(id, order_id): SET NULL (order_id) by audit_* -> users (7:15)',
      'public.items(order_id) -> public.orders(id): CASCADE by items(order_id) -> orders (4:14)',
      'public.items(product_id) -> public.products(id): SET DEFAULT by items -> products (13:14)',
      'public.orders(user_id) -> public.users(id): RESTRICT by * -> users (11:14)',
    ]);
    expect(findings).toEqual([]);
    expect(decisions[2]?.rule?.reason).toBe('a line item is part of its order');
  });

  test.each([
    [
      'error',
      'undecided by nothing',
      [
        '2:3 error NO_RULE public.items(order_id) -> public.orders(id): no rule matches this key; its action is NO ACTION',
      ],
    ],
    ['keep', 'keep by default (2:3)', []],
    ['set  NULL', 'SET NULL by default (2:3)', []],
    ['refuse', 'NO ACTION by default (2:3)', []],
  ])('a key without a rule, default: %s', async (how, wanted, findings) => {
    const one = snapshotOf(shop.slice(0, 1));
    const nothing = line('x -> y', 'keep', '      optional: true\n');
    const result = await decided(nothing, one, { default: how });
    expect(result.wanted).toEqual([`public.items(order_id) -> public.orders(id): ${wanted}`]);
    expect(result.findings).toEqual(findings);
  });

  test('excluded children are neither decided nor missed', async () => {
    const policy = await policyOf(`policy:\n  default: error\n  rules:\n${line('items -> *', 'keep')}`);
    const { decisions, findings } = decide(
      policy,
      schemaIndex(snapshotOf(shop)),
      postgresNames,
      exactly,
      (table) => table.name !== 'items',
    );
    expect(decisions.map((each) => each.foreignKey.child.name)).toEqual(['items', 'items']);
    expect(findings).toEqual([]);
  });

  test('when: nullable asks about the columns that would be written', async () => {
    const tenants = [
      key('a(tenant_id, user_id) -> users(tenant_id, id)'),
      key('b(tenant_id, user_id) -> users(tenant_id, id)'),
    ];
    const snapshot = snapshotOf(tenants, { notNull: ['a.tenant_id', 'b.tenant_id', 'b.user_id'] });
    const when = (nullable: boolean): string => `      when: { nullable: ${nullable} }\n`;
    const list = await decided(
      line('* -> users', 'set null (user_id)', when(true)) + line('* -> *', 'refuse'),
      snapshot,
    );
    expect(list.wanted.map((text) => text.replace(/.*: /, ''))).toEqual([
      'SET NULL (user_id) by * -> users (4:14)',
      'NO ACTION by * -> * (7:14)',
    ]);
    const all = await decided(
      line('* -> users', 'set null', when(true)) + line('* -> *', 'refuse', when(false)),
      snapshot,
    );
    expect(all.wanted.map((text) => text.replace(/.*: /, ''))).toEqual([
      'NO ACTION by * -> * (7:14)',
      'NO ACTION by * -> * (7:14)',
    ]);
    expect(all.findings).toEqual([
      '4:7 error RULE_MATCHES_NOTHING * -> users: every key that it matches is excluded by `when`',
    ]);
  });

  test('column lists in the case that the server minds', async () => {
    const snapshot = snapshotOf([key('a(Tenant, User_Id) -> users(tenant, id)')]);
    const rules = line('a -> users', 'set null (USER_ID)');
    expect((await decided(rules, snapshot, { names: mysqlNames })).decisions[0]?.wanted).toEqual({
      onDelete: 'SET NULL',
      onDeleteColumns: ['User_Id'],
    });
    expect((await decided(rules, snapshot)).findings).toEqual([
      '4:14 error COLUMN_LIST_MISMATCH public.a(Tenant, User_Id) -> public.users(tenant, id): the key has the columns Tenant, User_Id; the rule lists USER_ID',
    ]);
  });
});

describe('when: from means the action before the change', () => {
  const rules =
    line('* -> users', 'cascade', '      when: { from: no action }\n') + line('* -> *', 'restrict');
  const wantedOf = async (more: Partial<ForeignKey>, same?: SameAction) => {
    const result = await decided(rules, snapshotOf([key('a(b) -> users(id)', more)]), {
      default: 'error',
      ...(same === undefined ? {} : { same }),
    });
    return result.wanted.join('').replace(/.*: (.*) by.*/, '$1');
  };

  test('and a key that has what the rule wants stays with it, so a policy that was applied asks for nothing', async () => {
    expect(await wantedOf({ onDelete: 'NO ACTION' })).toBe('CASCADE');
    expect(await wantedOf({ onDelete: 'CASCADE' })).toBe('CASCADE');
    expect(await wantedOf({ onDelete: 'SET NULL' })).toBe('RESTRICT');
    const applied = await decided(
      line('* -> users', 'cascade', '      when: { from: no action }\n'),
      snapshotOf([key('a(b) -> users(id)', { onDelete: 'CASCADE' })]),
    );
    expect(applied.findings).toEqual([]);
  });

  test('and a key that an earlier rule would take over once it is changed is left alone, with the reason', async () => {
    const chase =
      line('* -> users', 'cascade', '      when: { from: no action }\n') + line('a -> *', 'no action');
    const keys = snapshotOf([key('a(b) -> users(id)', { onDelete: 'RESTRICT' })]);
    const { decisions, findings } = await decided(chase, keys);
    expect(decisions.map((one) => one.wanted)).toEqual(['undecided']);
    expect(findings).toContain(
      "4:7 error RULE_TAKES_OVER public.a(b) -> public.users(id): if 'a -> *' (line 7) changed this key, this rule would then match it and ask for another action",
    );
    const byDefault = line('* -> users', 'cascade', '      when: { from: set null }\n');
    const wanted = async (onDelete: string) =>
      (await decided(byDefault, keys, { default: onDelete })).decisions[0]?.wanted;
    expect(await wanted('set null')).toBe('undecided');
    expect(await wanted('no action')).toEqual({ onDelete: 'NO ACTION', onDeleteColumns: null });
    const harmless =
      line('* -> users', 'no action', '      when: { from: no action }\n') + line('a -> *', 'no action');
    expect((await decided(harmless, keys)).decisions[0]?.wanted).toMatchObject({ onDelete: 'NO ACTION' });
  });

  test('a half-done key is judged by what it was', async () => {
    const halfDone = {
      from: { onDelete: 'NO ACTION', onDeleteColumns: null },
      to: { onDelete: 'SET NULL', onDeleteColumns: null },
      temporaryName: null,
      secondKeys: 0,
    } as const;
    expect(await wantedOf({ onDelete: 'SET NULL', halfDone })).toBe('CASCADE');
    expect(await wantedOf({ onDelete: 'SET NULL', halfDone: { ...halfDone, from: null } })).toBe('RESTRICT');
    expect(await wantedOf({ onDelete: 'CASCADE', halfDone: { ...halfDone, from: null } })).toBe('CASCADE');
  });

  test('equal actions are the dialect’s business', async () => {
    expect(await wantedOf({ onDelete: 'RESTRICT' })).toBe('RESTRICT');
    expect(await wantedOf({ onDelete: 'RESTRICT' }, loosely)).toBe('CASCADE');
  });

  test('refuse goes back to the refusing action that a half-done key came from', async () => {
    const halfDone = {
      from: { onDelete: 'RESTRICT', onDeleteColumns: null },
      to: { onDelete: 'CASCADE', onDeleteColumns: null },
      temporaryName: null,
      secondKeys: 0,
    } as const;
    const result = await decided(
      line('* -> *', 'refuse'),
      snapshotOf([key('a(b) -> users(id)', { onDelete: 'CASCADE', halfDone })]),
    );
    expect(result.decisions[0]?.wanted).toEqual({ onDelete: 'RESTRICT', onDeleteColumns: null });
  });
});

test('20,000 keys and 200 rules are decided without comparing each with each', async () => {
  const keys = [...Array(20_000).keys()].map((n) => key(`child_${n % 9000}(c${n}) -> parent_${n % 700}(id)`));
  const rules = [...Array(199).keys()].map((n) =>
    line(
      n % 2 === 0 ? `child_${n} -> *` : `*_${n}* -> parent_*${n % 10}`,
      'cascade',
      '      optional: true\n',
    ),
  );
  const { decisions } = await decided(rules.join('') + line('* -> *', 'refuse'), snapshotOf(keys), {
    names: sqliteNames,
  });
  expect(decisions).toHaveLength(20_000);
  expect(new Set(decisions.map((each) => each.wanted)).size).toBeGreaterThan(1);
});

describe('clauses are the same', () => {
  const clause = (onDeleteColumns: readonly string[] | null) => ({
    onDelete: 'SET NULL' as const,
    onDeleteColumns,
  });
  test.each([
    [null, null, true],
    [['a', 'b'], ['b', 'a'], true],
    [null, ['b', 'a'], true],
    [['a'], ['b'], false],
    [['a'], null, false],
  ])('%j and %j: %s', (a, b, same) => {
    expect(sameClause(clause(a), clause(b), { columns: ['a', 'b'] }, exactly)).toBe(same);
  });
  test('only with equal actions', () => {
    expect(
      sameClause({ onDelete: 'CASCADE', onDeleteColumns: null }, clause(null), { columns: ['a'] }, exactly),
    ).toBe(false);
  });
});
