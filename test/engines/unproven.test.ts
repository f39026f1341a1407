// Engines that are written for by documentation alone: what is asked of the user first, what the files say, and that their statements change
// keys there and back on PostgreSQL and MySQL, which stand in for them as far as they understand them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { requireSameEngine } from '../../dialects/sql/scratch-engine.ts';
import { printedEngines, unprovenEngines } from '../../src/core/unproven.ts';
import { describeServers } from '../servers/describe.ts';
import type { TestServer } from '../servers/index.ts';
import { openScratch } from '../support/database.ts';
import { openProject, type Project } from '../support/project.ts';

interface SavedTable {
  options: string[];
}
interface Saved {
  server: { product: string; settings: Record<string, string> };
  tables: SavedTable[];
}

let place: Project;
beforeEach(() => {
  place = openProject();
  place.write(
    'ondelete.config.yaml',
    "policy:\n  rules:\n    - { match: 'order_items -> orders', onDelete: cascade }\n",
  );
});
afterEach(() => place.remove());

/** The snapshot as that engine would give it. */
function as(engine: string, text: string): void {
  const saved = JSON.parse(text) as Saved;
  if (engine === 'Citus') for (const table of saved.tables) table.options.push('citus distributed');
  else {
    saved.server.product = `${engine} 1.2.3`;
    saved.server.settings['unproven'] = engine;
  }
  place.write('snapshot.json', JSON.stringify(saved));
}

const recorded = (engine: string): string =>
  readFileSync(
    join(
      import.meta.dirname,
      `../cases/line-items/${engine === 'TiDB' ? 'mysql-9.7' : 'postgres-14'}/snapshot.json`,
    ),
    'utf8',
  );

const generate = (...words: readonly string[]): ReturnType<Project['run']> =>
  place.run(['generate', 'x', '--snapshot', 'snapshot.json', ...words]);

/** In the order in which they are run. */
function filesEnding(end: string): readonly string[] {
  const names = readdirSync(place.path('migrations'))
    .filter((one) => one.endsWith(end))
    .sort();
  const inOrder = end === '.down.sql' ? names.reverse() : names;
  return inOrder.map((name) => readFileSync(place.path(`migrations/${name}`), 'utf8'));
}

const statements = (file: string): readonly string[] =>
  file
    .split('\n')
    .filter((line) => /^(ALTER|BEGIN|COMMIT|SELECT|\s+(FOREIGN|WHERE))/.test(line))
    .map((line) => line.trim());

const add = (name: string): string =>
  `ALTER TABLE "public"."order_items" ADD CONSTRAINT "${name}" FOREIGN KEY ("order_id") REFERENCES "public"."orders" ON DELETE CASCADE NOT VALID`;
