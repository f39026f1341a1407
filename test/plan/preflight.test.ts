// What a server says of the moment, and what of a schema is not available on an engine: said where it holds, and only there.
import { schemaIndex } from '../../src/core/schema-index.ts';
import { describe, expect, test } from '@jest/globals';
import { capabilities as postgresCapabilities } from '../../dialects/postgres/checks/capabilities.ts';
import { preflight as ofPostgres } from '../../dialects/postgres/probe/preflight.ts';
import { checkChange as checkPostgres } from '../../dialects/postgres/checks/index.ts';
import { preflight as ofMysql } from '../../dialects/mysql/probe/preflight.ts';
import { checkChange as checkMysql } from '../../dialects/mysql/checks/index.ts';
import { checkChange as checkSqlite } from '../../dialects/sqlite/checks/index.ts';
import { inTurn, type ServerSession } from '../../dialects/sql/session.ts';
import type {
  Change,
  ForeignKey,
  Hazard,
  Server,
  Snapshot,
  Table,
  TableOption,
} from '../../src/core/model.ts';
import { assess } from '../../src/plan/plan.ts';
import { change, clause, foreignKey, snapshotOf, table } from '../builders.ts';

type Row = Readonly<Record<string, unknown>>;

/** Answers by the first pattern that the SQL matches; everything else holds no row. */
function answering(...answers: readonly (readonly [RegExp, readonly Row[]])[]): ServerSession {
  const query: ServerSession['query'] = (sql) =>
    Promise.resolve(answers.find(([pattern]) => pattern.test(sql))?.[1] ?? []);
  return { query, queryAll: inTurn(query), close: () => Promise.resolve() };
}

const on = (flavor: Server['flavor'], key = foreignKey()): Snapshot => snapshotOf([key], { flavor });
const codes = (hazards: readonly Hazard[]): readonly string[] => hazards.map((hazard) => hazard.code);

describe('MySQL and MariaDB', () => {
  const everything = [/SHOW GRANTS/, [{ g: "GRANT ALL PRIVILEGES ON *.* TO 'x'@'%'" }]] as const;
  const told = async (
    flavor: 'mysql' | 'mariadb',
    settings: Readonly<Record<string, string>>,
    replica = '',
  ) => {
    const variables = Object.entries(settings).map(([name, value]) => ({
      Variable_name: name,
      Value: value,
    }));
    const session = answering(
      everything,
      [/SHOW GLOBAL VARIABLES/, variables],
      ...(replica === '' ? [] : ([[new RegExp(replica), [{ one: 1 }]]] as const)),
    );
    return codes(await ofMysql(session, [change('CASCADE')], schemaIndex(on(flavor))));
  };

  test('a server that takes no writes', async () => {
    expect(await told('mysql', {})).toEqual([]);
    expect(await told('mysql', { read_only: 'OFF', super_read_only: '0' })).toEqual([]);
    expect(await told('mysql', { read_only: 'ON' })).toEqual(['READ_ONLY_SERVER']);
    expect(await told('mariadb', { read_only: 'READ_ONLY' })).toEqual(['READ_ONLY_SERVER']);
    expect(await told('mysql', { super_read_only: 'ON', read_only: 'ON' })).toEqual(['READ_ONLY_SERVER']);
    expect(await told('mysql', {}, 'SHOW REPLICA STATUS')).toEqual(['READ_ONLY_SERVER']);
    expect(await told('mariadb', {}, 'SHOW ALL SLAVES STATUS')).toEqual(['READ_ONLY_SERVER']);
  });

  test('a Galera cluster', async () => {
    expect(await told('mariadb', { wsrep_on: 'ON' })).toEqual(['GALERA']);
    expect(await told('mariadb', { wsrep_on: 'OFF' })).toEqual([]);
  });

  test('a parent that is not there, and a table of another engine', () => {
    const key = foreignKey();
    const judged = (tables: readonly Table[]) =>
      codes(checkMysql(key, clause('CASCADE'), schemaIndex(snapshotOf([key], { tables })), {})).filter(
        (code) => code === 'NOT_AVAILABLE_HERE',
      );
    const [child, parent] = [table('order_items', ['order_id']), table('orders', ['id'])];
    expect(judged([child, parent])).toEqual([]);
    expect(judged([child])).toEqual(['NOT_AVAILABLE_HERE']);
    expect(judged([{ ...child, engine: 'MyISAM' }, parent])).toEqual(['NOT_AVAILABLE_HERE']);
    expect(judged([{ ...child, engine: 'InnoDB' }, parent])).toEqual([]);
  });
});

