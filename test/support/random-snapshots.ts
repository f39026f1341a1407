/** Snapshots for the tests of the policy: rules for names, and snapshots at random whose names look for trouble. */
import fc from 'fast-check';
import type { NameMatching } from '../../src/core/contracts/engine.ts';
import {
  type EngineName,
  type ForeignKey,
  type ReferentialAction,
  referentialActions,
  type Snapshot,
} from '../../src/core/model.ts';
import { tableId } from '../../src/core/names.ts';
import { foldName } from '../../src/policy/pattern/match.ts';
import { foreignKey, snapshotOf } from '../builders.ts';

export const postgresNames: NameMatching = { tablesIgnoreCase: false, columnsIgnoreCase: false };
export const mysqlNames: NameMatching = { tablesIgnoreCase: false, columnsIgnoreCase: true };
export const sqliteNames: NameMatching = { tablesIgnoreCase: true, columnsIgnoreCase: true };

export const exactly = (a: ReferentialAction, b: ReferentialAction): boolean => a === b;
/** RESTRICT and NO ACTION are one, as on MySQL and MariaDB. */
export const loosely = (a: ReferentialAction, b: ReferentialAction): boolean =>
  a === b || (/RESTRICT|NO ACTION/.test(a) && /RESTRICT|NO ACTION/.test(b));

/** Names that mean something to YAML, to patterns, to SQL or to nobody. */
export const hostileName = fc.oneof(
  fc.constantFrom(
    ...[
      'orders',
      'Orders',
      'users',
      'order items',
      'a.b',
      'a"b',
      "it's",
      '*',
      '?',
      '{a,b}',
      'a->b',
      '->',
      '#x',
      'a #b',
    ],
    ...[
      '${HOME}',
      'null',
      'true',
      '1',
      '-',
      '~',
      'a,b',
      'a(b)',
      '(',
      ')',
      '"',
      '""',
      "'",
      '\\',
      '\n',
      'a\nb',
      '\t',
      ' ',
    ],
    ...[
      '\u2028',
      '\u0085',
      '\ufeff',
      'é',
      'É',
      '😀',
      '表',
      '\ud800',
      '%',
      '@',
      '`',
      '!x',
      '&x',
      '*x',
      '|',
      '>',
      ': ',
      'x: y',
      '- x',
    ],
  ),
  fc.string({ minLength: 1, maxLength: 6, unit: 'binary' }),
  fc.stringMatching(/^[a-cA-C]{1,2}$/),
);

const halfDone: ForeignKey['halfDone'] = {
  from: { onDelete: 'NO ACTION', onDeleteColumns: null },
  to: { onDelete: 'CASCADE', onDeleteColumns: null },
  temporaryName: null,
  secondKeys: 0,
};

/** Random snapshots as a server with these rules for names could hold them. */
export function snapshots(names: NameMatching, flavor: EngineName): fc.Arbitrary<Snapshot> {
  const selector = (fold: boolean) => ({ selector: (name: string) => foldName(name, fold) });
  const tableNames = fc.uniqueArray(hostileName, {
    minLength: 1,
    maxLength: 5,
    ...selector(names.tablesIgnoreCase),
  });
  const columnNames = fc.uniqueArray(hostileName, {
    minLength: 2,
    maxLength: 4,
    ...selector(names.columnsIgnoreCase),
  });
  const schemas =
    flavor === 'sqlite'
      ? fc.constant(['main'])
      : fc.uniqueArray(hostileName, { minLength: 1, maxLength: 3, ...selector(names.tablesIgnoreCase) });
  return fc
    .record({ schemas, tableNames, columnNames })
    .chain(({ schemas: inScope, tableNames: called, columnNames: columns }) => {
      const table = fc.record({ schema: fc.constantFrom(...inScope), name: fc.constantFrom(...called) });
      const ownColumns = fc.subarray(columns, { minLength: 1 });
      const one = fc
        .record({
          child: table,
          parent: table,
          columns: ownColumns,
          parentColumns: fc.shuffledSubarray(columns, { minLength: 1 }),
          missingParent: fc.boolean(),
          name: fc.option(hostileName, { nil: flavor === 'sqlite' ? null : 'a_fkey' }),
          onDelete: fc.constantFrom(...referentialActions),
          list: fc.boolean(),
          deferrability: fc.constantFrom('NOT DEFERRABLE' as const, 'INITIALLY DEFERRED' as const),
          validated: fc.boolean(),
          half: fc.integer({ min: 0, max: 9 }),
        })
        .map(({ list, half, missingParent, ...rest }): ForeignKey => ({
          ...foreignKey({ referencedIndex: null, recreatedIndex: null }),
          ...rest,
          parentColumns:
            missingParent && flavor === 'sqlite' ? [] : rest.parentColumns.slice(0, rest.columns.length),
          onDeleteColumns:
            list && flavor === 'postgres' && rest.onDelete === 'SET NULL' ? rest.columns.slice(-1) : null,
          onDelete: half === 0 ? 'CASCADE' : rest.onDelete,
          ...(half === 0 ? { halfDone, onDeleteColumns: null } : {}),
        }));
      const sameName = (a: ForeignKey, b: ForeignKey): boolean =>
        a.name !== null &&
        b.name !== null &&
        tableId(a.child) === tableId(b.child) &&
        foldName(a.name, names.columnsIgnoreCase) === foldName(b.name, names.columnsIgnoreCase);
      const keys = fc.uniqueArray(one, { minLength: 0, maxLength: 12, comparator: sameName });
      return fc.tuple(keys, fc.subarray(called), fc.subarray(columns)).map(([found, tables, refusing]) =>
        snapshotOf(found, {
          flavor,
          notNull: tables.flatMap((name) => refusing.map((column) => `${name}.${column}`)),
        }),
      );
    });
}