const alter = (what: string): string => `ALTER TABLE "public"."order_items" ${what};`;
const overlap = [
  `${add('order_items_order__od')};`,
  alter('VALIDATE CONSTRAINT "order_items_order__od"'),
  alter('DROP CONSTRAINT "order_items_order"'),
  alter('RENAME CONSTRAINT "order_items_order__od" TO "order_items_order"'),
];
const expected: Readonly<Record<string, readonly unknown[]>> = {
  CockroachDB: overlap,
  'Aurora DSQL': overlap.flatMap((sql) => [
    ...(sql.includes('DROP') ? [expect.stringMatching(/^SELECT CAST\(.* not validated yet/) as unknown] : []),
    sql.replace('TABLE "public"."order_items" VALIDATE', 'TABLE ASYNC "public"."order_items" VALIDATE'),
  ]),
  YugabyteDB: [
    `${add('order_items_order').replace('ADD', 'DROP CONSTRAINT "order_items_order", ADD')};`,
    alter('VALIDATE CONSTRAINT "order_items_order"'),
  ],
  Citus: [
    'BEGIN;',
    alter('DROP CONSTRAINT "order_items_order"'),
    `${add('order_items_order')};`,
    'COMMIT;',
    alter('VALIDATE CONSTRAINT "order_items_order"'),
  ],
};

describe.each(unprovenEngines)('%s', (engine) => {
  test('is read, refused without --allow, and written with it under a head that says so', async () => {
    as(engine, recorded(engine));
    const { code, stderr, stdout } = await place.run(['diff', '--snapshot', 'snapshot.json']);
    expect(code).toBe(1);
    expect(stdout).toContain('UNPROVEN_ENGINE');
    if (engine !== 'Citus') expect(stderr).toContain(`Note: ${engine} is read by its documentation`);
    const refused = await generate();
    expect(refused.code).not.toBe(0);
    expect(refused.stdout + refused.stderr).toContain('UNPROVEN_ENGINE');
    expect(() => readdirSync(place.path('migrations'))).toThrow('ENOENT');
    const otherTool = await generate('--tool', 'dbmate', '--allow', 'UNPROVEN_ENGINE');
    expect(otherTool.stderr).toContain(`for ${engine} ondelete writes plain SQL alone`);
    expect(otherTool.code).toBe(2);
    expect(() => readdirSync(place.path('migrations'))).toThrow('ENOENT');

    const written = await generate('--allow', 'UNPROVEN_ENGINE');
    expect(written.code).toBe(0);
    // the statements alone are what it has written
    expect(written.stderr).not.toContain('--plain');
    for (const end of ['.up.sql', '.down.sql']) {
      for (const file of filesEnding(end)) {
        const head = file.replaceAll(/\n-- +/g, ' ');
        expect(head).toContain(`UNPROVEN: ondelete was never run on ${engine}.`);
        expect(head).toContain(
          engine === 'Aurora DSQL'
            ? '`ondelete diff --database URL`'
            : '`ondelete verify --allow UNPROVEN_ENGINE --scratch URL`',
        );
      }
    }
    const text = filesEnding('.up.sql').flatMap(statements);
    if (engine === 'TiDB') expect(text.filter((line) => line.startsWith('ALTER'))).toHaveLength(4);
    else expect(text).toEqual(expected[engine]);
  });
});

describe.each(printedEngines)('%s', (engine) => {
  const saved = JSON.parse(recorded('TiDB')) as Saved;
  saved.server.product = `${engine} 1.2.3`;
  saved.server.settings['printed'] = engine;
  beforeEach(() => place.write('snapshot.json', JSON.stringify(saved)));

  test('is compared and refused, and what is wanted is printed for a deploy request', async () => {
    const diff = await place.run(['diff', '--snapshot', 'snapshot.json']);
    expect(diff).toMatchObject({ code: 1, stderr: expect.stringContaining(`Note: ${engine} is read by`) });
    expect(diff.stdout).toContain('PRINTED_ONLY  engine for which no migration is written');
    for (const flags of [[], ['--dry-run'], ['--tool', 'prisma']]) {
      const { code, stderr, stdout } = await generate(...flags);
      expect([code, statements(stdout)]).toEqual([
        2,
        [
          'ALTER TABLE `order_items` DROP FOREIGN KEY `order_items_order`;',
          'ALTER TABLE `order_items` ADD CONSTRAINT `order_items_order` FOREIGN KEY (`order_id`) REFERENCES `orders` (`id`) ON DELETE CASCADE ON UPDATE NO ACTION;',
        ],
      ]);
      expect(stdout).toContain(`-- What the policy asks for on ${engine} 1.2.3: 1 key.`);
      expect(stdout).toContain('look for rows without a parent first');
      expect(stderr).toContain('nothing was written');
    }
    expect(() => readdirSync(place.path('migrations'))).toThrow('ENOENT');
    const others = await generate('--format', 'json');
    expect(others).toMatchObject({ code: 2, stdout: '' });
    const verify = await place.run(['verify', '--snapshot', 'snapshot.json']);
    expect(verify).toMatchObject({ code: 2, stderr: expect.stringContaining('nothing to rehearse') });
  });

  test('a key that no statement can make so is not printed', async () => {
    place.write(
      'ondelete.config.yaml',
      "policy:\n  rules:\n    - { match: 'order_items -> orders', onDelete: set null }\n",
    );
    const { code, stderr, stdout } = await generate();
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('SET_NULL_ON_NOT_NULL');
  });

  test('where every key is as wanted, there is nothing to print', async () => {
    place.write('ondelete.config.yaml', 'policy:\n  default: keep\n');
    expect(await generate()).toMatchObject({ code: 0, stdout: '' });
  });
});

test('Aurora DSQL: the old key is in another file than the job that validates the new one', async () => {
  as('Aurora DSQL', recorded('Aurora DSQL'));
  const { stderr } = await generate('--allow', 'UNPROVEN_ENGINE');
  expect(stderr).toContain('Before you run it: Run the files one by one');
  for (const [begin = '', end = ''] of [filesEnding('.up.sql'), filesEnding('.down.sql')]) {
    expect(begin).toContain('TABLE ASYNC');
    expect(begin).not.toContain('DROP');
    expect(end).not.toContain('ASYNC');
    // each with a command of its own: one line for both would run on
    for (const head of [begin, end]) expect(head).not.toMatch(/-- (Run|Back):.* && /);
  }
});

test('a rehearsal on another engine proves nothing', () => {
  const cockroach = { product: 'CockroachDB 24.1.0', settings: { unproven: 'CockroachDB' } };
  const postgres = { product: 'PostgreSQL 18.4', settings: {} };
  expect(() => requireSameEngine(cockroach, null)).toThrow('no server is named');
  expect(() => requireSameEngine(cockroach, postgres)).toThrow('the scratch server is PostgreSQL 18.4');
  expect(() => requireSameEngine(postgres, cockroach)).toThrow('the scratch server is CockroachDB');
  requireSameEngine(cockroach, cockroach);
  requireSameEngine(postgres, null);
});

describeServers('postgres', (server) =>
  standIn(server, ['CockroachDB', 'YugabyteDB', 'Citus', 'Aurora DSQL']),
);
describeServers('mysql', (server) => standIn(server, ['TiDB']));
describeServers('postgres', (server) => {
  test('Aurora DSQL: the last file stops before the new key is validated, and the way back before there is one', async () => {
    const database = await openScratch(server);
    try {
      await database.query(shop);
      as('Aurora DSQL', (await place.run(['snapshot', '-d', database.url])).stdout);
      expect(await generate('--allow', 'UNPROVEN_ENGINE')).toMatchObject({ code: 0 });
      const keys = async (): Promise<unknown> =>
        database.query(
          "SELECT conname, confdeltype, convalidated FROM pg_constraint WHERE contype = 'f' ORDER BY 1",
        );
      const [begin = '', end = ''] = filesEnding('.up.sql');
      const stops = async (file: string): Promise<void> => {
        const there = await keys();
        expect(await database.client(file)).toMatchObject({
          code: 3,
          stderr: expect.stringMatching(/ondelete: fk__od(_back)? is not there or not validated yet/),
        });
        expect(await keys()).toEqual(there);
      };
      await stops(end);
      // The job has begun, and is not at its end.
      expect(await database.client(begin.replace(/^ALTER TABLE ASYNC .*/m, ''))).toMatchObject({ code: 0 });
      await stops(end);
      await stops(filesEnding('.down.sql')[1] ?? '');
      await database.query('ALTER TABLE order_items VALIDATE CONSTRAINT fk__od');
      await stops(filesEnding('.down.sql')[1] ?? '');
      expect(await database.client(end)).toMatchObject({ code: 0 });
      expect(await keys()).toEqual([{ conname: 'fk', confdeltype: 'c', convalidated: true }]);
    } finally {
      await database.drop();
    }
  });
});

const shop =
  'CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE order_items (id int PRIMARY KEY, order_id int NOT NULL, CONSTRAINT fk FOREIGN KEY (order_id) REFERENCES orders (id)); CREATE INDEX order_items_order_id ON order_items (order_id)';

/** What a change has to leave as it is: NOT VALID over an orphan, a comment, and beside them the names that a new key would get. */
const oddShop = (engine: string): string => `${shop};
  ALTER TABLE order_items DROP CONSTRAINT fk;
  INSERT INTO order_items VALUES (1, 7);
  ALTER TABLE order_items ADD other_id int, ADD CONSTRAINT fk__od2 UNIQUE (other_id),
    ADD CONSTRAINT fk FOREIGN KEY (order_id) REFERENCES orders (id) NOT VALID,
    ADD CONSTRAINT fk__od FOREIGN KEY (other_id) REFERENCES orders (id),
    ADD CONSTRAINT "${'ö'.repeat(30)}a" FOREIGN KEY (other_id) REFERENCES orders (id),
    ADD CONSTRAINT "${'ö'.repeat(30)}b" FOREIGN KEY (order_id) REFERENCES orders (id) NOT VALID;
  ${engine === 'Aurora DSQL' ? '' : `COMMENT ON CONSTRAINT fk ON order_items IS 'it''s ours'; COMMENT ON CONSTRAINT fk__od ON order_items IS 'too'`}`;

function standIn(server: TestServer, engines: readonly string[]): void {
  test.each(engines)(
    'the statements for %s change a key there and back, on a server that stands in for it',
    (engine) => thereAndBack(server, engine, shop),
  );
  if (server.dialect !== 'postgres') return;
  test.each(engines)(
    '%s: a key stays NOT VALID, keeps its comment, and takes no name that is there',
    (engine) => thereAndBack(server, engine, oddShop(engine)),
  );
}

async function thereAndBack(server: TestServer, engine: string, tables: string): Promise<void> {
  const database = await openScratch(server);
  try {
    await database.query(tables);
    const snapshot = async (): Promise<string> => (await place.run(['snapshot', '-d', database.url])).stdout;
    const before = await snapshot();
    as(engine, before);
    expect(await generate('--allow', 'UNPROVEN_ENGINE')).toMatchObject({ code: 0 });
    const run = async (end: string): Promise<void> => {
      for (const file of filesEnding(end))
        expect(await database.client(file.replaceAll('TABLE ASYNC', 'TABLE'))).toMatchObject({ code: 0 });
    };
    await run('.up.sql');
    expect(await place.run(['diff', '-d', database.url])).toMatchObject({ code: 0 });
    expect((await snapshot()).replaceAll('CASCADE', 'NO ACTION')).toBe(before);
    await run('.down.sql');
    expect(await snapshot()).toBe(before);
  } finally {
    await database.drop();
  }
}
