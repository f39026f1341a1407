// Reports grow with rules and shapes, not with keys: thirty keys of one rule, and one of another.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { need } from '../servers/cache.ts';
import { run } from '../support/cli.ts';
import { key, snapshotOf } from '../builders.ts';
import { openProject, type Project } from '../support/project.ts';
import { ondelete } from '../support/shared-cli.ts';

const names = Array.from({ length: 30 }, (_, at) => `t${String(at).padStart(2, '0')}`);

let place: Project;
beforeAll(() => {
  place = openProject(ondelete);
  place.sqlite(
    `PRAGMA foreign_keys = OFF;
    CREATE TABLE users (id INTEGER PRIMARY KEY);
    ${names.map((name) => `CREATE TABLE ${name} (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id));`).join('\n')}
    CREATE TABLE visits (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id));
    INSERT INTO t25 VALUES (1, 99), (2, 99);`,
  );
  place.write(
    'ondelete.config.yaml',
    `database: shop.db
tool: sql
policy:
  rules:
    - match: 'visits -> users'
      onDelete: set null
    - match: '* -> users'
      onDelete: cascade
      reason: goes with the user
`,
  );
});
afterAll(() => place.remove());

const lines = async (...command: readonly string[]): Promise<readonly string[]> => {
  const { stdout } = await place.run(command);
  return stdout.split('\n');
};
const containing = (all: readonly string[], text: string): readonly string[] =>
  all.filter((line) => line.includes(text));

describe('diff', () => {
  test('says a rule once, and of its keys the first 20', async () => {
    const all = await lines('diff');
    expect(containing(all, 'goes with the user')).toEqual([
      '  ondelete.config.yaml:7:14  * -> users: goes with the user',
    ]);
    expect(containing(all, 'NO ACTION → CASCADE')).toEqual(
      names.slice(0, 20).map((name) => `    ${name}(user_id) -> users(id)  NO ACTION → CASCADE`),
    );
    expect(all).toContain('    and 10 more (--all)');
    expect(all).toContain('    visits(user_id) -> users(id)  NO ACTION → SET NULL');
  });

  test('--all says every key', async () => {
    const all = await lines('diff', '--all');
    expect(containing(all, 'NO ACTION → CASCADE')).toHaveLength(30);
    expect(containing(all, '(--all)')).toEqual([]);
  });
});

describe('keys that cannot be changed', () => {
  test('stand under their reason and their rule, each said once', async () => {
    place.write(
      'refused.yaml',
      `database: shop.db
policy:
  rules:
    - match: '* -> users'
      onDelete: cascade
      reason: goes with the user
  never: ['users ~> t*']
`,
    );
    const all = await lines('diff', '--config', 'refused.yaml');
    const part = all.slice(all.indexOf('30 keys differ and cannot be changed yet'));
    expect(part.filter((line) => line.startsWith('  PATH_OPENED  '))).toHaveLength(1);
    expect(containing(part, 'goes with the user')).toHaveLength(1);
    expect(containing(part, 'Help: ')).toHaveLength(1);
    expect(
      part.filter((line) => /^ {6}t\d\d\(user_id\) -> users\(id\) {2}NO ACTION → CASCADE/.test(line)),
    ).toHaveLength(20);
    expect(part).toContain('      and 10 more (--all)');
  });
});

describe('the comment for a pull request', () => {
  test('of 106 keys fits one screen before its folds, and holds every key', async () => {
    const many = openProject(ondelete);
    try {
      const tables = Array.from({ length: 106 }, (_, at) => `s${at}`);
      many.sqlite(
        `PRAGMA foreign_keys = OFF; CREATE TABLE users (id INTEGER PRIMARY KEY);
        ${tables.map((name) => `CREATE TABLE ${name} (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id));`).join('\n')}
        INSERT INTO s77 VALUES (1, 99);`,
      );
      many.write(
        'ondelete.config.yaml',
        `database: shop.db\npolicy: { rules: [{ match: '* -> users', onDelete: cascade, reason: goes with the user }] }\n`,
      );
      const { stdout } = await many.run(['generate', '--dry-run', '--format', 'markdown']);
      const outside = stdout.replace(/<details><summary>(.*)<\/summary>[^]*?<\/details>/g, '$1');
      expect(outside.split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(45);
      expect(outside).toContain('1 key with orphans');
      expect(stdout.match(/goes with the user/g)).toHaveLength(1);
      expect(stdout.match(/\| NO ACTION \| \*\*CASCADE\*\* \|/g)).toHaveLength(106);
      expect(stdout.match(/and 105 statements of the same shape/g)?.length).toBeGreaterThanOrEqual(2);
    } finally {
      many.remove();
    }
  });
});

