/** What the files do when something is not as it was: they stop with nothing changed, or run all the same. */
import { describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import {
  allRows,
  client,
  copyOf,
  failure,
  head,
  run,
  runners,
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

test('rows that point to no parent are not counted over a collation of the application, which the client does not have', () =>
  on(
    `CREATE TABLE p (code TEXT UNIQUE, other TEXT COLLATE NOCASE UNIQUE);
    CREATE TABLE c (a TEXT REFERENCES p (code), b TEXT REFERENCES p (other), d TEXT REFERENCES p (other));
    INSERT INTO p VALUES ('x', 'x'); INSERT INTO c VALUES ('x', 'X', 'y');`,
    async (database) => {
      const edited = new Database(database.file);
      edited.unsafeMode();
      // no collation of our own can be brought into this driver
      edited.exec(`PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET sql = replace(sql, 'code TEXT', 'code TEXT COLLATE "my own"');
        UPDATE sqlite_schema SET sql = replace(sql, 'd TEXT', 'd TEXT COLLATE theirs')`);
      edited.close();
      const asClient = { runsCode: false, commandLineClient: true };
      const steps = await stepsFor(database.file, 'CASCADE', () => true, [], asClient);
      const script = steps.map((step) => scriptOf(step, step.up)).join('');
      const { status, text } = client(database.file, script, head);
      expect(text.split('\n').filter((line) => line.includes('orphans'))).toEqual([
        '1/3 orphans of c(a)|not counted: the application alone knows the collation my own',
        '2/3 orphans of c(b)|0',
        '3/3 orphans of c(d)|not counted: the application alone knows the collation theirs',
      ]);
      expect({ status, told: text.split('\n').at(-2) }).toEqual({
        status: 0,
        told: 'ondelete: 3 of 3 keys changed, 0 were as wanted already',
      });
    },
  ));
