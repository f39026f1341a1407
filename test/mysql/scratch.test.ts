// The copy of a rehearsal on servers that demand something of new tables, or read SQL in a mode of their own.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { inPlainSession } from '../../dialects/mysql/scratch/plain-session.ts';
import { makingRows } from '../../dialects/mysql/scratch/rows.ts';
import { runTrial } from '../../dialects/sql/delete-trial.ts';
import type { ScratchDatabase } from '../../src/core/contracts/scratch.ts';
import { messageOf } from '../../src/core/errors.ts';
import { describeServers } from '../servers/describe.ts';
import type { Session, TestServer } from '../servers/index.ts';
import { type Lab, lab } from './lab.ts';

describeServers('mysql', suite);
describeServers('mariadb', suite);

function suite(server: TestServer): void {
  // A database of this file's own stands for the scratch database: other tests look at all that are called so.
  let at: Lab;
  let place: Lab;
  let copy: Session;
  beforeEach(async () => {
    [at, place] = [await lab(server), await lab(server)];
    copy = await place.session();
  });
  afterEach(async () => {
    await at.close();
    await place.close();
  });

  const query: ScratchDatabase['query'] = (sql, values) => copy.query(sql, values);
  const build = async (): Promise<void> => {
    const statements = await at.reader.copySchema(await at.snapshot());
    await inPlainSession(query, async (run) => {
      for (const { sql } of statements) await run(sql);
    });
  };
  const isDeleted = async (): Promise<unknown> => {
    const schema = place.database.name;
    const row = (name: string, cells: Readonly<Record<string, number>>) => ({
      table: { schema, name },
      cells,
    });
    const rows = [row('posts', { id: 1 }), row('tags', { post: 1 })];
    const trial = { rows, deleteRows: [0], bulk: true, expect: [row('tags', {})] };
    const making = await makingRows(query, schema);
    return making.relaxing(
      rows.map(({ table }) => table),
      (hooks) => runTrial(trial, hooks),
    );
  };
  const tags = `CREATE TABLE posts (id INT PRIMARY KEY, slug INT NOT NULL, KEY slug (slug));
    CREATE TABLE tags (post INT, KEY post (post), CONSTRAINT tags_post FOREIGN KEY (post) REFERENCES posts (id) ON DELETE CASCADE);`;

  if (server.dialect === 'mysql')
    test('tables without a primary key, and keys to columns that are not unique', async () => {
      await at.make(
        `SET SESSION sql_require_primary_key = 0, restrict_fk_on_non_standard_key = 0; ${tags}
          CREATE TABLE links (id INT PRIMARY KEY, slug INT, CONSTRAINT links_slug FOREIGN KEY (slug) REFERENCES posts (slug));
          SET SESSION sql_require_primary_key = DEFAULT, restrict_fk_on_non_standard_key = DEFAULT`,
      );
      await copy.query('SET SESSION sql_require_primary_key = 1, restrict_fk_on_non_standard_key = 1');
      await build();
      expect(await isDeleted()).toEqual({ kind: 'deleted', counts: [0] });
      const settings = 'SELECT @@sql_require_primary_key AS r, @@restrict_fk_on_non_standard_key AS k';
      expect(await copy.query(settings)).toEqual([{ r: 1, k: 1 }]);
    });
  else
    test('sql_mode=ORACLE', async () => {
      await at.make(tags);
      await copy.query("SET SESSION sql_mode = 'ORACLE'");
      const mode = await copy.query('SELECT @@sql_mode AS m');
      await build();
      expect(await isDeleted()).toEqual({ kind: 'deleted', counts: [0] });
      expect(await copy.query('SELECT @@sql_mode AS m')).toEqual(mode);
    });
}

test('who may not switch a demand off is told so where it stands in the way, and only there', async () => {
  const asked: string[] = [];
  const refusal = (errno: number, text: string): Error =>
    Object.assign(new Error(text), { cause: { code: '', errno } });
  const query: ScratchDatabase['query'] = (sql) => {
    asked.push(sql);
    if (sql.startsWith('SHOW')) return Promise.resolve([{ Variable_name: 'sql_require_primary_key' }]);
    if (sql.includes('sql_require')) return Promise.reject(refusal(1227, 'Access denied'));
    if (sql === 'CREATE TABLE keyless') return Promise.reject(refusal(3750, 'no primary key'));
    return Promise.resolve(sql.startsWith('SELECT') ? [{ mode: 'ANSI' }] : []);
  };
  await inPlainSession(query, (run) => run('CREATE TABLE fine'));
  const failed = await inPlainSession(query, (run) => run('CREATE TABLE keyless')).catch(messageOf);
  expect(failed).toBe(
    'no primary key (sql_require_primary_key is ON on the scratch server, and this user may not switch it off for a session)',
  );
  expect(asked.at(-1)).toBe('SET SESSION sql_mode = ?');
});
