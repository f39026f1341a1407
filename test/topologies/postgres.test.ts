// PostgreSQL with a hot standby, and with a logical subscriber: what the files do there while people work on every node.
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
  until,
} from './work.ts';

/** A primary's place in its log, which the other has to reach. */
const place = async (primary: Node): Promise<string> =>
  String((await ask(primary, 'SELECT pg_current_wal_lsn() AS lsn'))[0]?.['lsn']);

describeTopology('standby', ({ nodes }) => {
  const cascade = cascadeProject();
  let primary: Node, standby: Node;
  let database: ScratchDatabase;
  let files: Files;
  const caughtUp = async (): Promise<void> =>
    until(standby, `SELECT pg_last_wal_replay_lsn() >= '${await place(primary)}'`, true);

  beforeAll(async () => {
    const [first, second] = nodes;
    if (first === undefined || second === undefined) throw new Error('a node is missing');
    database = await scratchDatabase(first);
    [primary, standby] = [nodeOf(first, database.name), nodeOf(second, database.name)];
    for (const sql of schemaSql('postgres')) await database.query(sql);
    await until(
      nodeOf(second, 'postgres'),
      `SELECT pg_last_wal_replay_lsn() >= '${await place(primary)}'`,
      true,
    );
    files = await generate(cascade, primary);
  });
  afterAll(async () => {
    cascade.remove();
    await database.drop();
  });

  test('is told of before, and read like the primary', async () => {
    expect(files.told).toContain('STANDBYS');
    expect(files.told).toContain(
      '1 standby is attached: the change waits there for long queries and then cancels them',
    );
    expect(files.told).toContain('takes the tables of a key in the other order may end with 40P01');
    const { code, text } = await diff(cascade, standby);
    expect(code).toBe(1);
    expect(text).toContain(
      'Note: this server is a standby; run the migrations where writes are allowed, as on a primary.',
    );
    expect(await schemaOn(cascade, standby)).toEqual(await schemaOn(cascade, primary));
  });

  test('follows up, down and up again under readers and writers', async () => {
    const work = await underWork(
      [
        { node: primary, kind: 'write' },
        { node: primary, kind: 'read' },
        // Its query takes the child first, the replay the parent; the server ends that after deadlock_timeout.
        { node: standby, kind: 'read', told: (message) => message === 'deadlock detected' },
      ],
      async () => {
        for (const file of [files.up, files.down, files.up])
          expect(await runFile(primary, file)).toMatchObject({ code: 0 });
      },
    );
    expect(work.errors).toEqual([]);
    await caughtUp();
    for (const node of [primary, standby]) {
      await expectDiff(cascade, node, 0);
      await expectWhole(node, work.alive);
    }
    expect(await schemaOn(cascade, standby)).toEqual(await schemaOn(cascade, primary));
  });

  test('does what was told: the change waits for a long query, and new readers wait behind it; or the query is cancelled', async () => {
    const allow = async (delay: string): Promise<Session> => {
      await ask(standby, `ALTER SYSTEM SET max_standby_streaming_delay = '${delay}'`);
      await ask(standby, 'SELECT pg_reload_conf()');
      await until(standby, 'SHOW max_standby_streaming_delay', delay);
      const reader = await open(standby);
      await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM users');
      return reader;
    };
    const patient = await allow('-1');
    expect(await runFile(primary, files.down)).toMatchObject({ code: 0 });
    const waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'";
    await until(standby, waiting, 1);
    await expect(
      ask(standby, "SET lock_timeout = '100ms'; SELECT count(*) FROM users"),
    ).rejects.toMatchObject({ code: '55P03' });
    await patient.query('COMMIT');
    await patient.close();
    await caughtUp();
    await expectDiff(cascade, standby, 1);

    // Attempts begin with the parent, so this transaction and the replay want each other's tables.
    await allow('-1').then((reader) => reader.close());
    const crossing = await open(standby);
    await crossing.query('BEGIN; SELECT count(*) FROM labels');
    expect(await runFile(primary, files.up)).toMatchObject({ code: 0 });
    await until(standby, waiting, 1);
    await expect(crossing.query('SELECT count(*) FROM items')).rejects.toMatchObject({ code: '40P01' });
    await crossing.close();
    await caughtUp();
    await expectDiff(cascade, standby, 0);
    expect(await runFile(primary, files.down)).toMatchObject({ code: 0 });
    await caughtUp();

    const cancelled = await allow('10ms');
    expect(await runFile(primary, files.up)).toMatchObject({ code: 0 });
    await caughtUp();
    await expect(cancelled.query('SELECT count(*) FROM users')).rejects.toBeDefined();
    await cancelled.close();
    const conflicts = `SELECT confl_lock::int AS n FROM pg_stat_database_conflicts WHERE datname = '${database.name}'`;
    expect(await ask(standby, conflicts)).toEqual([{ n: 1 }]);
    await expectDiff(cascade, standby, 0);
  });

  test('takes no file', async () => {
    const { code, stderr } = await runFile(standby, files.down);
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /^psql:\S+: ERROR: {2}ondelete: this is a standby or read-only, so run this on the primary; nothing was changed$/m,
    );
    await expectDiff(cascade, standby, 0);
  });

  test('serves to write files for its primary, and is no place for a rehearsal', async () => {
    const project = cascadeProject();
    expect(await runFile(primary, files.down)).toMatchObject({ code: 0 });
    await caughtUp();
    const written = await project.run(['generate', 'change', '-d', standby.url]);
    expect(written.stdout + written.stderr).toContain('Wrote 2 files for 3 keys');
    const verified = await project.run([
      'verify',
      '-d',
      primary.url,
      '--scratch',
      nodeOf(standby.server, 'postgres').url,
    ]);
    expect(verified).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        'no scratch database can be made where --scratch points: this server is a standby',
      ),
    });
    project.remove();
  });
});

