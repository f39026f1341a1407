// `ondelete lint` on SQLite, and what the configuration says of findings.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { probeOf as mysqlProbe } from '../../dialects/mysql/probe/index.ts';
import { mysql } from '../../dialects/mysql/index.ts';
import { probeOf as postgresProbe } from '../../dialects/postgres/probe/index.ts';
import { postgres } from '../../dialects/postgres/index.ts';
import { sqlite } from '../../dialects/sqlite/index.ts';
import { databaseFindings } from '../../src/commands/shared/lint-database.ts';
import { engineFor } from '../../src/registry.ts';
import type { SchemaSource } from '../../src/schema-source.ts';
import type { Connection } from '../../src/core/contracts/connection.ts';
import { schemaIndex } from '../../src/core/schema-index.ts';
import { inTurn, type Session } from '../../dialects/sql/session.ts';
import { change, foreignKey, snapshotOf, table } from '../builders.ts';
import { openProject, type Project, shopConfig } from '../support/project.ts';
import { ondelete } from '../support/shared-cli.ts';

interface Told {
  readonly findings: readonly {
    readonly code: string;
    readonly severity: string;
    readonly detail: string;
    readonly statement?: string;
  }[];
}

const schema = `
  CREATE TABLE orders (id INTEGER PRIMARY KEY);
  CREATE TABLE order_items (id INTEGER PRIMARY KEY, order_id INTEGER REFERENCES orders (id));
  CREATE TABLE notes (id INTEGER PRIMARY KEY, order_id TEXT REFERENCES orders (id));`;
const keep = 'database: shop.db\npolicy: { default: keep }\n';

describe('on a database', () => {
  let place: Project;
  beforeEach(() => {
    place = openProject(ondelete);
    place.sqlite(schema);
  });
  afterEach(() => place.remove());

  const lint = async (config: string, ...flags: readonly string[]) => {
    place.write('ondelete.config.yaml', config);
    const { code, stdout, stderr } = await place.run(['lint', '--format', 'json', ...flags]);
    return { code, stderr, findings: code === 2 ? [] : (JSON.parse(stdout) as Told).findings };
  };
  const codes = (result: Awaited<ReturnType<typeof lint>>): readonly string[] =>
    result.findings.map(({ code, severity }) => `${severity} ${code}`);

  test('an index that is missing comes with the statement that makes it; a warning is no failure until asked', async () => {
    const result = await lint(keep);
    expect(codes(result)).toEqual([
      'info FOREIGN_KEYS_PRAGMA',
      'warning CHILD_INDEX_MISSING',
      'warning TYPE_MISMATCH',
      'warning CHILD_INDEX_MISSING',
    ]);
    expect(result.code).toBe(0);
    expect((await lint(keep, '--fail-on', 'warning')).code).toBe(1);
    const statement = result.findings.find(
      (one) => one.statement?.includes('order_items') === true,
    )?.statement;
    place.sqlite(statement ?? '');
    expect(codes(await lint(keep)).filter((code) => code.endsWith('INDEX_MISSING'))).toHaveLength(1);
  });

  test('what the missing index costs is said: the rows that every delete reads', async () => {
    place.sqlite('INSERT INTO orders VALUES (1); INSERT INTO order_items VALUES (1, 1), (2, 1), (3, NULL);');
    const details = (await lint(keep)).findings
      .map(({ detail }) => detail)
      .filter((text) => text.includes('reads'));
    expect(details).toEqual([
      'no index on notes begins with order_id; every delete of a parent reads 0 rows',
      'no index on order_items begins with order_id; every delete of a parent reads 3 rows',
    ]);
  });

  test('severity makes a finding worse, milder, or goes without it', async () => {
    const severity =
      'severity: { CHILD_INDEX_MISSING: error, type_mismatch: info, FOREIGN_KEYS_PRAGMA: "off" }\n';
    const result = await lint(keep + severity);
    expect(result.code).toBe(1);
    expect(codes(result)).toEqual([
      'error CHILD_INDEX_MISSING',
      'info TYPE_MISMATCH',
      'error CHILD_INDEX_MISSING',
    ]);
  });

  test('ignore takes findings of one key or table out, and tells when it takes nothing', async () => {
    const entry = (where: string): string =>
      `${keep}ignore: [{ code: CHILD_INDEX_MISSING, ${where}, reason: small }]\n`;
    const without = ['info FOREIGN_KEYS_PRAGMA', 'warning CHILD_INDEX_MISSING', 'warning TYPE_MISMATCH'];
    for (const where of ["match: 'order_items -> orders'", 'table: order_items'])
      expect([where, codes(await lint(entry(where))).toSorted()]).toEqual([where, without]);
    expect(codes(await lint(entry('table: orders')))).toContain('warning IGNORE_MATCHES_NOTHING');
  });

  test.each([
    ['severity: { CHILD_INDEX: info }', 'c.yaml:3:13: severity: no finding is called "CHILD_INDEX"'],
    ['severity: { NO_RULE: loud }', 'must be error, warning, info or off'],
    ['ignore: [{ code: NO_RULE }]', 'reason'],
    ["ignore: [{ code: NO_RULE, match: 'orders', reason: r }]", "'orders': "],
  ])('what cannot be read is told with its place: %s', async (line, message) => {
    const { code, stderr } = await lint(`${keep}${line}\n`);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining(message.replace('c.yaml', 'ondelete.config.yaml')),
    });
  });

  test('a change that is written and not applied: MIGRATION_PENDING', async () => {
    place.write('ondelete.config.yaml', shopConfig);
    expect((await place.run(['generate'])).code).not.toBe(2);
    expect((await place.run(['diff', '--format', 'json'])).stdout).toContain('"MIGRATION_PENDING"');
    const { stdout } = await place.run(['diff']);
    expect(stdout.replace(/\s+/g, ' ')).toMatch(/MIGRATION_PENDING .*\.up\.sql: 1 key These keys match/);
  });
});

