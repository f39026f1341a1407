// What a file promises besides the change itself: nothing is changed unless all keys can be, the session stays as it was, and the settings
// that people run their servers with are in nobody's way.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { StepBody } from '../../src/core/model.ts';
import { describeServers } from '../servers/describe.ts';
import type { Session, TestServer } from '../servers/index.ts';
import {
  changeOf,
  codeOfFailure,
  impatientSide,
  keyNamed,
  lab,
  type Lab,
  messageOfFailure,
  runByClient,
  runByDriver,
  stepOf,
  stepsOf,
} from './lab.ts';

describeServers('mysql', suite);
describeServers('mariadb', suite);

const orgs = `CREATE TABLE orgs (id INT PRIMARY KEY);
CREATE TABLE users (id INT PRIMARY KEY, org INT, name VARCHAR(20), CONSTRAINT users_org FOREIGN KEY (org) REFERENCES orgs (id) ON DELETE RESTRICT);
CREATE TABLE items (id INT PRIMARY KEY, owner INT, n INT, CONSTRAINT items_owner FOREIGN KEY (owner) REFERENCES users (id) ON DELETE RESTRICT);
INSERT INTO orgs VALUES (1); INSERT INTO users VALUES (1, 1, 'a'); INSERT INTO items VALUES (1, 1, 1)`;

const settings =
  'SELECT @@foreign_key_checks AS f, @@lock_wait_timeout AS w, @@innodb_lock_wait_timeout AS i, @@sql_big_selects AS b, @@sql_mode AS m, @@sql_safe_updates AS s, @@max_join_size AS j, @@group_concat_max_len AS g';

