// What SQLite's checks find in keys as they are and in changes.
import { entryOf } from '../../src/core/codes/index.ts';
import { schemaIndex } from '../../src/core/schema-index.ts';
import { describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { sqlite } from '../../dialects/sqlite/index.ts';
import type { ReferentialAction } from '../../src/core/model.ts';
import { introspectedSql, scratch } from './closed-loop.ts';

/** Which words the library has for a delete that goes too deep. */
const isFrom354 =
  Number(String(new Database(':memory:').prepare('SELECT sqlite_version()').pluck().get()).split('.')[1]) >=
  54;

describe('findings and hazards', () => {
  const hazards = async (
    sql: string,
    onDelete: ReferentialAction,
    columns: readonly string[] | null = null,
  ) => {
    const schema = schemaIndex((await introspectedSql(sql)).snapshot);
    return schema.snapshot.foreignKeys.flatMap((key) =>
      sqlite
        .checkChange(key, { onDelete, onDeleteColumns: columns }, schema, {})
        .map((hazard) => hazard.code),
    );
  };
  const parent = 'CREATE TABLE p(id INTEGER PRIMARY KEY, u TEXT, v TEXT COLLATE nocase UNIQUE);';

  test('the pragma is reported once, and not where there are no keys', async () => {
    const two = await introspectedSql(`${parent} CREATE TABLE c(x REFERENCES p, y REFERENCES p)`);
    expect(
      sqlite.findings(schemaIndex(two.snapshot)).map((finding) => [finding.code, finding.severity]),
    ).toEqual([['FOREIGN_KEYS_PRAGMA', 'info']]);
    expect(sqlite.findings(schemaIndex((await introspectedSql(parent)).snapshot))).toEqual([]);
  });

  /** SQLite itself answers "foreign key mismatch" or "no such table" when the parent is deleted from, or the child inserted into. */
  test.each([
    ['REFERENCES p(id)', '', null],
    ['REFERENCES p(v)', '', null],
    ['REFERENCES p(u)', 'CREATE UNIQUE INDEX i ON p(u);', null],
    ['REFERENCES p(u)', '', 'u of p is neither'],
    ['REFERENCES p(u)', 'CREATE UNIQUE INDEX i ON p(u) WHERE id > 0;', 'u of p is neither'],
    ['REFERENCES p(u)', 'CREATE UNIQUE INDEX i ON p(u COLLATE nocase);', 'u of p is neither'],
    ['REFERENCES p(u)', 'CREATE UNIQUE INDEX i ON p(u, id);', 'u of p is neither'],
    ['REFERENCES p(nope)', '', 'p has no column nope'],
    ['REFERENCES nowhere', '', 'there is no table nowhere'],
    ['REFERENCES w', 'CREATE VIEW w AS SELECT 1 AS x;', 'there is no table w'],
    ['REFERENCES two', 'CREATE TABLE two(a, b, PRIMARY KEY (a, b));', 'two has no primary key of 1 columns'],
  ])('a parent key that fits or not: %s %s', async (clause, more, detail) => {
    const sql = `${parent} ${more} CREATE TABLE c(x ${clause})`;
    const found = sqlite
      .findings(schemaIndex((await introspectedSql(sql)).snapshot))
      .filter((finding) => finding.code === 'PARENT_MISMATCH');
    expect(found.map((finding) => finding.detail)).toEqual(
      detail === null ? [] : [expect.stringContaining(detail)],
    );
    const refused = /^there is no table|has no column/.test(detail ?? '')
      ? 'PARENT_MISSING'
      : 'PARENT_NOT_UNIQUE';
    expect(await hazards(sql, 'CASCADE')).toEqual(detail === null ? [] : [refused]);
    const database = scratch(sql);
    const insert = () => database.script("INSERT INTO c VALUES ('x')");
    expect(insert).toThrow(detail === null ? 'FOREIGN KEY constraint failed' : /mismatch|no such table/);
    if (detail !== null && refused === 'PARENT_NOT_UNIQUE') {
      // What `explain` says of the code is what happens here: the key is taken, and writes are answered like this.
      const [words = ''] = /foreign key mismatch/.exec(entryOf(refused)?.effect ?? '') ?? ['not said'];
      expect(insert).toThrow(words);
    }
    database.remove();
  });

  test.each([
    ['a column list', 'x REFERENCES p', 'SET NULL', ['x'], ['COLUMN_LIST_UNSUPPORTED']],
    [
      'no default and NOT NULL',
      'x NOT NULL REFERENCES p',
      'SET DEFAULT',
      null,
      ['SET_DEFAULT_WITHOUT_DEFAULT'],
    ],
    ['a default and NOT NULL', 'x NOT NULL DEFAULT 1 REFERENCES p', 'SET DEFAULT', null, []],
    ['no default, where NULL will do', 'x REFERENCES p', 'SET DEFAULT', null, []],
    [
      'a CHECK that refuses NULL',
      'x REFERENCES p CHECK (x IS NOT NULL)',
      'SET NULL',
      null,
      ['SET_NULL_ON_CHECK'],
    ],
    ['a CHECK that takes NULL', 'x REFERENCES p CHECK (x > 0)', 'SET NULL', null, []],
    [
      'a cascade over a self reference',
      'id INTEGER PRIMARY KEY, x REFERENCES c(id)',
      'CASCADE',
      null,
      ['SELF_REFERENCE_DEPTH'],
    ],
    ['SET NULL over a self reference', 'id INTEGER PRIMARY KEY, x REFERENCES c(id)', 'SET NULL', null, []],
  ] as const)('%s', async (_, columns, onDelete, list, codes) => {
    expect(await hazards(`${parent} CREATE TABLE c(${columns})`, onDelete, list)).toEqual(codes);
  });

  test('a cascade over a self reference stops at 1,000 levels', () => {
    const database = scratch('CREATE TABLE t(id INTEGER PRIMARY KEY, up REFERENCES t ON DELETE CASCADE)');
    database.script(
      'WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 1001) INSERT INTO t SELECT n, nullif(n - 1, 0) FROM i',
    );
    expect(() => database.script('DELETE FROM t WHERE id = 1')).toThrow(
      isFrom354 ? 'nested too deep' : 'too many levels',
    );
    expect(() => database.script('DELETE FROM t WHERE id = 2')).not.toThrow();
    database.remove();
  });
});