/** Answers by the first text that a query holds. */
function answering(answers: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>) {
  const answerTo: Session['query'] = (sql) =>
    Promise.resolve(Object.entries(answers).find(([text]) => sql.includes(text))?.[1] ?? []);
  return {
    query: answerTo,
    queryAll: inTurn(answerTo),
    close: () => Promise.resolve(),
    // what PostgreSQL's and SQLite's sessions can do beyond this is not asked here
    queryWithin: (_milliseconds: number, sql: string) => answerTo(sql),
    consistently: () => Promise.reject(new Error('not asked')),
    version: () => Promise.resolve(''),
  };
}

describe('what no test server shows', () => {
  const plain = snapshotOf([foreignKey({ onDelete: 'CASCADE' })], {
    tables: [table('order_items', ['order_id']), table('orders', ['id'])],
  });
  const server = { flavor: 'mysql', product: 'MySQL 8.4.0', version: [8, 4, 0], settings: {} } as const;
  const onMysql = { ...plain, server };

  test('a Galera node: GALERA', async () => {
    const session = answering({ 'SHOW GLOBAL VARIABLES': [{ Variable_name: 'wsrep_on', Value: 'ON' }] });
    const told = await mysqlProbe(session).preflight([change('CASCADE')], schemaIndex(onMysql));
    expect(told.map(({ code }) => code)).toContain('GALERA');
  });

  test('cascades that InnoDB does below the binary log: CASCADE_NOT_LOGGED', async () => {
    const codes = async (log: number, version: readonly number[]) =>
      (
        await mysqlProbe(answering({ log_bin: [{ log_bin: log }] })).liveFindings(
          schemaIndex({ ...onMysql, server: { ...server, version } }),
          1000,
        )
      ).map(({ code }) => code);
    expect(await codes(1, [8, 4, 0])).toEqual(['CASCADE_NOT_LOGGED']);
    expect(await codes(0, [8, 4, 0])).toEqual([]);
    // From 9.6 on the server enforces keys above its log.
    expect(await codes(1, [9, 7, 4])).toEqual([]);
  });

  test('a disabled trigger of a key, seen by somebody who is no superuser: TRIGGER_STATE_NEEDS_SUPERUSER', async () => {
    const key = foreignKey({ triggers: [{ on: 'child', event: 'insert', enabled: 'disabled' }] });
    const codes = async (superuser: boolean) => {
      const session = answering({
        pg_is_in_recovery: [{ standby: false, readOnly: false, standbys: 0, subscribers: 0, superuser }],
        has_schema_privilege: [{ place: 1, owner: true, usage: true, readable: true, references: true }],
      });
      return (
        await postgresProbe(session).preflight([change('CASCADE', key)], schemaIndex(snapshotOf([key])))
      ).map(({ code }) => code);
    };
    expect([await codes(true), await codes(false)]).toEqual([[], ['TRIGGER_STATE_NEEDS_SUPERUSER']]);
  });

  test('what PostgreSQL does not answer in time, or not to this user, is left out and fails nothing', async () => {
    const key = foreignKey({ onDelete: 'SET DEFAULT' });
    for (const code of ['57014', '42501']) {
      const session = {
        ...answering({ pg_attrdef: [{ name: 'order_id', value: '0' }] }),
        queryWithin: () => Promise.reject(Object.assign(new Error('no'), { cause: { code } })),
      };
      expect(await postgresProbe(session).liveFindings(schemaIndex(snapshotOf([key])), 1000)).toEqual([]);
    }
  });

  test('keys whose rows could not be looked at are said', async () => {
    const said: string[] = [];
    const snapshot = {
      ...plain,
      server: { flavor: 'sqlite', product: 'SQLite', version: [3, 50, 0], settings: {} },
    } as const;
    const probe = mysqlProbe(answering({}));
    const connection: Connection = {
      ...answering({}),
      server: snapshot.server,
      introspect: () => Promise.reject(new Error('not asked')),
      readOnly: null,
      copySchema: () => Promise.reject(new Error('not asked')),
      probe: () =>
        Promise.resolve({
          ...probe,
          orphans: () => Promise.resolve([{ known: false, why: 'too many rows' }]),
          liveFindings: () => Promise.resolve([]),
        }),
    };
    const source: SchemaSource = {
      engine: await engineFor(snapshot.server),
      connection,
      snapshot,
      schema: schemaIndex(snapshot),
      label: '',
      statistics: [],
      close: () => Promise.resolve(),
    };
    const decisions = plain.foreignKeys.map((key) => ({
      foreignKey: key,
      rule: null,
      wanted: 'keep' as const,
    }));
    const context = { progress: () => undefined, log: (text: string) => said.push(text) };
    await databaseFindings(source, { changes: [] }, decisions, context);
    expect(said).toEqual([
      'Not checked for rows without a parent: public.order_items(order_id) -> public.orders(id): too many rows.',
    ]);
  });

  test('types that compare without a conversion are the same, engine by engine', () => {
    const same = [
      postgres.sameType('character varying(20)', 'text'),
      mysql.sameType('int(11)', 'int'),
      mysql.sameType('varchar(20)', 'varchar(30)'),
      sqlite.sameType('INT', 'REAL'),
    ];
    const different = [
      postgres.sameType('integer', 'bigint'),
      mysql.sameType('int', 'int unsigned'),
      sqlite.sameType('TEXT', 'INTEGER'),
    ];
    expect([same, different]).toEqual([
      [true, true, true, true],
      [false, false, false],
    ]);
  });
});

