// A schema as SQL for PostgreSQL, MySQL and MariaDB: tables with rows first, then each key by a statement of its own, so that
// the server decides which of them it takes.
import type { Column, Key, Row, Schema, Table } from './schema.ts';

export interface Script {
  readonly tables: readonly string[];
  /** One statement per key, in the order of the schema's keys. */
  readonly keys: readonly string[];
  /** After the keys. */
  readonly end: readonly string[];
}

export function quoted(schema: Pick<Schema, 'engine'>, name: string): string {
  return schema.engine === 'postgres' || schema.engine === 'sqlite'
    ? `"${name.replaceAll('"', '""')}"`
    : `\`${name.replaceAll('`', '``')}\``;
}

export function tableSql(schema: Schema, table: Table): string {
  return schema.engine === 'sqlite'
    ? quoted(schema, table.name)
    : `${quoted(schema, table.schema)}.${quoted(schema, table.name)}`;
}

/** Standard strings on every engine: no value of ours holds a backslash. */
export function literal(text: string | null, family: Column['family'] = 'text'): string {
  if (text === null) return 'NULL';
  return family === 'number' ? text : `'${text.replaceAll("'", "''")}'`;
}

export function script(schema: Schema): Script {
  const postgres = schema.engine === 'postgres';
  return {
    tables: [
      ...(postgres
        ? schema.schemas.map((name) => `CREATE SCHEMA IF NOT EXISTS ${quoted(schema, name)}`)
        : []),
      ...(postgres ? domains(schema) : []),
      ...schema.tables.flatMap((table) => [
        ...tableText(schema, table),
        ...insertsOf(schema, table),
        ...(table.rule
          ? [`CREATE RULE "kept; 'rows" AS ON DELETE TO ${tableSql(schema, table)} DO INSTEAD NOTHING`]
          : []),
      ]),
    ],
    keys: schema.keys.map((key) => keyText(schema, key)),
    end: [
      ...schema.keys.flatMap((key) =>
        key.comment === null || key.name === null
          ? []
          : [
              `COMMENT ON CONSTRAINT ${quoted(schema, key.name)} ON ${tableSql(schema, key.child)} IS ${literal(key.comment)}`,
            ],
      ),
      ...(schema.disabled === null
        ? []
        : schema.tables
            .slice(schema.disabled, schema.disabled + 1)
            .map((table) => `ALTER TABLE ${tableSql(schema, table)} DISABLE TRIGGER ALL`)),
    ],
  };
}

const postgresTypes = {
  number: ['integer', 'bigint', 'smallint', 'numeric(9)'],
  text: ['text', 'varchar(20)', 'text COLLATE "C"', 'varchar(40)'],
} as const;

/** InnoDB wants the very type on both sides of a key. */
const mysqlTypes = { number: 'INT', text: 'VARCHAR(20) COLLATE utf8mb4_bin' } as const;

function domains(schema: Schema): readonly string[] {
  return [
    `CREATE DOMAIN ${quoted(schema, schema.schemas[0] ?? '')}."number; here" AS integer CHECK (VALUE IS NOT NULL)`,
    `CREATE DOMAIN ${quoted(schema, schema.schemas[0] ?? '')}."text here" AS text NOT NULL`,
  ];
}

function typeText(schema: Schema, column: Column): string {
  if (schema.engine !== 'postgres') return mysqlTypes[column.family];
  if (column.domain)
    return `${quoted(schema, schema.schemas[0] ?? '')}."${column.family === 'number' ? 'number; here' : 'text here'}"`;
  return postgresTypes[column.family][column.variety] ?? 'integer';
}

function columnText(schema: Schema, column: Column): string {
  const made =
    column.made === null
      ? ''
      : ` GENERATED ALWAYS AS (${quoted(schema, column.made.from)}) ${column.made.how === 'stored' ? 'STORED' : 'VIRTUAL'}`;
  const identity = column.identity ? ' GENERATED ALWAYS AS IDENTITY' : '';
  const value = column.default === null ? '' : ` DEFAULT ${literal(column.default, column.family)}`;
  const type = column.identity ? 'bigint' : typeText(schema, column);
  const notNull = column.nullable || column.made !== null ? '' : ' NOT NULL';
  return `${quoted(schema, column.name)} ${type}${value}${made}${identity}${notNull}`;
}

