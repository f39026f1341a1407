// One client of the application in a process of its own: reads or writes in a loop and remembers how long the slowest statement took.
//   node stall-client.mjs URL|FILE KIND ROWS   KIND: read child · read parent · write child · write parent · storm · long reader
// On SIGTERM it prints {count, worst, errors} as one line of JSON and ends. Times are milliseconds.
import { openClient } from './stall-engines.mjs';

const [url = '', kind = 'read child', rowsText = '0'] = process.argv.slice(2);
const rows = Number(rowsText);
const parents = Math.max(1, Math.floor(rows / 10));
const client = await openClient(url);
const any = (/** @type {number} */ most) => 1 + Math.floor(Math.random() * most);

/** @type {Readonly<Record<string, () => Promise<unknown>>>} */
const work = {
  'read child': () => client.query(`SELECT * FROM child WHERE id = ${any(rows)}`),
  'read parent': () => client.query(`SELECT * FROM parent WHERE id = ${any(parents)}`),
  'write child': () =>
    client.query(`UPDATE child SET note = 'seen', parent_id = ${any(parents)} WHERE id = ${any(rows)}`),
  'write parent': () => client.query(`UPDATE parent SET name = 'seen' WHERE id = ${any(parents)}`),
  // Short transactions that take rows of both tables, so that somebody always holds a weak lock on each.
  async storm() {
    await client.query('BEGIN');
    await client.query(`UPDATE child SET note = 'storm' WHERE id = ${any(rows)}`);
    await client.query(`SELECT * FROM parent WHERE id = ${any(parents)}`);
    await new Promise((resolve) => setTimeout(resolve, 10 + Math.random() * 20));
    await client.query('COMMIT');
  },
};

const found = { count: 0, worst: 0, errors: /** @type {Record<string, number>} */ ({}) };
let stopping = false;
process.on('SIGTERM', () => {
  stopping = true;
});
process.stdout.write('ready\n');
if (kind === 'long reader') {
  await client.query('BEGIN');
  await client.query('SELECT count(*) FROM (SELECT id FROM child LIMIT 10) AS few');
  while (!stopping) await new Promise((resolve) => setTimeout(resolve, 20));
  await client.query('COMMIT').catch(() => undefined);
}
const statement = work[kind];
while (!stopping && statement !== undefined) {
  const start = performance.now();
  try {
    await statement();
  } catch (error) {
    const message = error instanceof Object && 'message' in error ? String(error.message) : String(error);
    found.errors[message] = (found.errors[message] ?? 0) + 1;
    await client.query('ROLLBACK').catch(() => undefined);
  }
  found.count++;
  found.worst = Math.max(found.worst, performance.now() - start);
  // Synchronous drivers would never let the signal in.
  await new Promise((resolve) => setTimeout(resolve, 2));
}
await client.close();
process.stdout.write(`${JSON.stringify(found)}\n`);
process.exit(0);
