// MySQL and MariaDB with a replica: what the files do there while people work on both.
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

describeTopology('replica', ({ nodes }) => {
  const cascade = cascadeProject();
  let source: Node, replica: Node;
  let database: ScratchDatabase;
  let files: Files;
  const caughtUp = async (): Promise<void> => {
    const isMaria = source.server.dialect === 'mariadb';
    const asked = isMaria ? '@@GLOBAL.gtid_binlog_pos' : '@@GLOBAL.gtid_executed';
    const place = String((await ask(source, `SELECT ${asked} AS place`))[0]?.['place']);
    const wait = isMaria ? 'MASTER_GTID_WAIT' : 'WAIT_FOR_EXECUTED_GTID_SET';
    expect(await ask(replica, `SELECT ${wait}('${place}', 60) AS late`)).toEqual([{ late: 0 }]);
  };

  beforeAll(async () => {
    const [first] = nodes;
    if (first === undefined) throw new Error('a node is missing');
    database = await scratchDatabase(first);
    [source, replica] = nodesOf(nodes, database.name);
    await until(
      { ...replica, url: replica.server.url },
      `SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '${database.name}'`,
      1,
    );
    await database.query("CREATE USER IF NOT EXISTS ordinary IDENTIFIED BY 'ordinary'");
    await database.query(`GRANT ALL ON ${database.name}.* TO ordinary`);
    for (const sql of schemaSql(first.dialect)) await database.query(sql);
    await caughtUp();
    files = await generate(cascade, source);
  });
  afterAll(async () => {
    cascade.remove();
    await database.drop();
  });

  test('is told of before, and read like its source', async () => {
    expect(files.told).toContain(
      '1 replica reads the binary log; there the change waits for long queries, and new readers of the table queue behind it',
    );
    const { code, text } = await diff(cascade, replica);
    expect(code).toBe(1);
    expect(text).toMatch(/Note: this server is read-only \(\w+ is on\), as a replica is; run the migrations/);
    expect(await schemaOn(cascade, replica)).toEqual(await schemaOn(cascade, source));
  });

  test('follows up, down and up again under readers and writers', async () => {
    const work = await underWork(
      [
        { node: source, kind: 'write' },
        { node: source, kind: 'write' },
        { node: source, kind: 'read' },
        { node: replica, kind: 'read' },
      ],
      () => runAgainst(source, [files.up, files.down, files.up]),
    );
    expect(
      work.errors.filter((message) => source.server.dialect === 'mariadb' || !isDeadlock(message)),
    ).toEqual([]);
    await caughtUp();
    for (const node of [source, replica]) {
      await expectDiff(cascade, node, 0);
      await expectWhole(node, work.alive);
    }
    expect(await schemaOn(cascade, replica)).toEqual(await schemaOn(cascade, source));
  });

  test('does what was told: the change waits for an open transaction there, and new readers queue behind it', async () => {
    const reader = await open(replica);
    await reader.query('BEGIN; SELECT COUNT(*) FROM users');
    expect(await runFile(source, files.down)).toMatchObject({ code: 0 });
    const waiting =
      "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE STATE = 'Waiting for table metadata lock'";
    await until(replica, waiting, 1);
    await expectDiff(cascade, source, 1);
    await expect(ask(replica, 'SET lock_wait_timeout = 1; SELECT COUNT(*) FROM users')).rejects.toMatchObject(
      { errno: 1205 },
    );
    await reader.query('COMMIT');
    await reader.close();
    await caughtUp();
    expect(await schemaOn(cascade, replica)).toEqual(await schemaOn(cascade, source));
  });

  test('is no place for a rehearsal', async () => {
    const verified = await cascade.run(['verify', '-d', source.url, '--scratch', replica.url]);
    expect(verified).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /no scratch database can be made where --scratch points: this server is read-only/,
      ),
    });
  });

  test('takes no file', async () => {
    const url = replica.url.replace('root@', 'ordinary:ordinary@');
    const { code, stderr } = await runFile({ ...replica, url }, files.up);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/^ERROR .*this server is read-only, as a replica is; run this on its source/m);
    // An administrator could write there.
    expect((await runFile(replica, files.up)).stderr).toContain('run this on its source');
    expect(await schemaOn(cascade, replica)).toEqual(await schemaOn(cascade, source));
  });
});
