// Live questions: orphans with a sample and a bound in time, rows, and what stands in the way right now.
import { schemaIndex } from '../../src/core/schema-index.ts';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Snapshot } from '../../src/core/model.ts';
import { describeServers } from '../servers/describe.ts';
import { connect, type TestServer } from '../servers/index.ts';
import { changeOf, dialectOf, keyNamed, lab, type Lab } from './lab.ts';

describeServers('mysql', suite);
describeServers('mariadb', suite);

function suite(server: TestServer): void {
  let at: Lab;
  let snapshot: Snapshot;
  beforeAll(async () => {
    at = await lab(server);
    await at.make(`CREATE TABLE p (a INT, b INT, PRIMARY KEY (a, b)); CREATE TABLE c (id INT PRIMARY KEY, \`a\`\`x\` INT, b INT, CONSTRAINT fk FOREIGN KEY (\`a\`\`x\`, b) REFERENCES p (a, b));
      INSERT INTO p VALUES (1, 1); SET foreign_key_checks = 0; INSERT INTO c VALUES (1, 1, 1), (2, 7, 8), (3, NULL, 5), (4, 9, 9); SET foreign_key_checks = 1`);
    snapshot = await at.snapshot();
  });
  afterAll(() => at.close());

  test('orphans are counted as MATCH SIMPLE has it, with a sample', async () => {
    expect(await (await at.reader.probe()).orphans([keyNamed(snapshot, 'fk')], 20_000)).toEqual([
      { known: true, value: { count: 2, atLeast: false, sample: ['a`x=7, b=8', 'a`x=9, b=9'] } },
    ]);
  });

  test('a key without an answer costs the others nothing, and every session goes on without a bound', async () => {
    const key = keyNamed(snapshot, 'fk');
    const probe = await at.reader.probe();
    await at.make(
      'CREATE TABLE held (id INT PRIMARY KEY, a INT, b INT, CONSTRAINT held_fk FOREIGN KEY (a, b) REFERENCES p (a, b))',
    );
    const held = keyNamed(await at.snapshot(), 'held_fk');
    const holder = await at.session();
    await holder.query('LOCK TABLES held WRITE');
    const gone = { ...key, child: { ...key.child, name: 'gone' } };
    const counted = { known: true, value: { count: 2, atLeast: false, sample: expect.anything() } };
    expect(await probe.orphans([held, key, gone, key, held], 10_000)).toEqual([
      { known: false, why: 'the time was up' },
      counted,
      { known: false, why: 'a table does not exist' },
      counted,
      { known: false, why: 'the time was up' },
    ]);
    await holder.query('UNLOCK TABLES');
    expect(await probe.orphans([held], 20_000)).toEqual([
      { known: true, value: { count: 0, atLeast: false, sample: [] } },
    ]);
    await at.make('DROP TABLE held');
  });

  test('rows are known, estimated or counted', async () => {
    const { child, parent } = keyNamed(snapshot, 'fk');
    const gone = { ...child, name: 'gone' };
    expect(await (await at.reader.probe()).rows([child, gone, parent], 20_000)).toEqual([
      { known: true, value: expect.any(Number) },
      { known: false, why: 'a table does not exist' },
      { known: true, value: expect.any(Number) },
    ]);
  });

  test('an open transaction and missing rights are told, and only those', async () => {
    const changes = [changeOf(keyNamed(snapshot, 'fk'), 'CASCADE')];
    const codes = async (session = at.reader): Promise<readonly string[]> =>
      (await (await session.probe()).preflight(changes, schemaIndex(snapshot))).map((hazard) => hazard.code);
    expect(await codes()).toEqual([]);
    const holder = await at.session();
    await holder.query('START TRANSACTION');
    await holder.query('SELECT * FROM c');
    // MariaDB does not record metadata locks by default: there only transactions of some age are told.
    expect(await codes()).toEqual(server.dialect === 'mysql' ? ['LONG_TRANSACTION'] : []);
    await holder.query('COMMIT');
    expect(await codes()).toEqual([]);

    const user = `od_${Math.random().toString(36).slice(2, 10)}`;
    const admin = await connect(server.dialect, server.url);
    await admin.query(
      `CREATE USER '${user}'@'%' IDENTIFIED BY 'x'; CREATE USER '${user}'@'localhost' IDENTIFIED BY 'x'; GRANT SELECT ON \`${at.database.name}\`.* TO '${user}'@'%', '${user}'@'localhost'; GRANT REFERENCES ON \`${at.database.name}\`.p TO '${user}'@'%', '${user}'@'localhost'`,
    );
    try {
      const url = new URL(at.database.url);
      url.username = user;
      url.password = 'x';
      const session = await dialectOf(server).connect(url.href, { timeoutMilliseconds: 5_000 });
      expect(await (await session.probe()).preflight(changes, schemaIndex(snapshot))).toEqual([
        expect.objectContaining({
          code: 'NOT_OWNER',
          detail: `the user has no ALTER on ${at.database.name}.c`,
        }),
      ]);
      await session.close();
    } finally {
      await admin.query(`DROP USER '${user}'@'%', '${user}'@'localhost'`);
      await admin.close();
    }
  });
}
