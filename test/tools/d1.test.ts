// Files for Cloudflare D1, run by wrangler in the real D1 on this machine.
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { need } from '../servers/cache.ts';
import {
  resting,
  restingRules,
  rowsIn,
  tangled,
  tangledRules,
  turning,
  turningRules,
} from '../sqlite/d1-lab.ts';
import { type CliResult, run } from '../support/cli.ts';
import { ondelete } from '../support/shared-cli.ts';
import { describeTool } from './contract.ts';
import { npx } from './lines.ts';
import {
  applyAll,
  configureWrangler,
  database,
  installWrangler,
  stateOf,
  takeBackLast,
  variables,
  version,
  wrangler,
} from './d1-lab.ts';

let packages = '';

describeTool({
  tool: 'd1',
  engines: ['sqlite'],
  version,
  service: {
    server: 'sqlite-d1',
    async open(folder) {
      const sqlite3 = await need('sqlite3', 'sqlite3');
      return {
        engine: 'sqlite',
        id: 'd1',
        url: 'd1:DB',
        query: () => Promise.reject(new Error('not asked')),
        client: (sql) => run(sqlite3, [stateOf(folder)], { cwd: folder, input: sql }),
        rows: () => Promise.reject(new Error('not asked')),
        drop: () => Promise.resolve(),
      };
    },
  },
  async install() {
    packages = await installWrangler();
  },
  configure({ folder }) {
    symlinkSync(join(packages, 'node_modules'), join(folder, 'node_modules'));
    configureWrangler(folder);
    return 'migrations';
  },
  firstMigration({ folder }, statements) {
    writeFileSync(join(folder, 'migrations/0001_base.sql'), `${statements.join(';\n')};\n`);
  },
  shell: ({ folder }) => ({ programs: npx, env: variables(folder), words: { DATABASE: database } }),
});

describe('the real D1', () => {
  let folder = '';
  beforeAll(async () => {
    packages = await installWrangler();
    folder = mkdtempSync(join(tmpdir(), 'ondelete-d1-'));
    configureWrangler(folder);
    writeFileSync(join(folder, 'migrations/0001_base.sql'), tangled);
    await done(applyAll(packages, folder));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function done(result: Promise<CliResult>): Promise<string> {
    const { code, stderr, stdout } = await result;
    expect(`${stdout}${stderr}${code}`).toMatch(/0$/);
    return stdout;
  }
  const call = (...words: readonly string[]): Promise<string> => done(ondelete(words, { cwd: folder }));
  const execute = (sql: string): Promise<CliResult> =>
    wrangler(packages, folder, 'execute', 'DB', '--command', sql);
  const configure = (rules: string): void =>
    writeFileSync(
      join(folder, 'ondelete.config.yaml'),
      `database: 'd1:'\ntool: d1\npolicy:\n  default: keep\n  rules:\n${rules}`,
    );

  test('does not allow what the files do without', async () => {
    const refused = [
      "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = sql WHERE name = 'c'",
      'CREATE TEMP TABLE t (a)',
      'BEGIN; SELECT 1; COMMIT',
    ];
    for (const sql of refused) expect({ sql, code: (await execute(sql)).code }).toEqual({ sql, code: 1 });
    // accepted, and without effect
    expect((await execute('PRAGMA foreign_keys = OFF; INSERT INTO c (p_id) VALUES (99)')).code).toBe(1);
  });

  test('a table with a child cannot be made anew alone: rows of the child are lost without an error', async () => {
    const sql = `CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (id REFERENCES a ON DELETE CASCADE);
      INSERT INTO a VALUES (1); INSERT INTO b VALUES (1); PRAGMA defer_foreign_keys = ON;
      CREATE TABLE a2 (id INTEGER PRIMARY KEY); INSERT INTO a2 SELECT * FROM a; DROP TABLE a; ALTER TABLE a2 RENAME TO a`;
    await done(execute(sql));
    expect(
      await done(execute('SELECT (SELECT count(*) FROM a) AS a, (SELECT count(*) FROM b) AS b')),
    ).toMatch(/"a": 1,\s+"b": 0/);
    await done(execute('DROP TABLE b; DROP TABLE a'));
  });

  test('makes tables anew with circles, self references, AUTOINCREMENT, triggers, views and rowids, and back byte for byte', async () => {
    configure(tangledRules);
    const [before, rows] = [await call('snapshot'), rowsIn(stateOf(folder))];
    await call('generate', 'tangle', '--verify');
    await done(applyAll(packages, folder));
    expect(rowsIn(stateOf(folder))).toBe(rows);
    expect(await call('diff')).toContain('9 keys match the policy');
    await done(takeBackLast(packages, folder, 1));
    expect(rowsIn(stateOf(folder))).toBe(rows);
    expect(await call('snapshot')).toBe(before);
    for (const path of ['0002_tangle.sql', 'down/0002_tangle.sql']) rmSync(join(folder, 'migrations', path));
  });

  test.each([
    [
      'where keys go round in a circle no trigger fires, and neither depth nor a CHECK is in the way',
      turning,
      turningRules,
    ],
    [
      'a key may rest on a unique index of its own text, and a circle may hold self references',
      resting,
      restingRules,
    ],
  ])('%s', async (_, schema, rules) => {
    writeFileSync(join(folder, 'turning.sql'), schema);
    await done(wrangler(packages, folder, 'execute', 'DB', '--file', 'turning.sql'));
    configure(rules);
    const [before, rows] = [await call('snapshot'), rowsIn(stateOf(folder))];
    await call('generate', 'turn');
    await done(applyAll(packages, folder));
    expect(rowsIn(stateOf(folder))).toBe(rows);
    await call('diff');
    await done(takeBackLast(packages, folder, 1));
    expect(rowsIn(stateOf(folder))).toBe(rows);
    expect(await call('snapshot')).toBe(before);
    for (const path of ['0002_turn.sql', 'down/0002_turn.sql']) rmSync(join(folder, 'migrations', path));
  });

  test('replaces a column with --allow COLUMN_ORDER', async () => {
    configure("    - { match: 'i -> h', onDelete: set null }\n");
    const [before, rows] = [await call('snapshot'), rowsIn(stateOf(folder))];
    await call('generate', 'swap', '--allow', 'COLUMN_ORDER');
    await done(applyAll(packages, folder));
    await call('diff');
    await done(takeBackLast(packages, folder, 1));
    // the column stood last before as well
    expect(rowsIn(stateOf(folder))).toBe(rows);
    const plain = (text: string): string => text.replace(/"definition": .*/g, '');
    expect(plain(await call('snapshot'))).toBe(plain(before));
  });
});
