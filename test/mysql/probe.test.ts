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
    expect(await (await at.reader.probe()).orphans(keyNamed(snapshot, 'fk'), 5_000)).toEqual({
      known: true,
      value: { count: 2, atLeast: false, sample: ['a`x=7, b=8', 'a`x=9, b=9'] },
    });
  });

  test('and the question ends when its time is up', async () => {
    await at.make(
      'CREATE TABLE n (i INT PRIMARY KEY); INSERT INTO n VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9); CREATE TABLE big (id INT PRIMARY KEY, a INT, b INT, CONSTRAINT big_fk FOREIGN KEY (a, b) REFERENCES p (a, b)); INSERT INTO big SELECT x.i + 10 * y.i + 100 * z.i + 1000 * u.i + 10000 * v.i, 1, 1 FROM n x, n y, n z, n u, n v',
    );
    const big = keyNamed(await at.snapshot(), 'big_fk');
    expect(await (await at.reader.probe()).orphans(big, 1)).toEqual({
      known: false,
      why: 'the time was up',
    });
    expect(
      await (await at.reader.probe()).orphans({ ...big, child: { ...big.child, name: 'gone' } }, 1_000),
    ).toEqual({ known: false, why: 'a table does not exist' });
  });

  test('rows are known, estimated or counted', async () => {
    const answer = await (await at.reader.probe()).rows(keyNamed(snapshot, 'fk').child, 5_000);
    expect(answer).toEqual({ known: true, value: expect.any(Number) });
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
