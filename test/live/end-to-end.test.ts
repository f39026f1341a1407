// The main job from end to end, on every server and with each tool's own runner: init, diff, generate, up, the policy
// holds, a parent is deleted and the children are looked at, down, the same snapshot.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { kyselyRunner } from '../support/cli.ts';
import { type CliResult, ondelete } from '../support/shared-cli.ts';
import { type DatabaseUnderTest, type Engine, enginesUnderTest } from '../support/database.ts';
import { shopOutcomes, shopPolicy, shopSql } from './shop.ts';

interface Runner {
  readonly name: string;
  readonly tool: 'sql' | 'kysely';
  readonly engines?: readonly Engine[];
  up(work: Work): Promise<void>;
  down(work: Work): Promise<void>;
}

interface Work {
  readonly folder: string;
  readonly out: string;
  readonly database: DatabaseUnderTest;
}

function kyselyWay(
  name: string,
  module: string,
  engines: readonly Engine[],
  up: string,
  options: readonly string[],
): Runner {
  const call = async (work: Work, direction: string, extra: readonly string[]): Promise<void> => {
    const result = await kyselyRunner(
      [module, work.database.url, work.out, direction, ...options, ...extra],
      { cwd: work.folder },
    );
    expect(result).toMatchObject({ code: 0, stderr: '' });
  };
  return {
    name: `${module}, ${name}`,
    tool: 'kysely',
    engines,
    async up(work) {
      await call(work, up, []);
    },
    async down(work) {
      await call(work, up === 'each' ? 'each-down' : 'none', ['forget']);
    },
  };
}

const client: Runner = {
  name: 'the engine’s own client',
  tool: 'sql',
  up: (work) => applyFiles(work, '.up.sql'),
  down: (work) => applyFiles(work, '.down.sql'),
};

const runners: readonly Runner[] = [
  client,
  kyselyWay('one file at a time, each in a transaction', 'kysely', ['postgres'], 'each', []),
  kyselyWay('all files without transactions', 'kysely-next', ['postgres'], 'latest', ['no-transactions']),
  kyselyWay('all files in one transaction, small tables', 'kysely-next', ['postgres'], 'latest', []),
  ...['kysely', 'kysely-next'].flatMap((module) => [
    kyselyWay('all files', module, ['mysql', 'mariadb'], 'latest', []),
    kyselyWay('unsafeMode: the stored clause is edited', module, ['sqlite'], 'latest', ['unsafe']),
    kyselyWay('defensive: the table is rebuilt', module, ['sqlite'], 'latest', []),
  ]),
];