function tableText(schema: Schema, table: Table): readonly string[] {
  const list = (names: readonly string[]): string => names.map((name) => quoted(schema, name)).join(', ');
  const mysql = schema.engine !== 'postgres';
  const own = schema.keys.filter((key) => key.child === table);
  const parts = [
    ...table.columns.map((column) => columnText(schema, column)),
    `PRIMARY KEY (${list(table.primaryKey)})`,
    ...table.uniques.map(
      (columns, place) => `${mysql ? `UNIQUE \`unique ${place}\`` : 'UNIQUE'} (${list(columns)})`,
    ),
    ...table.columns
      .filter((column) => column.check)
      .map(
        (column, place) =>
          `${mysql ? `CONSTRAINT ${quoted(schema, `${table.name.slice(0, 40)} ${place}`)} ` : ''}CHECK (${quoted(schema, column.name)} IS NOT NULL)`,
      ),
    ...(mysql
      ? own.slice(0, table.index).map((key, place) => `INDEX \`index ${place}\` (${list(key.columns)})`)
      : []),
  ];
  const name = tableSql(schema, table);
  if (!table.partitioned) return [`CREATE TABLE ${name} (${parts.join(', ')})`];
  const part = (tail: string): string =>
    tableSql(schema, { ...table, name: `${table.name.slice(0, 15)} ${tail}` });
  return [
    `CREATE TABLE ${name} (${parts.join(', ')}) PARTITION BY RANGE (${list(table.primaryKey.slice(0, 1))})`,
    `CREATE TABLE ${part('part one')} PARTITION OF ${name} FOR VALUES FROM (MINVALUE) TO (2)`,
    `CREATE TABLE ${part('part "two"')} PARTITION OF ${name} DEFAULT`,
  ];
}

function insertsOf(schema: Schema, table: Table): readonly string[] {
  return table.rows.map((row) => insert(schema, table, row));
}

export function insert(schema: Schema, table: Table, row: Row): string {
  const columns = table.columns.filter((column) => column.made === null);
  const overriding = columns.some((column) => column.identity) ? ' OVERRIDING SYSTEM VALUE' : '';
  const names = columns.map((column) => quoted(schema, column.name)).join(', ');
  const values = columns.map((column) => literal(row[column.name] ?? null, column.family)).join(', ');
  return `INSERT INTO ${tableSql(schema, table)} (${names})${overriding} VALUES (${values})`;
}

/** `FOREIGN KEY … REFERENCES …` with everything behind it. */
export function keyClause(schema: Schema, key: Key): string {
  const list = (names: readonly string[]): string => names.map((name) => quoted(schema, name)).join(', ');
  const parent = key.parent === null ? '' : tableSql(schema, key.parent);
  const words = [
    `FOREIGN KEY (${list(key.columns)}) REFERENCES ${parent} (${list(key.parentColumns)})`,
    ...(key.match === 'FULL' ? ['MATCH FULL'] : []),
    ...(key.onUpdate === 'NO ACTION' ? [] : [`ON UPDATE ${key.onUpdate}`]),
    deleteClause(schema, key),
    ...(key.deferrability === 'NOT DEFERRABLE' ? [] : [`DEFERRABLE ${key.deferrability}`]),
    ...(key.enforced ? (key.validated ? [] : ['NOT VALID']) : ['NOT ENFORCED']),
  ];
  return words.filter((word) => word !== '').join(' ');
}

export function deleteClause(
  schema: Pick<Schema, 'engine'>,
  key: Pick<Key, 'onDelete' | 'onDeleteColumns'>,
): string {
  const list =
    key.onDeleteColumns === null
      ? ''
      : ` (${key.onDeleteColumns.map((name) => quoted(schema, name)).join(', ')})`;
  return key.onDelete === 'NO ACTION' && list === '' ? '' : `ON DELETE ${key.onDelete}${list}`;
}

function keyText(schema: Schema, key: Key): string {
  const name = key.name === null ? '' : `CONSTRAINT ${quoted(schema, key.name)} `;
  return `ALTER TABLE ${tableSql(schema, key.child)} ADD ${name}${keyClause(schema, key)}`;
}
