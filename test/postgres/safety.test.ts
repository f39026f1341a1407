// What a migration promises when things go wrong: kills between steps, states it does not know, orphans, locks, shared transactions.
import { schemaIndex } from '../../src/core/schema-index.ts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { ForeignKey, Snapshot, Step } from '../../src/core/model.ts';
import { postgres } from '../../dialects/postgres/index.ts';
import { describeServers } from '../servers/describe.ts';
import type { Session as Plain } from '../servers/index.ts';
import {
  apply,
  change,
  type Form,
  keyNamed,
  type Lab,
  openLab,
  runSide,
  settingsOf,
  smallSchema,
  statementsOf,
} from './lab.ts';

describeServers('postgres', (server) => {
  let lab: Lab;
  let session: Plain;
  let before: Snapshot;
  beforeAll(async () => {
    lab = await openLab(server);
    session = await lab.session();
  });
  afterAll(() => lab.close());
  // a test that fails in the middle must not hold the others up
  afterEach(() => lab.endTransactions());
  beforeEach(async () => {
    await lab.sql(smallSchema);
    before = await lab.snapshot();
  });
  const planFor = async (
    name: string,
    to: ForeignKey['onDelete'] = 'CASCADE',
    form: Form = 'each file',
  ): Promise<readonly Step[]> => lab.plan([change(keyNamed(await lab.snapshot(), name), to)], form);

  test('orphans stop the check, with their number and a sample', async () => {
    await lab.sql(
      `SET session_replication_role = replica; INSERT INTO s.child VALUES (1, 901), (2, 902), (3, NULL); RESET session_replication_role`,
    );
    const steps = await planFor('fk');
    await expect(apply(session, steps, 'up')).rejects.toThrow(
      /fk of s.child has rows that point to no row of .*: 2, such as \(901\); nothing was changed/,
    );
    expect(await lab.snapshot()).toEqual(before);
    const found = await (await lab.reader.probe()).orphans([keyNamed(before, 'fk')], 20_000);
    expect(found).toEqual([
      { known: true, value: { count: 2, atLeast: false, sample: ['pid=901', 'pid=902'] } },
    ]);
  });

  test('behind a reader the swap tries again, and the reader and other readers are not disturbed', async () => {
    const steps = await planFor('fk', 'CASCADE', 'nothing');
    const reader = await lab.session();
    const other = await lab.session();
    await reader.query('BEGIN; SELECT count(*) FROM s.child');
    const migration = apply(session, steps, 'up');
    await waitFor(
      lab,
      `SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DO $ondelete%' AND wait_event = 'PgSleep'`,
    );
    await other.query('SELECT count(*) FROM s.child, s.parent; DELETE FROM s.child WHERE id = -1');
    await reader.query('SELECT count(*) FROM s.parent; COMMIT');
    await migration;
    expect(keyNamed(await lab.snapshot(), 'fk')).toMatchObject({ onDelete: 'CASCADE', validated: true });
  });

  test('all steps in one transaction pass on small tables and on tables made in it', async () => {
    const steps = [...(await planFor('fk')), ...(await planFor('pk'))];
    for (const direction of ['up', 'down'] as const) {
      await session.query('BEGIN');
      for (const sql of statementsOf(steps, direction)) await session.query(sql);
      await session.query('COMMIT');
    }
    expect(await lab.snapshot()).toEqual(before);
    await session.query(`BEGIN; ${smallSchema}`);
    for (const sql of statementsOf(steps, 'up')) await session.query(sql);
    await session.query('COMMIT');
    expect((await lab.snapshot()).foreignKeys.map((key) => key.onDelete)).toEqual(['CASCADE', 'CASCADE']);
  });

  test('all steps in one transaction stop before the scan of a large table, and before its strong locks where others are held', async () => {
    await lab.sql(`INSERT INTO s.child SELECT n, 1 + n % 100 FROM generate_series(1, 400000) n`);
    const steps = await planFor('fk');
    const all = async (): Promise<void> => {
      for (const sql of statementsOf(steps, 'up')) await session.query(sql);
    };
    await session.query('BEGIN');
    await expect(all()).rejects.toThrow(/already holds locks on .*s.child.*nothing was changed/);
    await session.query('ROLLBACK');
    await session.query(
      'BEGIN; CREATE TABLE s.locked (); LOCK TABLE s.parts IN ACCESS EXCLUSIVE MODE; SAVEPOINT here',
    );
    await expect(all()).rejects.toThrow(/already holds locks on .*s.locked.*nothing was changed/);
    await session.query('ROLLBACK TO here');
    const held = await session.query(
      `SELECT FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 's.child'::regclass`,
    );
    expect(held).toEqual([]);
    await session.query('ROLLBACK');
    expect((await lab.snapshot()).foreignKeys).toEqual(before.foreignKeys);
    // the way back of the first step alone would have to scan under the locks of its swap
    const [swap] = steps;
    if (swap === undefined) throw new Error('no step');
    await runSide(session, swap, swap.up);
    await expect(runSide(session, swap, swap.down)).rejects.toThrow(/not small/);
    await apply(session, steps, 'up');
    expect(keyNamed(await lab.snapshot(), 'fk').onDelete).toBe('CASCADE');
  });

  test('rows written earlier in the transaction are told when the key is deferred', async () => {
    await lab.sql('ALTER TABLE s.child ALTER CONSTRAINT fk DEFERRABLE INITIALLY DEFERRED');
    const steps = await planFor('fk');
    await session.query('BEGIN; INSERT INTO s.child VALUES (101, 1)');
    const [settings = '', swap = ''] = statementsOf(steps, 'up');
    await session.query(settings);
    await expect(session.query(swap)).rejects.toThrow(/pending trigger events; nothing was changed/);
    await session.query('ROLLBACK');
  });

  test('no setting is left behind, after success and after an error, in a transaction of others too', async () => {
    const steps = await planFor('fk');
    const atOnce = await planFor('pk', 'CASCADE', 'nothing');
    const fresh = await lab.session();
    await fresh.query(`SET statement_timeout = '77s'; SET lock_timeout = '66s'; SET search_path = s, public`);
    const settings = await settingsOf(fresh);
    await apply(fresh, steps, 'up');
    await apply(fresh, atOnce, 'up');
    expect(await settingsOf(fresh)).toEqual(settings);
    await fresh.query(`BEGIN; SET LOCAL statement_timeout = '55s'; SET LOCAL lock_timeout = '44s'`);
    const inside = await settingsOf(fresh);
    for (const sql of statementsOf(steps, 'down')) await fresh.query(sql);
    expect(await settingsOf(fresh)).toEqual(inside);
    await fresh.query('ROLLBACK');
    await lab.sql('ALTER TABLE s.child DROP CONSTRAINT fk; ALTER TABLE s.parts DROP CONSTRAINT pk');
    await expect(apply(fresh, steps, 'up')).rejects.toThrow(/no such key/);
    await expect(apply(fresh, atOnce, 'up')).rejects.toThrow(/no such key/);
    expect(await settingsOf(fresh)).toEqual(settings);
  });

  test('an owner of the child with nothing but REFERENCES on the parent can migrate', async () => {
    await lab.sql(`DROP ROLE IF EXISTS od_owner; CREATE ROLE od_owner LOGIN PASSWORD 'od_owner'; GRANT USAGE, CREATE ON SCHEMA s TO od_owner;
      ALTER TABLE s.child OWNER TO od_owner; GRANT REFERENCES ON s.parent TO od_owner`);
    const steps = await planFor('fk');
    const owner = await lab.session();
    await owner.query('SET SESSION AUTHORIZATION od_owner');
    await apply(owner, steps, 'up');
    expect(keyNamed(await lab.snapshot(), 'fk')).toMatchObject({ onDelete: 'CASCADE', validated: true });
    await apply(owner, steps, 'down');
    expect(await lab.snapshot()).toEqual(before);
    await owner.query('RESET SESSION AUTHORIZATION');
    await lab.sql('DROP OWNED BY od_owner CASCADE; DROP ROLE od_owner');
  });

  test('an owner who may not read the child changes its key, and is told that rows are not counted', async () => {
    await lab.sql(`DROP ROLE IF EXISTS od_blind; CREATE ROLE od_blind; GRANT ALL ON SCHEMA s TO od_blind;
      ALTER TABLE s.child OWNER TO od_blind; REVOKE SELECT ON s.child FROM od_blind;
      GRANT REFERENCES ON s.parent TO od_blind; GRANT SELECT (id) ON s.parent TO od_blind`);
    const steps = await planFor('fk', 'CASCADE', 'nothing');
    const blind = await lab.session();
    await blind.query('SET SESSION AUTHORIZATION od_blind');
    await apply(blind, steps, 'up');
    expect(keyNamed(await lab.snapshot(), 'fk')).toMatchObject({ onDelete: 'CASCADE', validated: true });
    await blind.query('RESET SESSION AUTHORIZATION');
    await lab.sql('DROP OWNED BY od_blind CASCADE; DROP ROLE od_blind');
  });

  test('a foreign user is told which rights are missing, until none is', async () => {
    await lab.sql(`DROP ROLE IF EXISTS od_other; CREATE ROLE od_other`);
    await lab.sql(`ALTER ROLE od_other LOGIN PASSWORD 'od_other'`);
    const url = new URL(lab.url);
    [url.username, url.password] = ['od_other', 'od_other'];
    const reader = await postgres.connect(url.href, { timeoutMilliseconds: 5000 });
    const snapshot = await lab.snapshot();
    const told = async (): Promise<readonly string[]> => {
      const changes = [change(keyNamed(snapshot, 'fk'), 'CASCADE')];
      const hazards = await (await reader.probe()).preflight(changes, schemaIndex(snapshot));
      return hazards.map((hazard) => hazard.code);
    };
    expect(await told()).toEqual(['NOT_OWNER', 'NOT_OWNER', 'NOT_OWNER', 'ROW_BY_ROW_VALIDATE']);
    await lab.sql('GRANT USAGE ON SCHEMA s TO od_other; GRANT REFERENCES (id) ON s.parent TO od_other');
    expect(await told()).toEqual(['NOT_OWNER', 'ROW_BY_ROW_VALIDATE']);
    await lab.sql('GRANT SELECT ON s.parent TO od_other; GRANT postgres TO od_other');
    expect(await told()).toEqual([]);
    expect(await reader.introspect({ schemas: null })).toMatchObject({ snapshot });
    await reader.close();
    await lab.sql('DROP OWNED BY od_other; DROP ROLE od_other');
  });

  test('a key that would come to rest on another index is refused, by the plan and by the file', async () => {
    await lab.sql(`CREATE TABLE s.q (id int, k int); CREATE UNIQUE INDEX younger ON s.q (k); ALTER TABLE s.q ADD PRIMARY KEY (id);
      CREATE TABLE s.r (k int CONSTRAINT on_unique REFERENCES s.q (k), id int CONSTRAINT on_primary REFERENCES s.q (id))`);
    await lab.sql('CREATE UNIQUE INDEX second_k ON s.q (k); CREATE UNIQUE INDEX second_id ON s.q (id)');
    const [steps, atOnce] = [await planFor('on_unique'), await planFor('on_unique', 'CASCADE', 'nothing')];
    const snapshot = await lab.snapshot();
    expect(keyNamed(snapshot, 'on_unique')).toMatchObject({
      referencedIndex: 'younger',
      recreatedIndex: 'younger',
    });
    await lab.sql('REINDEX INDEX CONCURRENTLY s.younger');
    await lab.sql('REINDEX INDEX CONCURRENTLY s.q_pkey');
    const moved = await lab.snapshot();
    expect(keyNamed(moved, 'on_unique')).toMatchObject({
      referencedIndex: 'younger',
      recreatedIndex: 'second_k',
    });
    const hazards = postgres.checkChange(
      keyNamed(moved, 'on_unique'),
      { onDelete: 'CASCADE', onDeleteColumns: null },
      schemaIndex(moved),
      postgres.capabilities(moved.server),
    );
    expect(hazards.map((hazard) => hazard.code)).toEqual(['REFERENCED_INDEX_MOVES']);
    for (const each of [steps, atOnce])
      await expect(apply(session, each, 'up')).rejects.toThrow(
        /would come to rest on another index.*nothing was changed/,
      );
    expect(await lab.snapshot()).toEqual(moved);
    // the primary key keeps it, because the parent columns are left out
    await apply(session, await planFor('on_primary'), 'up');
    expect(keyNamed(await lab.snapshot(), 'on_primary')).toMatchObject({
      referencedIndex: 'q_pkey',
      recreatedIndex: 'q_pkey',
      onDelete: 'CASCADE',
    });
  });

  test('who holds locks is told: a long transaction, and a prepared one', async () => {
    const snapshot = await lab.snapshot();
    const changes = [change(keyNamed(snapshot, 'fk'), 'CASCADE')];
    const holder = await lab.session();
    expect(await (await lab.reader.probe()).preflight(changes, schemaIndex(snapshot))).toEqual([]);
    const prepared =
      Number((await lab.sql('SHOW max_prepared_transactions'))[0]?.['max_prepared_transactions']) > 0;
    if (prepared)
      await holder.query(
        `BEGIN; INSERT INTO s.child VALUES (500, 1); PREPARE TRANSACTION 'od_test_${lab.major}'`,
      );
    const codes = (await (await lab.reader.probe()).preflight(changes, schemaIndex(snapshot))).map(
      (hazard) => hazard.code,
    );
    if (prepared) await holder.query(`ROLLBACK PREPARED 'od_test_${lab.major}'`);
    expect(codes.filter((code) => code === 'PREPARED_TRANSACTION')).toHaveLength(prepared ? 2 : 0);
  });
});

async function waitFor(lab: Lab, countQuery: string): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    if (Number((await lab.sql(countQuery))[0]?.['count']) > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`never came true: ${countQuery}`);
}
