/** What the files do when something is not as it was: they stop with nothing changed, or do not mind, as the case may be. */
import { describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import type { ForeignKey, ReferentialAction, Step } from '../../src/model.ts';
import {
  allRows,
  client,
  copyOf,
  executeOn,
  head,
  introspected,
  run,
  runners,
  runSide,
  scratch,
  scriptOf,
  stepsFor,
  storedTexts,
  type Scratch,
} from './closed-loop.ts';

const shop = `
  CREATE TABLE p(id INTEGER PRIMARY KEY);
  CREATE TABLE c(id INTEGER PRIMARY KEY, pid INT REFERENCES p(id), name TEXT COLLATE NOCASE);
  CREATE TABLE g(id INTEGER PRIMARY KEY, cid INT REFERENCES c(id) ON DELETE CASCADE);
  CREATE TABLE n(id INTEGER PRIMARY KEY, cid INT REFERENCES c(id) ON DELETE SET NULL);
  CREATE UNIQUE INDEX c_name ON c(name DESC, pid) WHERE pid IS NOT NULL;
  CREATE INDEX c_lower ON c(lower(name));
  CREATE TABLE log(what TEXT);
  CREATE TRIGGER c_deleted AFTER DELETE ON C BEGIN INSERT INTO log VALUES ('c ' || old.id); INSERT INTO log VALUES (';'); END;
  CREATE TRIGGER g_named BEFORE UPDATE ON g BEGIN SELECT count(*) FROM c; END;
  CREATE VIEW v AS SELECT c.id, p.id AS p FROM c JOIN p ON p.id = c.pid;
  CREATE TRIGGER v_insert INSTEAD OF INSERT ON v BEGIN INSERT INTO c(id) VALUES (new.id); END;
  CREATE VIEW broken AS SELECT nope FROM nowhere;
  CREATE VIRTUAL TABLE f USING fts5(name, content='c', content_rowid='id');
  INSERT INTO p VALUES (1), (2);
  INSERT INTO c VALUES (1, 1, 'one'), (5, 2, 'five'), (9, 77, 'an orphan');
  INSERT INTO g VALUES (1, 1), (2, 5); INSERT INTO n VALUES (1, 1), (2, 5);
  INSERT INTO f(rowid, name) SELECT id, name FROM c;
  ANALYZE;`;

const isOfC = (key: ForeignKey) => key.child.name === 'c';
const stepsOfC = (file: string, to: ReferentialAction = 'CASCADE', allowed: readonly string[] = []) =>
  stepsFor(file, to, isOfC, allowed);

async function on(sql: string, work: (database: Scratch) => Promise<void>): Promise<void> {
  const database = scratch(sql);
  try {
    await work(database);
  } finally {
    database.remove();
  }
}

async function actionOfC(database: Scratch): Promise<string | undefined> {
  return (await introspected(database.file)).snapshot.foreignKeys.find(isOfC)?.onDelete;
}

describe.each(runners)('by %s', (runner) => {
  test('indexes, triggers, views, search index, statistics, children and orphans stay', () =>
    on(shop, async (database) => {
      const [rows, texts] = [allRows(database), storedTexts(database)];
      const steps = await stepsOfC(database.file);
      await run(database.file, steps, 'up', runner);
      expect(await actionOfC(database)).toBe('CASCADE');
      expect(allRows(database)).toEqual(rows);
      expect(database.rows("SELECT rowid FROM f WHERE f MATCH 'five'")).toEqual([{ rowid: 5 }]);
      const copy = copyOf(database);
      copy.script('DELETE FROM p WHERE id = 1');
      expect(copy.rows('SELECT * FROM log')).toEqual([{ what: 'c 1' }, { what: ';' }]);
      expect(copy.rows('SELECT id FROM g')).toEqual([{ id: 2 }]);
      copy.remove();
      await run(database.file, steps, 'down', runner);
      expect(allRows(database)).toEqual(rows);
      expect(storedTexts(database)).toEqual(texts);
    }));

  test('a new column, a new key and another index in between do not matter, either way', () =>
    on(shop, async (database) => {
      const steps = await stepsOfC(database.file);
      database.script(
        'ALTER TABLE c ADD COLUMN other INT REFERENCES p(id); CREATE INDEX c_other ON c(other)',
      );
      const texts = storedTexts(database);
      await run(database.file, steps, 'up', runner);
      expect(database.rows('SELECT "from", on_delete FROM pragma_foreign_key_list(\'c\')')).toEqual([
        { from: 'other', on_delete: 'NO ACTION' },
        { from: 'pid', on_delete: 'CASCADE' },
      ]);
      database.script('ALTER TABLE c ADD COLUMN third INT REFERENCES p(id)');
      await run(database.file, steps, 'down', runner);
      expect(JSON.stringify(storedTexts(database))).toBe(
        JSON.stringify(texts).replace(
          'other INT REFERENCES p(id))',
          'other INT REFERENCES p(id), third INT REFERENCES p(id))',
        ),
      );
    }));

  test.each([
    ['another action', 'pid INT REFERENCES p(id) ON DELETE SET NULL', /neither NO ACTION nor CASCADE/],
    ['another parent', 'pid INT REFERENCES g(id)', /is gone/],
    ['a key that is gone', 'pid INT', /is gone/],
    ['a second key of the same kind', 'pid INT REFERENCES p(id) REFERENCES p(id)', /is gone or/],
    ['a text of another shape', 'pid INT /* the parent */ REFERENCES p(id)', /text of/],
    [
      'a text that has the piece in a comment',
      'pid  INT REFERENCES p(id) /* pid INT REFERENCES p(id) */',
      /would not have been|not have come back/,
    ],
  ])('stops at %s', (_, column, message) =>
    on(shop, async (database) => {
      const steps = await stepsOfC(database.file);
      const drifted = scratch(shop.replace('pid INT REFERENCES p(id)', column));
      const [rows, texts] = [allRows(drifted), storedTexts(drifted)];
      await expect(run(drifted.file, steps, 'up', runner)).rejects.toThrow(message);
      expect(storedTexts(drifted)).toEqual(texts);
      expect(allRows(drifted)).toEqual(rows);
      drifted.remove();
    }),
  );

  test('one key that stops keeps the others from being changed', () =>
    on(
      'CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE a(x REFERENCES p); CREATE TABLE b(x REFERENCES p)',
      async (database) => {
        const steps = await stepsFor(database.file, 'CASCADE');
        const drifted = scratch(
          'CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE a(x REFERENCES p); CREATE TABLE b(x REFERENCES p ON DELETE RESTRICT)',
        );
        const texts = storedTexts(drifted);
        await expect(run(drifted.file, steps, 'up', runner)).rejects.toThrow(
          'b(x) -> p(id) is gone or is neither NO ACTION nor CASCADE',
        );
        expect(storedTexts(drifted)).toEqual(texts);
        drifted.remove();
      },
    ));

  test('a database that stores its text as UTF-16', () =>
    on(
      `PRAGMA encoding = 'UTF-16le'; CREATE TABLE "ü🦉"(id INTEGER PRIMARY KEY); CREATE TABLE c("🦉ü" INT REFERENCES "ü🦉");`,
      async (database) => {
        const texts = storedTexts(database);
        const steps = await stepsOfC(database.file);
        await run(database.file, steps, 'up', runner);
        expect(await actionOfC(database)).toBe('CASCADE');
        await run(database.file, steps, 'down', runner);
        expect(storedTexts(database)).toEqual(texts);
      },
    ));
});

test.each(['a key that becomes another one in the middle', 'REFERENCES in a longer word'])(
  'no piece is found inside a word: %s',
  async () => {
    const parents = 'CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE parent(id INTEGER PRIMARY KEY);';
    await on(`${parents} CREATE TABLE c(pid REFERENCES p)`, async (database) => {
      const steps = await stepsOfC(database.file);
      for (const runner of runners) {
        const drifted = scratch(`${parents} CREATE TABLE c(pid REFERENCES parent REFERENCES p)`);
        await expect(run(drifted.file, steps, 'up', runner)).rejects.toThrow('text of');
        drifted.remove();
      }
    });
  },
);

describe('the edit', () => {
  test('leaves nothing behind on the connection, after success and after an error', () =>
    on(shop, async (database) => {
      const steps = await stepsOfC(database.file);
      for (const drift of ['', 'DROP VIEW broken; ALTER TABLE c RENAME COLUMN pid TO parent']) {
        const connection = new Database(database.file);
        connection.unsafeMode();
        connection.exec(drift);
        const ran = steps.reduce(
          (before, step) => before.then(() => runSide(connection, step, drift === '' ? step.up : step.down)),
          Promise.resolve(),
        );
        await (drift === '' ? ran : expect(ran).rejects.toThrow('is gone'));
        expect(connection.pragma('writable_schema', { simple: true })).toBe(0);
        expect(connection.prepare('SELECT name FROM temp.sqlite_master').all()).toEqual([]);
        expect(connection.inTransaction).toBe(false);
        connection.close();
      }
    }));

  test('other connections follow at once, with statements they had prepared', () =>
    on(shop, async (database) => {
      const other = new Database(database.file);
      const deletion = other.prepare('DELETE FROM p WHERE id = 1');
      expect(() => deletion.run()).toThrow('FOREIGN KEY');
      await run(database.file, await stepsOfC(database.file), 'up', 'edit');
      expect(deletion.run().changes).toBe(1);
      expect(other.prepare('SELECT id FROM c WHERE pid = 1').all()).toEqual([]);
      other.close();
    }));

  test('works inside the transaction of a runner that has just built the tables, and goes with its rollback', () =>
    on(shop, async (database) => {
      const steps = await stepsOfC(database.file);
      for (const end of ['COMMIT', 'ROLLBACK']) {
        const fresh = scratch('CREATE TABLE "old"(x)');
        const connection = new Database(fresh.file);
        connection.unsafeMode();
        connection.pragma('foreign_keys = OFF');
        connection.exec(`BEGIN; ${shop.replace('ANALYZE;', '')}`);
        for (const step of steps) await runSide(connection, { ...step, transaction: null }, step.up);
        connection.exec('SAVEPOINT theirs; ROLLBACK TO theirs; RELEASE theirs');
        expect(connection.prepare("SELECT on_delete FROM pragma_foreign_key_list('c')").all()).toEqual([
          { on_delete: 'CASCADE' },
        ]);
        connection.exec(end);
        expect(connection.prepare("SELECT on_delete FROM pragma_foreign_key_list('c')").all()).toEqual(
          end === 'COMMIT' ? [{ on_delete: 'CASCADE' }] : [],
        );
        connection.close();
        fresh.remove();
      }
    }));

  test('a defensive client stops with nothing changed, whether it stops at errors or not', () =>
    on(shop, async (database) => {
      const texts = storedTexts(database);
      const script = (await stepsOfC(database.file)).map((step) => scriptOf(step, step.up)).join('');
      for (const before of ['.dbconfig defensive on\n', '.bail on\n.dbconfig defensive on\n']) {
        const { status, text } = client(database.file, script, before);
        expect(status).not.toBe(0);
        expect(text).toMatch(/may not (?:edit the schema|be modified)/);
        expect(storedTexts(database)).toEqual(texts);
      }
    }));

  test('a client that goes on after a failed BEGIN still changes all or nothing', () =>
    on(shop, async (database) => {
      const script = (await stepsOfC(database.file)).map((step) => scriptOf(step, step.up)).join('');
      const texts = storedTexts(database);
      const other = new Database(database.file);
      other.exec('BEGIN IMMEDIATE');
      expect(client(database.file, script, '').text).toContain('database is locked');
      other.exec('ROLLBACK');
      other.close();
      expect(storedTexts(database)).toEqual(texts);
      // BEGIN refused, everything after it let through.
      expect(client(database.file, script.replace('BEGIN IMMEDIATE', 'BEGIN NONSENSE'), '').status).not.toBe(
        0,
      );
      expect(await actionOfC(database)).toBe('CASCADE');
    }));

  test('a drifted key rolls back what was edited before it even where BEGIN was refused and the client goes on', () =>
    on(
      'CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE a(x REFERENCES p); CREATE TABLE b(x REFERENCES p)',
      async (database) => {
        const script = (await stepsFor(database.file, 'CASCADE'))
          .map((step) => scriptOf(step, step.up))
          .join('');
        database.script('DROP TABLE b; CREATE TABLE b(x REFERENCES p ON DELETE RESTRICT)');
        const texts = storedTexts(database);
        expect(client(database.file, script.replace('BEGIN IMMEDIATE', 'BEGIN NONSENSE'), '').text).toContain(
          'neither NO ACTION nor CASCADE',
        );
        expect(storedTexts(database)).toEqual(texts);
      },
    ));

  test('orphans are counted under a readable label and do not stop the change', () =>
    on(shop, async (database) => {
      const script = (await stepsOfC(database.file)).map((step) => scriptOf(step, step.up)).join('');
      const { status, text } = client(database.file, script, head);
      expect(text).toContain('rows of c(pid) -> p(id) that point to no parent|1');
      expect(status).toBe(0);
    }));

  test('no statement holds a line break, a semicolon or a comment mark', () =>
    on(
      'CREATE TABLE "p;"(id INTEGER PRIMARY KEY); CREATE TABLE "c\n;--"("a;\r\nb/*" INT -- ;\n REFERENCES "p;")',
      async (database) => {
        const [, edit] = await stepsFor(database.file, 'CASCADE');
        const sides = [edit?.up, edit?.down].map((side) => (side?.kind === 'run' ? side.statements : []));
        expect(
          sides
            .flat()
            .filter(({ sql }) => /[\r\n;]|--|\/\*/.test(sql))
            .map(({ sql }) => sql),
        ).toEqual([]);
        await run(
          database.file,
          [edit].filter((step): step is Step => step !== undefined),
          'up',
          'client',
        );
        expect(
          database.rows("SELECT on_delete FROM pragma_foreign_key_list('c' || char(10) || ';--')"),
        ).toEqual([{ on_delete: 'CASCADE' }]);
      },
    ));
});

describe('the rebuild', () => {
  test('refuses a table that people would feel, unless it was allowed', () =>
    on(shop, async (database) => {
      database.script(
        'WITH RECURSIVE i(n) AS (SELECT 100 UNION ALL SELECT n + 1 FROM i WHERE n < 11000) INSERT INTO c SELECT n, 1, n FROM i',
      );
      const texts = storedTexts(database);
      await expect(run(database.file, await stepsOfC(database.file), 'up', 'rebuild')).rejects.toThrow(
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
        await expect(runSide(connection, { ...last, transaction: null }, last.up)).rejects.toThrow(
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
      const { rebuildTables } = await import('../../dialects/sqlite/rebuild.runtime.ts');
      const argument = last?.up.kind === 'run' ? last.up.fallback[0]?.argument : undefined;
      const ran = rebuildTables(failing, argument as never, 'a test');
      await (end === 'error' ? expect(ran).rejects.toThrow('nope') : ran);
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
