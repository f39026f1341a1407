// The test servers keep their own promises: what is started is what the matrix says, and each test gets its database.
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { describeServers } from './describe.ts';
import { COMPOSE_FILE, composeUrls } from './docker.ts';
import {
  connect,
  kill,
  ownServer,
  pidOf,
  restart,
  runClient,
  scratchDatabase,
  testServers,
} from './index.ts';
import { MATRIX, select, variableOf } from './matrix.ts';

describeServers(undefined, (server) => {
  test('is of the series that the matrix states', () => {
    const spec = MATRIX.find(({ id }) => id === server.id);
    expect(`${server.version}.`.startsWith(`${spec?.series ?? '?'}.`)).toBe(true);
  });

  test('gives a database of its own, runs several statements in it, and drops it with sessions open', async () => {
    const scratch = await scratchDatabase(server);
    expect(scratch.name).toMatch(/^ondelete_od[0-9a-f]{10}_[0-9a-f]{8}$/);
    const rows = await scratch.query(
      'CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1), (2); SELECT id FROM p ORDER BY id',
    );
    expect(rows).toEqual([{ id: 1 }, { id: 2 }]);
    const parameter = server.dialect === 'postgres' ? '$1' : '?';
    expect(await scratch.query(`SELECT id FROM p WHERE id > ${parameter}`, [1])).toEqual([{ id: 2 }]);
    await connect(server.dialect, scratch.url);
    await scratch.drop();
    await expect(connect(server.dialect, scratch.url)).rejects.toMatchObject({
      code: server.dialect === 'postgres' ? '3D000' : 'ER_BAD_DB_ERROR',
    });
  });

  test("runs a file through the engine's own client, which stops at the first error", async () => {
    const scratch = await scratchDatabase(server);
    const good = await runClient(
      server,
      scratch.url,
      'CREATE TABLE p (id int PRIMARY KEY);\nSELECT 41 + 1;\n',
    );
    expect(good).toMatchObject({ code: 0, stderr: '' });
    expect(good.stdout).toContain('42');
    const bad = await runClient(server, scratch.url, 'SELECT * FROM nowhere;\nCREATE TABLE q (id int);\n');
    expect(bad.code).not.toBe(0);
    await expect(scratch.query('SELECT * FROM q')).rejects.toBeDefined();
    await scratch.drop();
  });
});

const kinds = ['postgres-14', 'mysql-9.7', 'mariadb-10.11', 'mariadb-11.8'];
const startable = kinds.filter((id) =>
  testServers().some((server) => server.id === id && server.ownedByThisRun),
);

(startable.length > 0 ? describe : describe.skip)('a server that a test starts for itself', () => {
  test.each(startable.length > 0 ? startable : kinds)('%s can be killed and restarted', async (id) => {
    const { server, stop } = await ownServer(id);
    const scratch = await scratchDatabase(server);
    await scratch.query('CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (7)');
    await kill(server, 'immediate');
    expect(pidOf(server)).toBeUndefined();
    await expect(scratch.query('SELECT 1')).rejects.toBeDefined();
    await restart(server);
    expect(await scratch.query('SELECT id FROM p')).toEqual([{ id: 7 }]);
    await stop();
    await expect(connect(server.dialect, server.url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

test('the two MySQL servers differ in who enforces the keys, and in their identity', async () => {
  const answers = await Promise.all(
    testServers('mysql').map(async (server) => {
      const session = await connect(server.dialect, server.url);
      const [row] = await session.query(
        'SELECT @@innodb_native_foreign_keys AS native, @@server_uuid AS uuid',
      );
      await session.close();
      return {
        expected: server.id.endsWith('-native') ? 1 : 0,
        native: row?.['native'],
        uuid: row?.['uuid'],
      };
    }),
  );
  for (const { native, expected } of answers) expect(native).toBe(expected);
  expect(new Set(answers.map(({ uuid }) => uuid)).size).toBe(answers.length);
});

test('docker-compose.yml and the matrix name the same servers', () => {
  expect([...composeUrls().keys()].sort()).toEqual(MATRIX.map(({ id }) => id).sort());
});

// By the compose plugin, or by Debian's docker-compose; without either, the reading above is all the check there is.
const composes = [['docker', 'compose'], ['docker-compose']].find(
  ([command = '', ...args]) => spawnSync(command, [...args, 'version']).status === 0,
);
(composes ? test : test.skip)('docker compose accepts docker-compose.yml', () => {
  const [command = '', ...args] = composes ?? [];
  const { status, stderr } = spawnSync(command, [...args, '-f', COMPOSE_FILE, 'config', '-q'], {
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test('servers are chosen by id, and an unknown id names the known ones', () => {
  const ids = (wanted: string) => Object.values(select(wanted)).map((list) => list.map(({ id }) => id));
  expect(ids('postgres-15, mysql-8.4')).toEqual([['postgres-15', 'mysql-8.4'], []]);
  expect(ids('postgres-18-standby,postgres-15')).toEqual([['postgres-15'], ['postgres-18-standby']]);
  expect(() => select('oracle-23')).toThrow('known: postgres-12');
  expect(variableOf('mariadb-10.11')).toBe('ONDELETE_TEST_MARIADB_10_11');
});
