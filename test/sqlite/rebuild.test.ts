/** The rebuild of tables, for connections that may not edit stored texts: what it refuses, restores and keeps. */
import { describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { allRows, executeOn, failure, run, runSide, storedTexts } from './closed-loop.ts';
import { actionOfC, on, shop, stepsOfC } from './shop.ts';

describe('the rebuild', () => {
  test('refuses a table that people would feel, unless it was allowed', () =>
    on(shop, async (database) => {
      database.script(
        'WITH RECURSIVE i(n) AS (SELECT 100 UNION ALL SELECT n + 1 FROM i WHERE n < 11000) INSERT INTO c SELECT n, 1, n FROM i',
      );
      const texts = storedTexts(database);
      expect(await failure(run(database.file, await stepsOfC(database.file), 'up', 'rebuild'))).toMatch(
        /more than 10000 rows.*unsafeMode.*--allow TABLE_REBUILD/,
      );
      expect(storedTexts(database)).toEqual(texts);
      await run(database.file, await stepsOfC(database.file, 'CASCADE', ['TABLE_REBUILD']), 'up', 'rebuild');
      expect(await actionOfC(database)).toBe('CASCADE');
      expect(database.rows('SELECT count(*) AS n FROM c')).toEqual([{ n: 10904 }]);
    }));

  test.each([true, false])('refuses to begin inside a transaction (foreign_keys %s)', (enforced) =>
    on(shop, async (database) => {
      const [rows, texts] = [allRows(database), storedTexts(database)];
      const steps = await stepsOfC(database.file);
      const connection = new Database(database.file);
      connection.pragma(`foreign_keys = ${enforced ? 'ON' : 'OFF'}`);
      connection.exec('BEGIN; INSERT INTO log VALUES (1)');
      const last = steps.at(-1);
      if (last !== undefined)
        expect(await failure(runSide(connection, { ...last, transaction: null }, last.up))).toMatch(
          /transaction/,
        );
      expect(connection.inTransaction).toBe(true);
      connection.exec('ROLLBACK');
      connection.close();
      expect(storedTexts(database)).toEqual(texts);
      expect(allRows(database)).toEqual(rows);
    }),
  );

  test.each([
    ['ON', 'success'],
    ['OFF', 'success'],
    ['ON', 'error'],
  ])('gives the connection its settings back: foreign_keys %s, after %s', (setting, end) =>
    on(shop, async (database) => {
      const steps = await stepsOfC(database.file);
      const [rows, texts] = [allRows(database), storedTexts(database)];
      const connection = new Database(database.file);
      connection.pragma(`foreign_keys = ${setting}`);
      const plain = executeOn(connection);
      const last = steps.at(-1);
      const failing =
        end === 'error'
          ? (sql: string) => (sql.startsWith('CREATE TRIGGER') ? plain('SELECT nope') : plain(sql))
          : plain;
      const { rebuildTables } = await import('../../dialects/sqlite/emitter/rebuild.runtime.ts');
      const argument = last?.up.kind === 'run' ? last.up.fallback[0]?.argument : undefined;
      const ran = rebuildTables(failing, argument as never, 'a test');
      expect(await failure(ran)).toMatch(end === 'error' ? 'nope' : 'no error');
      expect(connection.pragma('foreign_keys', { simple: true })).toBe(setting === 'ON' ? 1 : 0);
      expect(connection.pragma('ignore_check_constraints', { simple: true })).toBe(0);
      expect(connection.prepare('SELECT name FROM temp.sqlite_master').all()).toEqual([]);
      connection.close();
      expect(allRows(database)).toEqual(rows);
      if (end === 'error') expect(storedTexts(database)).toEqual(texts);
    }),
  );

  test('keeps values that no longer fit their column, rows that a CHECK would refuse, and a text that names its own table', () =>
    on(
      'CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(pid INT REFERENCES p, n INTEGER CHECK (c.n < 10), b BLOB, t TEXT, r REAL, x)',
      async (database) => {
        database.script(`PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF;
        INSERT INTO c VALUES (1, 99, x'00ff', x'41', 1, '1'), (NULL, 'text', 1.0, 'a' || char(0) || 'b', 9007199254740993, 9223372036854775807)`);
        const rows = () =>
          database.rows(
            'SELECT rowid, quote(pid), quote(n), quote(b), hex(t), typeof(t), quote(r), typeof(r), quote(x), typeof(x) FROM c',
          );
        const before = rows();
        await run(database.file, await stepsOfC(database.file), 'up', 'rebuild');
        expect(rows()).toEqual(before);
        expect(await actionOfC(database)).toBe('CASCADE');
      },
    ));
});