test('one key without its parent costs the others nothing: lint, diff and generate go on', async () => {
  const place = openProject(ondelete);
  try {
    place.sqlite(`PRAGMA foreign_keys = off; CREATE TABLE users (id INTEGER PRIMARY KEY); CREATE VIEW people AS SELECT id FROM users;
      CREATE TABLE posts (id INTEGER PRIMARY KEY, u INTEGER REFERENCES users__old (id));
      CREATE TABLE likes (id INTEGER PRIMARY KEY, u INTEGER DEFAULT 1 REFERENCES people (id) ON DELETE SET DEFAULT);
      CREATE TABLE tags (id INTEGER PRIMARY KEY, u INTEGER REFERENCES users (nope));
      CREATE TABLE ok (id INTEGER PRIMARY KEY, u INTEGER REFERENCES users (id));
      INSERT INTO posts VALUES (1, 1); INSERT INTO tags VALUES (1, 1); INSERT INTO ok VALUES (1, 7);`);
    const lint = await place.run(['lint', '-d', 'shop.db', '--format', 'json']);
    expect(lint.stderr).toContain('no such');
    const { findings } = JSON.parse(lint.stdout) as {
      findings: readonly { code: string; subject: string }[];
    };
    const subjects = (code: string): readonly string[] =>
      findings.filter((one) => one.code === code).map(({ subject }) => subject.replace(/\(.*/, ''));
    expect(subjects('PARENT_MISMATCH')).toEqual(['likes', 'posts', 'tags']);
    expect(subjects('ORPHANS_FOUND')).toEqual(['ok']);
    place.write(
      'ondelete.config.yaml',
      "database: shop.db\npolicy:\n  rules:\n    - match: '* -> *'\n      onDelete: cascade\n",
    );
    const diff = await place.run(['diff']);
    expect(diff.stdout).toContain('PARENT_MISSING');
    expect(diff.stdout).not.toContain('PARENT_NOT_UNIQUE');
    expect((await place.run(['generate', '--skip-refused'])).code).toBe(1);
  } finally {
    place.remove();
  }
});
