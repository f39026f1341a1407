// What generate says and does beside writing files: exit codes, pending files, machine-readable output, secrets.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { secretsIn, withoutPasswords } from '../../src/core/errors.ts';
import { run } from '../support/cli.ts';
import { openProject, type Project, shopConfig, shopSchema } from '../support/project.ts';
import { ondelete } from '../support/shared-cli.ts';

let place: Project;
beforeEach(() => {
  place = openProject(ondelete);
  place.sqlite(shopSchema);
  place.write('ondelete.config.yaml', shopConfig);
});
afterEach(() => place.remove());

const policy = (onDelete: string, more = ''): string =>
  `database: shop.db\npolicy:\n  rules:\n    - { match: 'order_items -> orders', onDelete: ${onDelete} }\n${more}`;

describe('exit codes', () => {
  test('a rule that matches nothing is told; everything is written, so it ends with 0', async () => {
    place.write(
      'ondelete.config.yaml',
      policy('cascade', `    - { match: 'ordes -> users', onDelete: cascade }\n`),
    );
    const result = await place.run(['generate']);
    expect(result.code).toBe(0);
    expect(result.stderr).toContain('RULE_MATCHES_NOTHING');
    expect(readdirSync(place.path('migrations'))).toHaveLength(2);
  });

  test('a pending file that leads away from a policy that agrees with the database', async () => {
    expect((await place.run(['generate', 'pending'])).code).toBe(0);
    place.write('ondelete.config.yaml', policy('refuse'));
    const diff = await place.run(['diff']);
    expect(diff.code).toBe(0);
    const said = diff.stdout.replace(/\s+/g, ' ');
    expect(said).toMatch(/warning PENDING_CONFLICT .*_pending sets CASCADE, the policy asks for/);
    expect(said).toMatch(/1 key matches the policy\. Next: delete the files of \d+_pending if they/);
    expect((await place.run(['diff', '--fail-on', 'warning'])).code).toBe(1);
    const result = await place.run(['generate']);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('sets CASCADE, the policy asks for');
    expect(result.stderr).toContain('_pending');
  });
});

test('`refuse` goes back to the action that a migration took away', async () => {
  const notes = (action: string): string =>
    `DROP TABLE IF EXISTS notes; CREATE TABLE notes (id INTEGER PRIMARY KEY, order_id INT REFERENCES orders (id) ON DELETE ${action})`;
  const rule = (action: string): string =>
    `database: shop.db\nout: db\npolicy: { default: keep, rules: [{ match: 'notes -> orders', onDelete: ${action} }] }\n`;
  place.sqlite(notes('RESTRICT'));
  place.write('ondelete.config.yaml', rule('cascade'));
  await place.run(['generate', 'there', '--out', 'flags']);
  place.sqlite(notes('CASCADE'));
  place.write('ondelete.config.yaml', rule('refuse'));
  expect((await place.run(['diff'])).stdout).toContain('CASCADE → NO ACTION');
  expect((await place.run(['generate', 'back', '--out', 'flags', '--dry-run'])).stdout).toContain(
    'CASCADE → RESTRICT',
  );
  await place.run(['generate', 'back', '--out', 'flags']);
  place.write('ondelete.config.yaml', rule('refuse').replace('out: db', 'out: flags'));
  const pending = (await place.run(['diff'])).stdout;
  expect(pending).toContain('CASCADE → RESTRICT');
  expect(pending).toContain('Next: run the pending files');
});

