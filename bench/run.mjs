// npm run bench: are the bounds of speed kept, on this machine, now? See README.md beside this file.
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { benchServer, benchSqlite } from './engines.mjs';
import { loadingTable } from './loading.mjs';
import { tableText } from './measure.mjs';
import { benchStartUp } from './start-up.mjs';
import { benchShapes, shapesText } from './shapes.mjs';
import { benchStall, stallText } from './stall.mjs';

const usage = `npm run bench -- [options]
  --only NAMES    some of start-up, loading, sqlite, postgres, mysql, mariadb (comma between them); default: all
  --tables N      tables of each big schema, two keys each; default: 10,000 on PostgreSQL, 5,000 elsewhere
  --rounds N      rounds whose median counts; default: 7
  stall           instead of all that: how long an application waits while a key is changed, ours and drop-and-add side by side
  shapes          instead: diff, lint, reach and generate on a chain, a star, a complete graph and a ring: seconds and memory
  peers           instead: diff and generate beside what people run to notice a changed ON DELETE, as whole processes;
                  --tables 100,1000,10000, --rounds 3, --only, --servers as above (PostgreSQL 15 there: the pg_dump of the machine
                  must not be older), and
  --tools NAMES   of peers: only these (Alembic,Atlas …)
  --limit N       of peers: seconds after which a process is ended; default: 120
  --write         of peers: write docs/performance.md and its picture
  --rows N        of the child table for stall; default: 3,000,000
  --servers IDS   which servers, by their ids in test/servers/matrix.ts; default: postgres-18,mysql-9.7,mariadb-10.11`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rows: { type: 'string', default: '3000000' },
    only: { type: 'string' },
    tables: { type: 'string' },
    rounds: { type: 'string' },
    servers: { type: 'string' },
    tools: { type: 'string' },
    limit: { type: 'string', default: '120' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const only = values.only?.split(',').map((name) => name.trim());
/** @param {string} name */
const wanted = (name) => only?.includes(name) ?? true;
const say = (/** @type {string} */ text) => process.stderr.write(`bench: ${text}\n`);
const rounds = Number(values.rounds ?? 7);
const servers = (values.servers ?? 'postgres-18,mysql-9.7,mariadb-10.11').split(',');
const size = { tables: values.tables === undefined ? null : Number(values.tables), rounds, say };

/** Each works by itself: one that cannot run does not take the others along. @type {(name: string, work: () => Promise<readonly import('./measure.mjs').Row[]>) => Promise<readonly import('./measure.mjs').Row[]>} */
async function attempt(name, work) {
  try {
    return await work();
  } catch (error) {
    say(
      `${name} failed: ${error instanceof Object && 'message' in error ? String(error.message) : String(error)}`,
    );
    process.exitCode = 1;
    return [];
  }
}

async function bench() {
  if (wanted('loading')) {
    await attempt('loading', async () => {
      console.log(`${await loadingTable()}\n`);
      return [];
    });
  }
  const rows = [];
  if (wanted('start-up')) rows.push(...(await attempt('start-up', () => benchStartUp(rounds * 3))));
  if (wanted('sqlite')) rows.push(...(await attempt('sqlite', () => benchSqlite(size))));
  for (const id of servers) {
    if (wanted(id.replace(/-.*$/, ''))) rows.push(...(await attempt(id, () => benchServer(id, size))));
  }
  if (rows.length > 0) console.log(tableText(rows));
  const [busy = 0] = loadavg();
  const cores = cpus().length;
  console.log(
    `\nNode ${process.version}, ${cores} cores, load ${busy.toFixed(1)}; medians of ${rounds} rounds`,
  );
  if (busy > cores)
    say(
      'others were at work on this machine: what runs side by side could not; measure again when it is quiet',
    );
}

/** Only what is asked for loads the peers. */
async function peers() {
  const { benchPeers, peersText, writePeers } = await import('./peers/index.mjs');
  const measured = [];
  const engines = benchPeers({
    sizes: (values.tables ?? '100,1000,10000').split(',').map(Number),
    rounds: Number(values.rounds ?? 3),
    limit: Number(values.limit),
    servers: (values.servers ?? 'postgres-15,mysql-9.7,mariadb-10.11').split(','),
    tools: values.tools?.split(',') ?? null,
    wanted,
    say,
  });
  for await (const ofEngine of engines) {
    measured.push(...ofEngine);
    if (values.write) writePeers(ofEngine);
  }
  console.log(peersText(measured));
}

if (values.help) console.log(usage);
else if (positionals.includes('peers')) await peers();
else if (positionals.includes('shapes')) console.log(shapesText(await benchShapes(say)));
else if (positionals.includes('stall')) {
  console.log(
    stallText(await benchStall({ rows: Number(values.rows), servers, say, ...(only && { only }) })),
  );
} else await bench();
