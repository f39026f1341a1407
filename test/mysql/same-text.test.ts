// A snapshot is whole and the same, whatever a session is given by the server and whoever wrote the schema.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { describeServers } from '../servers/describe.ts';
import { connect, type TestServer } from '../servers/index.ts';
import { dialectOf, lab, type Lab } from './lab.ts';

describeServers('mysql', suite);
describeServers('mariadb', suite);

function suite(server: TestServer): void {
  let at: Lab;
  beforeEach(async () => {
    at = await lab(server);
    // MariaDB 11.8 cannot read its own text of a quote in such a text.
    const quoted = server.dialect === 'mysql' ? ", _latin1'it''s \\\\ x', '_latin1''z'''" : '';
    await at.make(`CREATE TABLE p (a INT, b INT, PRIMARY KEY (a, b));
      CREATE TABLE c (a INT, b INT, n INT, code VARCHAR(9) CHECK (code NOT IN (_latin1'q'${quoted})),
        long_code VARCHAR(20) AS (CONCAT(code, _latin1'-')) STORED, CONSTRAINT c_p FOREIGN KEY (a, b) REFERENCES p (a, b))`);
  });
  afterEach(() => at.close());

  test('limits of the server that a session begins with cut nothing off', async () => {
    const name = `od_${String(process.pid)}_${Math.random().toString(36).slice(2, 8)}`;
    const accounts = [`'${name}'@'%'`, `'${name}'@'localhost'`];
    const admin = await connect(server.dialect, server.url);
    const limit = (variable: string): string =>
      `${variable} = CAST(IF(CURRENT_USER() LIKE '${name}%', 1, @@${variable}) AS UNSIGNED)`;
    try {
      for (const account of accounts) {
        await admin.query(`CREATE USER ${account} IDENTIFIED BY 'pw'`);
        await admin.query(`GRANT SELECT, REFERENCES ON \`${at.database.name}\`.* TO ${account}`);
      }
      await admin.query(
        `SET GLOBAL init_connect = "SET SESSION ${limit('sql_select_limit')}, ${limit('max_join_size')}"`,
      );
      const url = new URL(at.database.url);
      [url.username, url.password] = [name, 'pw'];
      const session = await dialectOf(server).connect(url.href, { timeoutMilliseconds: 5_000 });
      const { snapshot } = await session.introspect({ schemas: null }).finally(() => session.close());
      expect(snapshot.foreignKeys).toEqual((await at.snapshot()).foreignKeys);
    } finally {
      await admin.query("SET GLOBAL init_connect = ''");
      for (const account of accounts) await admin.query(`DROP USER ${account}`);
      await admin.close();
    }
  });

  // MySQL writes texts in expressions anew at every ALTER, in the character set utf8mb4.
  test('an ALTER of a table changes no expression of it', async () => {
    const before = await at.snapshot();
    await at.make('ALTER TABLE c ADD COLUMN more INT; ALTER TABLE c DROP COLUMN more');
    expect((await at.snapshot()).tables).toEqual(before.tables);
    const child = before.tables.find((table) => table.name === 'c');
    const texts = [...(child?.checks ?? []), ...(child?.storedColumns ?? [])].map((one) => one.expression);
    expect(texts).toHaveLength(2);
    // What stands inside a text is no character set.
    if (server.dialect === 'mysql')
      expect(texts.join(' ')).toMatch(/^[^_]*_latin1\\{3}'z[^_]*long_code|^[^_]*_latin1[^_]*$/);
  });
}
