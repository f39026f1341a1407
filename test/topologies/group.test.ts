// MySQL group replication, with one primary and with several: what the files do on every member.
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
  runAgainst,
  runFile,
  schemaOn,
  underWork,
  until,
} from './work.ts';

const isRefusedCascade = (message: string): boolean =>
  message.startsWith('The table does not comply with the requirements by an external plugin');

describeTopology('group', ({ nodes }) => {
  const cascade = cascadeProject();
  let one: Node, two: Node;
  let database: ScratchDatabase;
  let files: Files;
  let alive = 0;
  const caughtUp = async (from: Node, to: Node): Promise<void> => {
    const place = String((await ask(from, 'SELECT @@GLOBAL.gtid_executed AS place'))[0]?.['place']);
    expect(await ask(to, `SELECT WAIT_FOR_EXECUTED_GTID_SET('${place}', 60) AS late`)).toEqual([{ late: 0 }]);
  };
  const online = async (): Promise<void> => {
    for (const node of [one, two])
      await until(
        node,
        "SELECT COUNT(*) FROM performance_schema.replication_group_members WHERE MEMBER_STATE = 'ONLINE'",
        2,
      );
  };
  const expectSame = async (code: 0 | 1): Promise<void> => {
    await online();
    await caughtUp(one, two);
    await caughtUp(two, one);
    for (const node of [one, two]) {
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
    for (const sql of schemaSql('mysql')) await database.query(sql);
    await until(
      { ...two, url: two.server.url },
      `SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '${database.name}'`,
      1,
    );
    await caughtUp(one, two);
    files = await generate(cascade, one);
  });
  afterAll(async () => {
    cascade.remove();
    await database.drop();
  });

  test('with one primary: is told of before, and follows up, down and up again under readers and writers', async () => {
    expect(files.told).toContain(
      'the replication group has 1 other member; there the change waits for long queries, and new readers of the table queue behind it',
    );
    expect((await diff(cascade, two)).text).toContain('Note: this server is read-only');
    const work = await underWork(
      [
        { node: one, kind: 'write' },
        { node: one, kind: 'read' },
        { node: two, kind: 'read' },
      ],
      () => runAgainst(one, [files.up, files.down, files.up]),
    );
    alive += work.alive;
    expect(work.errors.filter((message) => !isDeadlock(message))).toEqual([]);
    await expectSame(0);
  });

  test('with several primaries: nobody can write a cascading table; the way back is the same on both, with writers on both', async () => {
    await ask(one, 'SELECT group_replication_switch_to_multi_primary_mode()');
    await expect(ask(one, 'DELETE FROM labels WHERE id = 7')).rejects.toMatchObject({ errno: 3098 });
    const work = await underWork(
      [one, two].flatMap((node) => [
        { node, kind: 'write' as const },
        { node, kind: 'read' as const },
      ]),
      async () => {
        await runAgainst(one, [files.down]);
        await expectDiff(cascade, one, 1);
      },
    );
    alive += work.alive;
    // The group rolls back one of two transactions that meet.
    expect(work.errors.filter((message) => !isDeadlock(message) && !isRefusedCascade(message))).toEqual([]);
    await expectSame(1);
  });

  test('with several primaries: a file towards CASCADE stops, and generate refuses to write one', async () => {
    const before = await schemaOn(cascade, one);
    const { code, stderr } = await runFile(one, files.up);
    expect(code).not.toBe(0);
    expect(stderr).toContain('several primaries');
    expect(await schemaOn(cascade, one)).toEqual(before);
    const refused = await cascade.run(['generate', 'again', '-d', one.url, '--out', cascade.path('again')]);
    expect(refused.code).not.toBe(0);
    expect(refused.stdout + refused.stderr).toContain('GROUP_REPLICATION_CASCADE');
  });

  test('a member that is not in the group is not read', async () => {
    await ask(two, 'STOP GROUP_REPLICATION');
    const { code, text } = await diff(cascade, two);
    expect(code).toBe(2);
    expect(text).toMatch(/this member of a replication group is OFFLINE/);
    await ask(two, "START GROUP_REPLICATION USER = 'root'");
    await online();
    await ask(one, `SELECT group_replication_switch_to_single_primary_mode(@@server_uuid)`);
    await expectDiff(cascade, two, 1);
  });
});
