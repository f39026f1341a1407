// The database that is hurt: small, with every kind of key whose change has several steps, and rows enough for scans to last.
import type { Engine } from '../support/database.ts';

export type Action = 'NO ACTION' | 'RESTRICT' | 'CASCADE' | 'SET NULL';

/** What must hold at every moment: one key over these columns, with one of these two actions. */
export interface Relationship {
  readonly name: string;
  readonly child: string;
  readonly columns: readonly string[];
  readonly parent: string;
  readonly parentColumns: readonly string[];
  readonly old: Action;
  readonly new: Action;
  /** The key says what a delete does, while inserts are not looked at: its triggers on the child are off. */
  readonly insertsUnchecked?: true;
  /** Behind the key in CREATE TABLE. */
  readonly more?: string;
}

/** As long as PostgreSQL allows, so that nothing fits behind it. */
const longName = 'transfers_arrive_at_a_warehouse_which_may_be_closed_at_any_time';

export function relationshipsOf(engine: Engine): readonly Relationship[] {
  // MariaDB stores what is not said as RESTRICT, and a file can bring back only what it can say.
  const refuse = engine === 'mariadb' ? 'RESTRICT' : 'NO ACTION';
  const to = (child: string, column: string, parent: string, rest: Pick<Relationship, 'old' | 'new'>) => ({
    name: `${child}_${column}`,
    child,
    columns: [column],
    parent,
    parentColumns: ['id'],
    ...rest,
  });
  const common: readonly Relationship[] = [
    to('order_items', 'order_id', 'orders', { old: refuse, new: 'CASCADE' }),
    to('order_items', 'product_id', 'products', { old: 'SET NULL', new: 'NO ACTION' }),
    to('employees', 'manager_id', 'employees', { old: refuse, new: 'SET NULL' }),
    {
      name: 'transfers_from',
      child: 'transfers',
      columns: ['from_region', 'from_id'],
      parent: 'warehouses',
      parentColumns: ['region', 'id'],
      old: 'CASCADE',
      new: refuse,
      more: 'ON UPDATE CASCADE',
    },
    {
      name: longName,
      child: 'transfers',
      columns: ['to_region', 'to_id'],
      parent: 'warehouses',
      parentColumns: ['region', 'id'],
      old: refuse,
      new: 'SET NULL',
    },
  ];
  if (engine !== 'postgres') return common;
  return [
    ...common,
    {
      ...to('notes', 'order_id', 'orders', { old: 'CASCADE', new: 'SET NULL' }),
      more: 'DEFERRABLE INITIALLY DEFERRED',
    },
    to('refunds', 'order_id', 'orders', { old: 'RESTRICT', new: 'CASCADE' }),
    { ...to('audit', 'order_id', 'orders', { old: 'NO ACTION', new: 'SET NULL' }), insertsUnchecked: true },
    to('readings', 'device_id', 'devices', { old: 'NO ACTION', new: 'CASCADE' }),
  ];
}

/** The parent row that only this relationship's probe points to, and the child row that does. */
export const probeOf = (relationship: Relationship, all: readonly Relationship[]) => {
  const number = all.indexOf(relationship) + 1;
  return { parent: -number, child: -100 - number, orphan: -1000 - number, nobody: -999_999 };
};

const columnsOf: Readonly<Record<string, string>> = {
  order_items: 'order_id INT, product_id INT, quantity INT DEFAULT 1 NOT NULL',
  employees: 'manager_id INT',
  transfers: 'from_region INT, from_id INT, to_region INT, to_id INT',
  notes: 'order_id INT',
  refunds: 'order_id INT',
  audit: 'order_id INT',
};

/** Several statements that make the tables and fill them. */
export function schemaSql(engine: Engine): string {
  const relationships = relationshipsOf(engine);
  const keys = (table: string): string =>
    relationships
      .filter(({ child }) => child === table)
      .map((key) => `, ${keyClause(key)}`)
      .join('');
  const children = Object.entries(columnsOf).filter(([table]) =>
    relationships.some(({ child }) => child === table),
  );
  const tables = [
    'CREATE TABLE orders (id INT NOT NULL PRIMARY KEY, note VARCHAR(20))',
    'CREATE TABLE products (id INT NOT NULL PRIMARY KEY)',
    'CREATE TABLE warehouses (region INT NOT NULL, id INT NOT NULL, PRIMARY KEY (region, id))',
    ...children.map(([table, columns]) => {
      const inline = table === 'refunds' ? '' : keys(table);
      return `CREATE TABLE ${table} (id INT NOT NULL PRIMARY KEY, ${columns}${inline})`;
    }),
    'CREATE INDEX order_items_order_ix ON order_items (order_id)',
    'CREATE INDEX transfers_from_ix ON transfers (from_region, from_id)',
  ];
  return [
    ...tables,
    ...rowsSql(),
    ...probesSql(relationships),
    ...(engine === 'postgres' ? postgresSql(keys('readings')) : []),
  ]
    .map((statement) => `${statement};\n`)
    .join('');
}

