/** Foreign key clauses in stored texts: found where they are, read as SQLite reads them, and edited nowhere else. */
import { describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import {
  definitionText,
  plainDefinitionText,
  readDefinition,
} from '../../dialects/sqlite/text/create-table.ts';
import { anchoredEdit, headsOf, withDeleteClause } from '../../dialects/sqlite/text/clause-edit.ts';
import { columnsRefusingNull } from '../../dialects/sqlite/checks/null-checks.ts';
import { indexPredicate, triggerEvent } from '../../dialects/sqlite/text/index-and-trigger-text.ts';
import { definitionStart } from './random-table.ts';
import { tokenize } from '../../dialects/sqlite/text/tokens.ts';

/** A hard definition, and what it becomes when key `k` is set to SET NULL. */
const edits: readonly (readonly [text: string, k: number, after: string])[] = [
  ['(a REFERENCES p)', 0, '(a REFERENCES p ON DELETE SET NULL)'],
  ['(a references p(x)not null)', 0, '(a references p(x) on delete set null not null)'],
  [
    '(a REFERENCES p ON DELETE cascade ON DELETE no   action)',
    0,
    '(a REFERENCES p ON DELETE cascade ON DELETE set null)',
  ],
  [
    '(a REFERENCES p ON DELETE/**/NO--x\nACTION ON UPDATE CASCADE)',
    0,
    '(a REFERENCES p ON DELETE/**/SET NULL ON UPDATE CASCADE)',
  ],
  [
    '(a REFERENCES p ON INSERT CASCADE MATCH FULL ON UPDATE SET NULL DEFERRABLE)',
    0,
    '(a REFERENCES p ON INSERT CASCADE MATCH FULL ON UPDATE SET NULL ON DELETE SET NULL DEFERRABLE)',
  ],
  ['(a REFERENCES p -- the end', 0, '(a REFERENCES p ON DELETE SET NULL -- the end'],
  [
    '(a REFERENCES "on delete cascade"("ON DELETE"))',
    0,
    '(a REFERENCES "on delete cascade"("ON DELETE") ON DELETE SET NULL)',
  ],
  [
    "('a' DEFAULT 'REFERENCES p' REFERENCES 'p''s')",
    0,
    "('a' DEFAULT 'REFERENCES p' REFERENCES 'p''s' ON DELETE SET NULL)",
  ],
  [
    '([references] CHECK ([references] <> (1)) /* REFERENCES q */ REFERENCES `p``p`)',
    0,
    '([references] CHECK ([references] <> (1)) /* REFERENCES q */ REFERENCES `p``p` ON DELETE SET NULL)',
  ],
  [
    '(a INT, b INT, FOREIGN KEY(a)REFERENCES p CONSTRAINT x FOREIGN KEY(b)REFERENCES q ON DELETE RESTRICT CHECK(1))',
    1,
    '(a INT, b INT, FOREIGN KEY(a)REFERENCES p CONSTRAINT x FOREIGN KEY(b)REFERENCES q ON DELETE SET NULL CHECK(1))',
  ],
  [
    '(key INT REFERENCES match ON DELETE SET DEFAULT REFERENCES action)',
    0,
    '(key INT REFERENCES match ON DELETE SET NULL REFERENCES action)',
  ],
  ['(ü🦉 INT REFERENCES 日本$x)', 0, '(ü🦉 INT REFERENCES 日本$x ON DELETE SET NULL)'],
  [
    '(a DECIMAL(10, 2) DEFAULT (1 + (2)) REFERENCES p, b AS (a REFERENCES) )',
    0,
    '(a DECIMAL(10, 2) DEFAULT (1 + (2)) REFERENCES p ON DELETE SET NULL, b AS (a REFERENCES) )',
  ],
  [
    "(a BLOB DEFAULT x'27' DEFAULT 1e5 DEFAULT 0x1F DEFAULT .5 REFERENCES p)",
    0,
    "(a BLOB DEFAULT x'27' DEFAULT 1e5 DEFAULT 0x1F DEFAULT .5 REFERENCES p ON DELETE SET NULL)",
  ],
];

test.each(edits)('%s', (text, k, after) => {
  const read = readDefinition(text);
  const clause = read?.keys[k];
  if (read == null || clause === undefined) throw new Error('not found');
  expect(withDeleteClause(text, clause, 'SET NULL')).toBe(after);
  const { text: kept, was, becomes } = anchoredEdit(headsOf('c'), text, clause, after);
  const [before, piece] = [kept + was, kept + becomes];
  expect(text.split(before)).toHaveLength(2);
  expect(after.split(piece)).toHaveLength(2);
  expect(text.replace(before, () => piece)).toBe(after);
  expect(after.replace(piece, () => before)).toBe(text);
});

test('what a clause says besides its action', () => {
  const [first, second, third] =
    readDefinition(`(a INT CONSTRAINT n NOT NULL CONSTRAINT x CONSTRAINT "y z" REFERENCES P (B) match partial
    NOT NULL DEFERRABLE INITIALLY DEFERRED, b INT REFERENCES q NOT DEFERRABLE INITIALLY DEFERRED, CONSTRAINT [n] FOREIGN KEY (a, "B") REFERENCES r(c, d) DEFERRABLE)`)
      ?.keys ?? [];
  expect(first).toMatchObject({
    name: 'y z',
    columns: ['a'],
    parent: 'P',
    parentColumns: ['B'],
    match: 'PARTIAL',
    deferrability: 'INITIALLY DEFERRED',
    action: null,
  });
  expect(second).toMatchObject({
    name: null,
    columns: ['b'],
    parentColumns: null,
    match: 'SIMPLE',
    deferrability: 'NOT DEFERRABLE',
  });
  expect(third).toMatchObject({
    name: 'n',
    columns: ['a', 'B'],
    parentColumns: ['c', 'd'],
    deferrability: 'INITIALLY IMMEDIATE',
  });
});

test('checks, AUTOINCREMENT and collations', () => {
  const definition = readDefinition(
    '(id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT COLLATE nocase CHECK ( a IS NOT NULL ), b, UNIQUE (b COLLATE rtrim), CHECK(a<>b))',
  );
  expect(definition).toMatchObject({ autoincrement: true, checks: ['a IS NOT NULL', 'a<>b'], keys: [] });
  expect([...(definition?.collations ?? [])]).toEqual([['a', 'nocase']]);
});

test.each([
  ['CREATE TABLE c(a)', '(a)'],
  ['CREATE TABLE "c(" /* ( */ (a)', ' /* ( */ (a)'],
  ["CREATE TABLE 'it''s'(a)", '(a)'],
  ['CREATE TABLE [x y]--\n(a)', '--\n(a)'],
  ['create temp table if not exists main . c (a)', ' (a)'],
])('the definition of %s', (sql, definition) =>
  expect(sql.slice(definitionStart(sql) ?? -1)).toBe(definition),
);

test.each([
  'CREATE VIRTUAL TABLE f USING fts5(a)',
  'CREATE TABLE c AS SELECT 1',
  '',
  'CREATE VIEW v(a) AS SELECT 1',
])('%s has none', (sql) => expect(definitionStart(sql)).toBeNull());

describe('a piece that stands once', () => {
  const pieceOf = (text: string, k: number, name = 'c') => {
    const read = readDefinition(text);
    const clause = read?.keys[k];
    if (read == null || clause === undefined) return null;
    const { text: kept, was } = anchoredEdit(
      headsOf(name),
      text,
      clause,
      withDeleteClause(text, clause, 'CASCADE'),
    );
    return kept + was;
  };
  test('begins with the column, so that a later column does not make it two', () => {
    expect(pieceOf('(id, pid INT REFERENCES p)', 0)).toBe(' pid INT REFERENCES p');
    expect(pieceOf('(id, FOREIGN KEY (id) REFERENCES p)', 0)).toBe(' FOREIGN KEY (id) REFERENCES p');
  });
  test('is extended past a comment that holds the same words', () => {
    expect(pieceOf('(x, /* pid REFERENCES p */ pid REFERENCES p, y)', 0)).toBe(
      ', /* pid REFERENCES p */ pid REFERENCES p',
    );
  });
  test('is extended where the name of the table holds the same words', () => {
    expect(pieceOf('(x, pid REFERENCES p)', 0, 'of pid REFERENCES p before')).toBe(', pid REFERENCES p');
  });
  test('is extended past twins, one after the other', () => {
    const twins = '(x, FOREIGN KEY (x) REFERENCES p, FOREIGN KEY (x) REFERENCES p)';
    expect(pieceOf(twins, 1)).toBe(' p, FOREIGN KEY (x) REFERENCES p');
    expect(twins.split(pieceOf(twins, 0) ?? '')).toHaveLength(2);
  });
  test('is not one that the name of the table holds too', () => {
    expect(pieceOf('("a" REFERENCES p)', 0, '("a" REFERENCES p')).toBe('("a" REFERENCES p)');
  });
});

test.each([
  ['CREATE INDEX i ON t(a)', null],
  [
    'CREATE UNIQUE INDEX "where" ON [where](a, (b) DESC) WHERE (a IS NOT NULL) -- so',
    '(a IS NOT NULL) -- so',
  ],
])('the predicate of %s', (sql, predicate) => expect(indexPredicate(sql)).toBe(predicate));

test.each([
  ['CREATE TRIGGER x DELETE ON t BEGIN SELECT 1; END', 'DELETE'],
  ['CREATE TRIGGER "update" AFTER INSERT ON t BEGIN DELETE FROM t; END', 'INSERT'],
  ['CREATE TEMP TRIGGER IF NOT EXISTS main.after BEFORE UPDATE OF a ON t BEGIN SELECT 1; END', 'UPDATE'],
])('the event of %s', (sql, event) => expect(triggerEvent(sql)).toBe(event));

test.each([
  ['a IS NOT NULL', ['a']],
  ['(("A" NOT NULL) AND b NOTNULL)', ['A', 'b']],
  ['a > 0', []],
  ['a IS NOT NULL OR b IS NOT NULL', []],
  ['b IS NOT NULL AND a > 0', ['b']],
  ['a IS NOT NULL AND b > 1 OR b IS NULL OR a IS NULL', []],
  ['NOT (b > 1 AND a IS NOT NULL) OR 1', []],
  ['(a IS NOT NULL) = (a = 1) OR a IS NULL', []],
  ['coalesce(a, 1) AND abs(b IS NOT NULL) + 1', []],
])('columns that CHECK (%s) keeps from NULL', (check, columns) => {
  expect(columnsRefusingNull(check)).toEqual(columns);
  const database = new Database(':memory:');
  database.exec(`CREATE TABLE t(a DEFAULT 1, b DEFAULT 1, CHECK (${check}))`);
  for (const column of ['a', 'b']) {
    const refused = columns.some((name) => name.toLowerCase() === column);
    const insert = () => database.prepare(`INSERT INTO t(${column}) VALUES (NULL)`).run();
    if (refused) expect(insert).toThrow('CHECK');
    else expect(insert).not.toThrow();
  }
  database.close();
});

function tokenTexts(sql: string): readonly string[] {
  return tokenize(sql).map(({ start, end }) => sql.slice(start, end));
}

test('tokens cover the text but for space and comments', () => {
  const sql = "a\"b\"\"c\"`d`[e]'f''g'x'00'1.5e-3 0x1f .5 <> -- h\n/* i * / **/j$ü\ufeff/* never closed";
  expect(tokenTexts(sql)).toEqual([
    'a',
    '"b""c"',
    '`d`',
    '[e]',
    "'f''g'",
    "x'00'",
    '1.5e-3',
    '0x1f',
    '.5',
    '<',
    '>',
    'j$ü\ufeff',
  ]);
});

describe('a text of plain words', () => {
  test('says no more than the pragmas: all its parts are as by default', () => {
    const sql =
      'CREATE TABLE t (id INTEGER PRIMARY KEY, a INT NOT NULL REFERENCES p (id) ON DELETE SET NULL, b INT references q)';
    const text = plainDefinitionText(sql, 2);
    expect(text).toBe(definitionText(sql));
    const read = readDefinition(text ?? '');
    expect(read).toMatchObject({ checks: [], autoincrement: false, collations: new Map() });
    expect(read?.keys.map(({ name, match, deferrability }) => [name, match, deferrability])).toEqual([
      [null, 'SIMPLE', 'NOT DEFERRABLE'],
      [null, 'SIMPLE', 'NOT DEFERRABLE'],
    ]);
  });

  test.each([
    'CREATE TABLE t (a INT CONSTRAINT c REFERENCES p)',
    'CREATE TABLE t (a INT REFERENCES p match full)',
    'CREATE TABLE t (a INT REFERENCES p DEFERRABLE INITIALLY DEFERRED)',
    'CREATE TABLE t (a INT REFERENCES p CHECK (a))',
    'CREATE TABLE t (a TEXT COLLATE NOCASE REFERENCES p)',
    'CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a INT REFERENCES p)',
    'CREATE TABLE t (a INT REFERENCES p, b INT AS (a))',
    'CREATE TABLE t (a INT REFERENCES p, "check" INT)',
    'CREATE TABLE t (a INT REFERENCES p /* one */)',
    "CREATE TABLE t (a INT DEFAULT '(' REFERENCES p)",
    'CREATE TABLE t (a INT REFERENCES p) STRICT',
    'CREATE TABLE t (a INT REFERENCES p, b INT REFERENCES p)',
  ])('is not %s, which has one key by the pragma', (sql) => {
    expect(plainDefinitionText(sql, 1)).toBeNull();
  });
});
