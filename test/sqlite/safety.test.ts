/** What the files do when something is not as it was: they stop with nothing changed, or run all the same. */
import { describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import type { Step } from '../../src/core/model.ts';
import {
  allRows,
  client,
  copyOf,
  failure,
  head,
  run,
  runners,
  runSide,
  scratch,
  scriptOf,
  stepsFor,
  storedTexts,
} from './closed-loop.ts';
import { actionOfC, on, shop, stepsOfC } from './shop.ts';

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
      /would not have (been|come back)/,
    ],
  ])('stops at %s', (_, column, message) =>
    on(shop, async (database) => {
      const steps = await stepsOfC(database.file);
      const drifted = scratch(shop.replace('pid INT REFERENCES p(id)', column));
      const [rows, texts] = [allRows(drifted), storedTexts(drifted)];
      expect(await failure(run(drifted.file, steps, 'up', runner))).toMatch(message);
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
        expect(await failure(run(drifted.file, steps, 'up', runner))).toMatch(
          'b(x) -> p is gone or is neither NO ACTION nor CASCADE',
        );
        expect(storedTexts(drifted)).toEqual(texts);
        drifted.remove();
      },
    ));

  const twoKeys = (first: string, second: string): string =>
    `CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(a INT REFERENCES p${first}, b INT REFERENCES p(id)${second})`;

  test('two keys of one table: what is new already stays, what is old is changed, and both go back', () =>
    on(twoKeys('', ''), async (database) => {
      const steps = await stepsOfC(database.file);
      for (const [first, second] of [
        ['', ' ON DELETE CASCADE'],
        [' ON DELETE CASCADE', ''],
        [' ON DELETE CASCADE', ' ON DELETE CASCADE'],
      ] as const) {
        const half = scratch(twoKeys(first, second));
        await run(half.file, steps, 'up', runner);
        expect(half.rows("SELECT DISTINCT on_delete FROM pragma_foreign_key_list('c')")).toEqual([
          { on_delete: 'CASCADE' },
        ]);
        await run(half.file, steps, 'down', runner);
        expect(storedTexts(half)).toEqual(storedTexts(database));
        half.remove();
      }
    }));

  test('two keys of one table: the second in a state that nobody knows is named, and the first stays', () =>
    on(twoKeys('', ''), async (database) => {
      const steps = await stepsOfC(database.file);
      const drifted = scratch(twoKeys('', ' ON DELETE SET NULL'));
      const texts = storedTexts(drifted);
      expect(await failure(run(drifted.file, steps, 'up', runner))).toMatch(
        'c(b) -> p is gone or is neither NO ACTION nor CASCADE',
      );
      expect(storedTexts(drifted)).toEqual(texts);
      drifted.remove();
    }));

  test('names with commas are not taken for lists', () =>
    on(
      'CREATE TABLE p("x, y" INT, z INT, UNIQUE ("x, y", z)); CREATE TABLE c("a, b" INT, c INT, FOREIGN KEY ("a, b", c) REFERENCES p("x, y", z))',
      async (database) => {
        const steps = await stepsOfC(database.file);
        const drifted = scratch(
          'CREATE TABLE p(x INT, "y, z" INT, UNIQUE (x, "y, z")); CREATE TABLE c(a INT, "b, c" INT, FOREIGN KEY (a, "b, c") REFERENCES p(x, "y, z"))',
        );
        expect(await failure(run(drifted.file, steps.slice(1), 'up', runner))).toMatch('is gone');
        drifted.remove();
        await run(database.file, steps, 'up', runner);
        expect(await actionOfC(database)).toBe('CASCADE');
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
        expect(await failure(run(drifted.file, steps, 'up', runner))).toMatch('text of');
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
        expect(await failure(ran)).toMatch(drift === '' ? 'no error' : 'is gone');
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
      expect(text).toContain('1/1 orphans of c(pid)|1');
      expect(status).toBe(0);
    }));

  test('no text breaks a line, and no statement holds a semicolon or a comment mark', () =>
    on(
      'CREATE TABLE "p;"(id INTEGER PRIMARY KEY); CREATE TABLE "c\n;--"("a;\r\nb/*" INT -- ;\n REFERENCES "p;")',
      async (database) => {
        const [, edit] = await stepsFor(database.file, 'CASCADE');
        const sides = [edit?.up, edit?.down].map((side) => (side?.kind === 'run' ? side.statements : []));
        const inTexts = (sql: string) => sql.match(/'(?:[^']|'')*'|"(?:[^"]|"")*"/g)?.join('') ?? '';
        expect(
          sides
            .flat()
            .map(({ sql }) => sql)
            .filter((sql) => /[\r;]|--|\/\*/.test(sql) || inTexts(sql).includes('\n')),
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
