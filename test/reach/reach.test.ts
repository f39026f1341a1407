// What a delete touches, from keys alone: paths, circles, what refuses and why, per engine.
import { describe, expect, test } from '@jest/globals';
import { mariadb } from '../../dialects/mariadb/index.ts';
import { mysql } from '../../dialects/mysql/index.ts';
import { postgres } from '../../dialects/postgres/index.ts';
import { sqlite } from '../../dialects/sqlite/index.ts';
import type { EngineCore } from '../../src/core/contracts/engine.ts';
import type { Change, ForeignKey, Snapshot } from '../../src/core/model.ts';
import { compareReach } from '../../src/reach/diff.ts';
import { pathText, reach, type Reach, withChanges } from '../../src/reach/index.ts';
import { change as changeTo, index, key, snapshotOf } from '../builders.ts';

const dialects: Readonly<Record<string, EngineCore>> = { postgres, mysql, mariadb, sqlite };

const cascade = (text: string): ForeignKey => key(text, { onDelete: 'CASCADE' });

const setNull = (text: string): ForeignKey => key(text, { onDelete: 'SET NULL' });

const refuse = (text: string): ForeignKey => key(text);

const restrict = (text: string): ForeignKey => key(text, { onDelete: 'RESTRICT' });

function reached(
  keys: readonly ForeignKey[],
  table: string,
  engine = 'postgres',
  notNull: readonly string[] = [],
): Reach {
  const dialect = dialects[engine] ?? postgres;
  const plain = snapshotOf(keys, { notNull, flavor: dialect.flavor });
  // SQLite fails on a key whose parent columns are not unique.
  const tables = plain.tables.map((one) => ({
    ...one,
    indexes: keys
      .filter((each) => each.parent.name === one.name)
      .map((each) => index(each.parentColumns, { unique: true })),
  }));
  return reach({ ...plain, tables }, { schema: 'public', name: table }, dialect);
}

/** `deleted items 1`, one line per touched table. */
function lines(found: Reach): readonly string[] {
  return found.touched.map(
    (one) =>
      `${one.effect} ${one.table.name} ${one.depth}${one.columns.length === 0 ? '' : ` ${one.columns.join(',')}`}${one.circular ? ' circle' : ''}`,
  );
}

const codes = (found: Reach): readonly string[] =>
  found.failures.map((one) => `${one.code} ${one.table.name}${one.certain ? '' : '?'}`);

describe('what is touched', () => {
  const shop = [
    cascade('orders(user_id) -> users'),
    cascade('items(order_id) -> orders'),
    setNull('logs(user_id) -> users'),
    setNull('logs(order_id) -> orders'),
    refuse('payments(order_id) -> orders'),
    cascade('notes(log_id) -> logs'),
  ];

  test('over every cascade, with the shortest path key by key', () => {
    const found = reached(shop, 'users');
    expect(lines(found)).toEqual([
      'deleted orders 1',
      'deleted items 2',
      'nulled logs 1 user_id',
      'nulled logs 2 order_id',
      'refused payments 2',
    ]);
    expect(found.touched[1]?.path.map((step) => `${step.key} ${step.action}`)).toEqual([
      'public.orders(user_id) -> public.users(id) CASCADE',
      'public.items(order_id) -> public.orders(id) CASCADE',
    ]);
    expect(found.depth).toBe(2);
    expect(codes(found)).toEqual(['REFUSED_BELOW_CASCADE payments']);
    expect(found.failures[0]?.path).toHaveLength(2);
  });

  test('nothing of a table that no key names, or whose children do nothing', () => {
    expect(lines(reached(shop, 'nobody'))).toEqual([]);
    expect(lines(reached(shop, 'items'))).toEqual([]);
    expect(reached(shop, 'nobody').rows).toEqual({ median: 1, worst: 1 });
  });

  test('not over keys that are not enforced or whose trigger is switched off', () => {
    const off = { on: 'parent' as const, event: 'delete' as const, enabled: 'disabled' as const };
    const keys = [
      key('a(r) -> r', { onDelete: 'CASCADE', enforced: false }),
      key('b(r) -> r', { onDelete: 'CASCADE', triggers: [off] }),
      key('c(r) -> r', { onDelete: 'CASCADE', triggers: [{ ...off, event: 'insert' }] }),
    ];
    expect(lines(reached(keys, 'r'))).toEqual(['deleted c 1']);
  });

  test('circles and self references are marked and end', () => {
    const keys = [
      cascade('b(a) -> a'),
      cascade('a(b) -> b'),
      cascade('tree(up) -> tree'),
      cascade('leaf(b) -> b'),
    ];
    expect(lines(reached(keys, 'a'))).toEqual(['deleted b 1 circle', 'deleted a 2 circle', 'deleted leaf 2']);
    expect(lines(reached(keys, 'tree'))).toEqual(['deleted tree 1 circle']);
    expect(lines(reached([refuse('tree(up) -> tree')], 'tree'))).toEqual(['refused tree 1']);
  });

  test('a column that is set and that other keys point to goes on by their ON UPDATE', () => {
    const keys = [
      setNull('cards(owner) -> users'),
      key('uses(card_owner) -> cards(owner)', { onUpdate: 'CASCADE' }),
      key('locks(card_owner) -> cards(owner)', { onUpdate: 'RESTRICT' }),
      key('other(card) -> cards(id)', { onUpdate: 'RESTRICT' }),
    ];
    expect(lines(reached(keys, 'users'))).toEqual([
      'nulled cards 1 owner',
      'nulled uses 2 card_owner',
      'refused locks 2',
    ]);
  });

  test('paths are not counted out: 1,000 tables in layers with 20,000 keys', () => {
    const keys: ForeignKey[] = [];
    for (let layer = 1; layer < 50; layer += 1) {
      for (let from = 0; from < 20; from += 1) {
        for (let to = 0; to < 20; to += 1)
          keys.push(cascade(`t${layer}_${from}(c${to}) -> t${layer - 1}_${to}`));
      }
    }
    const found = reached(keys, 't0_0');
    expect(found.touched).toHaveLength(49 * 20);
    expect(found.depth).toBe(49);
    const last = found.touched.at(-1);
    expect(last?.depth).toBe(49);
    // of a long path the keys at both ends
    expect(last?.path).toHaveLength(40);
    expect(pathText(last?.path ?? [], 49)).toMatch(
      /^public\.t0_0 ← .* ← public\.t20_\d+\(c0\) CASCADE ← … 9 more keys … ← public\.t30_/,
    );
  });
});

