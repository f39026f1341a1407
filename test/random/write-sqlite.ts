// A schema as SQLite stores it: every way of quoting, comments that look like clauses, keys in columns and behind them.
import { type Column, type Key, missingParent, type Schema, type Table } from './schema.ts';
import { deleteClause, insert, literal } from './write.ts';

/** Turns the drawn numbers into choices, one after the other. */
class Style {
  private at = 0;
  private readonly numbers: readonly number[];
  constructor(numbers: readonly number[]) {
    this.numbers = numbers;
  }
  pick<T>(from: readonly T[]): T {
    const number = this.numbers[this.at++ % this.numbers.length] ?? 0;
    return from[number % from.length] as T;
  }
}

const gaps = [
  ' ',
  ' ',
  '\n',
  '\r\n\t',
  '  ',
  '/**/',
  ' /* ON DELETE CASCADE */ ',
  " -- it's REFERENCES p(x) ON DELETE SET NULL\n",
  '/* " ) */',
];

/** The whole database, in one text. */
export function sqliteText(schema: Schema): string {
  const style = new Style(schema.style);
  const statements = schema.tables.flatMap((table, place) => [
    tableText(schema, table, style),
    ...table.rows.map((row) => insert(schema, table, row)),
    ...beside(table, place, style),
  ]);
  return statements.map((statement) => `${statement};\n`).join('');
}

const standard = (name: string): string => `"${name.replaceAll('"', '""')}"`;

function quotedAs(style: Style, name: string): string {
  const forms = [
    standard(name),
    `\`${name.replaceAll('`', '``')}\``,
    name.includes(']') ? standard(name) : `[${name}]`,
    `'${name.replaceAll("'", "''")}'`,
    /^[a-e]\w{0,3}$/i.test(name) &&
    !/^(as|add|all|and|asc|by|do|end|drop|desc|each|cast|else|case)$/i.test(name)
      ? name
      : standard(name),
  ];
  return style.pick(forms);
}

function list(style: Style, names: readonly string[]): string {
  return `(${names.map((name) => quotedAs(style, name)).join(style.pick([',', ', ', ' ,']))})`;
}

const types = {
  number: ['INTEGER', 'INT', 'BIGINT', 'DECIMAL(9, 0)'],
  text: ['TEXT', 'VARCHAR(20)', 'CLOB', 'TEXT'],
} as const;

function tableText(schema: Schema, table: Table, style: Style): string {
  const own = schema.keys.filter((key) => key.child === table);
  const [first] = table.primaryKey;
  const inColumn = own.filter((key) => key.inColumn && key.columns.length === 1);
  const columns = table.columns.map(
    (column) =>
      columnText(table, column, style) +
      inColumn
        .filter((key) => key.columns[0] === column.name)
        .map((key) => style.pick(gaps) + keyText(key, style, false))
        .join(''),
  );
  const constraints = [
    `PRIMARY KEY${style.pick(['', ' '])}(${table.primaryKey.map(standard).join(', ')})`,
    ...table.uniques.map((unique) => `UNIQUE (${unique.map(standard).join(', ')})`),
    ...table.columns
      .filter((column) => column.check)
      .map((column) => `CHECK (${standard(column.name)} IS NOT NULL)`),
    ...own.filter((key) => !inColumn.includes(key)).map((key) => keyText(key, style, true)),
  ];
  const parts = [...columns, ...constraints].join(`,${style.pick(gaps)}`);
  const tail = table.kind === 'without rowid' ? ' WITHOUT ROWID' : table.kind === 'strict' ? ' STRICT' : '';
  return `CREATE TABLE ${first === undefined ? standard(table.name) : quotedAs(style, table.name)}${style.pick(gaps)}(${parts}${style.pick(['', '\n'])})${tail}`;
}

function columnText(table: Table, column: Column, style: Style): string {
  const type =
    table.kind === 'strict'
      ? column.family === 'number'
        ? 'INTEGER'
        : 'TEXT'
      : (types[column.family][column.variety] ?? 'INT');
  const value = column.default === null ? '' : ` DEFAULT ${literal(column.default, column.family)}`;
  const made =
    column.made === null
      ? ''
      : ` AS (${standard(column.made.from)}) ${column.made.how === 'stored' ? 'STORED' : 'VIRTUAL'}`;
  const notNull = column.nullable || column.made !== null ? '' : ' NOT NULL';
  return `${quotedAs(style, column.name)} ${type}${value}${made}${notNull}`;
}

function keyText(key: Key, style: Style, whole: boolean): string {
  const gap = (): string => style.pick(gaps);
  const name = key.name === null ? '' : `CONSTRAINT ${quotedAs(style, key.name)} `;
  const head = whole ? `FOREIGN KEY${gap()}${list(style, key.columns)}${gap()}` : '';
  const parent = quotedAs(style, key.parent?.name ?? missingParent);
  const columns = key.impliedColumns ? '' : list(style, key.parentColumns);
  const words = [
    key.match === 'FULL' ? 'MATCH FULL' : '',
    key.onUpdate === 'NO ACTION' ? '' : `ON UPDATE ${key.onUpdate}`,
    deleteClause({ engine: 'sqlite' }, key),
    key.deferrability === 'NOT DEFERRABLE' ? '' : `DEFERRABLE ${key.deferrability}`,
  ].filter((word) => word !== '');
  return `${name}${head}REFERENCES${gap()}${parent}${columns}${words.map((word) => gap() + word).join('')}`;
}

/** A view, a trigger and an index that name the table. */
function beside(table: Table, place: number, style: Style): readonly string[] {
  const name = standard(table.name);
  return style.pick<readonly string[]>([
    [],
    [],
    [`CREATE VIEW "view ${place}" AS SELECT * FROM ${name} WHERE 'ON DELETE' <> ''`],
    [`CREATE TRIGGER "trigger;${place}" AFTER DELETE ON ${name} BEGIN SELECT 'a;b'; SELECT 1; END`],
    [`CREATE INDEX [index ${place}] ON ${name} (${standard(table.columns.at(-1)?.name ?? '')} DESC)`],
  ]);
}
