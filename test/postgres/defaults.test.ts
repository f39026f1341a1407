// Defaults that a role or a database may have, under which a file does what it does elsewhere.
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Snapshot, Step } from '../../src/core/model.ts';
import { describeServers } from '../servers/describe.ts';
import { connect, runClient, scratchDatabase, type Session, type TestServer } from '../servers/index.ts';
import { openProject, type Project } from '../support/project.ts';
import {
  apply,
  change,
  type Form,
  forms,
  keyNamed,
  type Lab,
  openLab,
  smallSchema,
  statementsOf,
} from './lab.ts';

/** Of a database of its own, which is gone afterwards. */
async function inLatin1(
  server: TestServer,
  work: (url: string, session: Session, project: Project) => Promise<void>,
): Promise<void> {
  const beside = await scratchDatabase(server);
  const name = `${beside.name}_latin1`;
  await beside.query(
    `CREATE DATABASE ${name} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`,
  );
  const url = Object.assign(new URL(beside.url), { pathname: `/${name}` }).href;
  const session = await connect('postgres', url);
  const project = openProject();
  try {
    await work(url, session, project);
  } finally {
    project.remove();
    await session.close();
    await beside.query(`DROP DATABASE ${name}`);
    await beside.drop();
  }
}

describeServers('postgres', (server) => {
  let lab: Lab;
  let before: Snapshot;
  beforeAll(async () => {
    lab = await openLab(server);
  });
  afterAll(() => lab.close());
  afterEach(() => lab.endTransactions());
  beforeEach(async () => {
    await lab.sql(smallSchema);
    before = await lab.snapshot();
  });
  const planFor = (form: Form): Promise<readonly Step[]> =>
    lab.plan([change(keyNamed(before, 'fk'), 'CASCADE')], form);

  test('a database in LATIN1 takes the files', () =>
    inLatin1(server, async (url, session, project) => {
      await session.query(
        'CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE "kä" (id int CONSTRAINT fk REFERENCES p)',
      );
      project.write(
        'ondelete.config.yaml',
        "policy:\n  rules:\n    - { match: '* -> p', onDelete: cascade, reason: 'the parent’s own' }\n",
      );
      const generate = async (tool: string, out: string): Promise<string> => {
        const { code, stdout } = await project.run([
          'generate',
          'x',
          '--tool',
          tool,
          '--out',
          out,
          '-d',
          url,
        ]);
        expect(code).toBe(0);
        return readFileSync(
          project.path(stdout.split('\n').find((file) => file.includes('up.sql')) ?? ''),
          'utf8',
        );
      };
      const action = async (): Promise<unknown> =>
        (await session.query(`SELECT confdeltype AS action FROM pg_constraint WHERE conname = 'fk'`))[0]?.[
          'action'
        ];
      expect(await runClient(server, url, await generate('sql', 'sql'))).toMatchObject({ code: 0 });
      expect(await action()).toBe('c');
      await session.query(
        'ALTER TABLE "kä" DROP CONSTRAINT fk, ADD CONSTRAINT fk FOREIGN KEY (id) REFERENCES p',
      );
      // It sends the whole file, as one message.
      await session.query(await generate('golang-migrate', 'whole'));
      expect(await action()).toBe('c');
    }));

  const slowly = `
    CREATE OR REPLACE FUNCTION s.slow() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.9); END';
    DROP EVENT TRIGGER IF EXISTS slow;
    CREATE EVENT TRIGGER slow ON ddl_command_end WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION s.slow()`;

  test.each<Form>(['nothing', 'plain'])(
    'statement_timeout of a database ends nothing, and is as before (%s)',
    async (form) => {
      const steps = await planFor(form);
      const name = new URL(lab.url).pathname.slice(1);
      await lab.sql(`${slowly}; ALTER DATABASE ${name} SET statement_timeout = '800ms'`);
      try {
        const session = await lab.session();
        await apply(session, steps, 'up');
        expect(await session.query(`SELECT current_setting('statement_timeout') AS now`)).toEqual([
          { now: '800ms' },
        ]);
      } finally {
        await lab.sql(`DROP EVENT TRIGGER slow; ALTER DATABASE ${name} RESET statement_timeout`);
      }
      expect(keyNamed(await lab.snapshot(), 'fk')).toMatchObject({ onDelete: 'CASCADE', validated: true });
    },
  );

  test.each(forms)('transaction_timeout ends nothing, and is as before (%s)', async (form) => {
    if (lab.major < 17) return;
    await lab.sql(slowly);
    const steps = await planFor(form);
    const session = await lab.session();
    const timeout = async (): Promise<unknown> =>
      (await session.query(`SELECT current_setting('transaction_timeout') AS now`))[0]?.['now'];
    await session.query(`SET transaction_timeout = '800ms'`);
    if (form === 'nothing') await apply(session, steps, 'up');
    else {
      for (const sql of ['BEGIN', ...statementsOf(steps.slice(0, 1), 'up')]) await session.query(sql);
      expect(await timeout()).toBe('800ms');
      await session.query('COMMIT');
      await apply(session, steps.slice(1), 'up');
    }
    expect(await timeout()).toBe('800ms');
    await lab.sql('DROP EVENT TRIGGER slow');
    expect(keyNamed(await lab.snapshot(), 'fk')).toMatchObject({ onDelete: 'CASCADE', validated: true });
  });

  test.each(['repeatable read', 'serializable'])(
    'with %s transactions two runs at once see each other',
    async (level) => {
      const steps = await planFor('nothing');
      const sessions = [await lab.session(), await lab.session()];
      for (const session of sessions) await session.query(`SET default_transaction_isolation = '${level}'`);
      for (let round = 1; round <= 5; round++) {
        for (const direction of ['up', 'down'] as const)
          await Promise.all(sessions.map((session) => apply(session, steps, direction)));
        expect(await lab.snapshot()).toEqual(before);
      }
      for (const session of sessions)
        expect(await session.query(`SELECT current_setting('transaction_isolation') AS level`)).toEqual([
          { level },
        ]);
    },
  );
});