describe('a change that a file holds already', () => {
  test('is not written twice, and is with --again', async () => {
    await place.run(['generate', 'first']);
    const second = await place.run(['generate', 'second']);
    expect(second).toMatchObject({ code: 0, stdout: '' });
    expect(second.stderr).toContain('--again');
    expect(readdirSync(place.path('migrations'))).toHaveLength(2);
    expect((await place.run(['generate', 'second', '--again'])).code).toBe(0);
    expect(readdirSync(place.path('migrations'))).toHaveLength(4);
  });

  test('diff says to run the files, and not to write them, once all changes lie in files', async () => {
    place.sqlite('CREATE TABLE notes (id INTEGER PRIMARY KEY, order_id INT REFERENCES orders (id))');
    place.write(
      'ondelete.config.yaml',
      policy('cascade', `    - { match: 'notes -> orders', onDelete: cascade }\n`),
    );
    await place.run(['generate', 'first', '--only', 'notes -> orders']);
    const half = (await place.run(['diff'])).stdout;
    expect(half).toMatch(
      /Next: run the pending files, which hold 1 key\nRun: {2}sqlite3 FILE < migrations\/\d+_first\.up\.sql\n/,
    );
    expect(half).toContain('Then, for the other 1 key: ondelete generate --dry-run');
    await place.run(['generate', 'second']);
    const { stdout } = await place.run(['diff']);
    expect(stdout).toMatch(
      /Next: run the pending files\nRun: {2}sqlite3 FILE < \S+_first.up.sql && sqlite3 FILE < \S+_second.up.sql\n/,
    );
    expect(stdout).not.toContain('ondelete generate');
  });

  test('that will stop: generate says which file is to be deleted, diff too, and both say so of its other keys', async () => {
    const notes = (action: string): string =>
      `DROP TABLE IF EXISTS notes; CREATE TABLE notes (id INTEGER PRIMARY KEY, order_id INT REFERENCES orders (id) ${action})`;
    place.sqlite(notes(''));
    place.write(
      'ondelete.config.yaml',
      policy('cascade', `    - { match: 'notes -> orders', onDelete: cascade }\n`),
    );
    await place.run(['generate', 'first']);
    // Nobody knows what is applied; that items wait for the file tells that notes were changed by hand.
    place.sqlite(notes('ON DELETE SET DEFAULT'));
    const told =
      /the pending migration \d+_first will stop, because it expects NO ACTION, and the key has SET DEFAULT now/;
    const { stdout } = await place.run(['diff']);
    const flat = stdout.replace(/\s+/g, ' ');
    expect(flat).toMatch(/warning PENDING_CONFLICT/);
    expect(flat).toMatch(told);
    expect(flat).toMatch(/Next: delete the files of \d+_first if they were never applied anywhere/);
    expect(flat).not.toContain('MIGRATION_PENDING');
    const second = await place.run(['generate', 'second']);
    expect([second.code, second.stdout]).toEqual([2, '']);
    expect(second.stderr).toMatch(told);
    expect(second.stderr).toContain('Delete all of its files if they were never applied anywhere');
    const other = await place.run(['generate', 'second', '--only', 'order_items -> orders']);
    expect(other.stderr).toMatch(told);
    // They may have been applied, and the keys changed since.
    expect((await place.run(['generate', 'second', '--again'])).code).toBe(0);
  });

  test('keys that a run has done already do not make the proof of the others stale, and any other change of them does', async () => {
    const notes = (action: string): string =>
      `DROP TABLE IF EXISTS notes; CREATE TABLE notes (id INTEGER PRIMARY KEY, order_id INT REFERENCES orders (id) ${action})`;
    place.sqlite(notes(''));
    const more = (action: string): string => `    - { match: 'notes -> orders', onDelete: ${action} }\n`;
    place.write('ondelete.config.yaml', policy('cascade', more('cascade')));
    expect(await place.run(['generate', '--verify'])).toMatchObject({ code: 0 });
    place.sqlite(notes('ON DELETE CASCADE'));
    const done = (await place.run(['diff'])).stdout.replace(/\s+/g, ' ');
    expect(done).toMatch(/MIGRATION_PENDING.*: 1 key; proven on .*; the keys have not changed since/);
    place.sqlite(notes('ON DELETE SET NULL'));
    place.write('ondelete.config.yaml', policy('cascade', more('keep')));
    expect((await place.run(['diff'])).stdout).toContain('warning PROOF_STALE');
  });

  test('two unnamed keys over the same columns are told apart', async () => {
    place.sqlite(
      'CREATE TABLE twins (o INT REFERENCES orders (id), FOREIGN KEY (o) REFERENCES orders (id) ON DELETE RESTRICT)',
    );
    place.write(
      'ondelete.config.yaml',
      policy('cascade', `    - { match: 'twins -> orders', onDelete: cascade }\n`),
    );
    expect((await place.run(['generate', 'first'])).code).toBe(0);
    const files = readdirSync(place.path('migrations'));
    expect(await place.run(['generate', 'second'])).toMatchObject({ code: 0, stdout: '' });
    expect(readdirSync(place.path('migrations'))).toEqual(files);
  });
});

describe('what sqlite3 prints', () => {
  const answer = async (end: string): Promise<readonly [string | undefined, string]> => {
    const path = readdirSync(place.path('migrations')).find((file) => file.endsWith(end)) ?? '';
    const { stderr, stdout } = await run('sqlite3', ['shop.db', `.read migrations/${path}`], {
      cwd: place.folder,
    });
    return [stdout.trim().split('\n').at(-1), stderr];
  };

  test('ends with what was done, up and down', async () => {
    await place.run(['generate']);
    for (const end of ['.up.sql', '.down.sql']) {
      expect(await answer(end)).toEqual(['ondelete: 1 of 1 keys changed, 0 were as wanted already', '']);
      expect(await answer(end)).toEqual(['ondelete: 0 of 1 keys changed, 1 were as wanted already', '']);
    }
  });

  test.each([
    ['the child', 'DROP TABLE order_items'],
    ['the parent', 'PRAGMA foreign_keys = OFF; DROP TABLE orders'],
    ['a column', 'ALTER TABLE order_items RENAME COLUMN order_id TO the_order'],
    ['the database', 'DROP TABLE order_items; DROP TABLE orders'],
  ])('stops at the first statement, which names what is missing, where %s is', async (_what, sql) => {
    await place.run(['generate']);
    place.sqlite(sql);
    const [, stderr] = await answer('.up.sql');
    expect(stderr.match(/no such/g)).toHaveLength(1);
    expect(stderr).toMatch(/no such (table: (main\.)?orders|table: order_items|column: c\.order_id)/);
  });
});

