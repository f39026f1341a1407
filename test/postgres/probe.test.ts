// Live questions about many keys and tables at once: one answer each, whatever becomes of the others.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeServers } from '../servers/describe.ts';
import type { ReferentialAction } from '../../src/core/model.ts';
import { schemaIndex } from '../../src/core/schema-index.ts';
import { change, keyNamed, type Lab, openLab } from './lab.ts';

describeServers('postgres', (server) => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab(
      server,
      `CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1);
       CREATE TABLE c (id int CONSTRAINT fk REFERENCES p); INSERT INTO c VALUES (1), (NULL);
       CREATE TABLE held (id int CONSTRAINT held_fk REFERENCES p);
       CREATE TABLE strays (id int); INSERT INTO strays VALUES (1), (7);
       ALTER TABLE strays ADD CONSTRAINT strays_fk FOREIGN KEY (id) REFERENCES p NOT VALID`,
    );
  });
  afterAll(() => lab.close());

  test('a key without an answer costs the others nothing', async () => {
    const snapshot = await lab.snapshot();
    const [fk, held, strays] = ['fk', 'held_fk', 'strays_fk'].map((name) => keyNamed(snapshot, name));
    if (fk === undefined || held === undefined || strays === undefined) throw new Error('three keys');
    const probe = await lab.reader.probe();
    const holder = await lab.session();
    await holder.query('BEGIN; LOCK TABLE held IN ACCESS EXCLUSIVE MODE');
    const counted = (count: number, ...sample: readonly string[]) => ({
      known: true,
      value: { count, atLeast: false, sample },
    });
    const late = { known: false, why: 'the time was up' };
    expect(await probe.orphans([held, fk, { ...fk, name: 'gone' }, held, strays], 10_000)).toEqual([
      late,
      counted(0, ...[]),
      { known: false, why: 'the key is not there any more' },
      late,
      counted(1, 'id=7'),
    ]);
    await holder.query('ROLLBACK');
    expect(await probe.orphans([held], 20_000)).toEqual([counted(0)]);
    expect(await probe.orphans([], 2_000)).toEqual([]);
  });

  test('rows are estimated where a table was analysed, and counted where it was not', async () => {
    const probe = await lab.reader.probe();
    const tables = ['c', 'gone', 'strays'].map((name) => ({ schema: 'public', name }));
    await lab.sql('ANALYZE strays');
    expect(await probe.rows(tables, 20_000)).toEqual([
      { known: true, value: 2 },
      { known: false, why: 'relation "public.gone" does not exist' },
      { known: true, value: 2 },
    ]);
  });

  test('what would swallow or refuse the writes of the new action is told before the change', async () => {
    await lab.sql(`CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
      CREATE TRIGGER keep BEFORE DELETE ON c FOR EACH ROW EXECUTE FUNCTION keep();
      CREATE PUBLICATION pub FOR TABLE c`);
    const snapshot = await lab.snapshot();
    const probe = await lab.reader.probe();
    const key = keyNamed(snapshot, 'fk');
    const told = async (onDelete: ReferentialAction): Promise<readonly string[]> =>
      (await probe.preflight([change(key, onDelete)], schemaIndex(snapshot))).map(({ code }) => code);
    expect(await told('CASCADE')).toEqual(['BEFORE_TRIGGER_SWALLOWS', 'PUBLISHED_WITHOUT_IDENTITY']);
    expect(await told('SET NULL')).toEqual(['PUBLISHED_WITHOUT_IDENTITY']);
    expect(await told('RESTRICT')).toEqual([]);
  });
});
