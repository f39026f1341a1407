// What introspection returns: every attribute, names that bite, two schemas, and an error instead of a shorter list.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { codeOf } from '../../src/core/errors.ts';
import { compareKeys } from '../../src/core/names.ts';
import type { Table } from '../../src/core/model.ts';
import { foreignKey } from '../builders.ts';
import { describeServers } from '../servers/describe.ts';
import { connect, scratchDatabase, type ScratchDatabase, type TestServer } from '../servers/index.ts';
import { dialectOf, keyNamed, lab, type Lab } from './lab.ts';

describeServers('mysql', suite);

describeServers('mariadb', suite);

const hostile = [
  'a`b"c\'d;e',
  'select',
  'with space',
  'dot.ted',
  'ünïcödé 日本',
  'Case',
  '$-_@!%',
  'x'.repeat(64),
  'é'.repeat(64),
  'back\\slash',
  'tab\tline\nend',
];

function suite(server: TestServer): void {
  let at: Lab;
  let other: ScratchDatabase;
  beforeAll(async () => {
    at = await lab(server);
    other = await scratchDatabase(server);
    const quote = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
    await other.query('CREATE TABLE far (id INT PRIMARY KEY)');
    await at.make(
      `CREATE TABLE p (id INT PRIMARY KEY AUTO_INCREMENT, a INT NOT NULL, b INT NOT NULL DEFAULT 3, c VARCHAR(20) DEFAULT 'NULL', n INT, UNIQUE KEY ab (a, b), KEY half (c(5)));
      CREATE TABLE c (id INT PRIMARY KEY, pid INT, a INT, b INT, up INT, far INT, st INT AS (pid + 1) STORED, vi INT AS (pid + 2) VIRTUAL,
        CONSTRAINT zz FOREIGN KEY (pid) REFERENCES p (id), CONSTRAINT two FOREIGN KEY (b, a) REFERENCES p (b, a) ON DELETE SET NULL,
        CONSTRAINT up FOREIGN KEY (up) REFERENCES c (id) ON DELETE CASCADE, CONSTRAINT far FOREIGN KEY (far) REFERENCES \`${other.name}\`.far (id) ON UPDATE CASCADE,
        CONSTRAINT same_a FOREIGN KEY (pid) REFERENCES p (id) ON DELETE RESTRICT, UNIQUE KEY zz_unique (pid, a), CONSTRAINT positive CHECK (a > 0))`
        .replace('FOREIGN KEY (b, a) REFERENCES p (b, a)', 'FOREIGN KEY (a, b) REFERENCES p (a, b)')
        .replace('ON DELETE SET NULL', 'ON DELETE CASCADE'),
    );
    await at.make(
      'CREATE TRIGGER gone AFTER DELETE ON c FOR EACH ROW SET @x = 1; CREATE TRIGGER made AFTER INSERT ON c FOR EACH ROW SET @x = 1',
    );
    for (const [number, name] of hostile.entries()) {
      await at.make(
        `CREATE TABLE ${quote(`t${number}`.slice(0, 3) + name.slice(0, 60))} (${quote(name)} INT PRIMARY KEY, ref INT, CONSTRAINT ${quote(name)} FOREIGN KEY (ref) REFERENCES p (id))`,
      );
    }
  });
  afterAll(async () => {
    await at.close();
    await other.drop();
  });

  test('every attribute of a key', async () => {
    const snapshot = await at.snapshot();
    expect(snapshot.foreignKeys).toEqual([...snapshot.foreignKeys].sort(compareKeys));
    const unsaid = server.dialect === 'mysql' ? 'NO ACTION' : 'RESTRICT';
    const schema = at.database.name;
    expect(keyNamed(snapshot, 'two')).toEqual(
      foreignKey({
        name: 'two',
        child: { schema, name: 'c' },
        columns: ['a', 'b'],
        parent: { schema, name: 'p' },
        parentColumns: ['a', 'b'],
        onDelete: 'CASCADE',
        onUpdate: unsaid,
        referencedIndex: 'ab',
        recreatedIndex: 'ab',
      }),
    );
    expect(keyNamed(snapshot, 'far')).toMatchObject({
      parent: { schema: other.name, name: 'far' },
      onUpdate: 'CASCADE',
    });
    expect([keyNamed(snapshot, 'zz').onDelete, keyNamed(snapshot, 'same_a').onDelete]).toEqual([
      unsaid,
      'RESTRICT',
    ]);
    expect(keyNamed(snapshot, 'up').parent).toEqual(keyNamed(snapshot, 'up').child);
    for (const name of hostile) expect(keyNamed(snapshot, name).columns).toEqual(['ref']);
  });

  test('tables at both ends, also in another schema', async () => {
    const { tables } = await at.snapshot();
    const named = (name: string): Table | undefined => tables.find((table) => table.name === name);
    expect(named('far')).toMatchObject({ schema: other.name, engine: 'InnoDB' });
    expect(
      named('p')?.columns.map(({ name, nullable, hasDefault, identity }) => [
        name,
        nullable,
        hasDefault,
        identity,
      ]),
    ).toEqual([
      ['id', false, false, 'by default'],
      ['a', false, false, null],
      ['b', false, true, null],
      ['c', true, true, null],
      ['n', true, false, null],
    ]);
    expect(named('p')?.indexes).toContainEqual({
      name: 'half',
      columns: [null],
      unique: false,
      primary: false,
      predicate: null,
      method: 'btree',
    });
    expect(named('p')?.indexes).toContainEqual({
      name: 'PRIMARY',
      columns: ['id'],
      unique: true,
      primary: true,
      predicate: null,
      method: 'btree',
    });
    expect(
      named('c')
        ?.columns.map(({ generated }) => generated)
        .filter((each) => each !== null),
    ).toEqual(['stored', 'virtual']);
    expect(named('c')?.triggers).toEqual(['gone']);
    expect(named('c')?.checks).toEqual([{ expression: expect.stringContaining('`a`'), domainOf: null }]);
    expect(named('c')?.storedColumns).toEqual([{ name: 'st', expression: expect.stringContaining('`pid`') }]);
  });

  test('is the same text each time, and a scope leaves other schemas out', async () => {
    expect(JSON.stringify(await at.snapshot())).toBe(JSON.stringify(await at.snapshot()));
    const both = await at.snapshot((schema) => [at.database.name, other.name].includes(schema));
    expect(both.foreignKeys).toEqual((await at.snapshot()).foreignKeys);
    expect((await at.snapshot((schema) => schema === other.name)).foreignKeys).toEqual([]);
  });

  // The catalog compares names without case, and is asked for the types of the indexes of `Cased` alone.
  test('tables in two schemas whose names differ in case alone have the indexes they have', async () => {
    await at.make('CREATE TABLE Cased (id INT PRIMARY KEY, word VARCHAR(9), UNIQUE (word))');
    await other.query(
      `CREATE TABLE cased (id INT PRIMARY KEY, up INT, far INT, CONSTRAINT up_key FOREIGN KEY (up) REFERENCES cased (id),
        CONSTRAINT far_key FOREIGN KEY (far) REFERENCES \`${at.database.name}\`.Cased (id))`,
    );
    try {
      const both = await at.snapshot((schema) => [at.database.name, other.name].includes(schema));
      const found = both.tables
        .find((table) => table.name === 'cased')
        ?.indexes.map((index) => [index.name, index.columns]);
      expect(found).toEqual([
        ['PRIMARY', ['id']],
        ['far_key', ['far']],
        ['up_key', ['up']],
      ]);
    } finally {
      await other.query('DROP TABLE cased');
      await at.make('DROP TABLE Cased');
    }
  });

  test('the types of indexes that are no B-trees', async () => {
    const lines = [
      'words TEXT, FULLTEXT w (words)',
      'a VARCHAR(9), b CHAR(2), FULLTEXT w (a, b), KEY ab (b, a), KEY mixed (a, ref)',
      'place POINT NOT NULL, SPATIAL s (place)',
      'a VARCHAR(9), UNIQUE u (a), UNIQUE two (ref, a)',
      ...(server.dialect === 'mysql'
        ? []
        : ['long_one TEXT, UNIQUE u (long_one)', 'n INT, UNIQUE u (n) USING HASH']),
      ...(server.id === 'mariadb-11.8' ? ['v VECTOR(3) NOT NULL, VECTOR u (v)'] : []),
    ];
    for (const [at_, line] of lines.entries()) {
      await at.make(
        `CREATE TABLE typed_${at_} (id INT PRIMARY KEY, ref INT, KEY r (ref), ${line}, CONSTRAINT typed_${at_} FOREIGN KEY (ref) REFERENCES p (id))`,
      );
    }
    const all = await at.query(
      `SELECT CONCAT_WS(' ', TABLE_NAME, INDEX_NAME, LOWER(INDEX_TYPE)) AS line FROM information_schema.STATISTICS
        WHERE TABLE_SCHEMA = '${at.database.name}' AND TABLE_NAME LIKE 'typed%' AND SEQ_IN_INDEX = 1`,
    );
    const { tables } = await at.snapshot();
    const found = tables
      .filter((table) => table.name.startsWith('typed'))
      .flatMap((table) => table.indexes.map((index) => `${table.name} ${index.name} ${index.method}`));
    expect(found.sort()).toEqual(all.map((row) => String(row['line'])).sort());
    expect(found.filter((line) => !line.endsWith(' btree'))).toHaveLength(lines.length - 1);
    await at.make(lines.map((_, number) => `DROP TABLE typed_${number}`).join('; '));
  });

  // A parent made while checks are off, in the place of one that was missing.
  test.each([
    [
      'partitioned',
      'PARTITION BY HASH (id) PARTITIONS 2',
      { engine: 'InnoDB', partitioned: true },
      ['mariadb'],
    ],
    [
      'of another engine',
      'ENGINE = MEMORY',
      { engine: 'MEMORY', indexes: [{ method: 'hash' }] },
      ['mariadb', 'mysql'],
    ],
  ])('a parent that is %s', async (_, options, seen, takenBy) => {
    await at.make(
      'SET foreign_key_checks = 0; CREATE TABLE orphan (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES late (id))',
    );
    const made = await at
      .make(`SET foreign_key_checks = 0; CREATE TABLE late (id INT PRIMARY KEY) ${options}`)
      .then(() => true)
      .catch(() => false);
    expect(made).toBe(takenBy.includes(server.dialect));
    if (made) expect((await at.snapshot()).tables.find((table) => table.name === 'late')).toMatchObject(seen);
    await at.make('SET foreign_key_checks = 0; DROP TABLE orphan; DROP TABLE IF EXISTS late');
  });

  test('statistics stand apart', async () => {
    const { statistics } = await at.reader.introspect({ schemas: null });
    expect(statistics.find((table) => table.name === 'p')).toMatchObject({
      estimatedRows: 0,
      bytes: expect.any(Number),
    });
  });

  describe('a user', () => {
    const name = `od_${String(process.pid)}_${Math.random().toString(36).slice(2, 8)}`;
    const accounts = [`'${name}'@'%'`, `'${name}'@'localhost'`];
    const admin = async (sql: string): Promise<void> => {
      const session = await connect(server.dialect, server.url);
      await session.query(sql).finally(() => session.close());
    };
    beforeEach(() =>
      admin(accounts.map((account) => `CREATE USER ${account} IDENTIFIED BY 'pä$$:w@rd/#'`).join('; ')),
    );
    afterEach(() => admin(accounts.map((account) => `DROP USER ${account}`).join('; ')));

    const grant = (rights: string, on: string): Promise<void> =>
      admin(accounts.map((account) => `GRANT ${rights} ON ${on} TO ${account}`).join('; '));
    const seen = async (): Promise<number | string> => {
      const url = new URL(at.database.url);
      url.username = name;
      url.password = encodeURIComponent('pä$$:w@rd/#');
      const session = await dialectOf(server).connect(url.href, { timeoutMilliseconds: 5_000 });
      try {
        return (await session.introspect({ schemas: null })).snapshot.foreignKeys.length;
      } catch (error) {
        return codeOf(error);
      } finally {
        await session.close();
      }
    };

    test('with rights on the schema sees all keys', async () => {
      const all = (await at.snapshot()).foreignKeys.length;
      await grant(
        server.dialect === 'mysql' ? 'SELECT' : 'SELECT, REFERENCES',
        `\`${at.database.name.replaceAll('_', '\\_')}\`.*`,
      );
      expect(await seen()).toBe(all);
    });

    test('with rights on some tables gets an error, not a shorter list', async () => {
      await grant('SELECT, INSERT, UPDATE, REFERENCES', `\`${at.database.name}\`.c`);
      expect(await seen()).toBe('INSUFFICIENT_PRIVILEGE');
      await grant('PROCESS', '*.*');
      expect(await seen()).toBe('INSUFFICIENT_PRIVILEGE');
    });

    test('on MariaDB, SELECT alone is not enough, for it hides the rules', async () => {
      await grant('SELECT', `\`${at.database.name}\`.*`);
      expect(await seen()).toBe(
        server.dialect === 'mysql' ? (await at.snapshot()).foreignKeys.length : 'INSUFFICIENT_PRIVILEGE',
      );
    });

    test('with the rights of a role sees all keys', async () => {
      await admin(
        `CREATE ROLE ${name}_r; GRANT SELECT, REFERENCES ON \`${at.database.name}\`.* TO ${name}_r`,
      );
      try {
        for (const account of accounts) {
          await admin(
            `GRANT ${name}_r TO ${account}; SET DEFAULT ROLE ${name}_r ${server.dialect === 'mysql' ? 'TO' : 'FOR'} ${account}`,
          );
        }
        expect(await seen()).toBe((await at.snapshot()).foreignKeys.length);
      } finally {
        await admin(`DROP ROLE ${name}_r`);
      }
    });
  });
}
