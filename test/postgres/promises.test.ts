// Promises of a file with several keys, and of a file that runs among others: all keys are looked at before the first is changed, an index
// build is never hindered, rows are read as the caller would, and nobody else's transaction is ended.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { schemaIndex } from '../../src/core/schema-index.ts';
import type { ReferentialAction, Snapshot, Step } from '../../src/core/model.ts';
import { postgres } from '../../dialects/postgres/index.ts';
import { describeServers } from '../servers/describe.ts';
import type { Session as Plain } from '../servers/index.ts';
import { apply, change, type Form, forms, keyNamed, type Lab, openLab, smallSchema } from './lab.ts';

/** Two children, so that something could have happened to the first when the second stops the file. */
const schema = `${smallSchema}
  CREATE TABLE s.second (id int, pid int CONSTRAINT second_key REFERENCES s.parent);
  INSERT INTO s.second SELECT n, n FROM generate_series(1, 100) n;`;
const orphan = `SET session_replication_role = replica; INSERT INTO s.second VALUES (1, 901); RESET session_replication_role`;

describeServers('postgres', (server) => {
  let lab: Lab;
  let session: Plain;
  let before: Snapshot;
  beforeAll(async () => {
    lab = await openLab(server);
    session = await lab.session();
  });
  afterAll(() => lab.close());
  afterEach(async () => {
    await lab.endTransactions();
    await session.query('RESET ROLE; RESET search_path');
  });
  beforeEach(async () => {
    await lab.sql(schema);
    before = await lab.snapshot();
  });
  const planFor = (form: Form, to: ReferentialAction = 'CASCADE'): Promise<readonly Step[]> =>
    lab.plan(
      ['fk', 'second_key'].map((name) => change(keyNamed(before, name), to)),
      form,
    );
  const plans = async (): Promise<readonly (readonly Step[])[]> =>
    Promise.all(forms.map((form) => planFor(form)));

  test.each([
    ['unknown', 'ALTER TABLE s.second DROP CONSTRAINT second_key', /second_key of s.second .*no such key/],
    ['with orphans', orphan, /second_key of s.second has rows that point to no row of [^:]*: 1, such as/],
    [
      'of another action',
      'ALTER TABLE s.second DROP CONSTRAINT second_key, ADD CONSTRAINT second_key FOREIGN KEY (pid) REFERENCES s.parent ON DELETE SET DEFAULT',
      /SET DEFAULT/,
    ],
  ])('a second key that is %s stops the file before the first is changed', async (_what, sql, message) => {
    const both = await plans();
    await lab.sql(sql);
    const as = await lab.snapshot();
    for (const steps of both) {
      await expect(apply(session, steps, 'up')).rejects.toThrow(message);
      await expect(apply(session, steps, 'up')).rejects.toThrow('nothing was changed');
      expect(await lab.snapshot()).toEqual(as);
    }
  });

  test('a second key that the user may not change stops the file before the first is changed', async () => {
    await lab.sql(`DROP ROLE IF EXISTS od_half; CREATE ROLE od_half; GRANT USAGE, CREATE ON SCHEMA s TO od_half;
      ALTER TABLE s.child OWNER TO od_half; GRANT SELECT, REFERENCES ON s.parent TO od_half; GRANT SELECT ON s.second TO od_half`);
    for (const sql of [
      '',
      'ALTER TABLE s.second OWNER TO od_half; REVOKE REFERENCES ON s.parent FROM od_half',
    ]) {
      await lab.sql(sql);
      for (const steps of await plans()) {
        await session.query('SET ROLE od_half');
        await expect(apply(session, steps, 'up')).rejects.toThrow(
          /od_half, who has to own.*nothing was changed/,
        );
        await session.query('RESET ROLE');
        expect(await lab.snapshot()).toEqual(before);
      }
    }
    await lab.sql('DROP OWNED BY od_half; DROP ROLE od_half');
  });

  test('SET NULL is not installed on a column that became NOT NULL since the file was written', async () => {
    for (const form of forms) {
      await lab.sql('ALTER TABLE s.second ALTER COLUMN pid DROP NOT NULL');
      const steps = await planFor(form, 'SET NULL');
      await lab.sql('ALTER TABLE s.second ALTER COLUMN pid SET NOT NULL');
      await expect(apply(session, steps, 'up')).rejects.toThrow(
        /second_key .* NOT NULL.*nothing was changed/,
      );
      expect((await lab.snapshot()).foreignKeys).toEqual(before.foreignKeys);
    }
  });

  test('rows are read with the caller’s own search_path: a function behind an index may rely on it', async () => {
    await lab.sql(`TRUNCATE s.child, s.second; SET search_path = s;
      CREATE FUNCTION inner_f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1';
      CREATE FUNCTION outer_f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT s.inner_f($1)';
      CREATE INDEX ON child (outer_f(id)); CREATE INDEX ON second (outer_f(id));
      CREATE OR REPLACE FUNCTION outer_f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT inner_f($1)';
      INSERT INTO child VALUES (1, 1); INSERT INTO second VALUES (1, 1); RESET search_path`);
    await session.query('SET search_path = s, public');
    for (const form of forms) {
      const steps = await planFor(form);
      await apply(session, steps, 'up');
      await apply(session, steps, 'down');
      expect((await lab.snapshot()).foreignKeys).toEqual(before.foreignKeys);
    }
  });

  test('row security that hides rows from the user is told beforehand, and stops the file before the swap', async () => {
    await lab.sql(`DROP ROLE IF EXISTS od_rows; CREATE ROLE od_rows LOGIN PASSWORD 'od_rows'; GRANT USAGE, CREATE ON SCHEMA s TO od_rows;
      ALTER TABLE s.child OWNER TO od_rows; ALTER TABLE s.second OWNER TO od_rows; ALTER TABLE s.parent OWNER TO od_rows`);
    const url = Object.assign(new URL(lab.url), { username: 'od_rows', password: 'od_rows' });
    const reader = await postgres.connect(url.href, { timeoutMilliseconds: 5000 });
    const changes = [
      change(keyNamed(before, 'fk'), 'CASCADE'),
      change(keyNamed(before, 'second_key'), 'CASCADE'),
    ];
    const told = async (): Promise<readonly string[]> =>
      (await (await reader.probe()).preflight(changes, schemaIndex(before))).map(
        ({ code, detail }) => `${code} ${detail}`,
      );
    try {
      expect(await told()).toEqual([]);
      for (const table of ['second', 'parent']) {
        await lab.sql(`ALTER TABLE s.${table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
          CREATE POLICY a_half ON s.${table} USING (id < 50)`);
        expect(new Set(await told())).toEqual(
          new Set([`ROWS_HIDDEN row security hides rows of s.${table} from the user`]),
        );
        for (const steps of await plans()) {
          await session.query('SET ROLE od_rows');
          await expect(apply(session, steps, 'up')).rejects.toThrow(
            /row security hides rows; nothing was changed/,
          );
          await session.query('RESET ROLE');
          expect((await lab.snapshot()).foreignKeys).toEqual(before.foreignKeys);
        }
        await lab.sql(`ALTER TABLE s.${table} DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY`);
      }
      // whoever does not own the parent is not hindered: VALIDATE then asks the key's own triggers
      await lab.sql(
        `ALTER TABLE s.parent OWNER TO CURRENT_USER; ALTER TABLE s.parent ENABLE ROW LEVEL SECURITY; GRANT SELECT, REFERENCES ON s.parent TO od_rows`,
      );
      expect(await told()).toEqual([]);
      for (const steps of await plans()) {
        await session.query('SET ROLE od_rows');
        await apply(session, steps, 'up');
        await apply(session, steps, 'down');
        await session.query('RESET ROLE');
      }
    } finally {
      await reader.close();
      await lab.sql('DROP OWNED BY od_rows CASCADE; DROP ROLE od_rows');
    }
  });

  test('within an open transaction the statement stops, and the caller’s work is not committed', async () => {
    const [step] = await planFor('nothing');
    if (step?.up.kind !== 'run') throw new Error('no step');
    const texts = step.up.statements.map(({ sql }) => sql);
    const block = texts.find((sql) => sql.includes('keys CONSTANT')) ?? '';
    await session.query('BEGIN; INSERT INTO s.child VALUES (777, 1)');
    await expect(
      texts.reduce<Promise<unknown>>((all, sql) => all.then(() => session.query(sql)), Promise.resolve()),
    ).rejects.toThrow(/not in a transaction.*nothing was changed/);
    await session.query('ROLLBACK');
    // in one message both are one transaction, too; and without the settings COMMIT itself refuses
    await expect(session.query(texts.join(';'))).rejects.toThrow(/not in a transaction/);
    await expect(session.query(`BEGIN; INSERT INTO s.child VALUES (777, 1); ${block}`)).rejects.toThrow(
      /invalid transaction termination/,
    );
    await session.query('ROLLBACK');
    expect(await lab.sql('SELECT FROM s.child WHERE id = 777')).toEqual([]);
    expect(await lab.snapshot()).toEqual(before);
    for (const { sql } of step.up.always) await session.query(sql);
  });

  test.each(forms)('an index build on a child is not hindered, where a tool wraps %s', async (form) => {
    const [builder, holder] = [await lab.session(), await lab.session()];
    await lab.sql('CREATE INDEX to_rebuild ON s.second (pid)');
    const builds = [
      'CREATE INDEX CONCURRENTLY built ON s.second (id)',
      ...(lab.major >= 14 ? ['REINDEX INDEX CONCURRENTLY s.to_rebuild'] : []),
    ];
    for (const sql of builds) {
      const steps = await planFor(form);
      // the build waits for this transaction in its first phase, with its lock on the table taken
      await holder.query(`BEGIN; UPDATE s.second SET id = id WHERE id = 1`);
      const build = builder.query(sql).then(() => 'built', String);
      await comesTrue(lab, `SELECT FROM pg_stat_progress_create_index WHERE phase LIKE '%waiting%'`);
      const run = apply(session, steps, 'up').then(() => 'run', String);
      if (form === 'nothing') {
        await comesTrue(
          lab,
          `SELECT FROM pg_stat_activity WHERE query LIKE 'DO $ondelete%' AND wait_event = 'PgSleep'`,
        );
        await sleep(2500); // more than two deadlock_timeouts
      } else expect(await run).toMatch(/index of one of its tables is being built; nothing was changed/);
      await holder.query('COMMIT');
      expect(await build).toBe('built');
      if (form === 'nothing') expect(await run).toBe('run');
      expect(await lab.sql(`SELECT FROM pg_index WHERE NOT indisvalid`)).toEqual([]);
      if (form === 'nothing') await apply(session, steps, 'down');
    }
    expect((await lab.snapshot()).foreignKeys).toEqual(before.foreignKeys);
  });

  test('a vacuum is waited for', async () => {
    const [cleaner, holder] = [await lab.session(), await lab.session()];
    const steps = await planFor('nothing');
    await lab.sql('INSERT INTO s.second SELECT 1, 1 FROM generate_series(1, 200000)');
    await lab.sql('DELETE FROM s.second WHERE id = 1');
    await cleaner.query('SET vacuum_cost_delay = 20; SET vacuum_cost_limit = 100');
    const vacuum = cleaner.query('VACUUM s.second').then(() => 'done', String);
    await comesTrue(lab, 'SELECT FROM pg_stat_progress_vacuum');
    await apply(session, steps, 'up');
    expect(await vacuum).toBe('done');
    expect(keyNamed(await lab.snapshot(), 'second_key')).toMatchObject({
      onDelete: 'CASCADE',
      validated: true,
    });
    await holder.query('SELECT 1');
  });
});

async function comesTrue(lab: Lab, query: string): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    if ((await lab.sql(query)).length > 0) return;
    await sleep(20);
  }
  throw new Error(`never came true: ${query}`);
}
