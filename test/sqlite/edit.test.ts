// The edit of the stored schema: what it leaves on the connection, what others see, and what stops it.
import { describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import type { Step } from '../../src/core/model.ts';
import {
  client,
  failure,
  head,
  run,
  runSide,
  scratch,
  scriptOf,
  stepsFor,
  storedTexts,
} from './closed-loop.ts';
import { actionOfC, on, shop, stepsOfC } from './shop.ts';

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
