// A large change cut into parts, and what a tool's one transaction means for many keys.
import { sqlFiles } from '../../migrations-templates/sql/index.ts';
import { describe, expect, test } from '@jest/globals';
import { mariadb } from '../../dialects/mariadb/index.ts';
import { mysql } from '../../dialects/mysql/index.ts';
import { postgres } from '../../dialects/postgres/index.ts';
import { sqlite } from '../../dialects/sqlite/index.ts';
import { batchesOf } from '../../src/plan/batches.ts';
import { runnerHazards } from '../../src/plan/migrations.ts';
import type { Wraps } from '../../src/core/contracts/engine.ts';
import type { Change, EngineName } from '../../src/core/model.ts';
import { change, key, server } from '../builders.ts';

/** Keys of so many children to each of the parents. */
const changesTo = (parents: Readonly<Record<string, number>>): readonly Change[] =>
  Object.entries(parents).flatMap(([parent, count]) =>
    Array.from({ length: count }, (_, at) => change('CASCADE', key(`${parent}_${at}(p) -> ${parent}`))),
  );
const parentsOf = (batches: readonly (readonly Change[])[]): readonly (readonly string[])[] =>
  batches.map((batch) => batch.map(({ foreignKey }) => foreignKey.parent.name));

describe('batchesOf', () => {
  test('keys of one parent stay together where they fit', () => {
    expect(parentsOf(batchesOf(changesTo({ a: 2, b: 2, c: 1, d: 5 }), 3))).toEqual([
      ['a', 'a'],
      ['b', 'b', 'c'],
      ['d', 'd', 'd'],
      ['d', 'd'],
    ]);
  });

  test('none without changes, one where all fit or nobody asks', () => {
    const some = changesTo({ a: 3 });
    expect(batchesOf([], 2)).toEqual([]);
    expect(batchesOf(some, 3)).toEqual([some]);
    expect(batchesOf(some, null)).toEqual([some]);
  });
});

describe('a tool that runs a migration in one transaction', () => {
  const hazardsOf = (flavor: EngineName, wraps: Wraps, ...sizes: readonly number[]): readonly string[] => {
    const batches = sizes.map((size) => ({ changes: changesTo({ a: size }), steps: [] }));
    const changes = batches.flatMap((batch) => batch.changes);
    const plan = {
      server: server(flavor),
      changes,
      batches,
      steps: [],
      hazards: [],
      refusals: [],
      allowed: [],
    };
    const { traits } = { postgres, mysql, mariadb, sqlite }[flavor];
    return runnerHazards(plan, { ...sqlFiles, wraps: () => wraps }, traits).map(({ code }) => code);
  };

  test('holds the locks of many keys on PostgreSQL, unless batches are small', () => {
    expect(hazardsOf('postgres', 'each file', 100)).toEqual(['LOCKS_ADD_UP']);
    expect(hazardsOf('postgres', 'each file', 40, 40, 20)).toEqual([]);
    expect(hazardsOf('postgres', 'nothing', 100)).toEqual([]);
    expect(hazardsOf('sqlite', 'each file', 100)).toEqual([]);
  });
});