describeTopology('subscriber', ({ nodes }) => {
  const cascade = cascadeProject();
  let publisher: Node, subscriber: Node;
  let files: Files;
  const databases: ScratchDatabase[] = [];
  const caughtUp = async (): Promise<void> =>
    until(
      publisher,
      `SELECT bool_and(replay_lsn >= '${await place(publisher)}') FROM pg_stat_replication`,
      true,
    );

  beforeAll(async () => {
    for (const server of nodes) databases.push(await scratchDatabase(server));
    const [first, second] = databases.map(({ name }, at) => nodes[at] && nodeOf(nodes[at], name));
    if (first === undefined || second === undefined) throw new Error('a node is missing');
    [publisher, subscriber] = [first, second];
    for (const sql of schemaSql('postgres')) {
      await ask(publisher, sql);
      if (!sql.startsWith('INSERT')) await ask(subscriber, sql);
    }
    await ask(publisher, 'CREATE PUBLICATION everything FOR ALL TABLES');
    const { hostname, port, pathname } = new URL(publisher.url);
    const source = `host=${hostname} port=${port} user=postgres dbname=${pathname.slice(1)}`;
    await ask(subscriber, `CREATE SUBSCRIPTION everything CONNECTION '${source}' PUBLICATION everything`);
    await until(subscriber, "SELECT count(*) FROM pg_subscription_rel WHERE srsubstate = 'r'", 4);
    files = await generate(cascade, publisher);
  });
  afterAll(async () => {
    cascade.remove();
    await ask(subscriber, 'DROP SUBSCRIPTION everything');
    for (const database of databases) await database.drop();
  });

  test('is told of before', () => {
    expect(files.told).toContain('1 logical subscriber is attached: the change never gets there');
  });

  test('gets the rows and not the change, and the file has a run of its own there', async () => {
    const work = await underWork(
      [
        { node: publisher, kind: 'write' },
        { node: publisher, kind: 'read' },
        { node: subscriber, kind: 'read' },
      ],
      async () => {
        expect(await runFile(publisher, files.up)).toMatchObject({ code: 0 });
        await expectDiff(cascade, publisher, 0);
        await expectDiff(cascade, subscriber, 1);
        expect(await runFile(subscriber, files.up)).toMatchObject({ code: 0 });
      },
    );
    expect(work.errors).toEqual([]);
    await caughtUp();
    await expectDiff(cascade, subscriber, 0);
    expect(await schemaOn(cascade, subscriber)).toEqual(await schemaOn(cascade, publisher));
    for (const node of [publisher, subscriber]) await expectWhole(node, work.alive);
  });

  test('a key that was changed on one of them only stops the file there, before its first change', async () => {
    for (const node of [publisher, subscriber])
      expect(await runFile(node, files.down)).toMatchObject({ code: 0 });
    const key = 'labels DROP CONSTRAINT labels_items, ADD CONSTRAINT labels_items FOREIGN KEY (item_id)';
    await ask(subscriber, `ALTER TABLE ${key} REFERENCES items ON DELETE RESTRICT`);
    const before = await schemaOn(cascade, subscriber);
    expect(await runFile(publisher, files.up)).toMatchObject({ code: 0 });
    const { code, stderr } = await runFile(subscriber, files.up);
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /labels_items of public.labels is not as this file knows it; .*; nothing was changed/,
    );
    expect(await schemaOn(cascade, subscriber)).toEqual(before);
    await ask(subscriber, `ALTER TABLE ${key} REFERENCES items`);
    expect(await runFile(subscriber, files.up)).toMatchObject({ code: 0 });
    expect(await schemaOn(cascade, subscriber)).toEqual(await schemaOn(cascade, publisher));
  });

  test('a cascade of the publisher arrives as ordinary deletes, whatever the key says here', async () => {
    expect(await runFile(subscriber, files.down)).toMatchObject({ code: 0 });
    const left = 'SELECT count(*) FROM labels';
    const [before] = await ask(subscriber, left);
    await ask(publisher, 'DELETE FROM orgs WHERE id = 7');
    await caughtUp();
    await until(subscriber, left, Number(before?.['count']) - 1);
    expect(
      await ask(subscriber, 'SELECT apply_error_count::int AS n FROM pg_stat_subscription_stats'),
    ).toEqual([{ n: 0 }]);
  });
});
