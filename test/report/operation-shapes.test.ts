/** Which statements count as one for a reader. */
import { expect, test } from '@jest/globals';
import { shapesOf } from '../../src/report/operation-shapes.ts';

const operation = (sql: string) => ({ sql, comment: '', locks: [], scans: [] });

test('statements that differ in names and line breaks alone are of one shape, those that differ in words are not', () => {
  const all = [
    operation('SELECT count("a") FROM "c" WHERE "a" = 1'),
    operation('SELECT count("a_long_name") FROM "a_long_table"\n  WHERE "a_long_name" = 22'),
    operation('SELECT count("a") FROM "c"'),
  ];
  expect(shapesOf(all)).toEqual([
    { operation: all[0], others: 1 },
    { operation: all[2], others: 0 },
  ]);
});
