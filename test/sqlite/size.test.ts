/** What people review: how long the statements are, what --plain leaves out, and how often the file is locked. */
import { describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { loadEmitter } from '../../dialects/sqlite/load-emitter.ts';
import { sqlite } from '../../dialects/sqlite/index.ts';
import type { Wraps } from '../../src/core/contracts/engine.ts';
import type { StepBody, Statement } from '../../src/core/model.ts';
import { schemaIndex } from '../../src/core/schema-index.ts';
import { changeOf, introspected, run, storedTexts } from './closed-loop.ts';
import { on } from './shop.ts';

const emitter = await loadEmitter();

/** Orders of a shop and what belongs to them, with names of the usual length. */
const keysOf = (count: number): string => `CREATE TABLE orders (id INTEGER PRIMARY KEY);
  ${Array.from({ length: count }, (_, at) => `CREATE TABLE order_items_${at} (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders (id));`).join('\n')}`;

interface Kind {
  readonly plain?: boolean;
  readonly runsCode?: boolean;
  readonly wraps?: Wraps;
}

async function stepsOf(file: string, { plain = false, runsCode = false, wraps = 'nothing' }: Kind = {}) {
  const { snapshot } = await introspected(file);
  return emitter.emit(
    snapshot.foreignKeys.map((key) => changeOf(key, 'CASCADE')),
    {
      schema: schemaIndex(snapshot),
      capabilities: sqlite.capabilities(snapshot.server),
      runner: { runsCode, commandLineClient: !runsCode },
      wraps,
      plain,
      withOperations: true,
      allowed: [],
    },
  );
}

const statementsOf = (side: StepBody): readonly Statement[] =>
  side.kind === 'run' ? [...side.statements, ...side.always] : [];

/** As a file has them: a comment is a line. */
const linesOf = (sides: readonly StepBody[]): readonly string[] =>
  sides
    .flatMap(statementsOf)
    .flatMap(({ comment, sql }) => [...(comment === '' ? [] : [`-- ${comment}`]), ...`${sql};`.split('\n')]);

describe.each([3, 30])('%s keys', (count) => {
  test.each(['up', 'down'] as const)(
    '%s: at most 55 lines and 3 for each key, none of them long',
    (direction) =>
      on(keysOf(count), async (database) => {
        const steps = await stepsOf(database.file);
        const lines = linesOf(steps.map((step) => step[direction]));
        expect(lines.length).toBeLessThanOrEqual(55 + 3 * count);
        expect(lines.filter((line) => line.length > 160)).toEqual([]);
      }),
  );

  test('a key takes at most 400 bytes up, and as much for the rebuild', () =>
    on(keysOf(count), async (database) => {
      const bytes = (steps: Awaited<ReturnType<typeof stepsOf>>) =>
        JSON.stringify(steps.map(({ up }) => [linesOf([up]), up.kind === 'run' ? up.fallback : []])).length;
      const [all, codeForAll] = [
        bytes(await stepsOf(database.file)),
        bytes(await stepsOf(database.file, { runsCode: true })),
      ];
      database.script('ALTER TABLE order_items_0 ADD COLUMN other INTEGER REFERENCES orders (id)');
      const [more, codeForMore] = [
        bytes(await stepsOf(database.file)),
        bytes(await stepsOf(database.file, { runsCode: true })),
      ];
      expect(more - all).toBeLessThan(400);
      expect(codeForMore - codeForAll).toBeLessThan(800);
    }));
});

test('the file is locked once for all keys, and a reader sees what happens to each', () =>
  on(keysOf(30), async (database) => {
    const steps = await stepsOf(database.file);
    const work = steps.map(({ up }) => statementsOf(up).flatMap((statement) => statement.operations));
    const modes = (some: typeof work) =>
      some.flat().flatMap(({ locks }) => locks.map(({ mode, table }) => [mode, table]));
    expect(modes(work.slice(1))).toEqual([
      ['RESERVED', null],
      ['EXCLUSIVE', null],
    ]);
    expect(modes(work.slice(0, 1))).toEqual(Array.from({ length: 30 }, () => ['SHARED', null]));
    expect(work[1]?.[1]?.sql).toBe(
      "UPDATE main.sqlite_master SET sql = replace(sql, ' order_id INTEGER NOT NULL REFERENCES orders (id)', ' order_id INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE') WHERE type = 'table' AND name = 'order_items_0'",
    );
    expect(work[1]).toHaveLength(32);
  }));

test('--plain: the edits alone, and the number that other connections see', () =>
  on(keysOf(2), async (database) => {
    const before = storedTexts(database);
    const steps = await stepsOf(database.file, { plain: true });
    expect(steps).toHaveLength(1);
    expect(steps.flatMap(({ up }) => statementsOf(up)).map(({ sql }) => sql.slice(0, 42))).toEqual([
      'CREATE VIEW main.ondelete_changes_the_sche',
      'DROP VIEW main.ondelete_changes_the_schema',
      'PRAGMA writable_schema = ON',
      'UPDATE main.sqlite_master SET sql = replac',
      'UPDATE main.sqlite_master SET sql = replac',
      'PRAGMA writable_schema = RESET',
      'PRAGMA writable_schema = RESET',
    ]);
    await run(database.file, steps, 'up', 'client');
    const { snapshot } = await introspected(database.file);
    expect(snapshot.foreignKeys.map((key) => key.onDelete)).toEqual(['CASCADE', 'CASCADE']);
    await run(database.file, steps, 'down', 'client');
    expect(storedTexts(database)).toEqual(before);
  }));

describe('in a transaction of the tool', () => {
  test('the file opens none, and what it stops is left to the tool to roll back', () =>
    on(keysOf(2), async (database) => {
      const [step, ...others] = await stepsOf(database.file, { wraps: 'each file' });
      expect(others).toEqual([]);
      expect(step?.transaction).toBeNull();
      const statements = statementsOf(step?.up ?? { kind: 'nothing', reason: '' }).map(({ sql }) => sql);
      const before = storedTexts(database);
      const tool = new Database(database.file).unsafeMode();
      try {
        tool.exec('BEGIN; CREATE TABLE other (id INTEGER PRIMARY KEY)');
        // one key is not found in the end
        const spoilt = statements.map((sql) =>
          sql.startsWith('CREATE TEMP TABLE ondelete_guard')
            ? `UPDATE ondelete_key SET id = NULL; ${sql}`
            : sql,
        );
        expect(() => {
          for (const sql of spoilt) tool.exec(sql);
        }).toThrow('the result would not have been what was planned');
        expect(tool.inTransaction).toBe(true);
        tool.exec('ROLLBACK; BEGIN');
        for (const sql of statements) tool.exec(sql);
        tool.exec('COMMIT');
      } finally {
        tool.close();
      }
      expect(storedTexts(database)).not.toEqual(before);
      const { snapshot } = await introspected(database.file);
      expect(snapshot.foreignKeys.map((key) => key.onDelete)).toEqual(['CASCADE', 'CASCADE']);
    }));
});
