// Path rules, limits and baselines on the built command line.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openProject, type Project } from '../support/project.ts';
import { ondelete } from '../support/shared-cli.ts';

let place: Project;
beforeEach(() => {
  place = openProject(ondelete);
  place.sqlite(`
    CREATE TABLE users (id INTEGER PRIMARY KEY);
    CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id));
    CREATE TABLE items (id INTEGER PRIMARY KEY, order_id INTEGER REFERENCES orders (id) ON DELETE CASCADE);
    CREATE TABLE notes (id INTEGER PRIMARY KEY, item_id INTEGER REFERENCES items (id) ON DELETE CASCADE);`);
});
afterEach(() => place.remove());

function policy(orders: string, more: string): void {
  place.write(
    'ondelete.config.yaml',
    `database: shop.db
policy:
  default: keep
  rules:
    - match: 'orders -> users'
      onDelete: ${orders}
${more}`,
  );
}

const flat = (text: string): string => text.replace(/\s+/g, ' ');

describe('never', () => {
  test('a plan that opens a forbidden path is refused, key by key, and nothing is written', async () => {
    policy('cascade', `  never: ['users ~> notes']\n`);
    const generated = await place.run(['generate']);
    expect(generated.code).toBe(2);
    expect(flat(generated.stderr)).toContain(
      "PATH_OPENED change that opens a path the policy forbids: 'users ~> notes' (ondelete.config.yaml:7): users ← orders(user_id) CASCADE ← items(order_id) CASCADE ← notes(item_id) CASCADE",
    );
    expect(existsSync(place.path('migrations'))).toBe(false);
    const dry = await place.run(['generate', '--dry-run']);
    expect(dry.code).toBe(2);
    expect(dry.stdout).toContain('PATH_OPENED');
    const diff = await place.run(['diff']);
    expect(diff.code).toBe(1);
    expect(diff.stdout).toContain('PATH_OPENED');
  });

  test('--skip-refused leaves out the change that opens the path, and no other', async () => {
    place.sqlite('CREATE TABLE logs (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id))');
    policy(
      'cascade',
      `    - match: 'logs -> users'\n      onDelete: set null\n  never: ['users ~> notes']\n`,
    );
    const generated = await place.run(['generate', '--skip-refused']);
    expect(generated.code).toBe(1);
    const [file = ''] = readdirSync(place.path('migrations')).filter((name) => name.endsWith('.up.sql'));
    const text = readFileSync(place.path(`migrations/${file}`), 'utf8');
    expect(text).toContain('logs');
    expect(text).not.toContain('orders(user_id)');
  });

  test('a path that is open today is a finding at the place of its rule, and refuses no other change', async () => {
    policy('set null', `  never:\n    - 'orders ~> *'\n    - 'users ~> notes'\n`);
    const { code, stdout } = await place.run(['diff', '--format', 'json']);
    expect(code).toBe(1);
    const { findings, refused } = JSON.parse(stdout) as {
      findings: { code: string; subject: string; position: object }[];
      refused: object[];
    };
    expect(refused).toEqual([]);
    expect(findings.filter((one) => one.code === 'PATH_FORBIDDEN')).toMatchObject([
      { subject: 'orders ~> items', position: { file: 'ondelete.config.yaml', line: 8, column: 7 } },
      { subject: 'orders ~> notes', position: { line: 8 } },
    ]);
    expect((await place.run(['generate', '--only', 'orders'])).code).toBe(0);
  });

  test('SET NULL and a key that refuses close a path', async () => {
    policy('set null', `  never: ['users ~> *']\n`);
    expect((await place.run(['generate'])).code).toBe(0);
  });

  test.each([
    ['users -> notes', 'a path rule is written `table ~> table`'],
    ['users', '`~>` is missing'],
    ['users(id) ~> notes', 'without columns'],
    ['users ~> notes ~> items', 'unexpected `~`'],
  ])('%s is no path rule', async (rule, why) => {
    policy('keep', `  never: ['${rule}']\n`);
    const { code, stderr } = await place.run(['diff']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^ondelete: ondelete\.config\.yaml:7:\d+: /);
    expect(stderr).toContain(why);
  });

  test('a name that is no table is a finding like that of other rules', async () => {
    policy('keep', `  never: ['usres ~> notes', 'users ~> nowhere.*']\n`);
    const { code, stdout } = await place.run(['diff']);
    expect(code).toBe(1);
    expect(flat(stdout)).toContain(
      'ondelete.config.yaml:7:11 usres ~> notes: the left side matches no table with a foreign key',
    );
    expect(flat(stdout)).toContain('users ~> nowhere.*: the right side matches no table with a foreign key');
  });
});

