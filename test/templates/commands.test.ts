// The commands in the head of a file are pasted from there: each is whole, and half of one does no harm.
import { expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { flyway } from '../../migrations-templates/flyway.ts';
import { templates } from '../../migrations-templates/index.ts';
import { unprovenText } from '../../src/core/unproven.ts';
import { downHead, upHead } from '../../src/plan/head.ts';
import { change, snapshotOf } from '../builders.ts';
import { now, step } from './migration.ts';

const options = { part: null, allowed: [], proof: null, plain: null, unproven: null };
const slugs = ['x', 'comments_with_post', 'a_long_name_of_a_change'.repeat(4)];
/** Sqitch writes nothing without it. */
const plan = { path: 'sqitch.plan', content: '%project=shop\n' };
const folders = ['sql', `a folder/${'deep/'.repeat(20)}sql`];

test.each(templates)('$name: each command stands whole on one line of the head', async (entry) => {
  const template = await entry.load();
  for (const flavor of template.engines)
    for (const slug of slugs)
      for (const folder of folders)
        for (const parts of [[''], ['swap', 'validate']]) {
          const names = template.names({ slug, parts, existing: [], now });
          const commands = template.commands(flavor, { names, before: null, folder, setup: null });
          const changes = [change('CASCADE')];
          const heads = {
            head: upHead(changes, { ...options, commands }),
            downHead: downHead(changes, { ...options, commands }),
          };
          expect(heads.head).toEqual(
            expect.arrayContaining([`Run:  ${commands.up}`, `Back: ${commands.down}`]),
          );
          expect(heads.downHead).toContain(`Run: ${commands.down}`);
          const migration = { flavor, ...heads, steps: [step(['SELECT 1'])], changes, apps: [], record: '' };
          const files = template.render(
            names.map((name) => ({ ...migration, name })),
            template.isBookkeeping?.(plan.path) === true ? [plan] : [],
            now,
            folder,
          );
          const lines = files.flatMap(({ content }) => content.split('\n'));
          for (const command of [commands.up, commands.down])
            expect(lines.filter((line) => line.endsWith(command))).not.toEqual([]);
        }
});

test('a command within a sentence is whole too', () => {
  const server = snapshotOf([]).server;
  const unproven = unprovenText({ ...server, settings: { unproven: 'CockroachDB' } });
  const [, command = ''] = /(`.*`)/.exec(unproven) ?? [];
  const found = Array.from({ length: 120 }, (_, at) =>
    upHead([change('CASCADE')], {
      ...options,
      commands: { up: '', down: '' },
      unproven: 'x'.repeat(at) + unproven,
    }),
  );
  expect(found.every((lines) => lines.some((line) => line.includes(command)))).toBe(true);
});

test('Flyway: the command that forgets a migration deletes its row or none, wherever it is cut', () => {
  const target = { names: ['V2_1__x'], before: null, folder: 'sql', setup: null };
  const { down } = flyway.commands('sqlite', target);
  const [, sql = ''] = /"(.*)"/.exec(down) ?? [];
  const left = (text: string): readonly unknown[] => {
    const database = new Database(':memory:');
    database.exec(
      "CREATE TABLE flyway_schema_history (version TEXT); INSERT INTO flyway_schema_history VALUES ('1'), ('2.1')",
    );
    try {
      database.exec(text);
    } catch {
      // half a statement
    }
    // As when the client leaves.
    if (database.inTransaction) database.exec('ROLLBACK');
    const versions = database.prepare('SELECT version FROM flyway_schema_history').pluck().all();
    database.close();
    return versions;
  };
  expect(left(sql)).toEqual(['1']);
  for (const { index } of sql.matchAll(/ /g)) {
    expect(left(sql.slice(0, index))).toContain('1');
    expect(left(`${sql.slice(0, index)}\n-- ${sql.slice(index)}`)).toContain('1');
  }
});
