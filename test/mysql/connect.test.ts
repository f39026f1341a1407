// Every way a connection fails has a code of its own, no message shows a password, and an open session cannot write.
import { createServer } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { connectFailure } from '../../dialects/mysql/connection/errors.ts';
import { identify, serverOf } from '../../dialects/mysql/connection/identify.ts';
import { parseUrl } from '../../dialects/mysql/connection/url.ts';
import type { Session } from '../../dialects/sql/session.ts';
import { codeOf, messageOf } from '../../src/core/errors.ts';
import { describeServers } from '../servers/describe.ts';
import { connect, type TestServer } from '../servers/index.ts';
import { dialectOf, lab } from './lab.ts';

const secret = 's3cr3t@/#';

describe('the URL', () => {
  test('is percent-decoded, with sockets, ports and TLS', () => {
    expect(
      parseUrl('mysql://u%40x:p%2Fw%23@h:3307/d%C3%A9b?ssl-mode=VERIFY_CA&ssl-ca=/ca.pem&charset=utf8mb4'),
    ).toEqual({
      host: 'h',
      port: 3307,
      socket: null,
      user: 'u@x',
      password: 'p/w#',
      database: 'déb',
      tls: 'verify ca',
      caFile: '/ca.pem',
    });
    expect(parseUrl('mariadb://[::1]/?socket=/run/s.sock')).toMatchObject({
      host: '::1',
      port: 3306,
      socket: '/run/s.sock',
      database: null,
      tls: 'disabled',
    });
    expect(
      [
        'ssl=true',
        'sslmode=require',
        'ssl={"rejectUnauthorized":false}',
        'ssl={"rejectUnauthorized":true}',
        'sslmode=prefer',
      ].map((query) => parseUrl(`mysql://h/d?${query}`).tls),
    ).toEqual(['required', 'required', 'required', 'verify identity', 'preferred']);
  });

  test.each([`mysql://u:${secret}@h:port/d`, 'mysql://u:p%zz@h/d', 'mysql://u:p@h/d?ssl-mode=perhaps'])(
    'that cannot be read: %#',
    (url) => {
      try {
        parseUrl(url);
        throw new Error('was read');
      } catch (error) {
        expect(codeOf(error)).toBe('USAGE');
        expect(messageOf(error)).not.toContain('s3cr3t');
      }
    },
  );
});

describe('errors while connecting', () => {
  const target = parseUrl('mysql://u:pass%20word@h/d');

  test.each([
    [{ code: 'ECONNREFUSED' }, 'UNREACHABLE'],
    [{ code: 'ETIMEDOUT' }, 'UNREACHABLE'],
    [{ code: 'ER_CON_COUNT_ERROR', errno: 1040 }, 'UNREACHABLE'],
    [{ code: 'ER_ACCESS_DENIED_NO_PASSWORD_ERROR', errno: 1698 }, 'AUTHENTICATION_FAILED'],
    [{ code: 'AUTH_SWITCH_PLUGIN_ERROR' }, 'AUTHENTICATION_FAILED'],
    [{ code: 'ER_SECURE_TRANSPORT_REQUIRED', errno: 3159 }, 'TLS_REQUIRED'],
    [{ code: 'HANDSHAKE_NO_SSL_SUPPORT' }, 'TLS_REQUIRED'],
    [{ code: 'SELF_SIGNED_CERT_IN_CHAIN' }, 'TLS_REQUIRED'],
    [{ code: 'ER_BAD_DB_ERROR', errno: 1049 }, 'DATABASE_NOT_FOUND'],
    [{ code: 'ER_DBACCESS_DENIED_ERROR', errno: 1044 }, 'INSUFFICIENT_PRIVILEGE'],
  ])('%p is %s', (error, code) => {
    const failure = connectFailure({ ...error, message: 'said pass word and pass%20word' }, target);
    expect(failure.code).toBe(code);
    expect(failure.message).toBe('cannot connect to h:3306: said *** and ***');
    expect(failure.help).not.toBe('');
  });
});

