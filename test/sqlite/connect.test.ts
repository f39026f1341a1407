/** Opening a file: everything that can be wrong with it has one clear line, and nothing is ever written. */
import { afterAll, describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileOf } from '../../dialects/sqlite/connection/connect.ts';
import { sqlite } from '../../dialects/sqlite/index.ts';
import { codeOf, messageOf } from '../../src/core/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'ondelete-sqlite-'));
chmodSync(folder, 0o755);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const options = { timeoutMilliseconds: 50 };

function made(name: string, sql: string): string {
  const file = join(folder, name);
  const database = new Database(file);
  database.exec(sql);
  database.close();
  return file;
}

/** What connecting ends in: an error as `CODE message`, or the number of objects. */
async function attempt(url: string): Promise<string> {
  try {
    const session = await sqlite.connect(url, options);
    const [row] = await session.query('SELECT count(*) AS n FROM sqlite_master');
    await session.close();
    return `${String(row?.['n'])} objects`;
  } catch (error) {
    return `${codeOf(error)} ${messageOf(error)}`;
  }
}

describe('URLs', () => {
  const file = made('a b%20?c.db', 'CREATE TABLE t(a)');
  const plain = made('plain.db', '');
  test.each([
    [`sqlite:${file}`, file],
    [`sqlite://${file}`, file],
    [`file:${file}`, file],
    [`file://${plain}?mode=ro`, plain],
    [`file:${plain}?connection_limit=1`, plain],
    [`SQLITE:${plain}`, plain],
    [`file://localhost${plain}`, plain],
    [`file:///some%20where/x.db`, '/some where/x.db'],
    ['sqlite:./x.db', join(process.cwd(), 'x.db')],
    ['sqlite://x.db', join(process.cwd(), 'x.db')],
    ['sqlite:100%.db', join(process.cwd(), '100%.db')],
  ])('%s', (url, path) => expect(fileOf(url)).toBe(path));

  test.each([
    'sqlite::memory:',
    'sqlite://:memory:',
    'file::memory:?cache=shared',
    'file:x?mode=memory',
    'sqlite:',
    'sqlite://',
  ])('%s names no file', (url) => expect(() => fileOf(url)).toThrow('names no file'));
});

describe('files that cannot be read', () => {
  test('a missing one, without making it', async () => {
    expect(await attempt(`sqlite:${folder}/nope.db`)).toBe(
      `DATABASE_NOT_FOUND there is no file ${folder}/nope.db`,
    );
    expect(existsSync(`${folder}/nope.db`)).toBe(false);
  });
  test('a folder', async () =>
    expect(await attempt(`sqlite:${folder}`)).toBe(`NOT_A_DATABASE ${folder} is a folder`));
  test('something that is no file', async () =>
    expect(await attempt('sqlite:/dev/null')).toBe('NOT_A_DATABASE /dev/null is not a regular file'));
  test('text, and what an encrypted file looks like', async () => {
    writeFileSync(
      join(folder, 'text.db'),
      'this is not a database, and it is longer than a header of SQLite would be. '.repeat(20),
    );
    writeFileSync(
      join(folder, 'random.db'),
      Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 167 + 13) % 256)),
    );
    expect(await attempt(`sqlite:${folder}/text.db`)).toMatch(
      /^NOT_A_DATABASE .* is not a SQLite database, or it is encrypted$/,
    );
    expect(await attempt(`sqlite:${folder}/random.db`)).toMatch(/^NOT_A_DATABASE/);
  });
  test('a damaged one', async () => {
    const file = made('damaged.db', `CREATE TABLE t(a); INSERT INTO t VALUES (randomblob(9000))`);
    const bytes = readFileSync(file);
    bytes.fill(255, 100, 4000);
    writeFileSync(file, bytes);
    expect(await attempt(`sqlite:${file}`)).toMatch(/^NOT_A_DATABASE .* is damaged/);
  });
  test('one with a syntax that this SQLite does not know is not called damaged', async () => {
    const file = made('libsql.db', 'CREATE TABLE t(a)');
    const database = new Database(file);
    database.unsafeMode();
    // as libSQL stores it (0.5.29)
    database.exec("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = sql || ' RANDOM ROWID'");
    database.close();
    expect(await attempt(`sqlite:${file}`)).toBe(
      `UNSUPPORTED_SERVER the SQLite that reads ${file} does not know the syntax of t: near "ROWID": syntax error`,
    );
  });
  test('a locked one', async () => {
    const file = made('locked.db', 'CREATE TABLE t(a)');
    const other = new Database(file);
    other.exec('BEGIN EXCLUSIVE');
    expect(await attempt(`sqlite:${file}`)).toBe(`DATABASE_LOCKED ${file} is locked by another connection`);
    other.exec('COMMIT');
    other.close();
    expect(await attempt(`sqlite:${file}`)).toBe('1 objects');
  });
  test('a lock that goes away while it waits: the process hears of other things meanwhile', async () => {
    const file = made('waiting.db', 'CREATE TABLE t(a)');
    const other = new Database(file);
    other.exec('BEGIN EXCLUSIVE');
    const heard = new Promise<void>((resolve) => {
      setImmediate(() => {
        other.exec('COMMIT');
        other.close();
        resolve();
      });
    });
    const session = await sqlite.connect(`sqlite:${file}`, { timeoutMilliseconds: 5000 });
    expect(await session.query('SELECT a FROM t')).toEqual([]);
    await session.close();
    await heard;
  });
  test('one that a crash left in the middle of a write', async () => {
    const file = join(folder, 'crashed.db');
    const crash = `CREATE TABLE t(a); INSERT INTO t SELECT randomblob(4000) FROM (WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 500) SELECT n FROM i);
      PRAGMA cache_size = 2; PRAGMA cache_spill = 1; BEGIN; UPDATE t SET a = randomblob(4000);\n.shell kill -9 $PPID\n`;
    spawnSync('sqlite3', [file], { input: crash });
    expect(existsSync(`${file}-journal`)).toBe(true);
    const before = readFileSync(file);
    expect(await attempt(`sqlite:${file}`)).toMatch(/^UNREACHABLE .* was left in the middle of a write/);
    expect(readFileSync(file).equals(before)).toBe(true);
    spawnSync('sqlite3', [file, 'SELECT count(*) FROM sqlite_master']);
    expect(await attempt(`sqlite:${file}`)).toBe('1 objects');
  });
});