describe('limits', () => {
  test('on depth: what is deeper today is a finding, what becomes deeper is refused', async () => {
    policy('cascade', `  limits: [{ path: 'orders ~> *', depth: 1 }, { path: 'users ~> *', depth: 2 }]\n`);
    const { code, stdout } = await place.run(['diff']);
    expect(code).toBe(1);
    expect(flat(stdout)).toContain(
      'orders ~> *: a delete follows 2 keys in a row, at most 1 are allowed: orders ← items(order_id) CASCADE',
    );
    expect(flat(stdout)).toContain(
      "LIMIT_EXCEEDED change that lets a delete exceed a limit of the policy: 'users ~> *' (ondelete.config.yaml:7): a delete follows 3 keys in a row, at most 2 are allowed",
    );
  });

  test('on rows: by the statistics, and said where there are none', async () => {
    policy('keep', `  limits: [{ path: 'orders ~> items', rows: 100 }]\n`);
    const before = await place.run(['diff', '--format', 'json']);
    expect(before.code).toBe(0);
    expect(before.stdout).toContain('LIMIT_UNKNOWN');
    place.write(
      'ondelete.config.yaml',
      readFileSync(place.path('ondelete.config.yaml'), 'utf8').replace('rows: 100', ''),
    );
    const limitless = await place.run(['diff']);
    expect(limitless.code).toBe(2);
    expect(limitless.stderr).toContain('has neither `rows` nor `depth`');
  });
});

describe('a baseline', () => {
  test('holds what is there today; what is new fails, what is mended is told', async () => {
    policy('keep', `  never: ['orders ~> *']\n`);
    expect((await place.run(['diff'])).code).toBe(1);
    const written = await place.run(['diff', '--write-baseline', 'known.yaml']);
    expect(written.stderr).toContain('Wrote known.yaml: 2 findings.');
    expect(readFileSync(place.path('known.yaml'), 'utf8')).toContain('subject: orders ~> items');
    const start = await place.run(['diff', '--baseline', 'known.yaml']);
    expect(start.code).toBe(0);
    expect(start.stdout).toContain('2 findings in the baseline');
    expect((await place.run(['lint', '--baseline', 'known.yaml'])).code).toBe(0);

    policy('keep', `  never: ['items ~> *', 'orders ~> notes']\n`);
    const later = await place.run(['diff', '--baseline', 'known.yaml', '--format', 'json']);
    expect(later.code).toBe(1);
    const { findings, baseline } = JSON.parse(later.stdout) as {
      findings: { code: string; subject: string }[];
      baseline: { known: { subject: string }[]; gone: object[] };
    };
    expect(findings.filter((one) => one.code === 'PATH_FORBIDDEN').map((one) => one.subject)).toEqual([
      'items ~> notes',
    ]);
    expect(baseline.known.map((one) => one.subject)).toEqual(['orders ~> notes']);
    expect(baseline.gone).toEqual([{ code: 'PATH_FORBIDDEN', subject: 'orders ~> items' }]);
    expect((await place.run(['diff', '--write-baseline', 'known.yaml'])).stderr).toContain(
      'Wrote known.yaml',
    );
  });

  test('is a file of ours, and overwrites no other', async () => {
    policy('keep', `  never: ['orders ~> *']\n`);
    const missing = await place.run(['diff', '--baseline', 'none.yaml']);
    expect([missing.code, missing.stderr]).toEqual([
      2,
      expect.stringContaining('cannot read the baseline none.yaml: ENOENT'),
    ]);
    const other = await place.run(['diff', '--baseline', 'ondelete.config.yaml']);
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('is not a baseline')]);
    const config = readFileSync(place.path('ondelete.config.yaml'), 'utf8');
    const over = await place.run(['diff', '--write-baseline', 'ondelete.config.yaml']);
    expect([over.code, over.stderr]).toEqual([2, expect.stringContaining('is not overwritten')]);
    expect(readFileSync(place.path('ondelete.config.yaml'), 'utf8')).toBe(config);
  });
});
