// Every command on the engines that are read and written for by documentation: PostgreSQL and MySQL stand in for them behind a proxy that makes
// them say what those engines say and refuse what those refuse, as far as it is documented.
import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { UnprovenEngine } from '../../src/core/unproven.ts';
import { describeServers } from '../servers/describe.ts';
import { type TestServer, testServers } from '../servers/index.ts';
import { openScratch } from '../support/database.ts';
import { openProject, type Project } from '../support/project.ts';
import { standIn } from '../support/stand-in.ts';

let place: Project;
beforeEach(() => {
  place = openProject();
  place.write(
    'ondelete.config.yaml',
    "policy:\n  rules:\n    - { match: 'order_items -> orders', onDelete: cascade }\n",
  );
});
afterEach(() => place.remove());

function fileEnding(end: string): string {
  const name = readdirSync(place.path('migrations')).find((one) => one.endsWith(end)) ?? '';
  return readFileSync(place.path(`migrations/${name}`), 'utf8');
}

const shop =
  'CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE order_items (id int PRIMARY KEY, order_id int NOT NULL, CONSTRAINT fk FOREIGN KEY (order_id) REFERENCES orders (id)); CREATE INDEX order_items_order_id ON order_items (order_id)';

// One server of each kind is enough: what is tried is how the engines are spoken with.
const newest = testServers('postgres').at(-1);
describeServers('postgres', (server) => {
  if (server.id === newest?.id || newest === undefined)
    everyCommand(server, ['CockroachDB', 'YugabyteDB', 'Citus', 'Aurora DSQL']);
});
describeServers('mysql', (server) => {
  if (!server.id.endsWith('-native')) everyCommand(server, ['TiDB']);
});

function everyCommand(server: TestServer, engines: readonly UnprovenEngine[]): void {
  test.each(engines)('every command speaks with a server that answers as %s', async (engine) => {
    const database = await openScratch(server);
    const seen: string[] = [];
    const proxy = await standIn(server.url, (sql) => {
      seen.push(sql);
      return spoken[engine](sql);
    });
    const url = proxy.urlOf(database.url);
    const run = (...words: readonly string[]): ReturnType<Project['run']> => place.run([...words, '-d', url]);
    try {
      await database.query(shop);
      expect(await run('init', '--output', 'made.yaml')).toMatchObject({ code: 0 });
      expect(readFileSync(place.path('made.yaml'), 'utf8')).toContain('order_items');
      expect(await run('lint')).toMatchObject({ code: 0 });
      expect((await run('reach', 'orders')).stdout).toContain('order_items');
      const diff = await run('diff');
      expect(diff.code).toBe(1);
      expect(diff.stdout).toContain('UNPROVEN_ENGINE');
      const note = `Note: ${engine} is read by its documentation`;
      if (engine !== 'Citus') expect(diff.stderr).toContain(note);
      seen.length = 0;
      const verify = await run('verify', '--allow', 'UNPROVEN_ENGINE', '--scratch', proxy.urlOf(server.url));
      if (engine === 'Aurora DSQL') {
        expect(verify).toMatchObject({ code: 2, stderr: expect.stringContaining('has one database in') });
        return;
      }
      expect(verify).toMatchObject({ code: 0, stderr: '' });
      expect(await run('generate', '--allow', 'UNPROVEN_ENGINE')).toMatchObject({ code: 0 });
      for (const end of ['.up.sql', '.down.sql'])
        expect(rehearsed(seen)).toContain(changes(fileEnding(end)).join('\n'));
    } finally {
      await proxy.close();
      await database.drop();
    }
  });
}

const changes = (text: string): readonly string[] =>
  text.split(/;\n|\n/).flatMap((line) => /^(?:ALTER|BEGIN|COMMIT)\b[^;]*/.exec(line)?.[0].trim() ?? []);

/** What was run in a session for writing, in its order. */
const rehearsed = (seen: readonly string[]): string => seen.flatMap(changes).join('\n');

const postgresSays =
  (version: string, more: (sql: string) => string = (sql) => sql) =>
  (sql: string): string =>
    more(sql.replace('version() AS version', `'${version}' AS version`));

/** What they answer, and what they refuse, by their documentation. */
const spoken: Readonly<Record<UnprovenEngine, (sql: string) => string>> = {
  CockroachDB: postgresSays('CockroachDB CCL v24.1.1 (x86_64-pc-linux-gnu)', (sql) =>
    sql
      .replace("current_setting('server_version_num')::int", '130000')
      .replace('SET LOCAL jit', 'SET LOCAL there_is_no_such_setting')
      .replace("name = 'jit'", 'false')
      .replace('WITH (FORCE)', 'WITH (SYNTAX ERROR)')
      .replace(/^(DROP DATABASE .*) CASCADE$/, '$1 WITH (FORCE)'),
  ),
  YugabyteDB: postgresSays('PostgreSQL 15.2-YB-2024.2.0.0-b0 on x86_64-pc-linux-gnu'),
  Citus: (sql) =>
    sql
      .replace(/\(SELECT extversion FROM \S+ WHERE extname = 'citus'\)/, "'12.1'")
      .replace(
        'FROM pg_dist_partition',
        `FROM (SELECT to_regclass('public.order_items') AS logicalrelid, 'h' AS partmethod) AS d WHERE logicalrelid IS NOT NULL`,
      )
      .replace(/DROP CONSTRAINT \S+, ADD CONSTRAINT/, 'SYNTAX ERROR'),
  'Aurora DSQL': postgresSays('PostgreSQL 16', (sql) =>
    sql
      .replace("to_regclass('sys.iam_pg_role_mappings') IS NOT NULL", 'true')
      // feature_not_supported, as it says there
      .replace('SAVEPOINT question', 'SELECT count(*) FROM pg_class FOR UPDATE'),
  ),
  TiDB: (sql) =>
    sql
      .replace('VERSION() AS version', "'8.0.11-TiDB-v8.5.3' AS version")
      .replace('mysql.innodb_table_stats', 'mysql.there_is_no_such_table')
      .replace(/^ALTER TABLE .*(ALGORITHM|LOCK) *=/, 'SYNTAX ERROR'),
};

describeServers('mysql', (server) => {
  if (!server.id.endsWith('-native'))
    test('what is printed for a server that says it is Vitess makes the keys what the policy asks for', async () => {
      const database = await openScratch(server);
      const proxy = await standIn(server.url, (sql) =>
        sql.replace('VERSION() AS version', "'8.0.30-Vitess' AS version"),
      );
      try {
        await database.query(shop);
        const url = proxy.urlOf(database.url);
        expect(await place.run(['lint', '-d', url])).toMatchObject({ code: 0 });
        expect(await place.run(['diff', '-d', url])).toMatchObject({ code: 1 });
        const { code, stdout } = await place.run(['generate', '-d', url]);
        expect(code).toBe(2);
        expect(await database.client(stdout)).toMatchObject({ code: 0 });
        expect(await place.run(['diff', '-d', url])).toMatchObject({ code: 0 });
      } finally {
        await proxy.close();
        await database.drop();
      }
    });
});
