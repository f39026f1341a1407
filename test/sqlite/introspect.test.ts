/** What is read of a SQLite file, and what is found to be wrong with it. */
import { schemaIndex } from '../../src/core/schema-index.ts';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { connect } from '../../dialects/sqlite/connection/connect.ts';
import { identify } from '../../dialects/sqlite/connection/identify.ts';
import { sqlite } from '../../dialects/sqlite/index.ts';
import { introspect } from '../../dialects/sqlite/introspector/index.ts';
import { foreignKey } from '../builders.ts';
import { changeOf, introspected, introspectedSql, scratch } from './closed-loop.ts';

const keysOf = async (sql: string) => (await introspectedSql(sql)).snapshot.foreignKeys;

const tableOf = async (sql: string, name: string) =>
  (await introspectedSql(sql)).snapshot.tables.find((table) => table.name === name);

describe('keys', () => {
  test('every attribute, with names spelled as they are stored', async () => {
    const [key] = await keysOf(`CREATE TABLE Par(Id INT, "K" INT, UNIQUE(Id, "K"));
      CREATE TABLE Chi(A INT, b INT, CONSTRAINT "the key" FOREIGN KEY (a, B) REFERENCES pAR(ID, k) ON UPDATE SET NULL MATCH FULL ON DELETE SET DEFAULT DEFERRABLE INITIALLY DEFERRED)`);
    expect(key).toEqual(
      foreignKey({
        name: 'the key',
        child: { schema: 'main', name: 'Chi' },
        columns: ['A', 'b'],
        parent: { schema: 'main', name: 'Par' },
        parentColumns: ['Id', 'K'],
        onDelete: 'SET DEFAULT',
        onUpdate: 'SET NULL',
        match: 'FULL',
        deferrability: 'INITIALLY DEFERRED',
        referencedIndex: null,
        recreatedIndex: null,
      }),
    );
  });

  test('implied parent columns are the primary key in its own order, or none where it does not fit', async () => {
    const keys = await keysOf(`CREATE TABLE p(a INT, b INT, PRIMARY KEY (b, a)); CREATE TABLE none(a INT);
      CREATE TABLE c(x INT REFERENCES none, y INT REFERENCES p, z INT REFERENCES nowhere, FOREIGN KEY (x, y) REFERENCES p)`);
    expect(
      keys.map((key) => [key.columns.join(), key.parentColumns.join(), key.parentColumnsImplied]),
    ).toEqual([
      ['x', '', true],
      ['x,y', 'b,a', true],
      ['y', '', true],
      ['z', '', true],
    ]);
  });

  test('virtual tables and their shadows are left out, and so are tables without keys', async () => {
    const { snapshot } = await introspectedSql(
      'CREATE VIRTUAL TABLE f USING fts5(a); CREATE TABLE alone(a); CREATE TABLE t(id INTEGER PRIMARY KEY, up REFERENCES t); CREATE VIEW v AS SELECT 1',
    );
    expect(snapshot.tables.map((table) => table.name)).toEqual(['t']);
  });

  test('a file without keys, and an empty file', async () => {
    expect((await introspectedSql('CREATE TABLE a(x)')).snapshot).toMatchObject({
      tables: [],
      foreignKeys: [],
    });
    expect((await introspectedSql('')).snapshot).toMatchObject({ tables: [], foreignKeys: [] });
  });

  test('the same text for the same file, whatever the order of creation', async () => {
    const [p, a, b] = [
      'CREATE TABLE p(id INTEGER PRIMARY KEY);',
      'CREATE TABLE a(x INT UNIQUE REFERENCES p, y INT UNIQUE);',
      'CREATE TABLE B(x REFERENCES p);',
    ];
    expect(JSON.stringify(await introspectedSql(p + a + b))).toBe(
      JSON.stringify(await introspectedSql(b + a + p)),
    );
  });

  test('the number of queries does not grow with the number of tables', async () => {
    const counts = await Promise.all(
      [1, 40].map(async (tables) => {
        const database = scratch(
          Array.from(
            { length: tables },
            (_, n) => `CREATE TABLE t${n}(id INTEGER PRIMARY KEY, up REFERENCES t${n});`,
          ).join(''),
        );
        const session = await connect(`sqlite:${database.file}`, { timeoutMilliseconds: 1000 });
        let count = 0;
        const counting = {
          ...session,
          query: (...query: Parameters<typeof session.query>) => (count++, session.query(...query)),
        };
        await introspect(counting, await identify(session, 'a file'), { schemas: null });
        await session.close();
        database.remove();
        return count;
      }),
    );
    expect(counts[0]).toBe(counts[1]);
  });

  test('a text whose first words were altered by hand is understood all the same', async () => {
    const database = scratch('CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(x REFERENCES p)');
    const raw = new Database(database.file);
    raw.unsafeMode();
    raw.exec(
      "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = replace(sql, 'CREATE TABLE', 'create table') WHERE name = 'c'; PRAGMA writable_schema = RESET",
    );
    raw.close();
    const { snapshot } = await introspected(database.file);
    expect(snapshot.tables[0]).toMatchObject({ name: 'c', definition: '(x REFERENCES p)', options: [] });
    database.remove();
  });
});

