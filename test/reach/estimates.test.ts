// How many rows a delete touches, as statistics let it be estimated.
import { schemaIndex } from '../../src/core/schema-index.ts';
import { describe, expect, test } from '@jest/globals';
import { postgres } from '../../dialects/postgres/index.ts';
import type { ForeignKey } from '../../src/core/model.ts';
import { figuresFrom, reach } from '../../src/reach/index.ts';
import { key, snapshotOf } from '../builders.ts';

const cascade = (text: string): ForeignKey => key(text, { onDelete: 'CASCADE' });

const setNull = (text: string): ForeignKey => key(text, { onDelete: 'SET NULL' });

describe('estimates', () => {
  const keys = [
    cascade('orders(user_id) -> users'),
    cascade('items(order_id) -> orders'),
    cascade('items(user_id) -> users'),
    setNull('logs(order_id) -> orders'),
    cascade('tree(user_id) -> users'),
    cascade('tree(up) -> tree'),
  ];
  const snapshot = snapshotOf(keys);
  const figure = (place: string, median: number | null, worst: number | null) => {
    const found = snapshot.foreignKeys.find((one) => `${one.child.name}.${one.columns.join()}` === place);
    if (found === undefined) throw new Error(place);
    return { ...found, median, worst };
  };
  const rows = (table: string, size: number | null) => ({
    schema: 'public',
    name: table,
    estimatedRows: size,
    bytes: null,
  });
  const figures = figuresFrom(
    [rows('orders', 1000), rows('items', 2000), rows('logs', null), rows('tree', 50)],
    [
      figure('orders.user_id', 10, 400),
      figure('items.order_id', 3, 100),
      figure('items.user_id', 1, 7),
      figure('logs.order_id', 2, null),
      figure('tree.user_id', 1, 2),
      figure('tree.up', 4, 9),
    ],
    schemaIndex(snapshot),
  );
  const found = reach(snapshot, { schema: 'public', name: 'users' }, postgres, figures);
  const of = (table: string, effect = 'deleted') =>
    found.touched.find((one) => one.table.name === table && one.effect === effect)?.rows;

  test('are multiplied along the keys, added up where keys meet, and never more than the table holds', () => {
    expect(of('orders')).toEqual({ median: 10, worst: 400 });
    expect(of('items')).toEqual({ median: 31, worst: 2000 });
  });

  test('stay unknown where a figure is', () => {
    expect(of('logs', 'nulled')).toEqual({ median: 20, worst: null });
    expect(reach(snapshot, { schema: 'public', name: 'users' }, postgres).touched[0]?.rows).toEqual({
      median: null,
      worst: null,
    });
  });

  test('take a circle once, and all of the table at worst', () => {
    expect(of('tree')).toEqual({ median: 1, worst: 50 });
    expect(found.rows).toEqual({ median: 1 + 10 + 31 + 1, worst: 1 + 400 + 2000 + 50 });
  });
});
