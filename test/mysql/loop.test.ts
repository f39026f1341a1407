// The closed loop at the dialect's own level: every pair of actions the server holds, up, again, down, by driver and by client.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { temporaryName } from '../../dialects/mysql/temporary-name.ts';
import type { ReferentialAction } from '../../src/core/model.ts';
import { describeServers } from '../servers/describe.ts';
import { scratchDatabase, type Session, type TestServer } from '../servers/index.ts';
import { changeOf, keyNamed, lab, type Lab, runByClient, runByDriver, stepOf, stepsOf } from './lab.ts';

const targets: readonly ReferentialAction[] = ['NO ACTION', 'RESTRICT', 'CASCADE', 'SET NULL'];
/** MySQL keeps the words SET DEFAULT; MariaDB turns them into RESTRICT. */
const startsOf = (server: TestServer): readonly ReferentialAction[] =>
  server.dialect === 'mysql' ? [...targets, 'SET DEFAULT'] : targets;

/** Simple with an index of its own making, unnamed, composite, self-referencing, two over the same columns, names that bite. */
const tables = (action: string, onUpdate: string): string => `
CREATE TABLE parent (id INT PRIMARY KEY, a INT NOT NULL, b INT NOT NULL, UNIQUE KEY ab (a, b));
CREATE TABLE simple (id INT PRIMARY KEY, p INT, v INT DEFAULT 7, CONSTRAINT simple_fk FOREIGN KEY (p) REFERENCES parent (id) ON DELETE ${action} ON UPDATE ${onUpdate});
CREATE TABLE unnamed (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES parent (id) ON DELETE ${action});
CREATE TABLE pair (id INT PRIMARY KEY, a INT, b INT, KEY mine (a, b, id), CONSTRAINT pair_fk FOREIGN KEY (a, b) REFERENCES parent (a, b) ON DELETE ${action} ON UPDATE ${onUpdate});
CREATE TABLE node (id INT PRIMARY KEY, up INT, CONSTRAINT node_fk FOREIGN KEY (up) REFERENCES node (id) ON DELETE ${action});
CREATE TABLE twice (id INT PRIMARY KEY, p INT, CONSTRAINT twice_b FOREIGN KEY (p) REFERENCES parent (id) ON DELETE ${action}, CONSTRAINT twice_a FOREIGN KEY (p) REFERENCES parent (id) ON DELETE ${action});
CREATE TABLE \`b\`\`ad "q" 'x' ; é\\\\n\` (id INT PRIMARY KEY, \`c'\`\`"\\\\;\` INT, CONSTRAINT \`k'\`\`"\\\\; é\` FOREIGN KEY (\`c'\`\`"\\\\;\`) REFERENCES parent (id) ON DELETE ${action});
INSERT INTO parent VALUES (1, 1, 1), (2, 2, 2);
INSERT INTO simple VALUES (1, 1, 3), (2, 2, 4);
INSERT INTO unnamed VALUES (1, 1), (2, 2);
INSERT INTO pair VALUES (1, 1, 1), (2, 2, 2), (3, NULL, 9);
INSERT INTO node VALUES (1, NULL), (2, 1);
`;
const unslash = (sql: string): string => sql.replaceAll('\\\\', '\\');

describeServers('mysql', suite);
describeServers('mariadb', suite);

function suite(server: TestServer): void {
  for (const start of startsOf(server)) {
    test(`from ${start} to every other action and back`, async () => {
      const at = await lab(server);
      try {
        await at.make(unslash(tables(start, start === 'CASCADE' ? 'NO ACTION' : 'CASCADE')));
        for (const target of targets) if (target !== start) await loop(at, start, target);
      } finally {
        await at.close();
      }
    });
  }
}

async function rowsOf(at: Lab): Promise<unknown> {
  return Promise.all(
    ['parent', 'simple', 'unnamed', 'pair', 'node', 'twice'].map((table) =>
      at.query(`SELECT * FROM ${table} ORDER BY id`),
    ),
  );
}