describe('who answers', () => {
  const answering = (version: string, comment: string): Session => ({
    query: (sql) =>
      Promise.resolve(
        sql.startsWith('SELECT')
          ? [{ version, comment, db: 'd' }]
          : [{ Variable_name: 'lower_case_table_names', Value: '0' }],
      ),
    close: () => Promise.resolve(),
  });

  test.each([
    ['5.7.9-vitess-12.0.6', '', 'Vitess 5.7.9 is too old'],
    [
      '5.7.32',
      'SingleStoreDB source distribution (compatible; MySQL Enterprise & MySQL Commercial)',
      'SingleStore',
    ],
    ['5.7.25-OceanBase-v4.2.1', 'OceanBase 4.2.1', 'OceanBase'],
    ['8.0.33', 'Dolt', 'Dolt'],
    ['5.7.44', 'MySQL Community Server (GPL)', 'MySQL 5.7.44 is too old'],
    ['10.6.21-MariaDB', 'mariadb.org binary distribution', 'MariaDB 10.6.21 is too old'],
    ['5.5.5-10.5.1-MariaDB', '', 'MariaDB 10.5.1 is too old'],
  ])('%s (%s) is refused by name', async (version, comment, said) => {
    const failure = await identify(answering(version, comment)).catch((error: unknown) => error);
    expect(codeOf(failure)).toBe('UNSUPPORTED_SERVER');
    expect(messageOf(failure)).toContain(said);
  });

  test.each([
    ['10.11.9-MariaDB', { wsrep_on: 'ON' }, ['Synced', 'Primary'], null],
    ['10.11.9-MariaDB', { wsrep_on: 'OFF' }, ['Initialized', 'Disconnected'], null],
    [
      '10.11.9-MariaDB',
      { wsrep_on: 'ON' },
      ['Initialized', 'non-Primary'],
      'Galera cluster is Initialized, non-Primary',
    ],
    ['9.7.4', { group_replication_group_name: 'g' }, ['ONLINE'], null],
    ['9.7.4', { group_replication_group_name: 'g' }, ['RECOVERING'], 'replication group is RECOVERING'],
    ['9.7.4', { group_replication_group_name: '' }, ['OFFLINE'], null],
  ])('%s with %j and state %j: %s', async (version, settings, states, said) => {
    const plain = answering(version, '');
    const shown = Object.entries(settings).map(([name, value]) => ({ Variable_name: name, Value: value }));
    const query: Session['query'] = (sql) => {
      if (sql.startsWith('SHOW GLOBAL VARIABLES')) return Promise.resolve(shown);
      return /STATUS|MEMBER_STATE/.test(sql)
        ? Promise.resolve(states.map((Value) => ({ Value })))
        : plain.query(sql);
    };
    const failure = await identify({ ...plain, query }).then(
      () => null,
      (error: unknown) => error,
    );
    expect(failure === null ? null : codeOf(failure)).toBe(said === null ? null : 'NOT_IN_SYNC');
    if (said !== null) expect(messageOf(failure)).toContain(said);
  });

  test('a server on which nothing can be changed says so', async () => {
    const settings = [
      { Variable_name: 'lower_case_table_names', Value: '0' },
      { Variable_name: 'super_read_only', Value: 'ON' },
    ];
    const session: Session = {
      ...answering('8.4.0', 'MySQL'),
      query: (sql) =>
        sql.startsWith('SHOW') ? Promise.resolve(settings) : answering('8.4.0', 'MySQL').query(sql),
    };
    const { readOnly, server } = await identify(session);
    expect(readOnly).toBe('this server is read-only (super_read_only is on), as a replica is');
    expect(Object.keys(server.settings)).toEqual(['database', 'lower_case_table_names']);
  });

  test('TiDB 8.5 and later is read by documentation', async () => {
    const { server } = await identify(answering('8.0.11-TiDB-v8.5.3', 'TiDB Server (Apache License 2.0)'));
    expect(server).toMatchObject({
      flavor: 'mysql',
      product: 'TiDB 8.5.3',
      version: [8, 5, 3],
      settings: { unproven: 'TiDB' },
    });
  });

  test('relatives are taken for what they are', () => {
    const settings = { lower_case_table_names: '0' };
    expect(serverOf('8.0.36-28', 'Percona Server (GPL)', settings)).toMatchObject({
      flavor: 'mysql',
      product: 'Percona Server 8.0.36',
    });
    expect(
      serverOf('8.0.39', 'Source distribution', { ...settings, aurora_version: '3.08.0' }),
    ).toMatchObject({ product: 'Aurora MySQL 8.0.39' });
    expect(serverOf('5.5.5-10.11.6-MariaDB-log', '', settings)).toMatchObject({
      flavor: 'mariadb',
      version: [10, 11, 6],
    });
    expect(serverOf('12.1.2-MariaDB', '', settings)).toMatchObject({
      flavor: 'mariadb',
      version: [12, 1, 2],
    });
  });
});