function keyClause({ name, columns, parent, parentColumns, old, more = '' }: Relationship): string {
  const update = more.startsWith('ON UPDATE') ? ` ${more}` : '';
  const defer = more.startsWith('DEFERRABLE') ? ` ${more}` : '';
  return `CONSTRAINT ${name} FOREIGN KEY (${columns.join(', ')}) REFERENCES ${parent} (${parentColumns.join(', ')})${update} ON DELETE ${old}${defer}`;
}

function rowsSql(): readonly string[] {
  return [
    ...insert('orders', 2_000, (n) => [n, `'order ${n}'`]),
    ...insert('products', 500, (n) => [n]),
    ...insert('warehouses', 200, (n) => [n % 10, n]),
    ...insert('order_items', 20_000, (n) => [n, n % 2_000, n % 7 === 0 ? 'NULL' : n % 500, n % 9]),
    ...insert('employees', 3_000, (n) => [n, n === 0 ? 'NULL' : Math.floor(n / 2)]),
    ...insert('transfers', 4_000, (n) => [n, n % 10, n % 200, (n + 3) % 10, (n + 3) % 200]),
  ];
}

function insert(
  table: string,
  count: number,
  row: (n: number) => readonly (number | string)[],
): readonly string[] {
  const chunk = 1_000;
  return Array.from({ length: Math.ceil(count / chunk) }, (_, part) => {
    const first = part * chunk;
    const rows = Array.from(
      { length: Math.min(chunk, count - first) },
      (__, n) => `(${row(first + n).join(',')})`,
    );
    return `INSERT INTO ${table} VALUES ${rows.join(',')}`;
  });
}

function probesSql(relationships: readonly Relationship[]): readonly string[] {
  return relationships
    .filter(({ child }) => child in columnsOf && child !== 'refunds')
    .flatMap((relationship) => probeRows(relationship, relationships));
}

function probeRows(relationship: Relationship, all: readonly Relationship[]): readonly string[] {
  const { parent, child } = probeOf(relationship, all);
  const list = (columns: readonly string[], value: number): string => columns.map(() => value).join(', ');
  return [
    `INSERT INTO ${relationship.parent} (${relationship.parentColumns.join(', ')}) VALUES (${list(relationship.parentColumns, parent)})`,
    `INSERT INTO ${relationship.child} (id, ${relationship.columns.join(', ')}) VALUES (${child}, ${list(relationship.columns, parent)})`,
  ];
}

/** A comment of two lines, a key that was never validated over a row without a parent, disabled triggers, partitions. */
function postgresSql(readingsKey: string): readonly string[] {
  const all = relationshipsOf('postgres');
  const late = all.filter(({ child }) => child === 'refunds' || child === 'readings');
  const refunds = late.find(({ child }) => child === 'refunds');
  return [
    'CREATE TABLE devices (id INT NOT NULL PRIMARY KEY)',
    `CREATE TABLE readings (id INT NOT NULL, device_id INT, taken DATE NOT NULL DEFAULT '2025-06-01'${readingsKey}) PARTITION BY RANGE (taken)`,
    ...[2024, 2025, 2026].map(
      (year) =>
        `CREATE TABLE readings_${year} PARTITION OF readings FOR VALUES FROM ('${year}-01-01') TO ('${year + 1}-01-01')`,
    ),
    ...insert('devices', 100, (n) => [n]),
    ...insert('readings', 9_000, (n) => [n, n % 100, `'${2024 + (n % 3)}-03-01'`]),
    ...['notes', 'refunds', 'audit'].flatMap((table) => insert(table, 2_000, (n) => [n, n])),
    'INSERT INTO refunds VALUES (9999, 9999)',
    ...late.flatMap((relationship) => probeRows(relationship, all)),
    refunds === undefined ? '' : `ALTER TABLE refunds ADD ${keyClause(refunds)} NOT VALID`,
    `COMMENT ON CONSTRAINT notes_order_id ON notes IS E'agreed with finance;\\nnot with legal'`,
    'ALTER TABLE audit DISABLE TRIGGER ALL',
  ];
}

/** The config whose policy asks for one of the two sides. */
export function configText(
  engine: Engine,
  side: 'old' | 'new',
  url: string,
  tool: string,
  out: string,
): string {
  const rules = relationshipsOf(engine).map((key) => ({
    match: `${key.child}(${key.columns.join(', ')}) -> ${key.parent}`,
    onDelete: key[side].toLowerCase(),
  }));
  const database = engine === 'sqlite' ? `sqlite:${url}` : url;
  const config = { database, tool, out, exclude: ['kysely_*'], policy: { default: 'error', rules } };
  return JSON.stringify(config, null, 2);
}
