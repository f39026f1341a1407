// PostgreSQL behind pgbouncer in transaction mode: every transaction may get another connection, which others use before and after.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { schemaSql } from '../chaos/load/schema.mjs';
import { type ScratchDatabase, scratchDatabase, type Session } from '../servers/index.ts';
import { describeTopology } from './describe.ts';
import {
  ask,
  cascadeProject,
  diff,
  expectDiff,
  expectWhole,
  type Files,
  generate,
  type Node,
  nodeOf,
  open,
  runFile,
  schemaOn,
  underWork,
} from './work.ts';

const settingsSql = `SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock, current_setting('search_path') AS path,
  coalesce(current_setting('ondelete.statement_timeout', true), '') AS kept`;
const untouched = { statement: '77s', lock: '66s', path: '"$user", public', kept: '' };

describeTopology('pgbouncer', ({ nodes }) => {
  const cascade = cascadeProject();
  let direct: Node, one: Node, two: Node;
  let database: ScratchDatabase;
  let files: Files;

  beforeAll(async () => {
    const [server, first, second] = nodes;
    if (server === undefined || first === undefined || second === undefined)
      throw new Error('a node is missing');
    database = await scratchDatabase(server);
    [direct, one, two] = [
      nodeOf(server, database.name),
      nodeOf(first, database.name),
      nodeOf(second, database.name),
    ];
    for (const sql of schemaSql('postgres')) await database.query(sql);
    await database.query(
      `ALTER DATABASE "${database.name}" SET statement_timeout = '77s'; ALTER DATABASE "${database.name}" SET lock_timeout = '66s'`,
    );
    files = await generate(cascade, one);
  });
  afterAll(async () => {
    cascade.remove();
    await database.drop();
  });

  /** What the next client finds, whichever connection it gets: both are held at once. */
  const found = async (node: Node): Promise<readonly unknown[]> => {
    const clients: Session[] = [];
    const seen: unknown[] = [];
    for (let client = 1; client <= (node === two ? 2 : 1); client++) {
      const session = await open(node);
      clients.push(session);
      await session.query('BEGIN');
      seen.push(...(await session.query(settingsSql)));
    }
    for (const session of clients) {
      await session.query('COMMIT');
      await session.close();
    }
    return seen;
  };

  test('is read as the server itself', async () => {
    expect((await diff(cascade, one)).text.replace(/^.*?: P/, 'P')).toBe(
      (await diff(cascade, direct)).text.replace(/^.*?: P/, 'P'),
    );
    expect(await schemaOn(cascade, one)).toEqual(await schemaOn(cascade, direct));
    const lint = async ({ url }: Node): Promise<unknown> => {
      const { stdout } = await cascade.run(['lint', '--format', 'json', '-d', url]);
      return (JSON.parse(stdout) as { findings: unknown }).findings;
    };
    expect(await lint(one)).toEqual(await lint(direct));
    expect(await found(one)).toEqual([untouched]);
  });

  test('takes up, down and up again while others work over the same connection, and no setting stays behind', async () => {
    const work = await underWork(
      [
        { node: one, kind: 'write' },
        { node: one, kind: 'write' },
        { node: one, kind: 'read' },
        { node: direct, kind: 'write' },
      ],
      async () => {
        for (const file of [files.up, files.down, files.up]) {
          expect(await runFile(one, file)).toMatchObject({ code: 0 });
          expect(await found(one)).toEqual([untouched]);
        }
      },
    );
    expect(work.errors).toEqual([]);
    await expectDiff(cascade, one, 0);
    await expectWhole(direct, work.alive);
  });

  test('nothing stays behind a file that stops', async () => {
    await ask(direct, 'ALTER TABLE labels RENAME TO labels_away');
    const { code, stderr } = await runFile(one, files.down);
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /labels_items of public.labels is not as this file knows it; .*found: no such key; nothing was changed/,
    );
    expect(await found(one)).toEqual([untouched]);
    await ask(direct, 'ALTER TABLE labels_away RENAME TO labels');
  });

  test('one transaction keeps one connection: so do the files of tools that run them in one', async () => {
    const { stderr } = await runFile(one, `BEGIN;\n${files.down}\nCOMMIT;`);
    expect(stderr).toContain('this commits key by key, so not in a transaction');
    expect(await found(one)).toEqual([untouched]);
    const tool = cascadeProject();
    const supabase = ['generate', 'change', '--tool', 'supabase', '--format', 'json', '-d', one.url];
    expect(await runFile(one, files.down)).toMatchObject({ code: 0 });
    const { stdout } = await tool.run(supabase);
    const written = (JSON.parse(stdout) as { files: { path: string; content: string }[] }).files;
    const ups = written.filter(({ path }) => !/down/.test(path));
    expect(ups.length).toBeGreaterThan(0);
    for (const { content } of ups)
      expect(await runFile(two, `BEGIN;\n${content}\nCOMMIT;`)).toMatchObject({ code: 0 });
    tool.remove();
    await expectDiff(cascade, one, 0);
    expect(await found(two)).toEqual([untouched, untouched]);
  });

  test('a file whose statements get different connections stops before anything and says what it has left', async () => {
    const [sets, block] = files.down.split(/^-- All keys are checked.*$/m);
    const client = await open(two);
    const other = await open(two);
    const notMeta = (text: string): string => text.replaceAll(/^\\.*$/gm, '');
    for (const sql of notMeta(sets ?? '').split(/^(?=DO )/m)) await client.query(sql);
    await other.query('BEGIN; SELECT 1');
    const [statement = ''] = notMeta(block ?? '').split(/^(?=\\encoding)/m);
    await expect(client.query(statement)).rejects.toThrow(
      'a pooler gave this statement another connection than the one before; nothing was changed',
    );
    await other.query('COMMIT');
    await other.close();
    await client.close();
    await expectDiff(cascade, one, 0);
    const kept = (await found(two)).filter(
      (settings) => JSON.stringify(settings) !== JSON.stringify(untouched),
    );
    expect(kept).toEqual([{ ...untouched, statement: '0', kept: '77s' }]);
  });
});
