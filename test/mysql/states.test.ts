// What a file does when the key is not where it expects it: half done, changed by others, locked, interrupted, in another mode.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { temporaryName } from '../../dialects/mysql/temporary-name.ts';
import type { StepBody } from '../../src/core/model.ts';
import { describeServers } from '../servers/describe.ts';
import type { TestServer } from '../servers/index.ts';
import {
  changeOf,
  codeOfFailure,
  keyNamed,
  lab,
  type Lab,
  messageOfFailure,
  runByClient,
  runByDriver,
  stepOf,
} from './lab.ts';

const shop = `CREATE TABLE p (id INT PRIMARY KEY);
CREATE TABLE c (id INT PRIMARY KEY, pid INT, CONSTRAINT fk FOREIGN KEY (pid) REFERENCES p (id) ON DELETE RESTRICT ON UPDATE CASCADE);
INSERT INTO p VALUES (1), (2); INSERT INTO c VALUES (1, 1), (2, 2), (3, NULL)`;

describeServers('mysql', suite);
describeServers('mariadb', suite);

const isMysql = (server: TestServer): boolean => server.dialect === 'mysql';

/** The settings and variables that a session must not keep. */
const leftovers =
  "SELECT @@foreign_key_checks AS f, @@lock_wait_timeout > 1 AS w, @@innodb_lock_wait_timeout > 1 AS i, @@sql_mode <> '' AS m, @ondelete_session AS s, @ondelete_mode AS om, @ondelete_asked AS o, @ondelete_trouble AS t, @ondelete_sql AS a, @ondelete_next AS b, @ondelete_steps AS c, IS_USED_LOCK(CONCAT('ondelete ', DATABASE())) AS l";
const clean = [
  { f: 1, w: 1, i: 1, m: 1, s: null, om: null, o: null, t: null, a: null, b: null, c: null, l: null },
];

/** The up side without its last ALTER: what a kill in the middle leaves behind. */
function untilHalf(side: StepBody, mysql: boolean): StepBody {
  if (side.kind !== 'run') throw new Error('nothing to run');
  if (mysql) return { ...side, statements: side.statements.slice(0, -3) };
  const cut = (sql: string): string => sql.replace(' UNION SELECT 2) AS all_steps', ') AS all_steps');
  return { ...side, statements: side.statements.map((one) => ({ ...one, sql: cut(one.sql) })) };
}

