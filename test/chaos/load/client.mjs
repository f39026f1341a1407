// One client of the application, a process of its own: works until SIGTERM, then prints {count, worst, errors, alive} as one line of JSON.
//   node client.mjs URL|FILE KIND NUMBER   KIND: read · write · idle · index (PostgreSQL)
// Every writer deletes only what it has inserted itself, so that no client hinders another by itself, whatever the action of the keys is.
// `alive` are its users that have to be there at the end. Times are milliseconds.
import { setTimeout as sleep } from 'node:timers/promises';
import { openClient } from '../../../bench/stall-engines.mjs';
import { baseRows } from './schema.mjs';

const [url = '', kind = 'read', number = '1'] = process.argv.slice(2);
const client = await openClient(url);
const any = () => 1 + Math.floor(Math.random() * baseRows);
const found = { count: 0, worst: 0, errors: /** @type {Record<string, number>} */ ({}), alive: 0 };
let next = Number(number) * 10_000_000;

/** @param {readonly string[]} statements in one transaction; statements of its own where there is one */
async function run(statements) {
  if (statements.length === 1) return void (await client.query(statements[0] ?? ''));
  await client.query('BEGIN');
  for (const statement of statements) await client.query(statement);
  await client.query('COMMIT');
}

/** @type {Readonly<Record<string, () => Promise<void>>>} */
const work = {
  async read() {
    await run([
      `SELECT items.id FROM items JOIN users ON users.id = user_id JOIN orgs ON orgs.id = org_id WHERE items.id = ${any()}`,
    ]);
  },
  async write() {
    const id = ++next;
    await run([
      `INSERT INTO users (id, org_id, name) VALUES (${id}, ${any()}, 'new')`,
      `INSERT INTO items (id, user_id, note) VALUES (${id}, ${id}, 'new')`,
    ]);
    found.alive++;
    await run([`UPDATE items SET note = 'seen' WHERE id = ${id}`]);
    if (id % 4 === 0) return;
    await run([`DELETE FROM items WHERE id = ${id}`, `DELETE FROM users WHERE id = ${id}`]);
    found.alive--;
  },
  // Somebody's transaction has changed a row that nobody else wants, and stays open.
  async idle() {
    await client.query('BEGIN');
    await client.query(`UPDATE items SET note = 'idle' WHERE id = 0`);
    await sleep(1_500);
    await client.query('COMMIT');
    await sleep(500);
  },
  async index() {
    await client.query('CREATE INDEX CONCURRENTLY items_note ON items (note)');
    await sleep(200);
    await client.query('DROP INDEX CONCURRENTLY items_note');
    await sleep(200);
  },
};

let stopping = false;
process.on('SIGTERM', () => {
  stopping = true;
});
process.stdout.write('ready\n');
const step = work[kind];
while (!stopping && step !== undefined) {
  const start = performance.now();
  try {
    await step();
  } catch (error) {
    const message = error instanceof Object && 'message' in error ? String(error.message) : String(error);
    found.errors[message] = (found.errors[message] ?? 0) + 1;
    await client.query('ROLLBACK').catch(() => undefined);
    if (kind === 'index') await client.query('DROP INDEX IF EXISTS items_note').catch(() => undefined);
  }
  found.count++;
  found.worst = Math.max(found.worst, performance.now() - start);
  await sleep(2);
}
await client.close();
process.stdout.write(`${JSON.stringify(found)}\n`);
process.exit(0);
