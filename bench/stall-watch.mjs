// Looks on while a key is changed, in a process of its own: how long did the change itself keep anybody out? What clients wait for each
// other, or for a processor, is not in it.
//   node stall-watch.mjs URL|FILE
// Servers: the longest wait of one client for a lock on a table, which nobody but the change takes. SQLite: the longest time that one
// process held the write lock of the WAL, from /proc/locks, so on Linux alone.
// On SIGTERM it prints {pid: milliseconds} as one line of JSON and ends.
import { readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openClient } from './stall-engines.mjs';

const [url = ''] = process.argv.slice(2);
/** Where the write lock of a WAL stands in its -shm file: https://www.sqlite.org/walformat.html#wal_locks */
const writeLockByte = '120';

/** @type {Readonly<Record<string, string>>} */
const waiting = {
  postgres: `SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND wait_event = 'relation' AND datname = current_database() AND query ~ '^(SELECT|UPDATE)'`,
  mysql: `SELECT ID AS pid FROM information_schema.PROCESSLIST WHERE STATE LIKE 'Waiting for table%' AND DB = DATABASE() AND INFO REGEXP '^(SELECT|UPDATE)'`,
};

/** Who waits, or on SQLite holds, at this moment. @type {() => Promise<readonly string[]>} */
let look;
let close = () => Promise.resolve();
if (/^(postgres|mysql|mariadb)/.test(url)) {
  const client = await openClient(url);
  const sql = waiting[url.startsWith('postgres') ? 'postgres' : 'mysql'] ?? '';
  look = async () => (await client.rows(sql)).map((row) => String(row['pid']));
  close = async () => void (await client.close());
} else {
  const inode = `:${statSync(`${url}-shm`).ino}`;
  look = async () =>
    readFileSync('/proc/locks', 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(
        ([, kind, , mode, , file = '', first]) =>
          kind === 'POSIX' && mode === 'WRITE' && file.endsWith(inode) && first === writeLockByte,
      )
      .map((fields) => fields[4] ?? '');
}

/** @type {Map<string, number>} */
const since = new Map();
/** @type {Record<string, number>} */
const longest = {};
let stopping = false;
process.on('SIGTERM', () => {
  stopping = true;
});
process.stdout.write('ready\n');
while (!stopping) {
  const now = performance.now();
  const seen = new Set(await look());
  for (const pid of since.keys()) if (!seen.has(pid)) since.delete(pid);
  // From the look before to the one after: never less than it was by more than the pause between two looks.
  const after = performance.now();
  for (const pid of seen) {
    const start = since.get(pid) ?? now;
    since.set(pid, start);
    longest[pid] = Math.max(longest[pid] ?? 0, after - start);
  }
  await sleep(1);
}
await close();
process.stdout.write(`${JSON.stringify(longest)}\n`);
process.exit(0);
