// What partitions would lose for good when their root's key is dropped and added: refused beforehand, and by a file that meets it elsewhere.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { postgres } from '../../dialects/postgres/index.ts';
import type { Hazard, Snapshot } from '../../src/core/model.ts';
import { schemaIndex } from '../../src/core/schema-index.ts';
import { describeServers } from '../servers/describe.ts';
import { apply, change, forms, keyNamed, type Lab, openLab } from './lab.ts';

const schema = `
  DROP SCHEMA IF EXISTS s CASCADE; CREATE SCHEMA s;
  CREATE TABLE s.parent (id int PRIMARY KEY);
  CREATE TABLE s.parts (id int, pid int CONSTRAINT root REFERENCES s.parent) PARTITION BY RANGE (id);
  CREATE TABLE s.leaf PARTITION OF s.parts FOR VALUES FROM (0) TO (10);
  CREATE TABLE s.inner PARTITION OF s.parts FOR VALUES FROM (10) TO (20) PARTITION BY RANGE (id);
  CREATE TABLE s.inner_leaf PARTITION OF s.inner FOR VALUES FROM (10) TO (20);
  INSERT INTO s.parent VALUES (1), (2); INSERT INTO s.parts VALUES (1, 1), (11, 2)`;
const ownKey = (table: string, more = ''): string =>
  `ALTER TABLE s.${table} ADD CONSTRAINT own FOREIGN KEY (pid) REFERENCES s.parent ON DELETE CASCADE ${more}`;

describeServers('postgres', (server) => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab(server);
  });
  afterAll(() => lab.close());
  beforeEach(() => lab.sql(schema));

  const refusals = (snapshot: Snapshot): readonly string[] =>
    postgres
      .checkChange(
        keyNamed(snapshot, 'root'),
        { onDelete: 'CASCADE', onDeleteColumns: null },
        schemaIndex(snapshot),
        postgres.capabilities(snapshot.server),
      )
      .filter(({ code }: Hazard) => code === 'NOT_AVAILABLE_HERE')
      .map(({ detail }) => detail);

  test.each(['leaf', 'inner', 'inner_leaf'])('a key of its own on %s', async (table) => {
    expect(refusals(await lab.snapshot())).toEqual([]);
    const plan = (await lab.snapshot()).foreignKeys.map((key) => change(key, 'CASCADE'));
    const steps = await lab.plan(plan, 'nothing');
    await lab.sql(ownKey(table));
    const before = await lab.snapshot();
    expect(refusals(before)).toEqual([
      `partition s.${table} has a key of its own over these columns, own, which would be taken for a part of this one and be lost`,
    ]);
    await expect(apply(await lab.session(), steps, 'up')).rejects.toThrow(
      /root of s.parts has a partition with a key of its own over these columns.*; nothing was changed/,
    );
    expect(await lab.snapshot()).toEqual(before);
  });

  test('nothing of the change stays on the partitions, so that one which is detached can be changed like any other', async () => {
    const comments = async (): Promise<readonly unknown[]> =>
      lab.sql(`SELECT conrelid::regclass::text AS table, obj_description(oid, 'pg_constraint') AS comment
                 FROM pg_constraint WHERE contype = 'f' AND conname NOT LIKE '%second%' ORDER BY 1`);
    await lab.sql(`COMMENT ON CONSTRAINT root ON s.leaf IS 'of the leaf'`);
    const before = await comments();
    const session = await lab.session();
    const steps = await lab.plan([change(keyNamed(await lab.snapshot(), 'root'), 'CASCADE')], 'nothing');
    await apply(session, steps, 'up');
    expect(await comments()).toEqual(before);
    await lab.sql('ALTER TABLE s.inner DETACH PARTITION s.inner_leaf');
    const detached = (await lab.snapshot()).foreignKeys.find(({ child }) => child.name === 'inner_leaf');
    if (detached === undefined) throw new Error('a key of its own');
    await apply(session, await lab.plan([change(detached, 'RESTRICT')], 'nothing'), 'up');
    await apply(session, steps, 'down');
    const keys = (await lab.snapshot()).foreignKeys.map(({ child, onDelete }) => [child.name, onDelete]);
    expect(keys).toEqual([
      ['inner_leaf', 'RESTRICT'],
      ['parts', 'NO ACTION'],
    ]);
    expect(await comments()).toEqual(before);
  });

  test('a key of its own that no key of the root can take for a part of it', async () => {
    await lab.sql(ownKey('leaf', 'ON UPDATE CASCADE'));
    await lab.sql('ALTER TABLE s.leaf ADD CONSTRAINT other FOREIGN KEY (id) REFERENCES s.parent NOT VALID');
    const before = await lab.snapshot();
    expect(refusals(before)).toEqual([]);
    const session = await lab.session();
    const steps = await lab.plan([change(keyNamed(before, 'root'), 'CASCADE')], 'nothing');
    await apply(session, steps, 'up');
    await apply(session, steps, 'down');
    expect(await lab.snapshot()).toEqual(before);
  });

  test('a partition of another owner, whom the file does not run as', async () => {
    await lab.sql(`DROP ROLE IF EXISTS od_part; CREATE ROLE od_part LOGIN PASSWORD 'od_part';
      GRANT ALL ON SCHEMA s TO od_part; ALTER TABLE s.parent OWNER TO od_part; ALTER TABLE s.parts OWNER TO od_part; ALTER TABLE s.leaf OWNER TO od_part`);
    const before = await lab.snapshot();
    const changes = [change(keyNamed(before, 'root'), 'CASCADE')];
    const url = Object.assign(new URL(lab.url), { username: 'od_part', password: 'od_part' }).href;
    const reader = await postgres.connect(url, { timeoutMilliseconds: 20_000 });
    const told = await (await reader.probe()).preflight(changes, schemaIndex(before));
    expect(told.map(({ code, detail }) => [code, detail])).toEqual([
      ['NOT_OWNER', 'the user does not own all partitions of s.parts'],
    ]);
    await reader.close();
    const session = await lab.session();
    await session.query('SET SESSION AUTHORIZATION od_part');
    for (const form of forms)
      await expect(apply(session, await lab.plan(changes, form), 'up')).rejects.toThrow(
        /has to own the partitions of "s"."parts" too; nothing was changed/,
      );
    expect(await lab.snapshot()).toEqual(before);
    await session.query('RESET SESSION AUTHORIZATION');
    await lab.sql('DROP OWNED BY od_part CASCADE; DROP ROLE od_part');
  });

  test('a partition that has validated its part of a key that is NOT VALID', async () => {
    if (lab.major < 18) return;
    await lab.sql(`ALTER TABLE s.parts DROP CONSTRAINT root;
      ALTER TABLE s.parts ADD CONSTRAINT root FOREIGN KEY (pid) REFERENCES s.parent NOT VALID`);
    expect(refusals(await lab.snapshot())).toEqual([]);
    const key = keyNamed(await lab.snapshot(), 'root');
    const steps = await lab.plan([change(key, 'CASCADE')], 'nothing');
    await lab.sql('ALTER TABLE s.leaf VALIDATE CONSTRAINT root');
    const before = await lab.snapshot();
    expect(refusals(before)).toEqual([
      'partition s.leaf has validated its part of this NOT VALID key, root, which would be forgotten',
    ]);
    await expect(apply(await lab.session(), steps, 'up')).rejects.toThrow(
      /which would be forgotten; nothing/,
    );
    expect(await lab.snapshot()).toEqual(before);
  });
});