const failing = async (server: TestServer, url: string): Promise<string> =>
  dialectOf(server)
    .connect(url, { timeoutMilliseconds: 1_000 })
    .then(
      async (session) => {
        await session.close();
        return 'connected';
      },
      (error: unknown) => {
        expect(messageOf(error)).not.toMatch(/s3cr3t/);
        return codeOf(error);
      },
    );

describeServers('mysql', suite);
describeServers('mariadb', suite);

function suite(server: TestServer): void {
  const variant = (change: (url: URL) => void): string => {
    const url = new URL(server.url);
    change(url);
    return url.href;
  };

  test('fails with a code that says how', async () => {
    const user = `od_${Math.random().toString(36).slice(2, 10)}`;
    const admin = await connect(server.dialect, server.url);
    await admin.query(
      `CREATE USER '${user}'@'%' IDENTIFIED BY '${secret}'; CREATE USER '${user}'@'localhost' IDENTIFIED BY '${secret}'`,
    );
    try {
      const as = (password: string, database: string): string =>
        variant((url) => {
          url.username = user;
          url.password = encodeURIComponent(password);
          url.pathname = database;
        });
      expect(await failing(server, as('s3cr3t-wrong', ''))).toBe('AUTHENTICATION_FAILED');
      expect(await failing(server, as(secret, '/mysql'))).toBe('INSUFFICIENT_PRIVILEGE');
      expect(await failing(server, as(secret, ''))).toBe('connected');
    } finally {
      await admin.query(`DROP USER '${user}'@'%', '${user}'@'localhost'`);
      await admin.close();
    }
    expect(
      await failing(
        server,
        variant((url) => (url.pathname = '/there_is_no_such_database')),
      ),
    ).toBe('DATABASE_NOT_FOUND');
    expect(
      await failing(
        server,
        variant((url) => (url.port = '1')),
      ),
    ).toBe('UNREACHABLE');
    expect(
      await failing(
        server,
        variant((url) => (url.hostname = 'no-such-host.invalid')),
      ),
    ).toBe('UNREACHABLE');
    expect(
      await failing(
        server,
        variant((url) => (url.search = '?socket=/no/such/socket')),
      ),
    ).toBe('UNREACHABLE');
  });

  test('does not wait for ever for a server that never answers', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    expect(await failing(server, `mysql://u:s3cr3t@127.0.0.1:${port}/d`)).toBe('UNREACHABLE');
    silent.close();
  });

  test('cannot write', async () => {
    const at = await lab(server);
    try {
      await at.make('CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1)');
      for (const sql of [
        'INSERT INTO t VALUES (2)',
        'DELETE FROM t',
        'DROP TABLE t',
        'ALTER TABLE t ADD c INT',
        'SELECT 1; SELECT 2',
      ]) {
        expect(codeOf(await at.reader.query(sql).catch((error: unknown) => error))).toBe('QUERY_FAILED');
      }
      expect(await at.query('SELECT * FROM t')).toEqual([{ id: 1 }]);
    } finally {
      await at.close();
    }
  });

  test('says which server it is', async () => {
    const at = await lab(server);
    expect(at.identity.flavor).toBe(server.dialect);
    expect(server.version.startsWith(at.identity.version.join('.'))).toBe(true);
    expect(at.identity.settings).toMatchObject({
      database: at.database.name,
      lower_case_table_names: expect.stringMatching(/^[012]$/),
    });
    await at.close();
  });
}
