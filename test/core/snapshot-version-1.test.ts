// A snapshot that an older ondelete saved: its sentences about tables become facts.
import { expect, test } from '@jest/globals';
import { parseSnapshot } from '../../src/core/snapshot-parse.ts';
import { snapshotText } from '../../src/core/snapshot-print.ts';
import { snapshotOf, table } from '../builders.ts';

const now = snapshotOf([], { tables: [table('items', ['a', 'a: b'])] });
const [{ checks, insteadRules, storedColumns, indexesOfOtherCollation, options, ...plain }] = now.tables as [
  (typeof now.tables)[number],
];

function read(notes: readonly string[]): unknown {
  const saved = { ...now, version: 1, tables: [{ ...plain, notes }] };
  return parseSnapshot(JSON.stringify(saved), 'old.json').snapshot;
}

test('without notes it is what is read today', () => {
  expect([checks, insteadRules, storedColumns, indexesOfOtherCollation, options]).toEqual([
    [],
    [],
    [],
    [],
    [],
  ]);
  expect(read([])).toEqual(now);
});

test('every kind of note is understood, with the signs of a note inside a name', () => {
  const notes = [
    'check: (a > 0)',
    'domain check on a: b: (VALUE IS NOT NULL)',
    'domain check on a: (VALUE <> 1)',
    'rule instead of DELETE: keep: it',
    'stored generated column: a = (`a: b` * 2)',
    'collates unlike its columns: i',
    'stored text not understood',
    'without rowid',
    'citus: distributed',
    'unlogged',
    'system versioned',
  ];
  expect(read(notes)).toMatchObject({
    version: 2,
    tables: [
      {
        checks: [
          { expression: '(a > 0)', domainOf: null },
          { expression: '(VALUE IS NOT NULL)', domainOf: 'a: b' },
          { expression: '(VALUE <> 1)', domainOf: 'a' },
        ],
        insteadRules: [{ event: 'DELETE', name: 'keep: it' }],
        storedColumns: [{ name: 'a', expression: '(`a: b` * 2)' }],
        indexesOfOtherCollation: ['i'],
        options: ['without rowid', 'citus distributed', 'unlogged', 'system versioned'],
      },
    ],
  });
});

test('a snapshot of today is printed and read back unchanged', () => {
  expect(parseSnapshot(snapshotText(now, null), 'now.json').snapshot).toEqual(now);
});

test('another version is refused in one line', () => {
  expect(() => parseSnapshot(JSON.stringify({ ...now, version: 3 }), 'new.json')).toThrow(
    expect.objectContaining({ code: 'SNAPSHOT_INVALID' }),
  );
});
