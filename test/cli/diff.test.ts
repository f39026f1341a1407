// What a person at a terminal reads of `diff` and `lint`, and in which order.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openProject, type Project, shopConfig, shopSchema } from '../support/project.ts';
import { ondelete } from '../support/shared-cli.ts';

let place: Project;
beforeAll(() => {
  place = openProject(ondelete);
  place.sqlite(shopSchema.replace('REFERENCES orders (id)', 'REFERENCES orders (id) ON DELETE CASCADE'));
  place.sqlite(
    `CREATE TABLE notes (id INTEGER PRIMARY KEY, order_id INTEGER REFERENCES orders (id) ON DELETE CASCADE);
    PRAGMA foreign_keys = OFF; INSERT INTO order_items VALUES (9, 99);`,
  );
  place.write('ondelete.config.yaml', shopConfig.replace('order_items -> orders', '* -> orders'));
});
afterAll(() => place.remove());

/** Below the head, which may take two lines. */
function below(stdout: string): readonly string[] {
  const lines = stdout.trimEnd().split('\n');
  return lines.slice(lines.indexOf(''));
}

test('where nothing differs the answer comes first, and a notice that always holds takes one line', async () => {
  const { code, stdout } = await place.run(['diff']);
  expect([code, ...below(stdout)]).toEqual([
    0,
    '',
    '2 keys match the policy.',
    '',
    'Findings',
    '',
    '  info FOREIGN_KEYS_PRAGMA  SQLite enforces foreign keys per connection',
  ]);
});

test('--quiet leaves that notice out', async () => {
  const { stdout } = await place.run(['diff', '--quiet']);
  expect(below(stdout)).toEqual(['', '2 keys match the policy.']);
});

test('lint names rows without a parent before indexes that are missing', async () => {
  const { stdout } = await place.run(['lint']);
  const codes = [...stdout.matchAll(/^ {2}warning (\w+)/gm)].map(([, code]) => code);
  expect(codes).toEqual(['ORPHANS_FOUND', 'CHILD_INDEX_MISSING']);
});