async function loop(at: Lab, start: ReferentialAction, target: ReferentialAction): Promise<void> {
  const before = await at.snapshot();
  const rows = await rowsOf(at);
  const created = await at.query('SHOW CREATE TABLE unnamed');
  const session = await at.session();
  const steps = before.foreignKeys.map((key) => stepOf(at, before, changeOf(key, target)));
  // Half of them by the client, half by the driver, and every step a second time, which must change nothing.
  for (const [number, step] of steps.entries()) {
    if (number % 2 === 0) expect(await runByClient(at, step.up)).toMatchObject({ code: 0, stderr: '' });
    else await runByDriver(session, step.up);
    await runByDriver(session, step.up);
  }
  const after = await at.snapshot();
  expect(after.foreignKeys).toEqual(before.foreignKeys.map((key) => ({ ...key, onDelete: target })));
  expect({ ...after, foreignKeys: [] }).toEqual({ ...before, foreignKeys: [] });
  expect(await rowsOf(at)).toEqual(rows);
  await behaves(session, target);
  for (const [number, step] of [...steps.entries()].reverse()) {
    if (number % 2 === 1) expect(await runByClient(at, step.down)).toMatchObject({ code: 0, stderr: '' });
    else await runByDriver(session, step.down);
    await runByDriver(session, step.down);
  }
  expect(JSON.stringify(await at.snapshot())).toBe(JSON.stringify(before));
  expect(await rowsOf(at)).toEqual(rows);
  expect(await at.query('SHOW CREATE TABLE unnamed')).toEqual(created);
  expect(before.foreignKeys.every((key) => key.onDelete === start)).toBe(true);
}

/** A parent is really deleted, and the transaction rolled back. */
async function behaves(session: Session, action: ReferentialAction): Promise<void> {
  await session.query('START TRANSACTION');
  const failure = await session.query('DELETE FROM parent WHERE id = 1').then(
    () => null,
    (error: unknown) => (error as { errno: number }).errno,
  );
  const children = await session.query(
    'SELECT (SELECT COUNT(*) FROM simple) AS n, (SELECT COUNT(*) FROM simple WHERE p IS NULL) AS nulls, (SELECT COUNT(*) FROM pair) AS pairs',
  );
  await session.query('ROLLBACK');
  if (action === 'CASCADE') expect([failure, children]).toEqual([null, [{ n: 1, nulls: 0, pairs: 2 }]]);
  else if (action === 'SET NULL') expect([failure, children]).toEqual([null, [{ n: 2, nulls: 1, pairs: 3 }]]);
  else expect([failure, children]).toEqual([1451, [{ n: 2, nulls: 0, pairs: 3 }]]);
}

describeServers('mysql', indexes);
describeServers('mariadb', indexes);

