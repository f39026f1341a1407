// The closed loop of a user with the installed package: init, diff, preview, rehearsal, files, up, diff, down, the same snapshot.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ondelete, ran } from './project.mjs';

const schema = `
  CREATE TABLE customers (id INTEGER PRIMARY KEY);
  CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id));
  CREATE TABLE order_items (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders (id));
  CREATE INDEX orders_customer ON orders (customer_id);
  CREATE INDEX order_items_order ON order_items (order_id);
  INSERT INTO customers VALUES (1);
  INSERT INTO orders VALUES (1, 1);
  INSERT INTO order_items VALUES (1, 1), (2, 1);`;

const policy = `
    - match: 'order_items -> orders'
      onDelete: cascade
    - match: 'orders -> customers'
      onDelete: set null
`;

/**
 * Throws where a step does not do what it should.
 * @param {string} project a folder that has the package @param {string} node
 * @param {{ readonly name: string, readonly url: string, readonly scratch: string | null, readonly client: (file: string) => readonly string[] }} database empty; `client` gives the words that run a file of SQL in it
 */
export function closedLoop(project, node, { name, url, scratch, client }) {
  const folder = join(project, name);
  mkdirSync(folder);
  const execute = (/** @type {string} */ file) => {
    const [program = '', ...words] = client(file);
    ran(program, words, folder);
  };
  const run = (/** @type {number} */ code, /** @type {string[]} */ ...words) => {
    const result = ondelete(words, folder, project, node);
    assert.equal(result.code, code, `ondelete ${words.join(' ')}: ${result.stdout}${result.stderr}`);
    return result.stdout;
  };
  writeFileSync(join(folder, 'schema.sql'), schema);
  execute('schema.sql');
  run(0, 'init', '-d', url);
  run(0, 'diff', '-d', url);
  const before = run(0, 'snapshot', '-d', url);
  const config = join(folder, 'ondelete.config.yaml');
  writeFileSync(
    config,
    readFileSync(config, 'utf8').replace(/( {2}rules:\n)[^]*$/, (_, head) => head + policy.slice(1)),
  );
  run(1, 'diff', '-d', url);
  run(0, 'generate', '-d', url, '--dry-run');
  run(0, 'verify', '-d', url, ...(scratch === null ? [] : ['--scratch', scratch]));
  run(0, 'generate', '-d', url);
  const files = readdirSync(join(folder, 'migrations')).sort();
  const [up, down] = ['.up.sql', '.down.sql'].map((end) => files.filter((file) => file.endsWith(end)));
  assert.ok(up?.length && up.length === down?.length, files.join());
  for (const file of up) execute(join('migrations', file));
  run(0, 'diff', '-d', url);
  assert.match(run(0, 'reach', 'orders', '-d', url, '--where', 'id = 1'), /order_items/);
  for (const file of [...(down ?? [])].reverse()) execute(join('migrations', file));
  assert.equal(run(0, 'snapshot', '-d', url), before);
}