describe('tables', () => {
  const parent = 'CREATE TABLE p(id INTEGER PRIMARY KEY);';

  test.each([
    ['INTEGER PRIMARY KEY', 'id INTEGER PRIMARY KEY', '', false],
    ['the primary key of a rowid table, which takes NULL', 'id INT PRIMARY KEY', '', true],
    ['INTEGER PRIMARY KEY DESC, which is no rowid', 'id INTEGER PRIMARY KEY DESC', '', true],
    ['the primary key of a table without rowid', 'id INT PRIMARY KEY', 'WITHOUT ROWID', false],
    ['the primary key of a strict table', 'id INT PRIMARY KEY', 'STRICT', false],
    ['NOT NULL', 'id INT NOT NULL', '', false],
  ])('NULL in %s', async (_, column, options, nullable) => {
    const database = scratch(`${parent} CREATE TABLE c(${column}, other INT REFERENCES p) ${options}`);
    const { snapshot } = await introspected(database.file);
    expect(snapshot.tables.find((table) => table.name === 'c')?.columns[0]?.nullable).toBe(nullable);
    let tookNull = true;
    try {
      database.script('INSERT INTO c(id) VALUES (NULL)');
      tookNull = database.rows('SELECT 1 FROM c WHERE id IS NULL').length > 0;
    } catch {
      tookNull = false;
    }
    expect(tookNull).toBe(nullable);
    database.remove();
  });

  test('columns, indexes, triggers and notes', async () => {
    const c = await tableOf(
      `${parent} CREATE TABLE c(id INTEGER PRIMARY KEY AUTOINCREMENT, pid INT DEFAULT 3 REFERENCES p, v AS (pid) VIRTUAL, s AS (pid) STORED, CHECK (pid > 0));
       CREATE UNIQUE INDEX z ON c(pid, lower(v)) WHERE pid IS NOT NULL; CREATE INDEX a ON c(s);
       CREATE TRIGGER b DELETE ON C BEGIN SELECT 1; END; CREATE TRIGGER a AFTER UPDATE ON c BEGIN SELECT 1; END; CREATE TRIGGER i INSERT ON c BEGIN SELECT 1; END`,
      'c',
    );
    expect(c).toMatchObject({
      columns: [
        { name: 'id' },
        { name: 'pid', type: 'INT', hasDefault: true, generated: null },
        { name: 'v', generated: 'virtual' },
        { name: 's', generated: 'stored' },
      ],
      indexes: [
        { name: 'a', columns: ['s'], unique: false },
        { name: 'rowid', columns: ['id'], unique: true, primary: true, method: 'rowid' },
        { name: 'z', columns: ['pid', null], unique: true, predicate: 'pid IS NOT NULL' },
      ],
      triggers: ['a', 'b'],
      options: ['autoincrement'],
      checks: [{ expression: 'pid > 0', domainOf: null }],
    });
  });

  test.each([
    'CREATE INDEX i ON c(pid)',
    'CREATE INDEX i ON c (PID, "A b",`id` )',
    'create index if not exists "i" on  C\n(pid)',
    'CREATE UNIQUE INDEX i ON c(pid)',
    'CREATE INDEX i ON c([A b])',
    "CREATE INDEX i ON c('pid')",
    'CREATE INDEX i ON c("a""b")',
    'CREATE INDEX i ON c(pid DESC)',
    'CREATE INDEX i ON c(pid COLLATE NOCASE, id)',
    'CREATE INDEX i ON c(lower(pid), id)',
    'CREATE INDEX i ON c(pid /* , */, id)',
    'CREATE INDEX i ON c(pid) -- the last )',
    'CREATE INDEX i ON c(pid) WHERE (id > 0)',
    'CREATE INDEX i ON c(1)',
    'CREATE INDEX "i(" ON c(pid)',
  ])('the columns that SQLite sees in %s', async (index) => {
    const sql = `${parent} CREATE TABLE c(id INT, pid INT REFERENCES p, "A b", "a""b"); ${index}`;
    const database = scratch(sql);
    const rows = database.rows(
      "SELECT x.name FROM pragma_index_list('c') l JOIN pragma_index_xinfo(l.name) x WHERE x.key ORDER BY x.seqno",
    );
    const { snapshot } = await introspected(database.file);
    const [found, ...more] = snapshot.tables.find((table) => table.name === 'c')?.indexes ?? [];
    expect(more).toEqual([]);
    expect(found?.columns).toEqual(rows.map((row) => (row as { readonly name: string | null }).name));
    expect(found?.columns.length).toBeGreaterThan(0);
    database.remove();
  });

  test('rows are estimated from sqlite_stat1 only, and unknown without', async () => {
    const tables = `${parent} CREATE TABLE c(x INT REFERENCES p); CREATE INDEX c_x ON c(x); INSERT INTO p VALUES (1), (2); INSERT INTO c VALUES (1), (1), (NULL);`;
    expect((await introspectedSql(tables)).statistics.map((table) => table.estimatedRows)).toEqual([
      null,
      null,
    ]);
    expect(
      (await introspectedSql(`${tables} ANALYZE`)).statistics.map((table) => table.estimatedRows),
    ).toEqual([3, 2]);
  });
});

