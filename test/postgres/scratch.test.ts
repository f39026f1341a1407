// Copies of a schema on PGlite and beside it on the server: the same keys, the same experiments; and what is left on the server afterwards.
import { scratch } from '../../dialects/postgres/scratch/index.ts';
import { schemaIndex } from '../../src/core/schema-index.ts';
import { randomBytes } from 'node:crypto';
import { createConnection, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type {
  DeleteTrial,
  ScratchDatabase,
  ScratchRequest,
  ScratchRow,
  TrialResult,
} from '../../src/core/contracts/scratch.ts';
import { fingerprint } from '../../src/core/fingerprint.ts';
import type { Snapshot } from '../../src/core/model.ts';
import { describeServers } from '../servers/describe.ts';
import { connect } from '../servers/index.ts';
import { type Lab, openLab } from './lab.ts';
import { comparable, comparing, nameOf, s, schema } from './scratch-schema.ts';

describeServers('postgres', (server) => {
  let lab: Lab;
  let part: Snapshot;
  beforeAll(async () => {
    lab = await openLab(server);
    await lab.sql(schema(lab.major));
    part = await lab.snapshot();
  });
  afterAll(async () => {
    await lab.close();
  });
  const open = (
    url: string | null,
    onMade: ScratchRequest['onMade'] = () => undefined,
  ): Promise<ScratchDatabase> =>
    scratch.open({
      url,
      target: lab.reader,
      server: part.server,
      timeoutMilliseconds: 60_000,
      commandLineClient: false,
      onMade,
    });
  const databases = async (): Promise<readonly string[]> =>
    (await lab.sql('SELECT datname FROM pg_database ORDER BY 1')).map((row) => String(row['datname']));

  describe.each([
    ['in this process', () => null],
    ['on the server', () => server.url],
  ])('%s', (where, url) => {
    let copy: ScratchDatabase;
    let copied: Snapshot;
    const lacking: string[] = [];
    beforeAll(async () => {
      copy = await open(url());
      for (const { sql, without } of await lab.reader.copySchema(part)) {
        try {
          await copy.run(sql);
        } catch (error) {
          if (without === null) throw new Error(`${sql}\n${String(error)}`, { cause: error });
          lacking.push(without);
        }
      }
      copied = (await copy.introspect({ schemas: null })).snapshot;
    });
    afterAll(async () => {
      await copy.drop();
      expect(await databases()).not.toContain(nameOf(copy));
    });

    test('lacks what is said, and nothing else', () => {
      expect(lacking).toEqual(['default of s.parent.made']);
    });

    test('has the same keys with the same fingerprints', () => {
      expect(copied.foreignKeys).toEqual(part.foreignKeys);
      expect(copied.foreignKeys.map((key) => fingerprint(key, schemaIndex(copied)))).toEqual(
        part.foreignKeys.map((key) => fingerprint(key, schemaIndex(part))),
      );
    });

    test('has the same tables but for triggers and what it lacks', () => {
      const expected = part.tables.map((table) => ({
        ...comparable(table),
        columns: table.columns.map((column) =>
          column.name === 'made' ? { ...column, hasDefault: false } : column,
        ),
      }));
      expect(copied.tables).toEqual(expected);
    });

    test('is named without user and password', () => {
      expect(copy.label).toMatch(
        where === 'on the server'
          ? /^postgres:\/\/[\w.]+:\d+\/ondelete_scratch_[0-9a-f]{16}$/
          : /^PGlite \(PostgreSQL \d+\.\d+\) in this process$/,
      );
    });

    const parents: readonly ScratchRow[] = [1, 2].map((n) => ({
      table: s('parent'),
      cells: { id: n, code: n, a: n, b: n },
    }));
    const child = (cells: ScratchRow['cells']): ScratchRow => ({ table: s('child'), cells });
    const look = [child({}), { table: s('parent'), cells: {} }];
    const run = (rows: readonly ScratchRow[], more: Partial<DeleteTrial> = {}): Promise<TrialResult> =>
      copy.tryDelete({ rows, deleteRows: [0], bulk: true, expect: look, ...more });

    test('CASCADE deletes the child', async () => {
      expect(await run([...parents, child({ pid: 1 })])).toEqual({ kind: 'deleted', counts: [0, 1] });
      expect(await run([...parents, child({ pid: 2 })])).toEqual({ kind: 'deleted', counts: [1, 1] });
    });

    test('SET NULL keeps it', async () => {
      const nulled = child({ pcode: null });
      expect(await run([...parents, child({ pcode: 1 })], { expect: [...look, nulled] })).toEqual({
        kind: 'deleted',
        counts: [1, 1, 1],
      });
    });

    test('RESTRICT refuses, and everything is as before', async () => {
      expect(await run([...parents, child({ strict: 1 })])).toEqual({ kind: 'refused', counts: [1, 2] });
    });

    test('a deferred key refuses at the end, and not where it is fulfilled by then', async () => {
      expect(await run([...parents, child({ later: 1 })])).toEqual({ kind: 'refused', counts: [1, 2] });
      const both = child({ later: 1, pid: 1 });
      expect(await run([...parents, both])).toEqual({ kind: 'deleted', counts: [0, 1] });
    });

    test('rows that break a deferred key are not taken for a refusal', async () => {
      expect(await run([...parents, child({ later: 3 })])).toMatchObject({ kind: 'impossible' });
    });

    test('a circle of rows that point to each other goes in, and goes at once', async () => {
      const circle = [child({ id: 1, up: 2 }), child({ id: 2, up: 1 })];
      expect(await run(circle)).toEqual({ kind: 'deleted', counts: [0, 0] });
    });

    test('two rows in one statement, and one after the other', async () => {
      const rows = [...parents, child({ pid: 1 }), child({ pid: 2 }), child({ pid: 2 })];
      for (const bulk of [true, false]) {
        expect(await run(rows, { deleteRows: [0, 1], bulk })).toEqual({ kind: 'deleted', counts: [0, 0] });
      }
    });

    test('rows of a partitioned child go to a partition of their own', async () => {
      const rows = [...parents, { table: s('parts'), cells: { id: 5, at: 5, pid: 1 } }];
      expect(await run(rows, { expect: [{ table: s('parts'), cells: {} }] })).toEqual({
        kind: 'deleted',
        counts: [0],
      });
      expect(await copy.query(`SELECT FROM pg_class WHERE relname LIKE 'ondelete_scratch%'`)).toEqual([]);
    });

    test('keys to a partitioned table', async () => {
      const rows = [
        { table: s('parts'), cells: { id: 5, at: 5 } },
        { table: s('to_parts'), cells: { id: 5, at: 5 } },
      ];
      expect(await run(rows, { expect: [{ table: s('to_parts'), cells: {} }] })).toEqual({
        kind: 'deleted',
        counts: [0],
      });
    });

    test('values of every type, which differ from row to row and are found again', async () => {
      const cells = Object.fromEntries(comparing.map((_, at) => [`c${at}`, 1]));
      const rows = [
        { table: s('types'), cells: { id: 1 } },
        { table: s('types'), cells: { id: 2, ...cells } },
      ];
      const found = comparing.map((_, at) => ({ table: s('types'), cells: { [`c${at}`]: 1 } }));
      const other = comparing.map((_, at) => ({ table: s('types'), cells: { [`c${at}`]: 2 } }));
      const result = await run(rows, { expect: [...found, ...other] });
      expect(result).not.toHaveProperty('why');
      const counts = 'counts' in result ? result.counts : [];
      expect(comparing.filter((_, at) => counts[at] !== 1)).toEqual([]);
      expect(comparing.filter((_, at) => counts[at + comparing.length] !== 0)).toEqual([]);
    });

    test('a key between types that compare with each other', async () => {
      const rows = [
        { table: s('dates'), cells: { at: 9 } },
        { table: s('times'), cells: { at: 9 } },
      ];
      expect(await run(rows, { expect: [{ table: s('times'), cells: {} }] })).toEqual({
        kind: 'deleted',
        counts: [0],
      });
    });

    test('a change of the schema is seen by the next experiment', async () => {
      await copy.run('BEGIN; ALTER TABLE s.up ADD COLUMN more int NOT NULL; COMMIT');
      const rows = [{ table: s('up'), cells: { id: 1 } }];
      expect(await run(rows, { expect: rows })).toEqual({ kind: 'deleted', counts: [0] });
      await copy.run('ALTER TABLE s.up DROP COLUMN more');
    });
  });

  test('a part has no more than its own tables and keys', async () => {
    const keys = part.foreignKeys.filter((key) => key.name === 'k_to_parts');
    const names = ['parts', 'to_parts'];
    const small = {
      ...part,
      foreignKeys: keys,
      tables: part.tables.filter((table) => names.includes(table.name)),
    };
    const copy = await open(server.url);
    try {
      for (const { sql } of await lab.reader.copySchema(small)) await copy.run(sql);
      const { snapshot } = await copy.introspect({ schemas: null });
      expect({ ...snapshot, server: null }).toEqual({ ...small, server: null });
    } finally {
      await copy.drop();
    }
  });

  test('refuses the target itself, whatever the URL looks like', async () => {
    for (const url of [lab.url, `${lab.url}?application_name=other`]) {
      await expect(open(url)).rejects.toMatchObject({ code: 'SCRATCH_IS_TARGET' });
    }
  });

  test('a user without CREATEDB is told so, without a password', async () => {
    const role = `od_no_createdb_${server.id.replace(/\W/g, '_')}_${String(process.pid)}`;
    await lab.sql(`CREATE ROLE ${role} LOGIN PASSWORD 'secret-word'`);
    try {
      const url = new URL(server.url);
      url.username = role;
      url.password = 'secret-word';
      await expect(open(url.href)).rejects.toMatchObject({
        code: 'INSUFFICIENT_PRIVILEGE',
        message: expect.not.stringContaining('secret-word') as unknown,
      });
    } finally {
      await lab.sql(`DROP ROLE ${role}`);
    }
  });

  test('is dropped although somebody is in it, and nothing else is', async () => {
    const neighbour = `ondelete_scratch_${randomBytes(8).toString('hex')}`;
    await lab.sql(`CREATE DATABASE ${neighbour}`);
    try {
      const drops: (() => Promise<void>)[] = [];
      const copy = await open(server.url, (_label, drop) => drops.push(drop));
      const name = nameOf(copy);
      expect(await databases()).toEqual(expect.arrayContaining([name, neighbour]));
      const url = new URL(server.url);
      url.pathname = `/${name}`;
      const guest = await connect('postgres', url.href);
      await Promise.all(drops.map((drop) => drop()));
      expect(drops).toHaveLength(1);
      await copy.drop();
      await guest.close().catch(() => undefined);
      expect(await databases()).toContain(neighbour);
      expect(await databases()).not.toContain(name);
    } finally {
      await lab.sql(`DROP DATABASE ${neighbour}`);
    }
  });

  test('leaves nothing behind when the opening fails after the database was made', async () => {
    const { hostname, port } = new URL(server.url);
    const seen: string[] = [];
    // lets every session through but those in a database of ours
    const gate = createServer((near) => {
      const far = createConnection(Number(port), hostname);
      near.once('data', (start) => {
        const [name] = /ondelete_scratch_[0-9a-f]{16}/.exec(start.toString('latin1')) ?? [];
        if (name === undefined) return;
        seen.push(name);
        near.destroy();
      });
      near.on('error', () => undefined).on('close', () => far.destroy());
      far.on('error', () => undefined).on('close', () => near.destroy());
      near.pipe(far).pipe(near);
    });
    await new Promise<void>((resolve) => gate.listen(0, '127.0.0.1', resolve));
    const address = gate.address();
    try {
      const url = new URL(server.url);
      url.hostname = '127.0.0.1';
      url.port = String(typeof address === 'object' ? address?.port : '');
      url.searchParams.set('sslmode', 'disable');
      await expect(open(url.href)).rejects.toMatchObject({ code: 'UNREACHABLE' });
    } finally {
      gate.close();
    }
    expect(seen).toHaveLength(1);
    expect(await databases()).not.toContain(seen[0]);
  });
});
