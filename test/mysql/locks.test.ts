// Every statement that a plan holds for MySQL and MariaDB runs here, and performance_schema.metadata_locks says whether the locks it
// declares are the ones it takes. MariaDB records them when told to, which is a setting of the
// whole server: the test has one of its own where this run starts them.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ReferentialAction, Step } from '../../src/core/model.ts';
import { temporaryName } from '../../dialects/mysql/temporary-name.ts';
import { describeServers } from '../servers/describe.ts';
import { ownServer, type TestServer } from '../servers/index.ts';
import { changeOf, codeOfFailure, keyNamed, lab, type Lab, stepOf } from './lab.ts';
import { openWatch, type Trial, type Watch } from './lock-watch.ts';

/** A family around each key: a parent's parent, a sibling, a child's child. */
const tables = `
CREATE TABLE grand (id INT PRIMARY KEY);
CREATE TABLE parent (id INT PRIMARY KEY, a INT NOT NULL, b INT NOT NULL, g INT, UNIQUE KEY ab (a, b), CONSTRAINT up_fk FOREIGN KEY (g) REFERENCES grand (id));
CREATE TABLE child (id INT PRIMARY KEY, p INT, CONSTRAINT simple FOREIGN KEY (p) REFERENCES parent (id));
CREATE TABLE grandchild (id INT PRIMARY KEY, c INT, CONSTRAINT down_fk FOREIGN KEY (c) REFERENCES child (id));
CREATE TABLE sibling (id INT PRIMARY KEY, a INT, b INT, CONSTRAINT composite FOREIGN KEY (a, b) REFERENCES parent (a, b) ON UPDATE CASCADE);
CREATE TABLE node (id INT PRIMARY KEY, up INT, CONSTRAINT self FOREIGN KEY (up) REFERENCES node (id));
CREATE TABLE leaf (id INT PRIMARY KEY, n INT, CONSTRAINT leaf_fk FOREIGN KEY (n) REFERENCES node (id));
CREATE TABLE begun (id INT PRIMARY KEY, p INT, CONSTRAINT half FOREIGN KEY (p) REFERENCES parent (id));
INSERT INTO parent VALUES (1, 1, 1, NULL), (2, 2, 2, NULL);
INSERT INTO child VALUES (1, 1), (2, 2);
`;
const everyTable = ['grand', 'parent', 'child', 'grandchild', 'sibling', 'node', 'leaf', 'begun'];

describeServers('mysql', suite);
describeServers('mariadb', suite);

