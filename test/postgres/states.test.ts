// Every file knows its states: old, half done, new, other. Kills between the steps, in both directions.
import { schemaIndex } from '../../src/core/schema-index.ts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { ForeignKey, Snapshot, Step } from '../../src/core/model.ts';
import { postgres } from '../../dialects/postgres/index.ts';
import { describeServers } from '../servers/describe.ts';
import type { Session as Plain } from '../servers/index.ts';
import {
  apply,
  change,
  type Direction,
  type Form,
  forms,
  inOrder,
  keyNamed,
  type Lab,
  openLab,
  runSide,
  smallSchema,
  stopped,
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
  const run = async (
    steps: readonly Step[],
    slugs: readonly string[],
    direction: Direction = 'up',
  ): Promise<void> => {
    for (const { step, side } of inOrder(steps, direction))
      if (slugs.includes(step.slug)) await runSide(session, step, side);
  };

  test('killed after the swap: the key is told as half done, enforced with its new action, and its comment is kept', async () => {
    await run(await planFor('fk'), ['swap']);
    const key = keyNamed(await lab.snapshot(), 'fk');
    expect(key).toMatchObject({ onDelete: 'CASCADE', validated: false, comment: 'as it was' });
    expect(key.halfDone).toEqual({
      from: { onDelete: 'NO ACTION', onDeleteColumns: null },
      to: { onDelete: 'CASCADE', onDeleteColumns: null },
      temporaryName: null,
      secondKeys: 0,
    });
    expect(postgres.findings(schemaIndex(await lab.snapshot())).map((finding) => finding.code)).toEqual([]);
  });

  test('from half done the same files finish, or lead back', async () => {
    const steps = await planFor('fk');
    await run(steps, ['swap']);
    await apply(session, steps, 'up');
    expect(keyNamed(await lab.snapshot(), 'fk')).toEqual({ ...keyNamed(before, 'fk'), onDelete: 'CASCADE' });
    await apply(session, steps, 'down');
    await run(steps, ['swap']);
    await apply(session, steps, 'down');
    expect(await lab.snapshot()).toEqual(before);
  });

  test('down killed after its swap: down again finishes, and up leads forward', async () => {
    const steps = await planFor('fk');
    await apply(session, steps, 'up');
    await run(steps, ['validate'], 'down');
    expect(keyNamed(await lab.snapshot(), 'fk').halfDone?.to.onDelete).toBe('NO ACTION');
    await apply(session, steps, 'up');
    expect(keyNamed(await lab.snapshot(), 'fk')).toMatchObject({
      onDelete: 'CASCADE',
      validated: true,
      halfDone: null,
    });
    await run(steps, ['validate'], 'down');
    await apply(session, steps, 'down');
    expect(await lab.snapshot()).toEqual(before);
  });

  test('a finish change finishes, and its down restores the half-done state', async () => {
    await run(await planFor('fk'), ['swap']);
    const half = await lab.snapshot();
    const finish = await planFor('fk');
    expect(finish.map((step) => step.slug)).toEqual(['validate']);
    await apply(session, finish, 'up');
    expect(keyNamed(await lab.snapshot(), 'fk')).toMatchObject({
      onDelete: 'CASCADE',
      validated: true,
      halfDone: null,
      comment: 'as it was',
    });
    await apply(session, finish, 'down');
    expect(await lab.snapshot()).toEqual(half);
  });

  test('a half-done key may be led elsewhere, and back to its half-done state', async () => {
    await run(await planFor('fk'), ['swap']);
    const half = await lab.snapshot();
    const steps = await planFor('fk', 'RESTRICT');
    await apply(session, steps, 'up');
    expect(keyNamed(await lab.snapshot(), 'fk')).toMatchObject({
      onDelete: 'RESTRICT',
      validated: true,
      halfDone: null,
    });
    await apply(session, steps, 'down');
    expect(await lab.snapshot()).toEqual(half);
  });

  test('a half-done key that was validated by hand is finished as well', async () => {
    const steps = await planFor('fk');
    await run(steps, ['swap']);
    await lab.sql('ALTER TABLE s.child VALIDATE CONSTRAINT fk');
    await apply(session, steps, 'up');
    expect(keyNamed(await lab.snapshot(), 'fk')).toMatchObject({
      halfDone: null,
      comment: 'as it was',
      validated: true,
    });
  });

  test('a partitioned key before 18 whose partitions have second keys is half done; the files finish it or lead back', async () => {
    const steps = await planFor('pk');
    await run(steps, [lab.major < 18 ? 'second_keys' : 'swap']);
    const half = await lab.snapshot();
    expect(keyNamed(half, 'pk').halfDone?.secondKeys).toBe(lab.major < 18 ? 2 : 0);
    expect(half.foreignKeys.map((key) => key.name)).toEqual(['fk', 'pk']);
    const finish = await planFor('pk');
    await apply(session, finish, 'up');
    expect(keyNamed(await lab.snapshot(), 'pk')).toEqual({ ...keyNamed(before, 'pk'), onDelete: 'CASCADE' });
    await apply(session, finish, 'down');
    expect(await lab.snapshot()).toEqual(half);
    await apply(session, steps, 'down');
    expect(await lab.snapshot()).toEqual(before);
  });

  test('a partition that was added between the steps stops the swap, and one more run of the steps passes', async () => {
    const steps = await planFor('pk');
    await run(steps, lab.major < 18 ? ['second_keys', 'scan'] : ['swap']);
    await lab.sql('CREATE TABLE s.part3 PARTITION OF s.parts FOR VALUES FROM (1000) TO (2000)');
    if (lab.major < 18)
      await expect(run(steps, ['attach'])).rejects.toThrow(
        /"s"."part3" have no valid second key yet.*nothing was changed/,
      );
    await apply(session, steps, 'up');
    expect(keyNamed(await lab.snapshot(), 'pk')).toMatchObject({ onDelete: 'CASCADE', validated: true });
    await apply(session, steps, 'down');
    expect(await lab.snapshot()).toEqual(before);
  });

  test('killed at any point, and run again: up and down end where they would have', async () => {
    const changes = ['fk', 'pk'].map((name) => change(keyNamed(before, name), 'CASCADE'));
    const after = before.foreignKeys.map((key) => ({ ...key, onDelete: 'CASCADE' as const }));
    for (const form of forms) {
      const steps = await lab.plan(changes, form);
      for (const direction of ['up', 'down', 'up', 'down'] as const) {
        for (const place of ['check', 'second', 'swap 1', 'swap 2', 'validate', 'scan', 'attach']) {
          await stopped(lab, steps, direction, place);
          const { foreignKeys } = await lab.snapshot();
          expect(foreignKeys.map((key) => key.name)).toEqual(['fk', 'pk']);
          await expect(lab.sql('INSERT INTO s.child VALUES (1, 999)')).rejects.toThrow(
            'violates foreign key',
          );
          await expect(lab.sql('INSERT INTO s.parts VALUES (1, 999)')).rejects.toThrow(
            'violates foreign key',
          );
        }
        await apply(session, steps, direction);
        expect((await lab.snapshot()).foreignKeys).toEqual(direction === 'up' ? after : before.foreignKeys);
      }
    }
  });

  test.each([
    [
      'another action',
      'ALTER TABLE s.child DROP CONSTRAINT fk, ADD CONSTRAINT fk FOREIGN KEY (pid) REFERENCES s.parent ON DELETE SET NULL',
      /found: .*SET NULL/,
    ],
    [
      'NOT VALID without our mark',
      'ALTER TABLE s.child DROP CONSTRAINT fk, ADD CONSTRAINT fk FOREIGN KEY (pid) REFERENCES s.parent NOT VALID',
      /found: .*NOT VALID/,
    ],
    [
      'another name',
      'ALTER TABLE s.child RENAME CONSTRAINT fk TO "Other name"',
      /this key is called "Other name" here/,
    ],
    ['no key', 'ALTER TABLE s.child DROP CONSTRAINT fk', /found: no such key/],
    ['disabled triggers', 'ALTER TABLE s.child DISABLE TRIGGER ALL', /found: .* with disabled triggers/],
  ])('%s: every file stops and nothing is changed', async (_what, sql, message) => {
    const [steps, atOnce] = [await planFor('fk'), await planFor('fk', 'CASCADE', 'nothing')];
    await lab.sql(sql);
    const as = await lab.snapshot();
    for (const slug of ['swap', 'validate']) await expect(run(steps, [slug])).rejects.toThrow(message);
    await expect(apply(session, atOnce, 'up')).rejects.toThrow(message);
    for (const slug of ['validate', 'swap'])
      await expect(run(steps, [slug], 'down')).rejects.toThrow(/nothing was changed/);
    await expect(apply(session, atOnce, 'down')).rejects.toThrow(/nothing was changed/);
    expect(await lab.snapshot()).toEqual(as);
  });
});
