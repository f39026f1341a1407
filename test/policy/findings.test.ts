// Findings about the policy itself: what matches nothing, is never reached, or meets several tables.
import { describe, expect, test } from '@jest/globals';
import { decided, line, shop } from './decided.ts';
import { schemaIndex } from '../../src/core/schema-index.ts';
import { decide } from '../../src/policy/decide.ts';
import { policyOf } from '../support/configs.ts';
import { key, snapshotOf } from '../builders.ts';
import { exactly, postgresNames } from '../support/random-snapshots.ts';

describe('findings about the policy', () => {
  test('rules and exceptions that match nothing', async () => {
    const rules =
      `    - match: ['itms -> orders', 'items -> orders']\n      except: 'items -> order'\n      onDelete: cascade\n` +
      line('* -> users', 'keep', "      except: '* -> users'\n") +
      line('x -> y', 'keep', '      optional: true\n') +
      line('* -> *', 'keep');
    expect((await decided(rules, snapshotOf(shop))).findings).toEqual([
      '4:15 error RULE_MATCHES_NOTHING itms -> orders: no foreign key in scope matches this pattern; did you mean `items -> orders`?',
      '5:15 warning RULE_MATCHES_NOTHING items -> order: this exception excludes no key of its rule',
      '7:7 error RULE_MATCHES_NOTHING * -> users: every key that it matches is excluded by `except`',
    ]);
  });

  test('a slip in a pattern comes before the keys that it leaves without a rule', async () => {
    const slips = [
      ['it?ms -> ordres', '`it?ms -> orders`'],
      ['itmes(order_*) -> *', '`items(order_*) -> *`'],
      ['ietm* -> orders', '`item* -> orders`'],
      ['*tesm -> orders', '`*tems -> orders`'],
      ['items(ordr_id) -> orders', '`items(order_id) -> orders`'],
      ['itmes -> ordres', null],
      ['items -> users', null],
    ] as const;
    for (const [slip, meant] of slips) {
      const [first, ...others] = (await decided(line(slip, 'keep'), snapshotOf(shop))).findings;
      const guess = meant === null ? '' : `; did you mean ${meant}?`;
      expect(first).toBe(
        `4:14 error RULE_MATCHES_NOTHING ${slip}: no foreign key in scope matches this pattern${guess}`,
      );
      expect(others).toHaveLength(shop.length);
    }
  });

  test('rules that are never reached name who came first', async () => {
    const rules =
      line('items -> orders', 'cascade') +
      line('* -> users', 'keep') +
      line('* -> products', 'keep') +
      line('items -> *', 'refuse') +
      line('items -> orders', 'refuse');
    expect((await decided(rules, snapshotOf(shop))).findings).toEqual([
      "10:7 warning RULE_UNREACHABLE items -> *: every key that it matches is already decided by 'items -> orders' (line 4) and one other rule",
      "12:7 warning RULE_UNREACHABLE items -> orders: every key that it matches is already decided by 'items -> orders' (line 4)",
    ]);
  });

  test('names that meet tables of several schemas', async () => {
    const snapshot = snapshotOf([
      key('crm.orders(a) -> crm.users(id)'),
      key('shop.orders(a) -> shop.users(id)'),
      key('shop.items(a) -> shop.orders(id)'),
    ]);
    const rules = line('orders -> *.users', 'keep') + line('items -> orders', 'keep');
    expect((await decided(rules, snapshot)).findings).toEqual([
      '4:14 warning AMBIGUOUS_NAME orders -> *.users: `orders` matches crm.orders, shop.orders.',
    ]);
    expect(
      (await decided(line('*.orders -> *.users', 'keep') + line('items -> orders', 'keep'), snapshot))
        .findings,
    ).toEqual([]);
  });

  test('rules, but no key', async () => {
    expect((await decided(line('a -> b', 'keep'), snapshotOf([]))).findings).toEqual([
      '2:3 error NO_KEYS policy: the policy has one rule, but no foreign key is in scope',
    ]);
    const policy = await policyOf('policy: {default: error, rules: []}');
    expect(decide(policy, schemaIndex(snapshotOf([])), postgresNames, exactly)).toEqual({
      decisions: [],
      findings: [],
    });
  });

  test('restrict on a deferrable key', async () => {
    const snapshot = snapshotOf([key('a(b) -> c(id)', { deferrability: 'INITIALLY DEFERRED' })]);
    const start = 'warning RESTRICT_DEFERRABLE public.a(b) -> public.c(id): the';
    expect((await decided(line('a -> c', 'restrict'), snapshot)).findings).toEqual([
      `4:14 ${start} rule asks for RESTRICT, but the key is DEFERRABLE INITIALLY DEFERRED`,
    ]);
    expect(
      (await decided(line('x -> y', 'keep', '      optional: true\n'), snapshot, { default: 'restrict' }))
        .findings,
    ).toEqual([`2:3 ${start} default asks for RESTRICT, but the key is DEFERRABLE INITIALLY DEFERRED`]);
    expect((await decided(line('a -> c', 'refuse'), snapshot)).findings).toEqual([]);
  });
});
