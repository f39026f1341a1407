/** Columns read from a CREATE TABLE text are those that SQLite tells of the table, or none are read. */
import { expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import {
  columnsOf,
  plainColumnReader,
  type ColumnFacts,
  type Columns,
} from '../../dialects/sqlite/introspector/columns.ts';
import { nameInCreateTable } from '../../dialects/sqlite/text/create-table.ts';
import { tokenize } from '../../dialects/sqlite/text/tokens.ts';
import { dice, tableText, type Dice } from './random-table.ts';

const texts = process.env['ONDELETE_TEST_LONG'] === '1' ? 40_000 : 3_000;

/** What both say of a text; null where SQLite refuses it, or the table has no rowid or is STRICT. */
function both(database: Database.Database, sql: string): { read: Columns | null; told: Columns } | null {
  database.exec('SAVEPOINT one');
  try {
    database.prepare(sql).run();
    const stored = database
      .prepare<[], [string, number, number]>(
        "SELECT m.sql, l.wr, l.strict FROM sqlite_master m JOIN pragma_table_list l ON l.name = m.name WHERE m.name = 't'",
      )
      .raw()
      .get();
    if (stored === undefined || stored[1] === 1 || stored[2] === 1) return null;
    const lines = database
      .prepare<[], ColumnFacts>(
        `SELECT name, type, "notnull", dflt_value IS NOT NULL, pk, hidden FROM pragma_table_xinfo('t')`,
      )
      .raw()
      .all();
    const tokens = tokenize(stored[0]);
    const name = nameInCreateTable(tokens);
    return { read: name === null ? null : plainColumnReader()(tokens, name + 1), told: columnsOf(lines) };
  } catch {
    return null;
  } finally {
    database.exec('ROLLBACK TO one; RELEASE one');
  }
}

const names = [
  'id',
  'a',
  '"B c"',
  '[d]',
  '`e`',
  'key',
  'action',
  'ü',
  "'f'",
  'no',
  'generated',
  'always',
  'hidden',
];
const types = [
  ...[
    '',
    '',
    'INTEGER',
    'INT',
    'TEXT',
    'integer',
    'Text',
    'any',
    'ANY',
    'BLOB',
    'real',
    'datetime',
    'varchar(10)',
  ],
  ...['DECIMAL ( 1 , 2 )', 'INTEGER(4)', 'unsigned big int', '"quoted"', 'INT GENERATED ALWAYS', 'GENERATED'],
  ...[
    'abcdefghijalways',
    'abcdefghijkalways',
    'LONG/**/TEXT',
    'INT2',
    'x_y',
    'key',
    'no',
    'NUMERIC(-1)',
    'hidden',
  ],
];
const constraints = [
  ...[
    'NOT NULL',
    'not null',
    'NULL',
    'PRIMARY KEY',
    'primary key autoincrement',
    'PRIMARY KEY DESC',
    'UNIQUE',
  ],
  ...[
    'DEFAULT 1',
    'DEFAULT -1.5e3',
    "DEFAULT 'it''s'",
    'DEFAULT (1 + (2))',
    'DEFAULT NULL',
    'DEFAULT x',
    'DEFAULT "y"',
  ],
  ...[
    'DEFAULT + 2',
    "DEFAULT x'00'",
    'DEFAULT current_timestamp',
    'DEFAULT true',
    'CHECK (1 > 0)',
    'COLLATE nocase',
  ],
  ...[
    'CONSTRAINT n',
    'CONSTRAINT "not" NOT NULL',
    'NOT NULL ON CONFLICT IGNORE',
    'PRIMARY KEY ON CONFLICT ABORT',
  ],
  ...['REFERENCES p', 'REFERENCES p (x) ON DELETE SET NULL', 'references "p" on update no action match full'],
  ...[
    'REFERENCES p NOT DEFERRABLE INITIALLY DEFERRED',
    'DEFERRABLE INITIALLY IMMEDIATE',
    'DEFERRABLE',
    'NOT DEFERRABLE',
  ],
  ...[
    'REFERENCES p ON DELETE CASCADE',
    'GENERATED ALWAYS AS (1)',
    'AS (2)',
    'AS (2) STORED',
    'AS (a) VIRTUAL',
    'UNIQUE ON CONFLICT FAIL',
  ],
];
const ofTable = [
  ...[
    'PRIMARY KEY (id)',
    'PRIMARY KEY (a, id)',
    'UNIQUE (id)',
    'FOREIGN KEY (id) REFERENCES p',
    'CHECK (id > 0)',
  ],
  ...[
    'CONSTRAINT c PRIMARY KEY (id)',
    'CONSTRAINT u UNIQUE (id) FOREIGN KEY (id) REFERENCES p',
    'UNIQUE (id) PRIMARY KEY (id)',
  ],
];
const gaps = [' ', ' ', ' ', '\n', '/* , PRIMARY KEY ( */', ' -- )\n'];

function randomTable(roll: Dice): string {
  const few = (from: readonly string[], counts: readonly number[]): readonly string[] =>
    Array.from({ length: roll.pick(counts) }, () => roll.pick(from));
  const columns = few(names, [1, 2, 3]).map((name) =>
    [name, roll.pick(types), ...few(constraints, [0, 1, 1, 2, 3])].join(roll.pick(gaps)),
  );
  const head = roll.pick([
    'CREATE TABLE t',
    'create table "t"',
    'CREATE TABLE main.t',
    'CREATE TABLE IF NOT EXISTS [t]',
  ]);
  return `${head}${roll.pick(['', ' '])}(${[...columns, ...few(ofTable, [0, 0, 1, 2])].join(roll.pick([',', ', ', ' ,\n']))})`;
}

test(`SQLite says the same of the columns of ${texts} random tables`, () => {
  const database = new Database(':memory:');
  let read = 0;
  for (let seed = 1; seed <= texts; seed++) {
    const roll = dice(seed);
    const sql = seed % 4 === 0 ? `CREATE TABLE t${tableText(roll)}` : randomTable(roll);
    const said = both(database, sql);
    if (said?.read == null) continue;
    read++;
    expect([seed, sql, said.read]).toEqual([seed, sql, said.told]);
  }
  database.close();
  expect(read).toBeGreaterThan(texts / 10);
});

test.each([
  '(a integer)',
  '(z, a INT GENERATED ALWAYS AS (1))',
  '(a, b AS (a))',
  '(a INTEGER PRIMARY KEY DESC)',
  '(a, b, PRIMARY KEY (b, a))',
  '(a unsigned int)',
])('%s is left to SQLite', (definition) => {
  const database = new Database(':memory:');
  expect(both(database, `CREATE TABLE t${definition}`)?.read).toBeNull();
  database.close();
});

test.each([
  '(a INTEGER PRIMARY KEY, b TEXT NOT NULL DEFAULT 1 REFERENCES p (x) ON DELETE SET NULL, UNIQUE (b))',
  '("a")',
])('%s is read', (definition) => {
  const database = new Database(':memory:');
  const said = both(database, `CREATE TABLE t${definition}`);
  expect(said?.read).toEqual(said?.told);
  expect(said?.read).not.toBeNull();
  database.close();
});
