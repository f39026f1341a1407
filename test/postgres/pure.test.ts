// What needs no server: names of other servers, the mark, CHECKs that refuse NULL.
import type { PostgresSession } from '../../dialects/postgres/connection/connect.ts';
import { table } from '../builders.ts';
import { describe, expect, test } from '@jest/globals';
import { identify, refuseOthers } from '../../dialects/postgres/connection/identify.ts';
import { foreignKey } from '../../dialects/postgres/introspector/keys.ts';
import type { KeyRow } from '../../dialects/postgres/introspector/queries.ts';
import type { CatalogTable } from '../../dialects/postgres/introspector/tables.ts';
import { readComment } from '../../dialects/postgres/half-done-mark.ts';
import { checkRefusesNull } from '../../dialects/postgres/checks/null-checks.ts';

describe('without a server', () => {
  test.each([
    ['PostgreSQL 14.1 (Spanner) on x86_64', 'its DDL is its own'],
    ['PostgreSQL 14.1, DuckDB 1.5.6 on x86_64', 'cannot add a constraint to a table'],
    [
      'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2, Redshift 1.0.1',
      'Amazon Redshift',
    ],
    ['PostgreSQL 12.12 (Greenplum Database 7.1.0 build commit) on x86_64', 'Greenplum'],
    ['PostgreSQL 9.5.0 on x86_64-unknown-linux-gnu (Materialize v0.100.0)', 'Materialize'],
    ['PostgreSQL 12.3, compiled by Visual C++ build 1914, 64-bit, QuestDB', 'QuestDB'],
    ['PostgreSQL', 'this server'],
  ])('%s is refused by name', (spoken, name) => {
    expect(() => refuseOthers(spoken)).toThrow(name);
  });

  test.each([
    ['CockroachDB CCL v24.1.0 (x86_64-pc-linux-gnu)', 130_000, false, 'CockroachDB', 'CockroachDB 24.1.0'],
    [
      'PostgreSQL 15.2-YB-2.25.1.0-b0 on x86_64-pc-linux-gnu',
      150_002,
      false,
      'YugabyteDB',
      'YugabyteDB 2.25.1.0',
    ],
    ['PostgreSQL 16', 160_000, true, 'Aurora DSQL', 'Aurora DSQL'],
  ])('%s is read by documentation', async (spoken, number, dsql, unproven, product) => {
    const session = {
      version: () => Promise.resolve(spoken),
      query: () => Promise.resolve([{ number, citus: null, dsql, standby: false }]),
    } as unknown as PostgresSession;
    expect((await identify(session)).server).toMatchObject({ product, settings: { unproven } });
  });

  test('YugabyteDB on PostgreSQL 11 is too old', async () => {
    const session = {
      version: () => Promise.resolve('PostgreSQL 11.2-YB-2.20.0.0-b0 on x86_64'),
      query: () => Promise.resolve([{ number: 110_002, citus: null, dsql: false, standby: false }]),
    } as unknown as PostgresSession;
    await expect(identify(session)).rejects.toThrow('11.2 is too old');
  });

  test('PostgreSQL itself is not refused', () => {
    expect(() =>
      refuseOthers('PostgreSQL 18.4 on x86_64-pc-linux-gnu, compiled by gcc, 64-bit'),
    ).not.toThrow();
  });

  test('a letter of the catalog that is not known is an error and never another action', () => {
    const named = { schema: 'public', name: 'orders' };
    const catalogTable: CatalogTable = {
      table: table('orders', []),
      statistics: { ...named, estimatedRows: null, bytes: null },
      indexes: [],
      ofExtension: false,
      partitionOf: null,
      columnName: (number) => `column_${number}`,
    };
    const row: KeyRow = {
      oid: 1,
      name: 'fk',
      child: 2,
      parent: 2,
      index: 3,
      copyOf: 0,
      columns: [1],
      parentColumns: [2],
      onDeleteColumns: null,
      onDelete: 'c',
      onUpdate: 'a',
      match: 's',
      deferrable: false,
      deferred: false,
      validated: true,
      enforced: true,
      period: false,
      comment: null,
    };
    const read = (difference: Partial<KeyRow>) =>
      foreignKey(
        { ...row, ...difference },
        catalogTable,
        catalogTable,
        { comment: null, halfDone: null },
        [],
      );
    expect(read({})).toMatchObject({ onDelete: 'CASCADE', onUpdate: 'NO ACTION', match: 'SIMPLE' });
    for (const difference of [{ onDelete: 'z' }, { onUpdate: 'z' }, { match: 'z' }]) {
      expect(() => read(difference)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
    }
  });

  test('a mark is read, whatever names it holds, and other comments are left alone', () => {
    const text = String.raw`ondelete half-done {"from":"NO ACTION","to":"SET NULL (\"a\nb\", \"\"\"}\")"}`;
    const mark = {
      from: { onDelete: 'NO ACTION', onDeleteColumns: null },
      to: { onDelete: 'SET NULL', onDeleteColumns: ['a\nb', '"}'] },
      secondOf: null,
    };
    expect(readComment(`${text}\nold\ncomment`)).toEqual({ mark, comment: 'old\ncomment' });
    expect(readComment(text)).toEqual({ mark, comment: null });
    const earlier = String.raw`ondelete half-done {"from":["NO ACTION"],"to":["SET NULL","a\nb","\"}"]}`;
    expect(readComment(earlier)).toEqual({ mark, comment: null });
    for (const other of [
      'ondelete half-done {',
      'ondelete half-done {"from":"X","to":"Y"}',
      'ondelete half-done {"from":["NO ACTION",1],"to":["CASCADE"]}',
      'ondelete half-done {"from":[],"to":["CASCADE"]}',
      'mine',
      null,
    ]) {
      expect(readComment(other)).toEqual({ mark: null, comment: other });
    }
  });

  test.each([
    ['(pid IS NOT NULL)', true],
    ['((pid IS NOT NULL) AND (x > 3))', true],
    ['((pid IS NOT NULL) OR (x > 3))', false],
    ['(num_nonnulls(pid, x) = 1)', true],
    ['(num_nonnulls(x, y) = 1)', false],
    ['(num_nonnulls(pid, x) >= 1)', false],
    ['(num_nonnulls(pid, x) > 1)', true],
    ['(pid > 0)', false],
    [`(t <> ') AND (pid IS NOT NULL'::text)`, false],
    ['("Pid" IS NOT NULL)', false],
  ])('whether CHECK %s refuses NULL in pid: %s', (check, refused) => {
    expect(checkRefusesNull(check, ['pid'])).toBe(refused);
  });
});

test('a server that says nothing but a number and is not Aurora DSQL is refused', async () => {
  const session = {
    version: () => Promise.resolve('PostgreSQL 16'),
    query: () => Promise.resolve([{ number: 160_000, citus: null, dsql: false, standby: false }]),
  } as unknown as PostgresSession;
  await expect(identify(session)).rejects.toThrow('this server speaks');
});

test('a standby says so, and its snapshot is the one of its primary', async () => {
  const answers = (standby: boolean, readOnly = false): PostgresSession =>
    ({
      version: () => Promise.resolve('PostgreSQL 18.4 on x86_64-pc-linux-gnu'),
      query: () => Promise.resolve([{ number: 180_004, citus: null, dsql: false, readOnly, standby }]),
    }) as unknown as PostgresSession;
  const [primary, standby] = [await identify(answers(false)), await identify(answers(true))];
  expect([primary.readOnly, standby.readOnly]).toEqual([null, 'this server is a standby']);
  expect(standby.server).toEqual(primary.server);
  expect(await identify(answers(false, true))).toEqual({
    ...primary,
    readOnly: 'default_transaction_read_only is on for this user and database',
  });
});