test('SQLite locks the file, once for all keys, and no table is named six times', async () => {
  for (const child of ['a', 'b', 'c', 'd', 'e', 'f'])
    place.sqlite(`CREATE TABLE ${child} (o INT REFERENCES orders (id))`);
  place.write('ondelete.config.yaml', policy('keep', `    - { match: '? -> orders', onDelete: cascade }\n`));
  const { stdout } = await place.run(['generate', '--dry-run']);
  expect(stdout).toMatch(/^ +RESERVED for a moment, blocks writes: the whole file 1×$/m);
  expect(stdout).toMatch(/^ +takes RESERVED on the whole file for a moment: blocks writes$/m);
});

describe('--format json always prints a report', () => {
  test.each([
    ['cascade', 0, 2, 0],
    ['refuse', 0, 0, 0],
    ['set null', 2, 0, 1],
  ])('%s', async (action, code, files, refused) => {
    place.write('ondelete.config.yaml', policy(action));
    const result = await place.run(['generate', '--format', 'json']);
    expect(result.code).toBe(code);
    const report = JSON.parse(result.stdout) as { files: unknown[]; refused: unknown[] };
    expect([report.files.length, report.refused.length]).toEqual([files, refused]);
  });
});

test('--allow TABLE_REBUILD is recorded in the file, and lifts the bound only for the keys it covers', async () => {
  await place.run([
    'generate',
    'covered',
    '--tool',
    'kysely',
    '--out',
    'a',
    '--allow',
    'TABLE_REBUILD:order_items',
  ]);
  await place.run([
    'generate',
    'other',
    '--tool',
    'kysely',
    '--out',
    'b',
    '--allow',
    'TABLE_REBUILD:nothing_else',
  ]);
  const text = (folder: string): string =>
    readFileSync(place.path(`${folder}/${readdirSync(place.path(folder))[0] ?? ''}`), 'utf8');
  expect(text('a')).toContain('Allowed with --allow: TABLE_REBUILD');
  expect(text('a')).toContain('maximumRows: -1');
  expect(text('b')).not.toContain('Allowed with --allow');
  expect(text('b')).not.toContain('maximumRows: -1');
});

test('whoever reads may leave: the exit code stays', async () => {
  const script = `set -o pipefail; "${process.execPath}" "${import.meta.dirname}/../../dist/bundle/main.js" diff | true`;
  expect((await run('bash', ['-c', script], { cwd: place.folder })).code).toBe(1);
});

test('init --config names the file to write', async () => {
  expect((await place.run(['init', '-d', 'shop.db', '--config', 'other.yaml'])).code).toBe(0);
  expect((await place.run(['diff', '--config', 'other.yaml'])).code).toBe(0);
});

describe('passwords', () => {
  test.each([
    'postgres://user:my secret@127.0.0.1:1/x',
    'postgres://user:se/cret my secret@127.0.0.1:1/x',
    'postgres://user:my%20secret@127.0.0.1:1/x',
    'host=127.0.0.1 password=secret user=x',
    'sqlite://user:secret@h/x.db',
    'postgres:user:secret@h',
    'mysql://user:secret@127.0.0.1:1/x',
    'mysql://user:1/secret@127.0.0.1:1/x',
    'postgres://user:p@ss/secret:rd@127.0.0.1:1/x',
    'postgres://user:1#secret@127.0.0.1:1/x',
    'postgres://user:1?secret@127.0.0.1:1/x',
    'postgres//user:secret@127.0.0.1:1/x',
    ' postgres://user:secret@127.0.0.1:1/x',
    'u:secret@127.0.0.1',
    'sqlite://?user:secret@127.0.0.1',
  ])('%s is not printed', async (url) => {
    const { code, stdout, stderr } = await place.run(['snapshot', '-d', url]);
    expect(code).toBe(2);
    expect(stdout + stderr).not.toContain('secret');
  });

  test('are taken out of any text', () => {
    expect(withoutPasswords('cannot reach postgres://u:p w@h/db now')).toBe(
      'cannot reach postgres://u:***@h/db now',
    );
    expect(
      withoutPasswords('the word hunter2 in a driver’s text', secretsIn(['mysql://u:hunter2@h/db'])),
    ).not.toContain('hunter2');
    expect(withoutPasswords('ondelete.config.yaml:3:14 mail a@b')).toBe('ondelete.config.yaml:3:14 mail a@b');
  });
});

test('the short form is mentioned where it can be had, and refused with a tool that sends a file as one message', async () => {
  const snapshot = join(import.meta.dirname, '../cases/line-items/postgres-14/snapshot.json');
  const generate = (...words: readonly string[]): ReturnType<Project['run']> =>
    place.run(['generate', ...words, '--dry-run', '--snapshot', snapshot]);
  expect((await generate('--tool', 'goose')).stderr).toContain('Shorter: --plain writes');
  expect((await generate('--tool', 'goose', '--plain')).stderr).not.toContain('Shorter');
  expect((await generate('--tool', 'dbmate')).stderr).not.toContain('Shorter');
  const refused = await generate('--tool', 'dbmate', '--plain');
  expect([refused.code, refused.stderr]).toEqual([
    2,
    expect.stringContaining('--plain is not for dbmate on PostgreSQL: it sends a file as one message'),
  ]);
});