function indexes(server: TestServer): void {
  let at: Lab;
  beforeAll(async () => {
    at = await lab(server);
  });
  afterAll(() => at.close());

  test('an index the server made for the key keeps its name and is not built anew', async () => {
    await at.make(
      'CREATE TABLE p (id INT PRIMARY KEY); CREATE TABLE c (id INT PRIMARY KEY, pid INT, CONSTRAINT made FOREIGN KEY (pid) REFERENCES p (id))',
    );
    const before = await at.snapshot();
    const step = stepOf(at, before, changeOf(keyNamed(before, 'made'), 'CASCADE'));
    await runByDriver(await at.session(), step.up);
    expect((await at.snapshot()).tables).toEqual(before.tables);
    // An index that is still marked as made for the key would go with the next swap to another name.
    await at.make(
      'SET foreign_key_checks = 0; ALTER TABLE c DROP FOREIGN KEY made, ADD CONSTRAINT other FOREIGN KEY (pid) REFERENCES p (id), ALGORITHM=INPLACE, LOCK=NONE; SET foreign_key_checks = 1',
    );
    if (server.dialect === 'mysql') expect((await at.snapshot()).tables).toEqual(before.tables);
  });

  test('keys across schemas are written with both names; a name of 64 characters comes back whole', async () => {
    const other = await scratchDatabase(server);
    try {
      const long = 'é'.repeat(64);
      await other.query('CREATE TABLE far (id INT PRIMARY KEY)');
      await at.make(
        `CREATE TABLE near (id INT PRIMARY KEY, f INT, CONSTRAINT ${long} FOREIGN KEY (f) REFERENCES ${other.name}.far (id))`,
      );
      await other.query(
        `CREATE TABLE back (id INT PRIMARY KEY, n INT, CONSTRAINT back_fk FOREIGN KEY (n) REFERENCES ${at.database.name}.near (id))`,
      );
      const both = (schema: string): boolean => [at.database.name, other.name].includes(schema);
      const before = await at.snapshot(both);
      const changes = [long, 'back_fk'].map((name) => changeOf(keyNamed(before, name), 'CASCADE'));
      const steps = stepsOf(at, before, changes);
      const session = await at.session();
      for (const step of steps) await runByDriver(session, step.up);
      const after = await at.snapshot(both);
      expect(after.foreignKeys).toEqual(
        before.foreignKeys.map((key) =>
          key.name === long || key.name === 'back_fk' ? { ...key, onDelete: 'CASCADE' } : key,
        ),
      );
      for (const step of steps) await runByDriver(session, step.down);
      expect(JSON.stringify(await at.snapshot(both))).toBe(JSON.stringify(before));
      // One schema alone: the parent elsewhere is still written out.
      const [alone] = stepsOf(at, before, changes.slice(0, 1));
      if (alone === undefined) throw new Error('no step');
      expect(JSON.stringify(alone)).not.toContain(`\`${at.database.name}\``);
      expect(await runByClient(at, alone.up)).toMatchObject({ code: 0 });
      expect(keyNamed(await at.snapshot(), long).onDelete).toBe('CASCADE');
    } finally {
      await at.make('SET foreign_key_checks = 0; DROP TABLE IF EXISTS near; SET foreign_key_checks = 1');
      await other.drop();
    }
  });

  test('a half-done key whose name was too long to be kept gets it back from a file of its own', async () => {
    const long = 'x'.repeat(60);
    try {
      await at.make(
        `CREATE TABLE begun (id INT PRIMARY KEY, p INT, CONSTRAINT ${long} FOREIGN KEY (p) REFERENCES begun (id) ON DELETE RESTRICT)`,
      );
      const before = await at.snapshot();
      const change = changeOf(keyNamed(before, long), 'CASCADE');
      const between = temporaryName(long, change.foreignKey);
      await at.make(
        `SET foreign_key_checks = 0; ALTER TABLE begun DROP FOREIGN KEY ${long}, ADD CONSTRAINT ${between} FOREIGN KEY (p) REFERENCES begun (id) ON DELETE CASCADE; SET foreign_key_checks = 1`,
      );
      const half = await at.snapshot();
      const begun = half.foreignKeys.find((key) => key.halfDone?.temporaryName === between);
      if (begun === undefined) throw new Error('not seen as half done');
      expect(begun.name).toBeNull();
      // The name and what it was before stand in the file that began the change.
      const named = { ...change, kind: 'finish', foreignKey: { ...begun, name: long } } as const;
      const step = stepOf(at, half, named);
      const session = await at.session();
      await runByDriver(session, step.up);
      expect(keyNamed(await at.snapshot(), long)).toMatchObject({ onDelete: 'CASCADE', halfDone: null });
      await runByDriver(session, step.down);
      expect(JSON.stringify(await at.snapshot())).toBe(JSON.stringify(half));
    } finally {
      await at.make('DROP TABLE IF EXISTS begun');
    }
  });
}
