// Files for Turso's Rust engine, run in the engine itself, as its users do.
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { need } from '../servers/cache.ts';
import { type CliResult, run } from '../support/cli.ts';
import { ondelete } from '../support/shared-cli.ts';
import { describeTool } from './contract.ts';
import { npmTools } from './install.ts';

const version = '0.7.2';
let packages = '';
const install = async (): Promise<void> => {
  packages = await npmTools(`@tursodatabase/database@${version}`);
};

/** A script that can say `connect`, and `rows(connection, sql)`, with words of its own. */
async function script(folder: string, body: string, ...words: readonly string[]): Promise<CliResult> {
  const path = join(packages, `script-${process.pid}.mjs`);
  writeFileSync(
    path,
    `import { connect } from '@tursodatabase/database';
import { readFileSync } from 'node:fs';
const rows = async (connection, sql) => (await connection.prepare(sql)).all();
const words = process.argv.slice(2);
try {
  ${body}
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
`,
  );
  return run(process.execPath, [path, ...words], { cwd: folder });
}

/** As docs/engines.md shows it. */
const runFile = (folder: string, file: string, path: string): Promise<CliResult> =>
  script(
    folder,
    `const database = await connect(words[0]);
  try { await database.exec(readFileSync(words[1], 'utf8')); } finally { await database.close(); }`,
    file,
    path,
  );

const files = (folder: string, ending: string): readonly string[] =>
  readdirSync(join(folder, 'migrations'))
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join('migrations', name));

/** As docs/engines.md shows it. */
const moduleAround = (line: string): string => `import { connect } from '@tursodatabase/database';
import { readFileSync } from 'node:fs';
const database = await connect('shop.db');
try {
  ${line}
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
await database.close();
`;

describeTool({
  tool: 'turso',
  engines: ['sqlite'],
  version,
  // its pragmas fail on a double quote in a name
  oddName: "Straße's 1",
  service: {
    server: 'sqlite-turso',
    async open(folder) {
      const sqlite3 = await need('sqlite3', 'sqlite3');
      const file = join(folder, 'shop.db');
      return {
        engine: 'sqlite',
        id: 'turso',
        url: `turso:${file}`,
        query: () => Promise.reject(new Error('not asked')),
        client: (sql) => run(sqlite3, [file], { cwd: folder, input: sql }),
        rows: () => Promise.reject(new Error('not asked')),
        drop: () => Promise.resolve(),
      };
    },
  },
  install,
  configure({ folder }) {
    symlinkSync(join(packages, 'node_modules'), join(folder, 'node_modules'));
    return 'migrations';
  },
  firstMigration({ folder }, statements) {
    writeFileSync(join(folder, 'migrations/20200101000000_base.up.sql'), `${statements.join(';\n')};\n`);
  },
  shell: () => ({ module: moduleAround }),
});

