// The index behind a key: the servers make it, drop it and name it by themselves, so it differs from one environment to the next.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Step } from '../../src/core/model.ts';
import { describeServers } from '../servers/describe.ts';
import type { TestServer } from '../servers/index.ts';
import { changeOf, lab, type Lab, runByDriver, stepsOf } from './lab.ts';

const parents = 'CREATE TABLE p (id INT PRIMARY KEY); INSERT INTO p VALUES (1), (2)';
const child = (table: string, more = ''): string =>
  `CREATE TABLE ${table} (id INT PRIMARY KEY, pid INT, x INT${more}, CONSTRAINT ${table}_p FOREIGN KEY (pid) REFERENCES p (id) ON DELETE RESTRICT)`;
const made = `${parents}; ${child('a')}; ${child('c')}`;

describeServers('mysql', suite);
describeServers('mariadb', suite);

function suite(server: TestServer): void {
  let at: Lab;
  beforeEach(async () => {
    at = await lab(server);
  });
  afterEach(() => at.close());

  const file = async (): Promise<Step> => {
    const before = await at.snapshot();
    const changes = before.foreignKeys.map((key) => changeOf(key, 'CASCADE'));
    const [step] = stepsOf(at, before, changes);
    if (step === undefined) throw new Error('no step');
    return step;
  };
  const printed = async (lab: Lab): Promise<string> =>
    JSON.stringify([await lab.query('SHOW CREATE TABLE a'), await lab.query('SHOW CREATE TABLE c')]);
  const actions = async (lab: Lab): Promise<readonly string[]> =>
    (await lab.snapshot()).foreignKeys.map(({ name, onDelete }) => `${String(name)} ${onDelete}`);

  test.each([
    ['renamed', `${made}; ALTER TABLE c RENAME INDEX c_p TO c_by_p`],
    [
      'dropped by the server, because another one covers it',
      `${made}; ALTER TABLE c ADD INDEX wide (pid, x)`,
    ],
    ['made by hand, under its own name', `${parents}; ${child('a')}; ${child('c', ', KEY own (pid)')}`],
    [
      'two over the same column',
      `${made}; ALTER TABLE c RENAME INDEX c_p TO c_p; ALTER TABLE c ADD KEY twin (pid)`,
    ],
    ['renamed, with a backtick', `${made}; ALTER TABLE c RENAME INDEX c_p TO \`c\`\`p\``],
  ])('where it is %s, the file of another environment changes every key and comes back', async (_, sql) => {
    await at.make(made);
    const { up, down } = await file();
    const elsewhere = await lab(server);
    try {
      await elsewhere.make(sql);
      const before = await printed(elsewhere);
      const session = await elsewhere.session();
      await runByDriver(session, up);
      expect(await actions(elsewhere)).toEqual(['a_p CASCADE', 'c_p CASCADE']);
      await runByDriver(session, down);
      expect(await printed(elsewhere)).toBe(before);
    } finally {
      await elsewhere.close();
    }
  });

  test('made by the server where the file comes from a table with one made by hand: it keeps its name', async () => {
    await at.make(`${parents}; ${child('a', ', KEY own (pid)')}; ${child('c', ', KEY own (pid)')}`);
    const { up } = await file();
    const elsewhere = await lab(server);
    try {
      await elsewhere.make(made);
      const indexes = async (): Promise<unknown> =>
        (await elsewhere.snapshot()).tables.map((table) => table.indexes);
      const before = await indexes();
      await runByDriver(await elsewhere.session(), up);
      expect(await actions(elsewhere)).toEqual(['a_p CASCADE', 'c_p CASCADE']);
      expect(await indexes()).toEqual(before);
    } finally {
      await elsewhere.close();
    }
  });
}
