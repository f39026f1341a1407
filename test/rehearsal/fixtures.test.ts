// Rows of our own making: how far they go, and that it is told where they stop.
import { schemaIndex } from '../../src/core/schema-index.ts';
import { expect, test } from '@jest/globals';
import type { ForeignKey } from '../../src/core/model.ts';
import { fixtureFor } from '../../src/rehearsal/fixtures.ts';
import { foreignKey, snapshotOf, table } from '../builders.ts';

/** `t0 <- t1 <- …` with two children of each table, all CASCADE. */
function tree(tables: number): readonly ForeignKey[] {
  return Array.from({ length: tables - 1 }, (_, index) =>
    foreignKey({
      name: `k${index + 1}`,
      child: { schema: 'public', name: `t${index + 1}` },
      columns: ['up'],
      parent: { schema: 'public', name: `t${index >> 1}` },
      parentColumns: ['id'],
      onDelete: 'CASCADE',
    }),
  );
}

test.each([
  [15, false],
  [200, true],
])('chains over %d tables: cut is %s', (tables, cut) => {
  const keys = tree(tables);
  const all = snapshotOf(keys, {
    tables: Array.from({ length: tables }, (_, index) => table(`t${index}`, ['id', 'up'])),
  });
  const [first] = keys;
  const family = first === undefined ? null : fixtureFor(first, schemaIndex(all), (key) => key, 'chains', 1);
  expect(family?.cut).toBe(cut);
  expect(family?.rows.length).toBeLessThanOrEqual(82);
});
