// generate, stopped at the worst moment: killed between two files, or given up while the scratch database of --verify is dropped.
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { ondelete, run } from '../support/cli.ts';

const commandUrl = pathToFileURL(join(import.meta.dirname, '../../dist/src/commands/generate.js')).href;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ondelete-killed-'));
  const database = new Database(join(folder, 'shop.db'));
  database.exec(`CREATE TABLE orders (id INTEGER PRIMARY KEY);
    CREATE TABLE items (id INTEGER PRIMARY KEY, order_id INT REFERENCES orders (id));
    CREATE INDEX items_order ON items (order_id)`);
  database.close();
  writeFileSync(
    join(folder, 'ondelete.config.yaml'),
    "database: shop.db\npolicy:\n  rules:\n    - { match: 'items -> orders', onDelete: cascade }\n",
  );
});
afterEach(() => rmSync(folder, { recursive: true }));

const written = (): readonly string[] => {
  const out = join(folder, 'migrations');
  return existsSync(out) ? readdirSync(out).sort() : [];
};
const up = expect.stringMatching(/^\d{14}_.*\.up\.sql$/);
const down = expect.stringMatching(/^\d{14}_.*\.down\.sql$/);

/** Kills the process as soon as it has called this function of node:fs so many times. */
const killAfter = (name: string, calls: number): Readonly<Record<string, string>> => {
  const program = `import fs from 'node:fs'; import { syncBuiltinESMExports } from 'node:module';
    const real = fs.${name}; let calls = 0;
    fs.${name} = (...words) => { const result = real(...words); if (++calls === ${calls}) process.kill(process.pid, 'SIGKILL'); return result; };
    syncBuiltinESMExports();`;
  return { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(program)}` };
};

test.each([
  ['between two files', 'linkSync', 1],
  ['before the first file', 'renameSync', 1],
])('killed %s, the next run ends what was begun and tells it', async (_when, name, calls) => {
  const killed = await ondelete(['generate'], { cwd: folder, env: killAfter(name, calls) });
  expect(killed.code).toBe(null);
  expect(written().filter((path) => path.endsWith('.sql')).length).toBeLessThan(2);
  const next = await ondelete(['generate'], { cwd: folder });
  expect(next.code).toBe(0);
  expect(next.stderr).toMatch(
    /^A run of ondelete was killed while it wrote; its files are complete now: .*\.sql\.$/m,
  );
  expect(next.stderr).toContain('One change is written already');
  expect(written()).toEqual([down, up]);
  // Both whole: up, and back.
  for (const path of [...written()].reverse()) {
    const done = await run('sqlite3', ['shop.db', `.read migrations/${path}`], { cwd: folder });
    expect([path, done.code, done.stderr]).toEqual([path, 0, '']);
  }
});

test('killed while it drafts, it leaves nothing that counts, and the next run clears it away', async () => {
  const killed = await ondelete(['generate'], { cwd: folder, env: killAfter('writeFileSync', 1) });
  expect(killed.code).toBe(null);
  expect(written()).toEqual([expect.stringMatching(/^\.ondelete-drafts-\d+$/)]);
  const next = await ondelete(['generate'], { cwd: folder });
  expect([next.code, next.stderr.includes('killed')]).toEqual([0, false]);
  expect(written()).toEqual([down, up]);
});

test('given up while the scratch database is dropped: no file appears after that', async () => {
  // The rehearsal clears its progress right before it drops the scratch database.
  const program = `const { parseOptions, run } = await import(${JSON.stringify(commandUrl)});
    const acts = [];
    const context = {
      cwd: process.cwd(), environment: {}, now: new Date(), terminal: { columns: 80, color: false }, stdout: console.log, log: console.log,
      progress: (text) => { if (text === '') for (const act of acts) void act(); },
      onInterrupt: (_rest, act) => { acts.push(act); return () => undefined; },
    };
    process.exitCode = await run(parseOptions({ verify: true, config: 'ondelete.config.yaml' }), context);`;
  const result = await run(process.execPath, ['--input-type=module', '-e', program], { cwd: folder });
  expect([result.code, result.stderr]).toEqual([2, '']);
  expect(result.stdout).toContain('Proven on');
  expect(written()).toEqual([]);
});
