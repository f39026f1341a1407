// The comparison looks only at the tables around the changed keys; what it says is what looking at every table would.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mysql } from '../../dialects/mysql/index.ts';
import { postgres } from '../../dialects/postgres/index.ts';
import { sqlite } from '../../dialects/sqlite/index.ts';
import { type Change, referentialActions, type Snapshot, type TableName } from '../../src/core/model.ts';
import { compareTables, tableId } from '../../src/core/names.ts';
import { compareReach, reachChange, type ReachChange } from '../../src/reach/diff.ts';
import { graphOf } from '../../src/reach/graph.ts';
import { type ReachEngine, type ReachFigures, withChanges } from '../../src/reach/index.ts';
import { change, foreignKey, snapshotOf } from '../builders.ts';

const figures: ReachFigures = {
  table: ({ name }) => (name.length === 1 ? null : 40 + name.length),
  key: ({ columns }) => ({ median: columns.length, worst: 5 }),
};

/** Every table before and after. */
function lookedAtAll(
  snapshot: Snapshot,
  changes: readonly Change[],
  engine: ReachEngine,
): readonly ReachChange[] {
  const cascading = engine.cascading(snapshot.server);
  const graphs = {
    before: graphOf(snapshot, cascading),
    after: graphOf(withChanges(snapshot, changes), cascading),
  };
  const ends = snapshot.foreignKeys.flatMap(({ child, parent }) => [child, parent]);
  const tables: readonly TableName[] = [
    ...new Map(ends.map(({ name, schema }) => [tableId({ name, schema }), { name, schema }])).values(),
  ];
  return tables
    .map((table) => reachChange(graphs, table, figures))
    .filter(({ deleted, passes, refused, set, spared }) =>
      [deleted, passes, refused, set, spared].some((list) => list.length > 0),
    )
    .sort(
      (a, b) =>
        b.deleted.length - a.deleted.length ||
        b.set.length - a.set.length ||
        b.passes.length - a.passes.length ||
        b.refused.length - a.refused.length ||
        compareTables(a.table, b.table),
    );
}

const [tables, columns] = [
  ['a', 'b', 'c', 'd', 'e'],
  ['x', 'y'],
];

/** Few tables and columns, so that keys meet in them; to each key the action that it will have, where it is changed. */
const keysAndChanges = fc.array(
  fc.record({
    child: fc.constantFrom(...tables),
    parent: fc.constantFrom(...tables),
    column: fc.constantFrom(...columns),
    parentColumn: fc.constantFrom(...columns),
    onDelete: fc.constantFrom(...referentialActions),
    onUpdate: fc.constantFrom(...referentialActions),
    to: fc.option(fc.constantFrom(...referentialActions), { nil: null, freq: 2 }),
  }),
  { minLength: 1, maxLength: 10 },
);

test.each([
  ['postgres', postgres],
  ['mysql', mysql],
  ['sqlite', sqlite],
] as const)('%s', (flavor, engine) => {
  let differing = 0;
  fc.assert(
    fc.property(keysAndChanges, (made) => {
      const keys = made.map(({ child, column, onDelete, onUpdate, parent, parentColumn }, at) =>
        foreignKey({
          name: `k${at}`,
          child: { schema: 's', name: child },
          parent: { schema: 's', name: parent },
          columns: [column],
          parentColumns: [parentColumn],
          onDelete,
          onUpdate,
        }),
      );
      const snapshot = snapshotOf(keys, { flavor });
      const changes = keys.flatMap((key, at) => {
        const action = made[at]?.to ?? null;
        return action === null ? [] : [change(action, key)];
      });
      const found = compareReach(snapshot, changes, engine, figures);
      expect(found).toEqual(lookedAtAll(snapshot, changes, engine));
      differing += found.length;
    }),
    { numRuns: 200 },
  );
  expect(differing).toBeGreaterThan(30);
});