describe('PostgreSQL', () => {
  const mine = { owner: true, references: true, usage: true, readable: true, place: 1 };
  const told = async (server: Row, key: ForeignKey = foreignKey()) => {
    const session = answering([/pg_is_in_recovery/, [server]], [/pg_has_role/, [mine]]);
    return codes(await ofPostgres(session, [change('CASCADE', key)], on('postgres', key)));
  };

  test('a server that takes no writes', async () => {
    expect(await told({})).toEqual([]);
    expect(await told({ standby: true })).toEqual(['READ_ONLY_SERVER']);
    expect(await told({ readOnly: true })).toEqual(['READ_ONLY_SERVER']);
  });

  test('standbys wait and cancel, subscribers never get the change', async () => {
    const key = foreignKey();
    const session = answering(
      [/pg_is_in_recovery/, [{ standbys: 1, subscribers: 2 }]],
      [/pg_has_role/, [mine]],
    );
    const found = await ofPostgres(session, [change('CASCADE', key)], on('postgres', key));
    expect(found.map(({ code, detail }) => [code, detail])).toEqual([
      [
        'STANDBYS',
        expect.stringMatching(/^1 standby is attached: .*cancels them.*new readers of the table wait/),
      ],
      ['STANDBYS', expect.stringMatching(/^2 logical subscribers are attached: the change never gets there/)],
    ]);
  });

  test('a trigger state that only a superuser can keep', async () => {
    const disabled = foreignKey({ triggers: [{ on: 'child', event: 'insert', enabled: 'disabled' }] });
    expect(await told({ superuser: false }, disabled)).toEqual(['TRIGGER_STATE_NEEDS_SUPERUSER']);
    expect(await told({ superuser: true }, disabled)).toEqual([]);
    expect(await told({ superuser: false })).toEqual([]);
  });

  test('what no version can do, and what only PostgreSQL 18 can', () => {
    const judged = (
      key: Partial<ForeignKey>,
      major: number,
      options: readonly TableOption[] = [],
      settings: Server['settings'] = {},
    ) => {
      const child = table('order_items', ['order_id'], { options });
      const made = snapshotOf([foreignKey(key)], { tables: [child, table('orders', ['id'])] });
      const server: Server = { ...made.server, flavor: 'postgres', version: [major], settings };
      const found = checkPostgres(
        foreignKey(key),
        clause('CASCADE'),
        schemaIndex({ ...made, server }),
        postgresCapabilities(server),
      );
      return codes(found).filter((code) => ['NOT_AVAILABLE_HERE', 'UNPROVEN_ENGINE'].includes(code));
    };
    expect(judged({}, 14)).toEqual([]);
    expect(judged({ childPartitioned: true, parentPartitioned: true }, 14)).toEqual(['NOT_AVAILABLE_HERE']);
    expect(judged({ childPartitioned: true, parentPartitioned: true }, 18)).toEqual([]);
    const triggers = [{ on: 'child', event: 'insert', enabled: 'disabled' }] as const;
    expect(judged({ childPartitioned: true, triggers }, 18)).toEqual(['NOT_AVAILABLE_HERE']);
    expect(judged({}, 14, ['citus distributed'])).toEqual(['UNPROVEN_ENGINE']);
    const lost = ['UNPROVEN_ENGINE', 'NOT_AVAILABLE_HERE'];
    expect(judged({ triggers }, 14, ['citus distributed'])).toEqual(lost);
    expect(judged({ comment: 'why' }, 14, ['citus distributed'])).toEqual(['UNPROVEN_ENGINE']);
    expect(judged({ triggers }, 14, [], { unproven: 'YugabyteDB' })).toEqual(lost);
    expect(judged({ comment: 'why' }, 14, [], { unproven: 'CockroachDB' })).toEqual(['UNPROVEN_ENGINE']);
    expect(judged({ comment: 'why' }, 16, [], { unproven: 'Aurora DSQL' })).toEqual(lost);
  });
});

test('SQLite: a stored text that is not understood', () => {
  const key = foreignKey();
  const judged = (definition: string | null) =>
    codes(
      checkSqlite(
        key,
        clause('CASCADE'),
        schemaIndex(snapshotOf([key], { tables: [table('order_items', ['order_id'], { definition })] })),
        {},
      ),
    ).filter((code) => code === 'NOT_AVAILABLE_HERE');
  expect(judged(null)).toEqual(['NOT_AVAILABLE_HERE']);
  expect(judged('(order_id REFERENCES orders)')).toEqual([]);
});

test('what is said of one key is not said of another over the same columns', () => {
  const [one, other] = [foreignKey({ name: 'one' }), foreignKey({ name: 'other' })];
  const changes: readonly Change[] = [change('CASCADE', one), change('CASCADE', other)];
  const preflight = [{ code: 'GROUP_REPLICATION_CASCADE', subject: 'both', detail: '', key: other }];
  const dialect = { checkChange: () => [] };
  const { possible, refusals } = assess(
    changes,
    schemaIndex(snapshotOf([one, other])),
    dialect,
    {},
    {
      allowances: [],
      preflight,
      paths: null,
    },
  );
  expect(possible).toEqual([changes[0]]);
  expect(refusals.map((refusal) => refusal.change.foreignKey.name)).toEqual(['other']);
  expect(refusals[0]?.hazards).toContainEqual({
    code: 'GROUP_REPLICATION_CASCADE',
    subject: 'both',
    detail: '',
  });
});
