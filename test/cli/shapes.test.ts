// Schemas of hard shapes: what grows with the paths of a schema, or with the square of its tables, ends for want of memory here. The
// bounds in time are the bench's business (bench/shapes.mjs). And a signal ends a command in the middle of its work.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shapes, snapshotOf, sqliteSql } from '../../bench/shapes-schemas.mjs';
import Database from 'better-sqlite3';
import { type CliResult, ondelete } from '../support/cli.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ondelete-shapes-'));
  writeFileSync(
    join(folder, 'ondelete.config.yaml'),
    "policy:\n  rules:\n    - match: '* -> *'\n      onDelete: cascade\n",
  );
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(shape: keyof typeof shapes, flavor: 'postgres' | 'mysql', action: string): void {
  writeFileSync(join(folder, 's.json'), JSON.stringify(snapshotOf(shapes[shape](), flavor, action)));
}

const source = ['--snapshot', 's.json'];
const small = { NODE_OPTIONS: '--max-old-space-size=400' };

function run(...words: readonly string[]): Promise<CliResult> {
  return ondelete([...words, ...source], { cwd: folder, env: small });
}

function flat(text: string): string {
  return text.replace(/\s+/g, ' ');
}

test('a chain of 2,000 tables: the worst deletes are told, the others counted', async () => {
  write('chain', 'postgres', 'NO ACTION');
  const reach = await run('reach', '--diff');
  expect({ ...reach, stdout: '' }).toEqual({ code: 0, stdout: '', stderr: '' });
  const text = flat(reach.stdout);
  expect(text).toContain(
    'public.t0: also deletes from public.t1, public.t2, public.t3, public.t4, public.t5 and 1,994 more',
  );
  expect(text).toContain('public.t1: also deletes from public.t2, public.t3');
  expect(text).toContain('and 1939 more (--format json lists all)');

  const { code, stdout } = await run('reach', 't0', '--diff', '--format', 'json');
  const { tables } = JSON.parse(stdout) as {
    readonly tables: readonly {
      readonly deleted: readonly { readonly path: readonly unknown[] }[];
      readonly more: { readonly deleted: number };
      readonly after: { readonly depth: number };
    }[];
  };
  expect({ code, tables: tables.length }).toEqual({ code: 0, tables: 1 });
  for (const { after, deleted, more } of tables) {
    expect(after.depth).toBe(1999);
    expect(deleted.length + more.deleted).toBe(1999);
    expect(Math.max(...deleted.map(({ path }) => path.length))).toBe(40);
  }

  const written = await run('generate', '--out', 'files');
  expect(written.code).toBe(0);
  expect(written.stderr).toContain('Wrote 2 files for 1,999 keys.');
  // What the files hold already is compared with each key.
  const again = await run('generate', '--out', 'files');
  expect(flat(again.stderr)).toContain('1999 changes are written already');
});

test('a chain that cascades today: one delete, and every table', async () => {
  write('chain', 'mysql', 'CASCADE');
  const one = await run('reach', 'shop.t0');
  expect(one.code).toBe(0);
  const text = flat(one.stdout);
  expect(text).toContain('Deletes rows in 1,999 tables');
  expect(text).toContain('… and 1939 more');
  const all = await run('reach', '--format', 'json');
  expect(all.code).toBe(0);
  const { tables } = JSON.parse(all.stdout) as { readonly tables: readonly { readonly deleted: number }[] };
  expect(tables.map(({ deleted }) => deleted)).toEqual(Array.from({ length: 2000 }, (_, at) => 1999 - at));
});

test('every one of 60 tables with a key to each before it', async () => {
  write('complete', 'postgres', 'NO ACTION');
  const reach = await run('reach', '--diff');
  expect({ ...reach, stdout: '' }).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(flat(reach.stdout)).toContain(
    'public.t0: also deletes from public.t1, public.t10, public.t11, public.t12, public.t13 and 54 more',
  );
  const report = await run('report');
  expect(report.code).toBe(0);
  const written = await run('generate');
  expect(written.code).toBe(0);
  expect(written.stderr).toContain('Wrote 2 files for 1,770 keys.');
});

/** Says when the program listens to signals and has begun to work. */
const sayReady = `data:text/javascript,${encodeURIComponent(
  "const look = setInterval(() => { if (process.listenerCount('SIGTERM') === 0) return; clearInterval(look); process.stderr.write('ready\\n'); }, 5).unref();",
)}`;

test.each([
  ['SIGTERM', ['reach', '--diff', '--format', 'json']],
  ['SIGINT', ['generate']],
] as const)('%s ends `ondelete %s` in the middle of its work', async (signal, words) => {
  write(words[0] === 'generate' ? 'star' : 'ring', 'postgres', 'NO ACTION');
  const result = await ondelete([...words, ...source], {
    cwd: folder,
    env: { NODE_OPTIONS: `--import ${sayReady}` },
    onStart: (child) => {
      child.stderr?.once('data', () => setTimeout(() => child.kill(signal), 150));
    },
  });
  expect(result).toEqual({
    code: 2,
    stdout: '',
    stderr: 'ready\nondelete: interrupted; nothing was changed, and no file was left half written\n',
  });
  expect(existsSync(join(folder, 'migrations'))).toBe(false);
});

/** Progress is printed on a terminal only. */
const asTerminal = `data:text/javascript,${encodeURIComponent('process.stderr.isTTY = true')}`;

test('a signal ends `ondelete verify` while it tries deletes', async () => {
  const keys = Array.from({ length: 200 }, (_, at) => [at + 1, at] as const);
  const database = new Database(join(folder, 'shape.db'));
  database.exec(sqliteSql({ tables: 201, keys }, 'NO ACTION').join('\n'));
  database.close();
  const result = await ondelete(['verify', '--database', 'shape.db'], {
    cwd: folder,
    env: { NODE_OPTIONS: `--import ${asTerminal}` },
    onStart: (child) => {
      child.stderr?.on('data', (text) => {
        if (String(text).includes('rehearsal: deletes')) child.kill('SIGTERM');
      });
    },
  });
  expect([result.code, result.stdout]).toEqual([2, '']);
  expect(result.stderr).toContain('ondelete: interrupted; nothing was changed');
});
