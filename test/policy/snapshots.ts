/** Snapshots for the tests of the policy: made by hand, and made at random with names that look for trouble. */
import fc from 'fast-check';
import type { NameMatching } from '../../src/core/contracts/engine.ts';
import { compareKeys, compareTables, referentialActions, tableId } from '../../src/core/model.ts';
import type {
  Column,
  Flavor,
  ForeignKey,
  ReferentialAction,
  Snapshot,
  Table,
  TableName,
} from '../../src/core/model.ts';
import { foldName } from '../../src/policy/pattern/match.ts';

export const postgresNames: NameMatching = { tablesIgnoreCase: false, columnsIgnoreCase: false };
export const mysqlNames: NameMatching = { tablesIgnoreCase: false, columnsIgnoreCase: true };
export const sqliteNames: NameMatching = { tablesIgnoreCase: true, columnsIgnoreCase: true };

export const exactly = (a: ReferentialAction, b: ReferentialAction): boolean => a === b;
/** RESTRICT and NO ACTION are one, as on MySQL and MariaDB. */
export const loosely = (a: ReferentialAction, b: ReferentialAction): boolean =>
  a === b || (/RESTRICT|NO ACTION/.test(a) && /RESTRICT|NO ACTION/.test(b));

/** `shop.items(order_id) -> shop.orders(id)`, without a schema `public`; further attributes as given. */
export function key(text: string, more: Partial<ForeignKey> = {}): ForeignKey {
  const found = /^(?:(\w+)\.)?(\w+)\(([\w, ]*)\) -> (?:(\w+)\.)?(\w+)(?:\(([\w, ]*)\))?$/.exec(text);
  if (found === null) throw new Error(`not a key: ${text}`);
  const [
    ,
    childSchema = 'public',
    child = '',
    columns = '',
    parentSchema = 'public',
    parent = '',
    parentColumns = 'id',
  ] = found;
  return {
    ...plainKey,
    name: `${child}_fkey`,
    child: { schema: childSchema, name: child },
    columns: columns.split(', '),
    parent: { schema: parentSchema, name: parent },
    parentColumns: parentColumns.split(', '),
    ...more,
  };
}

export const plainKey: ForeignKey = {
  name: null,
  child: { schema: '', name: '' },
  columns: [],
  parent: { schema: '', name: '' },
  parentColumns: [],
  parentColumnsImplied: false,
  onDelete: 'NO ACTION',
  onDeleteColumns: null,
  onUpdate: 'NO ACTION',
  match: 'SIMPLE',
  deferrability: 'NOT DEFERRABLE',
  validated: true,
  enforced: true,
  period: false,
  comment: null,
  referencedIndex: null,
  recreatedIndex: null,
  triggers: [],
  childPartitioned: false,
  parentPartitioned: false,
  halfDone: null,
};

/** A snapshot of these keys; columns are nullable unless `notNull` names them as `table.column`. */
export function snapshotOf(
  keys: readonly ForeignKey[],
  notNull: readonly string[] = [],
  flavor: Flavor = 'postgres',
): Snapshot {
  const tables = new Map<string, TableName & { columns: Set<string> }>();
  const add = (table: TableName, columns: readonly string[]): void => {
    const there = tables.get(tableId(table)) ?? { ...table, columns: new Set() };
    tables.set(tableId(table), there);
    for (const column of columns) there.columns.add(column);
  };
  for (const each of keys) {
    add(each.child, each.columns);
    add(each.parent, each.parentColumns);
  }
  return {
    version: 1,
    server: { flavor, product: 'a server', version: [1], settings: {} },
    tables: [...tables.values()]
      .map((table) => tableOf(table, [...table.columns], notNull))
      .sort(compareTables),
    foreignKeys: [...keys].sort(compareKeys),
  };
}

function tableOf({ schema, name }: TableName, columns: readonly string[], notNull: readonly string[]): Table {
  return {
    schema,
    name,
    engine: null,
    partitioned: false,
    columns: columns.map((column): Column => ({
      name: column,
      type: 'integer',
      nullable: !notNull.includes(`${name}.${column}`),
      hasDefault: false,
      generated: null,
      identity: null,
    })),
    indexes: [],
    triggers: [],
    definition: null,
    notes: [],
  };
}

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
  twins: 0,
};

/** Random snapshots as a server with these rules for names could hold them. */
export function snapshots(names: NameMatching, flavor: Flavor): fc.Arbitrary<Snapshot> {
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
          ...plainKey,
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
        snapshotOf(
          found,
          tables.flatMap((name) => refusing.map((column) => `${name}.${column}`)),
          flavor,
        ),
      );
    });
}
