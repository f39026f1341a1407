// Two Galera nodes: what the files do on both while people work on both.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { schemaSql } from '../chaos/load/schema.mjs';
import { type ScratchDatabase, scratchDatabase } from '../servers/index.ts';
import { describeTopology } from './describe.ts';
import {
  ask,
  cascadeProject,
  diff,
  expectDiff,
  expectWhole,
  type Files,
  generate,
  isDeadlock,
  type Node,
  nodesOf,
  open,
  runAgainst,
  runFile,
  schemaOn,
  underWork,
  until,
} from './work.ts';

describeTopology('galera', ({ nodes }) => {
  const cascade = cascadeProject();
  let one: Node, two: Node;
  let database: ScratchDatabase;
  let files: Files;
  let alive = 0;
  const state = (name: string): string =>
    `SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'wsrep_${name}'`;
  /** Returns when the node has applied what the other one has committed. */
  const catchUp = (node: Node): Promise<unknown> =>
    ask(node, 'SET SESSION wsrep_sync_wait = 15; SELECT COUNT(*) FROM users');
  const expectSame = async (code: 0 | 1): Promise<void> => {
    for (const node of [one, two]) {
      await until(node, state('cluster_size'), 2);
      await until(node, state('local_state_comment'), 'Synced');
      await catchUp(node);
      await expectDiff(cascade, node, code);
      await expectWhole(node, alive);
    }
    expect(await schemaOn(cascade, two)).toEqual(await schemaOn(cascade, one));
  };

  beforeAll(async () => {
    const [first] = nodes;
    if (first === undefined) throw new Error('a node is missing');
    database = await scratchDatabase(first);
    [one, two] = nodesOf(nodes, database.name);
    for (const sql of schemaSql('mariadb')) await database.query(sql);
    files = await generate(cascade, one);
  });
  afterAll(async () => {
    cascade.remove();
    await database.drop();
  });

  test('is told of before, and changes on both nodes at once, with readers and writers on both', async () => {
    expect(files.told).toContain('GALERA');
    expect(files.told).toContain(
      'each open transaction that touched the child, by reading it too, is rolled back (error 1213)',
    );
    const work = await underWork(
      [one, two].flatMap((node) => [
        { node, kind: 'write' as const },
        { node, kind: 'read' as const },
      ]),
      () => runAgainst(one, [files.up, files.down, files.up]),
    );
    alive += work.alive;
    expect(work.errors.filter((message) => !isDeadlock(message))).toEqual([]);
    await expectSame(0);
  });

  test('does what was told: an open transaction on the other node, which has only read the child, is rolled back', async () => {
    const reader = await open(two);
    await reader.query('BEGIN; SELECT COUNT(*) FROM users');
    expect(await runFile(one, files.down)).toMatchObject({ code: 0 });
    await catchUp(two);
    await expect(reader.query('SELECT COUNT(*) FROM users')).rejects.toMatchObject({ errno: 1213 });
    await reader.close();
    await expectSame(1);
  });

  test('a file stops where it would change one node alone', async () => {
    for (const setting of ["wsrep_OSU_method = 'RSU'", 'wsrep_on = OFF']) {
      const { code, stderr } = await runFile(one, `SET SESSION ${setting};\n${files.up}`);
      expect(code).not.toBe(0);
      expect(stderr).toContain('wsrep_on must be ON and wsrep_OSU_method TOI');
    }
    await expectSame(1);
    const plain = await cascade.run([
      'generate',
      'plain',
      '--plain',
      '-d',
      one.url,
      '--out',
      cascade.path('plain'),
    ]);
    expect(plain.code).toBe(2);
    expect(plain.stderr).toContain('--plain is not for a Galera cluster');
  });

  test('a node that is not in sync is not read', async () => {
    await ask(two, 'SET GLOBAL wsrep_desync = ON');
    await until(two, state('local_state_comment'), 'Donor/Desynced');
    const late = await diff(cascade, two);
    expect(late).toMatchObject({ code: 2 });
    expect(late.text).toContain('this node of a Galera cluster is Donor/Desynced');
    await ask(two, 'SET GLOBAL wsrep_desync = OFF');
    await until(two, state('local_state_comment'), 'Synced');
    await expectSame(1);
  });
});
