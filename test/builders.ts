// Foreign keys, tables, snapshots and changes for tests: a test writes down only what differs from the plainest case.
import type {
  Change,
  Column,
  DeleteClause,
  EngineName,
  ForeignKey,
  Index,
  Server,
  Snapshot,
  Table,
  TableName,
} from '../src/core/model.ts';
import { compareKeys, compareTables, tableId } from '../src/core/names.ts';

/** The key of order_items to orders: one column, and nothing that is not the default. */
export function foreignKey(differing: Partial<ForeignKey> = {}): ForeignKey {
  return {
    name: 'order_items_order_id_fkey',
    child: { schema: 'public', name: 'order_items' },
    columns: ['order_id'],
    parent: { schema: 'public', name: 'orders' },
    parentColumns: ['id'],
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
    referencedIndex: 'orders_pkey',
    recreatedIndex: 'orders_pkey',
    triggers: [],
    childPartitioned: false,
    parentPartitioned: false,
    halfDone: null,
    ...differing,
  };
}

/** The key that `shop.items(order_id) -> shop.orders(id)` says; the schema is `public` and the parent's column `id` if not given. */
export function key(text: string, differing: Partial<ForeignKey> = {}): ForeignKey {
  const found = /^(?:(\w+)\.)?(\w+)\(([\w, ]*)\) -> (?:(\w+)\.)?(\w+)(?:\(([\w, ]*)\))?$/.exec(text);
  if (found === null) throw new Error(`not a key: ${text}`);
  const [, childSchema, child = '', columns = '', parentSchema, parent = '', parentColumns = 'id'] = found;
  return foreignKey({
    name: `${child}_fkey`,
    child: { schema: childSchema ?? 'public', name: child },
    columns: columns.split(', '),
    parent: { schema: parentSchema ?? 'public', name: parent },
    parentColumns: parentColumns.split(', '),
    referencedIndex: null,
    recreatedIndex: null,
    ...differing,
  });
}

export function column(name: string, differing: Partial<Column> = {}): Column {
  return {
    name,
    type: 'integer',
    nullable: true,
    hasDefault: false,
    generated: null,
    identity: null,
    ...differing,
  };
}

export function index(columns: readonly string[], differing: Partial<Index> = {}): Index {
  return {
    name: `${columns.join('_')}_idx`,
    columns,
    unique: false,
    primary: false,
    predicate: null,
    method: 'btree',
    ...differing,
  };
}

/** A table of integers; every column but `id` takes NULL. */
export function table(
  name: string,
  columns: readonly (string | Column)[],
  differing: Partial<Table> = {},
): Table {
  return {
    schema: 'public',
    name,
    engine: null,
    partitioned: false,
    columns: columns.map((one) => (typeof one === 'string' ? column(one, { nullable: one !== 'id' }) : one)),
    indexes: [],
    triggers: [],
    definition: null,
    checks: [],
    insteadRules: [],
    storedColumns: [],
    indexesOfOtherCollation: [],
    options: [],
    ...differing,
  };
}

export function server(flavor: EngineName): Server {
  const [product, ...version] = {
    postgres: ['PostgreSQL 14.0', 14, 0],
    mysql: ['MySQL 9.7.0', 9, 7, 0],
    mariadb: ['MariaDB 10.11.0', 10, 11, 0],
    sqlite: ['SQLite 3.50.0', 3, 50, 0],
  }[flavor] as [string, ...number[]];
  return { flavor, product, version, settings: {} };
}

interface SnapshotOptions {
  /** Default: the tables that the keys name, with the columns that they name. */
  readonly tables?: readonly Table[];
  /** Columns of those tables, as `table.column`; the others take NULL. */
  readonly notNull?: readonly string[];
  readonly flavor?: EngineName;
}

export function snapshotOf(
  keys: readonly ForeignKey[],
  { notNull = [], tables = tablesOf(keys, notNull), flavor = 'postgres' }: SnapshotOptions = {},
): Snapshot {
  return {
    version: 2,
    server: server(flavor),
    tables: [...tables].sort(compareTables),
    foreignKeys: [...keys].sort(compareKeys),
  };
}

function tablesOf(keys: readonly ForeignKey[], notNull: readonly string[]): readonly Table[] {
  const columnsOf = new Map<string, { readonly at: TableName; readonly columns: Set<string> }>();
  const add = (at: TableName, columns: readonly string[]): void => {
    const there = columnsOf.get(tableId(at)) ?? { at, columns: new Set() };
    columnsOf.set(tableId(at), there);
    for (const one of columns) there.columns.add(one);
  };
  for (const one of keys) {
    add(one.child, one.columns);
    add(one.parent, one.parentColumns);
  }
  return [...columnsOf.values()].map(({ at, columns }) =>
    table(
      at.name,
      [...columns].map((one) => column(one, { nullable: !notNull.includes(`${at.name}.${one}`) })),
      { schema: at.schema },
    ),
  );
}

export function clause(onDelete: DeleteClause['onDelete']): DeleteClause {
  return { onDelete, onDeleteColumns: null };
}

/** A change of a key to an action; of a key that is half done on its way there: the rest of it. */
export function change(to: DeleteClause | DeleteClause['onDelete'], key: ForeignKey = foreignKey()): Change {
  const wanted = typeof to === 'string' ? clause(to) : to;
  const from = key.halfDone?.from ?? key;
  return {
    kind: key.halfDone !== null && sameClause(key.halfDone.to, wanted) ? 'finish' : 'change-on-delete',
    foreignKey: key,
    from: { onDelete: from.onDelete, onDeleteColumns: from.onDeleteColumns },
    to: wanted,
    rule: {
      match: 'order_items -> orders',
      reason: 'a line item is part of its order',
      position: { file: 'ondelete.config.yaml', line: 3, column: 7 },
      rulePosition: { file: 'ondelete.config.yaml', line: 3, column: 7 },
    },
  };
}

function sameClause(a: DeleteClause, b: DeleteClause): boolean {
  return a.onDelete === b.onDelete && String(a.onDeleteColumns) === String(b.onDeleteColumns);
}