describe.each(enginesUnderTest())('$id', (under) => {
  const { engine } = under;
  let work: Work;
  beforeEach(async () => {
    const database = await under.open();
    const folder = mkdtempSync(join(tmpdir(), 'ondelete-e2e-'));
    const loaded = await database.client(shopSql(engine));
    expect(loaded).toMatchObject({ code: 0 });
    work = { folder, out: join(folder, 'migrations'), database };
    mkdirSync(work.out);
  });
  afterEach(async () => {
    rmSync(work.folder, { recursive: true, force: true });
    await work.database.drop();
  });

  const call = (words: readonly string[]): Promise<CliResult> =>
    ondelete([...words, '-d', work.database.url], { cwd: work.folder });

  test('init is in policy at once, in both forms', async () => {
    for (const form of [[], ['--per-key']]) {
      expect(await call(['init', ...form])).toMatchObject({ code: 0 });
      const diff = await call(['diff', '--fail-on', 'warning']);
      expect(diff).toMatchObject({ code: 0, stderr: '' });
      rmSync(join(work.folder, 'ondelete.config.yaml'));
    }
  });

  test.each(runners.filter((runner) => runner.engines?.includes(engine) ?? true))('$name', async (runner) => {
    writeFileSync(join(work.folder, 'ondelete.config.yaml'), `tool: ${runner.tool}\n${shopPolicy}`);
    const before = await call(['snapshot']);
    const { tables } = JSON.parse(before.stdout) as { tables: readonly { schema: string; name: string }[] };
    const rows = await work.database.rows(tables);
    expect(await call(['diff'])).toMatchObject({ code: 1, stderr: '' });

    expect(await call(['generate', 'shop'])).toMatchObject({ code: 0 });
    const files = contents(work.out);
    const again = await call(['generate', 'shop']);
    expect(again).toMatchObject({ code: 0, stdout: '' });
    expect(again.stderr).toContain('written already');
    expect(contents(work.out)).toEqual(files);

    await runner.up(work);
    const clean = await call(['diff']);
    expect(clean).toMatchObject({ code: 0 });
    expect(await work.database.rows(tables)).toBe(rows);
    await runner.down(work);
    expect((await call(['snapshot'])).stdout).toBe(before.stdout);
    expect(await work.database.rows(tables)).toBe(rows);

    await runner.up(work);
    await deletesBehave(work.database);
    expect(await call(['diff'])).toMatchObject({ code: 0 });
  });

  test('a file can be run twice, both ways', async () => {
    writeFileSync(join(work.folder, 'ondelete.config.yaml'), shopPolicy);
    const before = await call(['snapshot']);
    await call(['generate', 'shop']);
    await client.up(work);
    await client.up(work);
    expect(await call(['diff'])).toMatchObject({ code: 0 });
    await client.down(work);
    await client.down(work);
    expect((await call(['snapshot'])).stdout).toBe(before.stdout);
  });

  test('--only, --skip-refused and a file in conflict', async () => {
    writeFileSync(join(work.folder, 'ondelete.config.yaml'), shopPolicy);
    expect(await call(['generate', 'one', '--only', 'refunds -> order_items'])).toMatchObject({ code: 0 });
    writeFileSync(
      join(work.folder, 'ondelete.config.yaml'),
      shopPolicy
        .replace(`, 'refunds -> order_items'`, '')
        .replace('rules:', `rules:\n    - { match: 'refunds -> *', onDelete: set null }`),
    );
    const conflicting = await call(['generate', 'two']);
    expect(conflicting).toMatchObject({ code: 2, stdout: '' });
    expect(conflicting.stderr).toContain('sets CASCADE');
    expect(readdirSync(work.out).every((file) => file.includes('_one'))).toBe(true);

    rmSync(work.out, { recursive: true });
    writeFileSync(
      join(work.folder, 'ondelete.config.yaml'),
      shopPolicy.replace(
        `'orders(customer_id) -> customers'\n      onDelete: refuse`,
        `'orders(customer_id) -> customers'\n      onDelete: set null`,
      ),
    );
    const refused = await call(['generate', 'three']);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('SET_NULL_ON_NOT_NULL');
    const rest = await call(['generate', 'three', '--skip-refused']);
    expect(rest.code).toBe(1);
    await client.up(work);
    const { stdout } = await call(['diff', '--format', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({ summary: { toChange: 0, cannotBeChanged: 1 } });
  });

  test('the preview names locks, rows, orphans and writes nothing', async () => {
    writeFileSync(join(work.folder, 'ondelete.config.yaml'), shopPolicy);
    const preview = await call(['generate', '--dry-run']);
    expect(preview).toMatchObject({ code: 0, stderr: expect.stringMatching(/^Shorter: --plain .*\n$/) });
    const stdout = preview.stdout.replace(/\s+/g, ' ');
    expect(stdout).toMatch(/takes .* on .*: blocks/);
    expect(stdout).toMatch(/Every key: .*no orphans\./);
    expect(stdout).toMatch(/(no rows|about [\d,]+ rows?)/);
    expect(readdirSync(work.out)).toEqual([]);
    const json = await call(['generate', '--dry-run', '--format', 'json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ version: 1, report: 'generate' });
  });
});

async function applyFiles({ out, database }: Work, end: string): Promise<void> {
  const files = readdirSync(out)
    .filter((file) => file.endsWith(end))
    .sort();
  for (const file of end === '.down.sql' ? files.reverse() : files) {
    const { code, stderr } = await database.client(readFileSync(join(out, file), 'utf8'));
    expect({ code, stderr: withoutProgress(stderr) }).toEqual({ code: 0, stderr: '' });
  }
}

/** On PostgreSQL a file tells how far it is, `psql:<stdin>:99: NOTICE:  ondelete: swap 3/6 …`, and at the end what was done. */
function withoutProgress(stderr: string): string {
  const told =
    /^psql:\S+ NOTICE: {2}ondelete: (\w+ \d+\/\d+ .*|\d+ of \d+ keys changed, \d+ were as wanted already)\n/gm;
  return stderr.replaceAll(told, '');
}

function contents(folder: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'utf8')]),
  );
}

async function deletesBehave(database: DatabaseUnderTest): Promise<void> {
  for (const [statement, query, expected] of shopOutcomes) {
    if (expected === null) {
      await expect(Promise.resolve().then(() => database.query(statement))).rejects.toBeDefined();
      continue;
    }
    if (statement !== '') await database.query(statement);
    const [row] = await database.query(query);
    expect([statement, query, Number(row?.['n'])]).toEqual([statement, query, expected]);
  }
}
