// A pending file with a key that is not there any more: the file stops at it, and `diff` says so beforehand.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openProject, type Project } from '../support/project.ts';
import { ondelete } from '../support/shared-cli.ts';

let place: Project;
beforeEach(() => {
  place = openProject(ondelete);
});
afterEach(() => place.remove());

test('a key whose column was renamed after its file was written', async () => {
  place.sqlite(`CREATE TABLE orders (id INTEGER PRIMARY KEY);
    CREATE TABLE items (id INTEGER PRIMARY KEY, order_id INT REFERENCES orders (id));
    CREATE TABLE notes (id INTEGER PRIMARY KEY, order_id INT REFERENCES orders (id))`);
  place.write(
    'ondelete.config.yaml',
    `database: shop.db\npolicy:\n  rules:\n    - { match: '* -> orders', onDelete: cascade }\n`,
  );
  expect((await place.run(['generate', 'first'])).code).toBe(0);
  const said = async (): Promise<string> => (await place.run(['diff'])).stdout.replace(/\s+/g, ' ');
  expect(await said()).toMatch(/_first\.up\.sql: 2 keys These keys/);
  place.sqlite('ALTER TABLE notes RENAME COLUMN order_id TO of_order');
  expect(await said()).toMatch(
    /_first\.up\.sql: 1 key; it will stop at notes\(order_id\) -> orders\(id\), not found here, unless an earlier migration makes it/,
  );
});
