// A file that is included in a session of psql leaves the session as it was, also after an error, and commits nobody else's work.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { need } from '../servers/cache.ts';
import { describeServers } from '../servers/describe.ts';
import { run } from '../support/cli.ts';
import { ondelete } from '../support/shared-cli.ts';
import { type DatabaseUnderTest, openScratch } from '../support/database.ts';

describeServers('postgres', (server) => {
  let database: DatabaseUnderTest;
  let folder: string;
  beforeEach(async () => {
    database = await openScratch(server);
    folder = mkdtempSync(join(tmpdir(), 'ondelete-psql-'));
    await database.query(
      'CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE items (id int PRIMARY KEY, o int CONSTRAINT fk REFERENCES orders)',
    );
    writeFileSync(
      join(folder, 'ondelete.config.yaml'),
      "policy:\n  rules:\n    - { match: 'items -> orders', onDelete: cascade }\n",
    );
    const written = await ondelete(['generate', 'one', '--database', database.url], { cwd: folder });
    expect(written.code).toBe(0);
  });
  afterEach(async () => {
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  const session = async (...lines: readonly string[]): Promise<readonly string[]> => {
    const psql = await need('psql', 'postgresql-client');
    const input = [...lines, ''].join('\n');
    const { stdout } = await run(psql, ['-X', '-q', '-At', database.url], { cwd: folder, input });
    return stdout.trim().split('\n');
  };
  const file = (end: string): string =>
    `\\i migrations/${readdirSync(join(folder, 'migrations')).find((name) => name.endsWith(end)) ?? ''}`;
  const before = ['\\set ON_ERROR_STOP off', '\\encoding LATIN1', "SET statement_timeout = '77s';"];
  const after = [
    '\\echo :ENCODING',
    'SHOW statement_timeout;',
    "SELECT confdeltype FROM pg_constraint WHERE conname = 'fk';",
  ];

  test('up and down leave ON_ERROR_STOP, encoding and statement_timeout as they were', async () => {
    const seen = ['\\echo :ON_ERROR_STOP', ...after];
    expect(await session(...before, file('.up.sql'), ...seen, file('.down.sql'), ...seen)).toEqual([
      ...['off', 'LATIN1', '77s', 'c'],
      ...['off', 'LATIN1', '77s', 'a'],
    ]);
  });

  test('a file that takes longer than statement_timeout is not cut short', async () => {
    const holder = database.query('BEGIN; LOCK TABLE items; SELECT pg_sleep(1); COMMIT');
    const seen = await session("SET statement_timeout = '300ms';", file('.up.sql'), ...after.slice(1));
    await holder;
    expect(seen).toEqual(['300ms', 'c']);
  });

  test('the last message says what was done, also where there was nothing to do', async () => {
    const psql = await need('psql', 'postgresql-client');
    const last = async (end: string): Promise<string | undefined> => {
      const words = ['-X', '-q', '-f', file(end).slice('\\i '.length), database.url];
      const { stderr } = await run(psql, words, { cwd: folder });
      return stderr.trim().split('NOTICE:  ').at(-1);
    };
    const [changed, already] = [
      '1 of 1 keys changed, 0 were as wanted already',
      '0 of 1 keys changed, 1 were as wanted already',
    ];
    expect(await last('.up.sql')).toBe(`ondelete: ${changed}`);
    expect(await last('.up.sql')).toBe(`ondelete: ${already}`);
    expect(await last('.down.sql')).toBe(`ondelete: ${changed}`);
  });

  test('so does a file that stops, which changes nothing', async () => {
    await database.query('ALTER TABLE items ADD COLUMN p int; ALTER TABLE items DROP CONSTRAINT fk');
    await database.query('ALTER TABLE items ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES orders');
    expect(await session(...before, file('.up.sql'), ...after)).toEqual(['LATIN1', '77s', 'a']);
  });

  test('on a read-only session it stops, with the encoding as it was', async () => {
    const readOnly = 'SET default_transaction_read_only = on;';
    expect(await session(...before, readOnly, file('.up.sql'), ...after)).toEqual(['LATIN1', '77s', 'a']);
  });

  test('inside a transaction it stops, and the transaction is still the caller’s to end', async () => {
    const lines = ['BEGIN;', 'CREATE TABLE mine (id int);', file('.up.sql'), 'ROLLBACK;', ...after];
    expect(await session(...before, ...lines, "SELECT to_regclass('mine') IS NULL;")).toEqual([
      ...['LATIN1', '77s', 'a'],
      't',
    ]);
  });

  test('psql -1 is told why, and nothing after that', async () => {
    const psql = await need('psql', 'postgresql-client');
    const words = ['-X', '-q', '-1', '-f', file('.up.sql').slice('\\i '.length), database.url];
    const { code, stderr } = await run(psql, words, { cwd: folder });
    expect(code).not.toBe(0);
    expect(stderr.split('\n').filter((line) => /error/i.test(line))).toEqual([
      expect.stringContaining('not with psql -1; nothing was changed'),
    ]);
  });
});