function suite(server: TestServer): void {
  let at: Lab;
  let watch: Watch;
  const stop: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    if (server.dialect === 'mariadb' && server.ownedByThisRun) {
      const own = await ownServer(server.id);
      stop.push(own.stop);
      at = await lab(own.server);
    } else at = await lab(server);
    if (server.dialect === 'mariadb') {
      stop.unshift(
        () => record(at, 'NO'),
        () => at.close(),
      );
      await record(at, 'YES');
    } else stop.unshift(() => at.close());
    await at.make(tables);
    watch = await openWatch(at);
  });
  afterAll(async () => {
    for (const end of stop) await end();
  });

  const planFor = async (name: string, onDelete: ReferentialAction): Promise<Step> => {
    const snapshot = await at.snapshot();
    return stepOf(at, snapshot, changeOf(keyNamed(snapshot, name), onDelete));
  };

  /** @returns for which tables each direction waited while every table had its reader */
  async function upAndDown(step: Step): Promise<readonly string[]> {
    const before = await at.snapshot();
    const built = await indexes(at);
    const waits = [];
    for (const side of [step.up, step.down]) {
      const { declared, observed, waitedFor, clauses } = await watch.run(side, everyTable, tried);
      expect(observed).toEqual(declared);
      const algorithm = server.dialect === 'mysql' ? 'INPLACE' : 'NOCOPY';
      expect([...new Set(clauses)]).toEqual([`ALGORITHM=${algorithm}, LOCK=NONE`]);
      waits.push(waitedFor.join(', '));
    }
    expect(await at.snapshot()).toEqual(before);
    // What is held for a moment copies no table and builds no index.
    expect(await indexes(at)).toEqual(built);
    return waits;
  }

  /** What each mode lets others do, tried once. */
  const blocks = new Map<string, string>();
  const tried: Trial = async (statement, table) => {
    const lock = statement.operations.flatMap((work) => work.locks).find((one) => one.table?.name === table);
    if (lock === undefined || blocks.has(`${lock.mode} blocks ${lock.blocks}`)) return;
    blocks.set(`${lock.mode} blocks ${lock.blocks}`, await blockedBy(at, table));
  };

  const bothWays = (mysql: string, mariadb: string): readonly string[] =>
    server.dialect === 'mysql' ? [mysql, mysql] : [mariadb, mariadb];

  test.each([
    ['a simple key', 'simple', 'child, grandchild, parent', 'child'],
    ['a composite key', 'composite', 'parent, sibling', 'sibling'],
    ['a key of a table to itself', 'self', 'leaf, node', 'node'],
  ])(
    '%s: the locks are those declared, and readers of other tables are in nobody’s way',
    async (_kind, name, onMysql, onMariadb) => {
      expect(await upAndDown(await planFor(name, 'CASCADE'))).toEqual(bothWays(onMysql, onMariadb));
    },
  );

  test('a half-done key', async () => {
    const key = keyNamed(await at.snapshot(), 'half');
    await at.make(
      `SET foreign_key_checks = 0; ALTER TABLE begun DROP FOREIGN KEY half, ADD CONSTRAINT ${temporaryName('half', key)} FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE; SET foreign_key_checks = 1`,
    );
    const waits = await upAndDown(await planFor('half', 'CASCADE'));
    expect(waits).toEqual(bothWays('begun, parent', 'begun'));
  });

  test('each mode blocks what its declaration says', async () => {
    await upAndDown(await planFor('simple', 'SET NULL'));
    expect([...blocks].map(([declared, found]) => `${declared}; found ${found}`).sort()).toEqual([
      'metadata EXCLUSIVE blocks reads and writes; found reads and writes',
      'metadata SHARED_READ blocks schema changes; found schema changes',
    ]);
  });
}

async function record(at: Lab, enabled: 'YES' | 'NO'): Promise<void> {
  await at.query(
    `UPDATE performance_schema.setup_instruments SET ENABLED = '${enabled}' WHERE NAME = 'wait/lock/metadata/sql/mdl'`,
  );
}

/** What somebody else cannot do meanwhile, by trial. */
async function blockedBy(at: Lab, table: string): Promise<string> {
  const other = await at.session();
  // MySQL takes it for 1.
  await other.query('SET SESSION lock_wait_timeout = 0');
  const waits = async (sql: string): Promise<boolean> => {
    const failure = await codeOfFailure(other.query(sql));
    if (!/^(no error|.* 1205)$/.test(failure)) throw new Error(failure);
    return failure !== 'no error';
  };
  try {
    if (await waits(`SELECT COUNT(*) FROM ${table}`)) return 'reads and writes';
    if (await waits(`INSERT INTO ${table} SELECT * FROM ${table} LIMIT 0`)) return 'writes';
    return (await waits(`ALTER TABLE ${table} ADD COLUMN one_more INT`)) ? 'schema changes' : 'nothing';
  } finally {
    await other.close();
  }
}

/** The server's own numbers, which a copied table or an index built anew gets anew. */
async function indexes(at: Lab): Promise<unknown> {
  const prefix = at.server.dialect === 'mysql' ? 'INNODB_' : 'INNODB_SYS_';
  return at.query(
    `SELECT t.NAME AS t, i.NAME AS i, i.INDEX_ID AS id FROM information_schema.${prefix}TABLES AS t JOIN information_schema.${prefix}INDEXES AS i ON i.TABLE_ID = t.TABLE_ID
      WHERE t.NAME LIKE '${at.database.name}/%' ORDER BY 1, 2`,
  );
}