describe('where it fails', () => {
  const diamond = (last: ForeignKey): readonly ForeignKey[] => [
    cascade('a(root) -> root'),
    cascade('b(root) -> root'),
    last,
  ];
  const long = (last: ForeignKey): readonly ForeignKey[] => [
    cascade('a(root) -> root'),
    cascade('x(root) -> root'),
    cascade('y(x) -> x'),
    cascade('b(y) -> y'),
    last,
  ];
  const deferred = key('b(a) -> a', { deferrability: 'INITIALLY DEFERRED' });

  test('SQLite asks NO ACTION at the end, RESTRICT in the order of keys', () => {
    expect(codes(reached(diamond(refuse('b(a) -> a')), 'root', 'sqlite'))).toEqual(['REFUSES_ROWS_LEFT b?']);
    expect(codes(reached(long(refuse('b(a) -> a')), 'root', 'sqlite'))).toEqual(['REFUSES_ROWS_LEFT b?']);
    expect(codes(reached(diamond(restrict('b(a) -> a')), 'root', 'sqlite'))).toEqual(['ORDER_DECIDES b?']);
  });

  test('PostgreSQL asks one level below the parent, whatever the word, unless the key is deferred', () => {
    for (const last of [refuse('b(a) -> a'), restrict('b(a) -> a')]) {
      expect(codes(reached(diamond(last), 'root'))).toEqual(['REFUSES_ROWS_LEFT b?']);
      expect(codes(reached(long(last), 'root'))).toEqual(['REFUSED_BELOW_CASCADE b']);
    }
    expect(codes(reached(long(deferred), 'root'))).toEqual(['REFUSES_ROWS_LEFT b?']);
    const byOne = [
      cascade('a(root) -> root'),
      cascade('x(root) -> root'),
      cascade('b(x) -> x'),
      refuse('b(a) -> a'),
    ];
    expect(codes(reached(byOne, 'root'))).toEqual(['ORDER_DECIDES b?']);
  });

  test('two keys over one column, of which one deletes and one sets', () => {
    const twins = [cascade('a(r) -> r'), setNull('a(r) -> r')];
    expect(codes(reached(twins, 'r'))).toEqual(['DELETED_OR_SET a?']);
    expect(codes(reached([cascade('a(r) -> r'), setNull('a(s) -> r')], 'r'))).toEqual([]);
  });

  test('MySQL and MariaDB take one row after the other', () => {
    for (const engine of ['mysql', 'mariadb'])
      expect(codes(reached(diamond(refuse('b(a) -> a')), 'root', engine))).toEqual(['ORDER_DECIDES b?']);
  });

  test('SET NULL on a column that refuses NULL, SET DEFAULT without a parent, and where it does not work', () => {
    const keys = [setNull('a(r) -> r'), key('b(r) -> r', { onDelete: 'SET DEFAULT' })];
    expect(codes(reached(keys, 'r', 'postgres', ['a.r']))).toEqual([
      'SET_NULL_ON_NOT_NULL a',
      'DEFAULT_WITHOUT_PARENT b?',
    ]);
    expect(lines(reached(keys, 'r', 'mariadb'))).toEqual(['nulled a 1 r', 'refused b 1']);
  });

  test('chains longer than the engine follows, and circles that may be', () => {
    const chain = (keys: number): readonly ForeignKey[] =>
      Array.from({ length: keys }, (_, n) => cascade(`t${n + 1}(up) -> t${n}`));
    expect(codes(reached(chain(14), 't0', 'mariadb'))).toEqual([]);
    expect(codes(reached(chain(15), 't0', 'mariadb'))).toEqual(['CASCADE_TOO_DEEP t15']);
    expect(codes(reached(chain(1000), 't0', 'sqlite'))).toEqual([]);
    expect(codes(reached(chain(1001), 't0', 'sqlite'))).toEqual(['CASCADE_TOO_DEEP t1001']);
    expect(codes(reached(chain(1500), 't0'))).toEqual([]);
    expect(codes(reached([cascade('tree(up) -> tree')], 'tree', 'mariadb'))).toEqual([
      'CASCADE_TOO_DEEP tree?',
    ]);
    const detour = [...chain(15), cascade('t15(quick) -> t0')];
    expect(codes(reached(detour, 't0', 'mariadb'))).toEqual(['CASCADE_TOO_DEEP t15?']);
  });

  test('MySQL 9.6 and later leave rows behind', () => {
    const keys = [cascade('a(r) -> r'), cascade('b(a) -> a'), cascade('c(b) -> b')];
    const snapshot = snapshotOf(keys, { flavor: 'mysql' });
    const at = (...version: readonly number[]): readonly string[] =>
      codes(
        reach(
          { ...snapshot, server: { ...snapshot.server, version } },
          { schema: 'public', name: 'r' },
          mysql,
        ),
      );
    expect(at(8, 4)).toEqual([]);
    expect(at(9, 7)).toContain('CASCADE_LEAVES_ROWS_LIVE a?');
  });
});