function suite(server: TestServer): void {
  let at: Lab;
  beforeEach(async () => {
    at = await lab(server);
    await at.make(shop);
  });
  afterEach(() => at.close());

  const swap = async (): Promise<{ readonly up: StepBody; readonly down: StepBody }> => {
    const before = await at.snapshot();
    return stepOf(at, before, changeOf(keyNamed(before, 'fk'), 'CASCADE'));
  };

  test('half done: told with its name, finished by the same file, by a file of its own, and undone to the letter', async () => {
    const session = await at.session();
    const before = await at.snapshot();
    const { up, down } = await swap();
    await runByDriver(session, untilHalf(up, isMysql(server)));
    const half = await at.snapshot();
    const key = keyNamed(half, 'fk');
    const between = temporaryName('fk', key);
    expect(key).toMatchObject({ onDelete: 'CASCADE', onUpdate: 'CASCADE' });
    expect(key.halfDone).toEqual({
      from: null,
      to: { onDelete: 'CASCADE', onDeleteColumns: null },
      temporaryName: between,
      secondKeys: 0,
    });
    expect(half.tables).toEqual(before.tables);

    const finish = stepOf(at, half, changeOf(key, 'CASCADE'));
    await runByDriver(session, finish.up);
    const done = await at.snapshot();
    expect(keyNamed(done, 'fk')).toMatchObject({ halfDone: null, onDelete: 'CASCADE' });
    await runByDriver(session, finish.up);
    await runByDriver(session, finish.down);
    expect(JSON.stringify(await at.snapshot())).toBe(JSON.stringify(half));

    await runByDriver(session, up);
    expect(JSON.stringify(await at.snapshot())).toBe(JSON.stringify(done));
    await runByDriver(session, untilHalf(down, isMysql(server)));
    expect(keyNamed(await at.snapshot(), 'fk')).toMatchObject({
      onDelete: 'RESTRICT',
      halfDone: { temporaryName: between },
    });
    await runByDriver(session, down);
    expect(JSON.stringify(await at.snapshot())).toBe(JSON.stringify(before));
    // Up interrupted, then down instead of up.
    await runByDriver(session, untilHalf(up, isMysql(server)));
    await runByDriver(session, down);
    expect(JSON.stringify(await at.snapshot())).toBe(JSON.stringify(before));
    expect(await session.query(leftovers)).toEqual(clean);
  });

  test.each([
    [
      'another action',
      'ON DELETE SET NULL ON UPDATE CASCADE',
      'fk',
      '`fk` ON DELETE SET NULL ON UPDATE CASCADE',
    ],
    [
      'another ON UPDATE',
      'ON DELETE RESTRICT ON UPDATE SET NULL',
      'fk',
      '`fk` ON DELETE RESTRICT ON UPDATE SET NULL',
    ],
    [
      'another name',
      'ON DELETE RESTRICT ON UPDATE CASCADE',
      'c_ibfk_1',
      '`c_ibfk_1` ON DELETE RESTRICT ON UPDATE CASCADE',
    ],
  ])('%s: stops, says what it found, changes nothing', async (_, clause, name, found) => {
    const { up } = await swap();
    await at.make(
      `ALTER TABLE c DROP FOREIGN KEY fk; ALTER TABLE c ADD CONSTRAINT ${name} FOREIGN KEY (pid) REFERENCES p (id) ${clause}`,
    );
    const before = JSON.stringify(await at.snapshot());
    const session = await at.session();
    expect(await messageOfFailure(runByDriver(session, up))).toContain(
      `ondelete changed nothing: key 1 of `.concat('`c` is ', found),
    );
    expect(await session.query(leftovers)).toEqual(clean);
    expect((await runByClient(at, up)).stderr).toContain(found);
    expect(JSON.stringify(await at.snapshot())).toBe(before);
  });

  test('no such key, or one to another table or column: stops', async () => {
    const { up } = await swap();
    await at.make('ALTER TABLE c DROP FOREIGN KEY fk');
    expect(await messageOfFailure(runByDriver(await at.session(), up))).toContain('key 1 of `c` is missing');
    await at.make(
      'CREATE TABLE other (id INT PRIMARY KEY); SET foreign_key_checks = 0; ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (pid) REFERENCES other (id) ON UPDATE CASCADE; SET foreign_key_checks = 1',
    );
    const before = JSON.stringify(await at.snapshot());
    expect(await messageOfFailure(runByDriver(await at.session(), up))).toContain('missing');
    expect(JSON.stringify(await at.snapshot())).toBe(before);
  });

  test('unrelated changes in between do not matter, and the schema may be called otherwise', async () => {
    const { up, down } = await swap();
    const elsewhere = await lab(server);
    try {
      await elsewhere.make(`${shop}; ALTER TABLE c ADD COLUMN extra INT, ADD KEY more (extra)`);
      const before = JSON.stringify(await elsewhere.snapshot());
      await runByDriver(await elsewhere.session(), up);
      expect(keyNamed(await elsewhere.snapshot(), 'fk').onDelete).toBe('CASCADE');
      expect(keyNamed(await at.snapshot(), 'fk').onDelete).toBe('RESTRICT');
      await runByDriver(await elsewhere.session(), down);
      expect(JSON.stringify(await elsewhere.snapshot())).toBe(before);
    } finally {
      await elsewhere.close();
    }
  });

  test.each([
    'ANSI_QUOTES',
    'NO_BACKSLASH_ESCAPES',
    'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,IGNORE_SPACE,STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY',
  ])('works under sql_mode %s', async (mode) => {
    await at.make(
      'CREATE TABLE `a\\\'"b` (id INT PRIMARY KEY, `x\\\'"y` INT, CONSTRAINT `k\\\'"z` FOREIGN KEY (`x\\\'"y`) REFERENCES p (id))',
    );
    const before = await at.snapshot();
    const session = await at.session();
    await session.query(`SET SESSION sql_mode = '${mode}'`);
    for (const key of before.foreignKeys) {
      const step = stepOf(at, before, changeOf(key, 'SET NULL'));
      await runByDriver(session, step.up);
      expect(keyNamed(await at.snapshot(), String(key.name)).onDelete).toBe('SET NULL');
      await runByDriver(session, step.down);
    }
    expect(JSON.stringify(await at.snapshot())).toBe(JSON.stringify(before));
  });

  test('rows that point to no parent are told and do not stop it', async () => {
    await at.make('SET foreign_key_checks = 0; INSERT INTO c VALUES (9, 99); SET foreign_key_checks = 1');
    const { up } = await swap();
    const { stdout, code } = await runByClient(at, up);
    expect(code).toBe(0);
    expect(stdout).toMatch(/1\/1 c\(pid\)\s+1\s/);
    expect(keyNamed(await at.snapshot(), 'fk').onDelete).toBe('CASCADE');
    expect(await at.query('SELECT id FROM c WHERE pid = 99')).toEqual([{ id: 9 }]);
  });

  test('an error in the middle leaves no setting behind', async () => {
    const { up } = await swap();
    const session = await at.session();
    const last = up.kind === 'run' ? up.statements.length - 1 : 0;
    expect(
      await codeOfFailure(
        runByDriver(session, up, (number) =>
          number === last ? 'SELECT * FROM there_is_no_such_table' : null,
        ),
      ),
    ).toContain('1146');
    expect(await session.query(leftovers)).toEqual(clean);
    await runByDriver(session, up);
    expect(keyNamed(await at.snapshot(), 'fk')).toMatchObject({ onDelete: 'CASCADE', halfDone: null });
  });

  test('settings that the session had of its own come back', async () => {
    const { up } = await swap();
    const session = await at.session();
    await session.query('SET SESSION lock_wait_timeout = 77, foreign_key_checks = 0');
    await runByDriver(session, up);
    expect(await session.query('SELECT @@lock_wait_timeout AS w, @@foreign_key_checks AS f')).toEqual([
      { w: 77, f: 0 },
    ]);
  });

  test('a lock that another session holds: MariaDB waits in turns, MySQL stops unchanged and can be run again', async () => {
    const { up } = await swap();
    const before = JSON.stringify(await at.snapshot());
    const holder = await at.session();
    const session = await at.session();
    await holder.query('START TRANSACTION');
    await holder.query('SELECT * FROM c');
    const work = codeOfFailure(runByDriver(session, up));
    if (isMysql(server)) {
      expect(await work).toContain('1205');
      expect(JSON.stringify(await at.snapshot())).toBe(before);
      expect(await session.query(leftovers)).toEqual(clean);
      await holder.query('COMMIT');
      await runByDriver(session, up);
    } else {
      await new Promise((done) => setTimeout(done, 1_500));
      await holder.query('COMMIT');
      expect(await work).toBe('no error');
    }
    expect(keyNamed(await at.snapshot(), 'fk').onDelete).toBe('CASCADE');
  });

  test('no orphan gets in while the key is swapped', async () => {
    const { up, down } = await swap();
    const writers = await Promise.all([at.session(), at.session()]);
    let over = false;
    let refused = 0;
    const work = writers.map(async (writer, number) => {
      for (let id = 100 + number; !over; id += 2) {
        await writer.query(`INSERT INTO c VALUES (${id}, ${1_000 + id})`).catch((error: unknown) => {
          if ((error as { errno: number }).errno !== 1452) throw error;
          refused++;
        });
      }
    });
    const session = await at.session();
    for (let round = 0; round < 5; round++) {
      for (const side of [up, down]) {
        // A writer's own lock may win; then it is run again, as a runner would.
        for (let tries = 0; (await codeOfFailure(runByDriver(session, side))).includes('1205'); tries++)
          if (tries > 20) throw new Error('no turn');
      }
    }
    over = true;
    await Promise.all(work);
    expect(refused).toBeGreaterThan(0);
    expect(await at.query('SELECT COUNT(*) AS n FROM c WHERE pid > 1000')).toEqual([{ n: 0 }]);
    expect(keyNamed(await at.snapshot(), 'fk').onDelete).toBe('RESTRICT');
  });

  test('whoever waits, waits on the locks that the plan tells', async () => {
    await at.make(
      'CREATE TABLE gc (id INT PRIMARY KEY, cid INT, CONSTRAINT gfk FOREIGN KEY (cid) REFERENCES c (id)); CREATE TABLE sibling (id INT PRIMARY KEY, pid INT, CONSTRAINT sfk FOREIGN KEY (pid) REFERENCES p (id)); INSERT INTO gc VALUES (1, 1)',
    );
    const { up } = await swap();
    const told =
      up.kind === 'run'
        ? new Set(
            up.statements.flatMap((statement) =>
              statement.operations
                .flatMap((work) => work.locks)
                .flatMap((lock) => (lock.blocks === 'reads and writes' ? [lock.table?.name] : [])),
            ),
          )
        : new Set();
    const alter =
      'ALTER TABLE c DROP FOREIGN KEY fk, ADD CONSTRAINT fk2 FOREIGN KEY (pid) REFERENCES p (id) ON UPDATE CASCADE, ALGORITHM=INPLACE, LOCK=NONE';
    const blocked = new Set<string>();
    for (const table of ['c', 'p', 'gc', 'sibling']) {
      const holder = await at.session();
      const session = await at.session();
      await holder.query('START TRANSACTION');
      await holder.query(`SELECT * FROM ${table}`);
      await session.query('SET SESSION foreign_key_checks = 0, lock_wait_timeout = 1');
      const code = await codeOfFailure(session.query(alter));
      await holder.query('ROLLBACK');
      if (code.includes('1205')) blocked.add(table);
      else await session.query(alter.replace('KEY fk,', 'KEY fk2,').replace('fk2 FOREIGN', 'fk FOREIGN'));
    }
    expect(blocked).toEqual(told);
  });
}