describe('probe', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });
  const sql = `CREATE TABLE p(id INTEGER PRIMARY KEY, "c;d" TEXT COLLATE nocase UNIQUE); CREATE TABLE c("a""b" INT REFERENCES p, t TEXT REFERENCES p("c;d"));
    INSERT INTO p VALUES (1, 'One'); INSERT INTO c VALUES (1, 'ONE'), (2, 'two'), (NULL, 'x'), (3, NULL), (4, 'one'), (5, NULL)`;

  test('orphans and rows are counted as SQLite compares, or not at all where it would take too long', async () => {
    const database = scratch(sql);
    const { snapshot } = await introspected(database.file);
    const session = await sqlite.connect(`sqlite:${database.file}`, { timeoutMilliseconds: 1000 });
    const probe = await session.probe();
    const [number, text] = snapshot.foreignKeys;
    if (number === undefined || text === undefined) throw new Error('two keys');
    // The clock stands still, so that the bounds in rows are met and not the time.
    jest.spyOn(Date, 'now').mockReturnValue(Date.now());
    expect(await probe.orphans([number, text], 1000)).toEqual([
      { known: true, value: { count: 4, atLeast: false, sample: ['a"b=2', 'a"b=3', 'a"b=4'] } },
      { known: true, value: { count: 2, atLeast: false, sample: ["t='two'", "t='x'"] } },
    ]);
    expect(
      database.rows('SELECT parent, fkid, count(*) AS n FROM pragma_foreign_key_check GROUP BY fkid'),
    ).toEqual([
      { parent: 'p', fkid: 0, n: 2 },
      { parent: 'p', fkid: 1, n: 4 },
    ]);
    expect(await probe.rows([number.child], 1000)).toEqual([{ known: true, value: 6 }]);
    const tooLarge = { known: false, why: 'c has more than 0 rows' };
    expect(await probe.rows([number.child], 0)).toEqual([tooLarge]);
    expect(await probe.orphans([number], 0)).toEqual([tooLarge]);
    expect(await probe.orphans([number, text], -1)).toEqual([
      { known: false, why: 'the time was up' },
      { known: false, why: 'the time was up' },
    ]);
    expect(await probe.preflight([changeOf(number, 'CASCADE')], schemaIndex(snapshot))).toEqual([]);
    await session.close();
    database.remove();
  });
});