describe('before and after', () => {
  const keys = [
    refuse('orders(user_id) -> users'),
    cascade('items(order_id) -> orders'),
    cascade('logs(user_id) -> users'),
  ];
  const snapshot: Snapshot = snapshotOf(keys);
  const change = (text: string, onDelete: ForeignKey['onDelete']): Change => {
    const foreignKey = snapshot.foreignKeys.find((one) => one.child.name === text);
    if (foreignKey === undefined) throw new Error(text);
    return changeTo(onDelete, foreignKey);
  };

  test('what becomes reachable, what goes through, what is spared, the worst first', () => {
    const found = compareReach(
      snapshot,
      [change('orders', 'CASCADE'), change('logs', 'SET NULL'), change('items', 'RESTRICT')],
      postgres,
    );
    const named = (list: readonly { readonly table: { readonly name: string } }[]): string =>
      list.map((one) => one.table.name).join(',');
    expect(
      found.map(
        (one) =>
          `${one.table.name}: +${named(one.deleted)} ~${named(one.set)} passes ${named(one.passes)} refused ${named(one.refused)} spared ${named(one.spared)}`,
      ),
    ).toEqual([
      'users: +orders ~ passes orders refused items spared logs',
      'orders: + ~ passes  refused items spared items',
    ]);
  });

  test('nothing where nothing changes, and the snapshot stays as it is', () => {
    expect(compareReach(snapshot, [], postgres)).toEqual([]);
    expect(compareReach(snapshot, [change('logs', 'CASCADE')], postgres)).toEqual([]);
    expect(
      withChanges(snapshot, [change('logs', 'SET NULL')]).foreignKeys.map((one) => one.onDelete),
    ).not.toEqual(snapshot.foreignKeys.map((one) => one.onDelete));
    expect(snapshot.foreignKeys.every((one) => one.onDelete !== 'SET NULL')).toBe(true);
  });
});