/** File rights bind root only when it acts as somebody else. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  const root = process.getuid?.() === 0;
  if (root) process.seteuid?.(65534);
  try {
    return await work();
  } finally {
    if (root) process.seteuid?.(0);
  }
}

describe('rights', () => {
  test('a file that may not be read', async () => {
    const file = made('secret.db', 'CREATE TABLE t(a)');
    chmodSync(file, 0o000);
    expect(await asNobody(() => attempt(`sqlite:${file}`))).toMatch(
      /^INSUFFICIENT_PRIVILEGE .* (?:may not be read|cannot be opened) by this user/,
    );
    chmodSync(file, 0o644);
  });
  test('a WAL database in a folder that may not be written', async () => {
    const own = join(folder, 'wal');
    mkdirSync(own);
    const file = made('wal/wal.db', 'PRAGMA journal_mode = WAL; CREATE TABLE t(a)');
    chmodSync(own, 0o555);
    chmodSync(file, 0o444);
    expect(await asNobody(() => attempt(`sqlite:${file}`))).toMatch(
      /^INSUFFICIENT_PRIVILEGE .* cannot be opened by this user/,
    );
    chmodSync(own, 0o755);
    expect(readdirSync(own)).toEqual(['wal.db']);
    expect(await attempt(`sqlite:${file}`)).toBe('1 objects');
  });
  test('a file that may be read only', async () => {
    const file = made('readable.db', 'CREATE TABLE t(a)');
    chmodSync(file, 0o444);
    expect(await asNobody(() => attempt(`sqlite:${file}`))).toBe('1 objects');
  });
});

describe('a session', () => {
  test.each(['DELETE', 'WAL'])('changes nothing, journal_mode %s', async (mode) => {
    const file = made(
      `quiet-${mode}.db`,
      `PRAGMA journal_mode = ${mode}; CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(x REFERENCES p)`,
    );
    const [before, time] = [readFileSync(file), statSync(file).mtimeMs];
    const session = await sqlite.connect(`sqlite:${file}`, options);
    const { server } = session;
    expect(server).toMatchObject({
      flavor: 'sqlite',
      product: `SQLite ${server.version.join('.')}`,
      settings: { journal_mode: mode.toLowerCase() },
    });
    await session.introspect({ schemas: null });
    for (const sql of ['DELETE FROM p', 'CREATE TABLE x(a)', 'PRAGMA user_version = 7', 'VACUUM']) {
      await session
        .query(sql)
        .catch((error: unknown) => expect(codeOf(error)).toMatch(/INSUFFICIENT_PRIVILEGE|QUERY_FAILED/));
    }
    await session.close();
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(statSync(file).mtimeMs).toBe(time);
  });

  test('reads what a writer has put into the write-ahead log', async () => {
    const file = made('busy.db', 'PRAGMA journal_mode = WAL; CREATE TABLE t(a)');
    const writer = new Database(file);
    writer.exec('CREATE TABLE u(a); BEGIN IMMEDIATE; CREATE TABLE v(a)');
    expect(await attempt(`sqlite:${file}`)).toBe('2 objects');
    writer.exec('ROLLBACK');
    writer.close();
  });

  test('a failing query is an error with a code', async () => {
    const session = await sqlite.connect(`sqlite:${made('plain2.db', '')}`, options);
    await expect(session.query('SELECT nope')).rejects.toMatchObject({ code: 'QUERY_FAILED' });
    await session.close();
  });
});