describe('the dry run', () => {
  test('begins with what a delete will do, then the keys, those with orphans first', async () => {
    const all = await lines('generate', '--dry-run');
    const titles = [
      'What a delete will do',
      '31 keys to change',
      'What reads or writes wait',
      'The statements',
    ];
    const places = titles.map((title) => all.findIndex((line) => line.startsWith(title)));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    const first = (places[1] ?? 0) + 2;
    expect(all[first]).toBe('  t25(user_id) -> users(id)  NO ACTION → CASCADE');
    expect(all[first + 1]).toContain('about 2 rows, 2 orphans');
    expect(all).toContain('  and 11 more (--full)');
  });

  test('prints a statement of each shape once and counts the others; another action is another shape', async () => {
    const all = await lines('generate', '--dry-run');
    const up = all.slice(
      0,
      all.findIndex((line) => line.startsWith('   down: takes the write lock')),
    );
    expect(containing(up, ': NO ACTION becomes CASCADE')).toHaveLength(1);
    expect(containing(up, ': NO ACTION becomes SET NULL')).toHaveLength(1);
    expect(containing(up, 'and 29 statements of the same shape')).toHaveLength(1);
    expect(containing(up, 'and 30 statements of the same shape')).toHaveLength(1);
  });

  test('--full prints every key and the whole files', async () => {
    const all = await lines('generate', '--dry-run', '--full');
    expect(all.filter((line) => /^ {2}\w+\(user_id\) -> users\(id\) +NO ACTION → /.test(line))).toHaveLength(
      31,
    );
    // a row of each file's table of keys
    expect(all.filter((line) => /^ *\(\d+, '\w+', 'user_id', 'users', 'id', /.test(line))).toHaveLength(62);
  });
});

test('files are written without counting rows, which is said once, and not of files that never count', async () => {
  const said = async (...words: readonly string[]): Promise<readonly string[]> => {
    const { stderr } = await place.run(['generate', ...words]);
    return containing(stderr.split('\n'), 'were not counted');
  };
  expect(await said('--out', 'guarded')).toEqual([
    expect.stringContaining('so do the files, before they change a key.'),
  ]);
  expect(await said('--out', 'bare', '--plain')).toEqual([
    expect.stringContaining('counts them; the files do not.'),
  ]);
  expect(await said('--dry-run')).toEqual([]);
});

describe('generate --batch', () => {
  test('writes migrations that are run, stopped and reverted one by one', async () => {
    const cut = openProject(ondelete);
    try {
      cut.sqlite(
        `CREATE TABLE users (id INTEGER PRIMARY KEY); CREATE TABLE teams (id INTEGER PRIMARY KEY);
        ${names.map((name, at) => `CREATE TABLE ${name} (id INTEGER PRIMARY KEY, p INTEGER REFERENCES ${at < 20 ? 'users' : 'teams'} (id));`).join('\n')}`,
      );
      cut.write(
        'ondelete.config.yaml',
        'database: shop.db\ntool: sql\npolicy: { rules: [{ match: "* -> *", onDelete: cascade }] }\n',
      );
      const made = await cut.run(['generate', 'cut', '--batch', '12']);
      expect(made.code).toBe(0);
      const files = made.stdout.trim().split('\n').sort();
      const ups = files.filter((name) => name.endsWith('.up.sql'));
      expect(ups.map((name) => name.replace(/^.*\d{14}/, ''))).toEqual(
        ['1', '2', '3'].map((number) => `_cut_${number}_batch${number}.up.sql`),
      );
      const differing = async (): Promise<number> =>
        (JSON.parse((await cut.run(['diff', '--format', 'json'])).stdout) as { changes: unknown[] }).changes
          .length;
      const apply = async (file: string): Promise<void> => {
        const input = readFileSync(cut.path(file), 'utf8');
        const sqlite3 = await need('sqlite3', 'sqlite3');
        const { code } = await run(sqlite3, [cut.path('shop.db')], { cwd: cut.folder, input });
        expect(code).toBe(0);
      };
      const [first = '', second = ''] = ups;
      await apply(first);
      expect(await differing()).toBe(18);
      await apply(second);
      expect(await differing()).toBe(10);
      const again = await cut.run(['generate', 'again']);
      expect(again.stderr).toContain(`10 changes are written already: ${ups[2] ?? ''}`);
      await apply(second.replace('.up.', '.down.'));
      expect(await differing()).toBe(18);
    } finally {
      cut.remove();
    }
  });

  test.each(['0', '1.5', 'many'])('%s is no number of keys', async (size) => {
    const { code, stderr } = await place.run(['generate', '--batch', size]);
    expect([code, stderr.split('\n')[0]]).toEqual([
      2,
      'ondelete: --batch wants a whole number of keys, from 1. For example --batch 40.',
    ]);
  });
});

test('keys that are the same in many schemas share a line, and --all names each', async () => {
  const schemas = Array.from({ length: 198 }, (_, at) => `tenant_${String(at).padStart(3, '0')}`);
  const keys = [
    ...schemas.map((schema) => key(`${schema}.items(order_id) -> ${schema}.orders`)),
    key('tenant_000.items(owner_id) -> public.people'),
  ];
  place.write('estate.json', JSON.stringify(snapshotOf(keys)));
  place.write('estate.yaml', 'policy: { rules: [{ match: "*.items -> *.*", onDelete: cascade }] }\n');
  const diff = ['diff', '--config', 'estate.yaml', '--snapshot', 'estate.json'];
  const actions = (all: readonly string[]): readonly string[] => containing(all, 'NO ACTION → CASCADE');
  const text = (await lines(...diff)).join('\n');
  expect(text).toMatch(/^ {4}items\(order_id\) -> orders\(id\)\s+NO ACTION → CASCADE {2}in 198 schemas$/m);
  expect(text.match(/CASCADE/g)).toHaveLength(2);
  expect(actions(await lines(...diff, '--all'))).toHaveLength(199);
});
