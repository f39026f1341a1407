// A folder of PGlite as the database: read as it is, also while a program has it open; the files are run with psql through PGlite's own socket.
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { freePort } from '../servers/process.ts';
import { type CliResult, run } from '../support/cli.ts';
import { ondelete } from '../support/shared-cli.ts';
import { npmTools } from './install.ts';

const version = '0.5.14';
// Every command starts a PostgreSQL in WebAssembly, which takes a slow machine ten seconds.
jest.setTimeout(400_000);

describe(`pglite ${version}`, () => {
  let packages = '';
  let folder = '';
  let server: ChildProcess | undefined;
  let url = '';

  beforeAll(async () => {
    packages = await npmTools(`@electric-sql/pglite@${version}`, '@electric-sql/pglite-socket@0.2.17');
    folder = mkdtempSync(join(tmpdir(), 'ondelete-pglite-test-'));
    await open();
    const schema = `CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1), (2);
      CREATE TABLE c (id int PRIMARY KEY, p_id int NOT NULL REFERENCES p); INSERT INTO c VALUES (1, 1), (2, 2);
      CREATE TABLE "odd ""c" (a int, b int, CONSTRAINT k FOREIGN KEY (a) REFERENCES c ON DELETE SET NULL DEFERRABLE)`;
    await done(psql('--command', schema));
    writeFileSync(
      join(folder, 'ondelete.config.yaml'),
      "database: 'pglite:data'\ntool: sql\npolicy:\n  default: error\n  rules:\n    - { match: '* -> *', onDelete: cascade }\n",
    );
  });
  afterAll(async () => {
    await close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(): Promise<void> {
    const port = await freePort();
    const script = join(packages, 'node_modules/.bin/pglite-server');
    const child = spawn(process.execPath, [script, '--db=data', `--port=${port}`], { cwd: folder });
    server = child;
    url = `postgres://postgres@127.0.0.1:${port}/postgres?sslmode=disable`;
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (chunk) => {
        if (String(chunk).includes('listening')) resolve();
      });
      child.on('exit', () => reject(new Error('pglite-server did not start')));
    });
  }
  async function close(): Promise<void> {
    if (server === undefined || server.exitCode !== null) return;
    const gone = once(server, 'exit');
    server.kill('SIGTERM');
    await gone;
  }
  const psql = (...words: readonly string[]): Promise<CliResult> =>
    run('psql', ['--no-psqlrc', '--quiet', '--set', 'ON_ERROR_STOP=1', '--dbname', url, ...words], {
      cwd: folder,
    });
  async function done(result: Promise<CliResult>): Promise<string> {
    const { code, stderr, stdout } = await result;
    expect(`${stdout}${stderr}${code}`).toMatch(/0$/);
    return stdout;
  }
  const call = (...words: readonly string[]): Promise<string> => done(ondelete(words, { cwd: folder }));
  const file = (ending: string): string =>
    join('migrations', readdirSync(join(folder, 'migrations')).find((name) => name.endsWith(ending)) ?? '');

  test('the closed loop, while a program has the folder open', async () => {
    const before = await call('snapshot');
    expect(await call('verify')).toContain('2 keys proven');
    const written = await ondelete(['generate', '--verify'], { cwd: folder });
    expect(written.code).toBe(0);
    expect(written.stderr.replace(/\s+/g, ' ')).toContain('psql reads no folder of PGlite');
    await done(psql('--file', file('.up.sql')));
    expect(await call('diff')).toContain('2 keys match the policy');
    expect(
      await done(psql('--tuples-only', '--command', 'DELETE FROM p WHERE id = 1; SELECT count(*) FROM c')),
    ).toContain('1');
    await done(psql('--file', file('.down.sql')));
    expect(await call('snapshot')).toBe(before);
  });

  test('a folder whose keys need an extension: every command says so, or does without', async () => {
    const script = `import { PGlite } from '@electric-sql/pglite';
      import { ltree } from '@electric-sql/pglite/contrib/ltree';
      const database = await PGlite.create(process.argv[1], { extensions: { ltree } });
      await database.exec("CREATE EXTENSION ltree; CREATE TABLE p (id ltree PRIMARY KEY); INSERT INTO p VALUES ('a'), ('b');"
        + "CREATE TABLE c (id int PRIMARY KEY, p_id ltree REFERENCES p); INSERT INTO c VALUES (1, 'a')");
      await database.close();`;
    const data = join(folder, 'trees');
    await done(run(process.execPath, ['--input-type=module', '-e', script, data], { cwd: packages }));
    const on = (...words: readonly string[]): Promise<CliResult> =>
      ondelete([...words, '--database', 'pglite:trees'], { cwd: folder });
    const { code, stderr } = await on('reach', 'p', '--where', "id = 'a'");
    expect([code, stderr.replace(/\s+/g, ' ')]).toEqual([
      2,
      expect.stringMatching(/^ondelete: the database in \S+ uses the extension ltree, .*--extensions=ltree/),
    ]);
    const wrong = await on('reach', 'p', '--where', 'nope = 1');
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('--where is not understood')]);
    for (const words of [['diff'], ['lint'], ['reach', 'p'], ['generate', '--dry-run'], ['verify']]) {
      const told = await on(...words);
      expect(`${told.stdout}${told.stderr}`).not.toMatch(/defect|could not access file/);
    }
  });

  test('a folder that nobody has open is read without a change to it', async () => {
    await close();
    const before = contentOf(join(folder, 'data'));
    await call('lint');
    await call('reach', 'p');
    expect(contentOf(join(folder, 'data'))).toBe(before);
  });
});

/** One number for all files of a folder. */
function contentOf(folder: string): string {
  const hash = createHash('sha256');
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    hash.update(path);
    if (statSync(join(folder, path)).isFile()) hash.update(readFileSync(join(folder, path)));
  }
  return hash.digest('hex');
}