function suite(server: TestServer): void {
  const mysql = server.dialect === 'mysql';
  let at: Lab;
  let session: Session;
  beforeEach(async () => {
    at = await lab(server);
    await at.make(orgs);
    session = await at.session();
  });
  afterEach(() => at.close());

  /** One file for both keys. */
  const both = async (): Promise<{ readonly up: StepBody; readonly down: StepBody }> => {
    const before = await at.snapshot();
    const changes = ['users_org', 'items_owner'].map((name) => changeOf(keyNamed(before, name), 'CASCADE'));
    const [step] = stepsOf(at, before, changes);
    if (step === undefined) throw new Error('no step');
    return step;
  };
  const one = async (name = 'users_org'): Promise<{ readonly up: StepBody; readonly down: StepBody }> => {
    const before = await at.snapshot();
    return stepOf(at, before, changeOf(keyNamed(before, name), 'CASCADE'));
  };
  const actions = async (): Promise<readonly string[]> =>
    (await at.snapshot()).foreignKeys.map((key) => `${String(key.name)} ${key.onDelete}`);

  test('a key in an unknown state: no other key is changed, and both are told', async () => {
    const { up } = await both();
    await at.make(
      'ALTER TABLE items DROP FOREIGN KEY items_owner; ALTER TABLE items ADD CONSTRAINT items_owner FOREIGN KEY (owner) REFERENCES users (id) ON DELETE SET NULL',
    );
    const before = await actions();
    expect(await messageOfFailure(runByDriver(session, up))).toMatch(
      /ondelete changed nothing: key \d of `items` is `items_owner` ON DELETE SET NULL/,
    );
    expect(await actions()).toEqual(before);
    const { code, stderr } = await runByClient(at, up);
    expect([code, stderr]).toEqual([1, expect.stringContaining('ondelete changed nothing')]);
    expect(await actions()).toEqual(before);
    // A client that goes on after errors changes nothing either.
    const forced = await runByClient(at, up, ['--force']);
    expect(forced.stderr).toContain('ondelete changed nothing');
    expect(await actions()).toEqual(before);
  });

  test('a file that stops before its first change has set nothing, even if nobody runs its end', async () => {
    const { up } = await one();
    await at.make('ALTER TABLE users DROP FOREIGN KEY users_org');
    if (up.kind !== 'run') throw new Error('nothing to run');
    const [before] = await session.query(settings);
    expect(await messageOfFailure(runByDriver(session, { ...up, always: [] }))).toContain('missing');
    // MariaDB needs another sql_mode to read the block at all.
    const [after] = await session.query(settings);
    expect({ ...after, m: before?.['m'] }).toEqual(before);
  });

  test('limits for queries stop neither the question nor the count', async () => {
    const { up, down } = await both();
    await session.query(
      'SET SESSION sql_safe_updates = 1, max_join_size = 1, sql_big_selects = 0, sql_select_limit = 1, group_concat_max_len = 4',
    );
    await session.query(
      mysql ? 'SET SESSION max_execution_time = 1' : 'SET SESSION max_statement_time = 0.001',
    );
    const before = await at.snapshot();
    const [kept] = await session.query(settings);
    await runByDriver(session, up);
    expect(await actions()).toEqual(['items_owner CASCADE', 'users_org CASCADE']);
    await runByDriver(session, down);
    expect(await session.query(settings)).toEqual([kept]);
    expect(JSON.stringify(await at.snapshot())).toBe(JSON.stringify(before));
  });

  test('two runs at once: both succeed, or the one that is later says who runs', async () => {
    const { up } = await both();
    const other = await at.session();
    const turn = "CONCAT('ondelete ', DATABASE())";
    await other.query(`SELECT GET_LOCK(${turn}, 0)`);
    const [{ id } = {}] = await other.query('SELECT CONNECTION_ID() AS id');
    expect(await messageOfFailure(runByDriver(session, impatientSide(up)))).toBe(
      `${mysql ? "Incorrect string value: '" : ''}ondelete changed nothing: connection ${String(id)} runs another file of ondelete in this database${mysql ? "' for function uuid_to_bin" : ''}`,
    );
    expect(await actions()).toEqual(['items_owner RESTRICT', 'users_org RESTRICT']);
    await other.query(`DO RELEASE_LOCK(${turn})`);
    const failures = await Promise.all([session, other].map((each) => codeOfFailure(runByDriver(each, up))));
    expect(failures).toEqual(['no error', 'no error']);
    expect(await actions()).toEqual(['items_owner CASCADE', 'users_org CASCADE']);
  });

  // MariaDB: the ALTER waits inside InnoDB for the children of the child, in front of all readers; without a bound of its own for 50 seconds.
  test('while a transaction has written a child of the child, readers wait for a moment only', async () => {
    const { up } = await one();
    const writer = await at.session();
    const reader = await at.session();
    const observer = await at.session();
    await writer.query('START TRANSACTION; UPDATE items SET n = n + 1');
    const [{ id } = {}] = await session.query('SELECT CONNECTION_ID() AS id');
    const work = codeOfFailure(runByDriver(session, up));
    if (mysql) {
      expect(await work).toContain('1205');
      await writer.query('COMMIT');
      return;
    }
    // Between its tries it sleeps and holds nothing.
    for (let pauses = 0; pauses < 2;) {
      const [row] = await observer.query(
        `SELECT STATE AS state, INFO LIKE 'DO SLEEP%' AS sleeps FROM information_schema.PROCESSLIST WHERE ID = ${String(id)}`,
      );
      if (row?.['state'] === 'User sleep') {
        await reader.query('SELECT * FROM users');
        pauses++;
      }
      if (row === undefined || (await Promise.race([work, Promise.resolve('runs')])) !== 'runs')
        throw new Error('the file has ended');
    }
    await writer.query('COMMIT');
    expect(await work).toBe('no error');
    expect(await actions()).toEqual(['items_owner RESTRICT', 'users_org CASCADE']);
  }, 40_000);

  if (!mysql) {
    test('the lock inside InnoDB is the one that is told', async () => {
      const { up } = await one();
      if (up.kind !== 'run') throw new Error('nothing to run');
      const told = up.statements
        .flatMap(({ operations }) => operations)
        .flatMap(({ locks }) => locks)
        .filter(({ mode }) => mode === 'InnoDB table X')
        .map(({ table }) => table?.name);
      expect(new Set(told)).toEqual(new Set(['items']));
      const writer = await at.session();
      await writer.query('START TRANSACTION; UPDATE items SET n = n + 1');
      const work = codeOfFailure(runByDriver(session, impatientSide(up)));
      const observer = await at.session();
      let waits: readonly unknown[] = [];
      // The server answers from a cache for as long as it is asked more often than every tenth of a second.
      while (waits.length === 0)
        waits = await observer.query(
          `SELECT SLEEP(0.2); SELECT DISTINCT l.lock_mode AS mode, l.lock_type AS type, l.lock_table AS t FROM information_schema.INNODB_LOCK_WAITS AS w
            JOIN information_schema.INNODB_LOCKS AS l ON l.lock_id = w.requested_lock_id`,
        );
      await writer.query('COMMIT');
      expect(await work).toBe('no error');
      expect(waits).toEqual([{ mode: 'X', type: 'TABLE', t: `\`${at.database.name}\`.\`items\`` }]);
    }, 40_000);

    test('sql_mode=ORACLE', async () => {
      const { up, down } = await both();
      const before = JSON.stringify(await at.snapshot());
      await session.query("SET SESSION sql_mode = 'ORACLE'");
      const [mode] = await session.query('SELECT @@sql_mode AS m');
      await runByDriver(session, up);
      expect(await actions()).toEqual(['items_owner CASCADE', 'users_org CASCADE']);
      await runByDriver(session, down);
      expect(await session.query('SELECT @@sql_mode AS m')).toEqual([mode]);
      expect(JSON.stringify(await at.snapshot())).toBe(before);
    });
  }

  // A cluster cannot be had here: the question stands in front of a table of our own that says what such a server would say.
  test('a node of a cluster that would change alone: stops', async () => {
    const { up } = await one();
    const faked = (side: StepBody, method: string): StepBody => {
      if (side.kind !== 'run') throw new Error('nothing to run');
      const cluster = mysql
        ? `(SELECT 'wsrep_OSU_method' AS VARIABLE_NAME, '${method}' AS VARIABLE_VALUE) AS session_variables`
        : `(SELECT 'WSREP_ON' AS VARIABLE_NAME, 'ON' AS SESSION_VALUE, 'ON' AS GLOBAL_VALUE UNION ALL SELECT 'WSREP_OSU_METHOD', '${method}', 'TOI') AS v`;
      const view = mysql ? 'performance_schema.session_variables' : 'information_schema.SYSTEM_VARIABLES';
      return {
        ...side,
        statements: side.statements.map((each) => ({ ...each, sql: each.sql.replaceAll(view, cluster) })),
      };
    };
    expect(await messageOfFailure(runByDriver(session, faked(up, 'RSU')))).toContain('wsrep_OSU_method');
    expect(await actions()).toEqual(['items_owner RESTRICT', 'users_org RESTRICT']);
    await runByDriver(session, faked(up, 'TOI'));
    expect(await actions()).toEqual(['items_owner RESTRICT', 'users_org CASCADE']);
  });

  if (mysql) {
    test('a group with several primaries: a file that cascades stops, one that refuses runs', async () => {
      const { up, down } = await one();
      const faked = (side: StepBody): StepBody => {
        if (side.kind !== 'run') throw new Error('nothing to run');
        const group =
          "FROM (SELECT 'group_replication_enforce_update_everywhere_checks' AS VARIABLE_NAME, 'ON' AS VARIABLE_VALUE) AS v WHERE VARIABLE_NAME = 'group";
        const asked = "FROM performance_schema.global_variables WHERE VARIABLE_NAME = 'group";
        return {
          ...side,
          statements: side.statements.map((each) => ({ ...each, sql: each.sql.replace(asked, group) })),
        };
      };
      expect(await messageOfFailure(runByDriver(session, faked(up)))).toContain('several primaries');
      expect(await actions()).toEqual(['items_owner RESTRICT', 'users_org RESTRICT']);
      await runByDriver(session, up);
      await runByDriver(session, faked(down));
      expect(await actions()).toEqual(['items_owner RESTRICT', 'users_org RESTRICT']);
    });

    test('a child without a primary key, where the server demands one', async () => {
      await at.make(
        'SET SESSION sql_require_primary_key = 0; CREATE TABLE tags (owner INT, word VARCHAR(9), CONSTRAINT tags_owner FOREIGN KEY (owner) REFERENCES users (id)); SET SESSION sql_require_primary_key = DEFAULT',
      );
      const { up, down } = await one('tags_owner');
      await session.query('SET SESSION sql_require_primary_key = 1');
      for (const side of [up, down]) {
        await runByDriver(session, side);
        expect(await session.query('SELECT @@sql_require_primary_key AS r')).toEqual([{ r: 1 }]);
      }
      // Who may not set it need not, where the server demands nothing.
      await session.query('SET SESSION sql_require_primary_key = 0');
      await runByDriver(session, up);
      expect(await session.query('SELECT @@sql_require_primary_key AS r')).toEqual([{ r: 0 }]);
      expect(await actions()).toContain('tags_owner CASCADE');
    });

    test('a child that a key to columns that are not unique points to', async () => {
      await session.query(
        'ALTER TABLE users ADD KEY name (name); SET SESSION restrict_fk_on_non_standard_key = 0',
      );
      await session.query(
        'CREATE TABLE nicks (id INT PRIMARY KEY, name VARCHAR(20), CONSTRAINT nicks_name FOREIGN KEY (name) REFERENCES users (name))',
      );
      await session.query('SET SESSION restrict_fk_on_non_standard_key = 1');
      const { up, down } = await one();
      const before = JSON.stringify(await at.snapshot());
      await runByDriver(session, up);
      expect(await actions()).toContain('users_org CASCADE');
      expect(await session.query('SELECT @@restrict_fk_on_non_standard_key AS r')).toEqual([{ r: 1 }]);
      await runByDriver(session, down);
      expect(JSON.stringify(await at.snapshot())).toBe(before);
    });
  }

  test('--plain: the same change without states or counts, and the session as it was', async () => {
    const before = await at.snapshot();
    const change = changeOf(keyNamed(before, 'users_org'), 'CASCADE');
    const [step] = stepsOf(at, before, [change], { plain: true });
    if (step?.up.kind !== 'run') throw new Error('nothing to run');
    expect(step.up.statements.filter(({ sql }) => /^(SELECT|BEGIN|WITH)/.test(sql))).toEqual([]);
    const [kept] = await session.query(settings);
    await runByDriver(session, step.up);
    expect(await actions()).toEqual(['items_owner RESTRICT', 'users_org CASCADE']);
    await runByDriver(session, step.down);
    expect(await session.query(settings)).toEqual([kept]);
    expect(JSON.stringify(await at.snapshot())).toBe(JSON.stringify(before));
  });
}