describe('Turso itself', () => {
  let folder = '';
  beforeAll(install);
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function done(result: Promise<CliResult>): Promise<string> {
    const { code, stderr, stdout } = await result;
    expect(`${stdout}${stderr}${code}`).toMatch(/0$/);
    return stdout;
  }
  const on = async (sql: string, query = 'SELECT 1'): Promise<unknown> =>
    JSON.parse(
      await done(
        script(
          folder,
          `const database = await connect('shop.db');
  await database.exec(words[0]);
  console.log(JSON.stringify(await rows(database, words[1])));
  await database.close();`,
          sql,
          query,
        ),
      ),
    );
  async function make(sql: string): Promise<void> {
    folder = mkdtempSync(join(tmpdir(), 'ondelete-turso-'));
    writeFileSync(
      join(folder, 'ondelete.config.yaml'),
      "database: 'turso:shop.db'\ntool: turso\npolicy:\n  default: keep\n  rules:\n    - { match: '* -> p', onDelete: cascade }\n",
    );
    await on(sql);
  }
  const call = (...words: readonly string[]): Promise<string> => done(ondelete(words, { cwd: folder }));
  const runUp = (): Promise<CliResult> => runFile(folder, 'shop.db', files(folder, '.up.sql').at(-1) ?? '');

  const schema = `CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
CREATE TABLE "c ö" (id INTEGER PRIMARY KEY AUTOINCREMENT, p_id INT NOT NULL DEFAULT 1 CONSTRAINT "fk a" REFERENCES p (id) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED CHECK (p_id > 0), "Straße" TEXT COLLATE NOCASE REFERENCES p (name) ON DELETE RESTRICT, up INT REFERENCES "c ö");
CREATE TABLE t (a INT, b, rest BLOB, FOREIGN KEY (a) REFERENCES p (id) ON DELETE SET NULL);
CREATE TABLE below (id INTEGER PRIMARY KEY, c_id INT REFERENCES "c ö" ON DELETE CASCADE, d_id INT REFERENCES "c ö" ON DELETE SET NULL);
CREATE INDEX ci ON "c ö" (p_id) WHERE up IS NULL;
CREATE TABLE log (what);
CREATE TRIGGER tr AFTER DELETE ON "c ö" BEGIN INSERT INTO log VALUES ('deleted'); END;
CREATE VIEW v AS SELECT p_id FROM "c ö";
INSERT INTO p VALUES (1, 'one'), (2, 'two');
INSERT INTO "c ö" (id, p_id, "Straße", up) VALUES (1, 1, NULL, 2), (2, 2, NULL, NULL), (9, 1, NULL, NULL);
DELETE FROM "c ö" WHERE id = 9;
INSERT INTO t (rowid, a, b, rest) VALUES (5, 1, '1', x'00'), (9, NULL, 1.0, 'z');
INSERT INTO below VALUES (1, 1, 2), (2, 2, NULL);
DELETE FROM log;`;
  const everything = `SELECT (SELECT json_group_array(json_array(id, p_id, "Straße", up)) FROM "c ö") AS c,
 (SELECT json_group_array(json_array(rowid, a, quote(b), typeof(b), quote(rest))) FROM t) AS t,
 (SELECT json_group_array(json_array(id, c_id, d_id)) FROM below) AS below, (SELECT count(*) FROM v) AS v, (SELECT count(*) FROM log) AS log,
 (SELECT seq FROM sqlite_sequence) AS seq`;

  test('makes tables anew with all their rows, those below them and what is stored about them, and back byte for byte', async () => {
    await make(schema);
    const [before, rows] = [await call('snapshot'), await on('', everything)];
    expect(rows).toMatchObject([{ v: 2, log: 0, seq: 9 }]);
    await call('verify');
    await call('generate', '--verify');
    await done(runUp());
    expect(await on('', everything)).toEqual(rows);
    expect(await call('diff')).toContain('keys match the policy');
    // a second run finds everything as it shall be
    await done(runUp());
    expect(await on('', everything)).toEqual(rows);
    await done(runFile(folder, 'shop.db', files(folder, '.down.sql')[0] ?? ''));
    expect(await on('', everything)).toEqual(rows);
    expect(await call('snapshot')).toBe(before);
    expect(await on('INSERT INTO "c ö" (p_id) VALUES (1)', 'SELECT max(id) AS id FROM "c ö"')).toEqual([
      { id: 10 },
    ]);
    expect(await on('', 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    const sqlite3 = await need('sqlite3', 'sqlite3');
    expect(await done(run(sqlite3, ['shop.db', 'PRAGMA integrity_check'], { cwd: folder }))).toBe('ok\n');
  });

  test('a connection that was open before acts on the new key, with what it had prepared', async () => {
    await make(schema);
    await call('generate');
    const out = await done(
      script(
        folder,
        `const [app, other] = [await connect('shop.db'), await connect('shop.db')];
  await app.exec('PRAGMA foreign_keys = ON; DELETE FROM t');
  const remove = await app.prepare('DELETE FROM p WHERE id = ?');
  await other.exec(readFileSync(words[0], 'utf8'));
  await remove.run(1);
  console.log(JSON.stringify(await rows(app, 'SELECT (SELECT count(*) FROM "c ö") AS c, (SELECT count(*) FROM below) AS below')));`,
        files(folder, '.up.sql')[0] ?? '',
      ),
    ).catch(String);
    expect(out).toContain('[{"c":1,"below":1}]');
  });

  test.each([
    ['a new column', 'ALTER TABLE t ADD COLUMN late TEXT', 'is not what this file was written for'],
    ['a new index', 'CREATE INDEX late ON "c ö" (up)', 'is not what this file was written for'],
    ['a new trigger', 'CREATE TRIGGER late AFTER DELETE ON t BEGIN SELECT 1; END', 'is not what this file'],
    [
      'a CHECK that another environment has',
      'DROP TABLE t; CREATE TABLE t (a INT CHECK (a > 0), b, rest BLOB, FOREIGN KEY (a) REFERENCES p (id) ON DELETE SET NULL)',
      'is not what this file was written for',
    ],
  ])('%s since then stops the file, which changes nothing', async (_, since, message) => {
    await make(schema);
    await call('generate');
    await on(since);
    const [before, rows] = [await call('snapshot'), await on('', everything)];
    const { code, stderr } = await runUp();
    expect(code).toBe(1);
    expect(stderr).toContain('ondelete: nothing was changed, because');
    expect(stderr).toContain(message);
    expect(await on('', everything)).toEqual(rows);
    expect(await call('snapshot')).toBe(before);
  });

  test('the stored schema may not be edited, and a column that is changed in two hops leaves open connections with the old action', async () => {
    await make(
      'CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (id INTEGER PRIMARY KEY, p_id INT REFERENCES p)',
    );
    const edited = await script(
      folder,
      `const database = await connect('shop.db');
  await database.exec("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = sql WHERE name = 'c'");`,
    );
    expect(edited.stderr).toContain('may not be modified');
    const twoHops = `ALTER TABLE c ALTER COLUMN p_id TO hop INT REFERENCES p ON DELETE CASCADE; ALTER TABLE c ALTER COLUMN hop TO p_id INT REFERENCES p ON DELETE CASCADE`;
    const action = "SELECT on_delete AS action FROM pragma_foreign_key_list('c')";
    expect(await on(twoHops, action)).toEqual([{ action: 'NO ACTION' }]);
    expect(await on('', action)).toEqual([{ action: 'CASCADE' }]);
  });

  test('the usual rebuild in a transaction with keys on loses the rows below, without an error', async () => {
    await make(
      'CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (id REFERENCES a ON DELETE CASCADE); INSERT INTO a VALUES (1); INSERT INTO b VALUES (1)',
    );
    const left = await on(
      'PRAGMA foreign_keys = ON; BEGIN; CREATE TABLE a2 (id INTEGER PRIMARY KEY); INSERT INTO a2 SELECT * FROM a; DROP TABLE a; ALTER TABLE a2 RENAME TO a; COMMIT',
      'SELECT (SELECT count(*) FROM a) AS a, (SELECT count(*) FROM b) AS b',
    );
    expect(left).toEqual([{ a: 1, b: 0 }]);
  });
});
