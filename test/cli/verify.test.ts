// What `verify` says of keys that cannot be tried: apart from those that are disproved, and accepted by name only.
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openProject, type Project } from '../support/project.ts';
import { ondelete } from '../support/shared-cli.ts';

const names = Array.from({ length: 30 }, (_, at) => `t${String(at).padStart(2, '0')}`);

/** No value that stands in the CHECK satisfies it, and the NULL of a delete is one more that does not. */
const checksum = 'checksum INTEGER NOT NULL CHECK (coalesce(user_id, 0) * 31 % 1009 + 5000 = checksum)';

let place: Project;
beforeAll(() => {
  place = openProject(ondelete);
  place.sqlite(
    `CREATE TABLE users (id INTEGER PRIMARY KEY);
    ${names.map((name) => `CREATE TABLE ${name} (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id));`).join('\n')}
    CREATE TABLE sealed (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id), ${checksum});`,
  );
  place.write('ondelete.config.yaml', config('* -> users'));
});
afterAll(() => place.remove());

function config(match: string): string {
  return `database: shop.db\ntool: sql\npolicy:\n  default: keep\n  rules:\n    - { match: '${match}', onDelete: set null }\n`;
}

interface Report {
  readonly summary: Readonly<Record<string, number>>;
  readonly keys: readonly { readonly key: string; readonly result: string; readonly accepted: boolean }[];
}

async function verify(...words: readonly string[]): Promise<readonly [number | null, Report]> {
  const { code, stdout } = await place.run(['verify', '--format', 'json', ...words]);
  return [code, JSON.parse(stdout) as Report];
}

describe('a key that could not be tried', () => {
  test('is neither proven nor disproved, and the exit code says that the proof has a gap', async () => {
    const [code, { keys, summary }] = await verify();
    expect(code).toBe(1);
    expect(summary).toEqual({ proven: 30, disproved: 0, notTried: 1, accepted: 0, notRehearsed: 0 });
    expect(keys.filter(({ result }) => result !== 'proven')).toMatchObject([
      { key: 'sealed(user_id) -> users(id)', result: 'not tried', accepted: false },
    ]);
  });

  test('is accepted by its code, or by its code and name, and the report says so', async () => {
    for (const allowed of ['NOT_TRIED', 'NOT_TRIED:sealed -> users']) {
      const [code, { keys, summary }] = await verify('--allow', allowed);
      expect([code, summary['accepted'], summary['notTried']]).toEqual([0, 1, 1]);
      expect(keys.filter(({ accepted }) => accepted)).toMatchObject([{ result: 'not tried' }]);
    }
    expect((await verify('--allow', 'NOT_TRIED:t01 -> users'))[0]).toBe(1);
  });

  test('stands last in the text, below the numbers and the first 20 of those that are proven', async () => {
    const { stdout } = await place.run(['verify']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toContain('30 keys proven, 0 disproved, 1 could not be tried.');
    expect(lines).toContain('  and 10 more (--all)');
    expect(lines.filter((line) => line.includes('→ SET NULL'))).toHaveLength(21);
    expect(lines.at(-1)).toBe('    sealed(user_id) -> users(id)  NO ACTION → SET NULL');
    const all = await place.run(['verify', '--all']);
    expect(all.stdout.split('\n').filter((line) => line.includes('✓ parents one by one'))).toHaveLength(30);
    const accepted = await place.run(['verify', '--allow', 'NOT_TRIED']);
    expect(accepted.stdout).toContain('1 could not be tried (1 accepted).');
  });

  test('may be one for which the time was not enough; the first is always tried', async () => {
    const { code, stdout } = await place.run(['verify', '--timeout', '0.000001']);
    expect(code).toBe(1);
    expect(stdout).toContain('0 keys proven, 0 disproved, 31 could not be tried.');
    const why = 'the time was up: no more deletes are tried after 0.000001 s; give it more with';
    expect(stdout.replace(/\s+/g, ' ')).toContain(`${why} --timeout, or try a part with --only`);
    const [, { keys }] = await verify('--timeout', '0.000001');
    expect(keys.filter(({ result }) => result === 'not tried')).toHaveLength(31);
    const wrong = await place.run(['verify', '--timeout', '0']);
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      'ondelete: --timeout is a number of seconds above 0. Leave it out for 300 seconds.\n',
    ]);
  });

  test('leaves no receipt in the files, which say what was accepted', async () => {
    const refused = await place.run(['generate', '--verify']);
    expect([refused.code, refused.stdout.includes('1 could not be tried')]).toEqual([1, true]);
    const written = await place.run(['generate', '--verify', '--allow', 'NOT_TRIED:sealed -> users']);
    expect(written.code).toBe(0);
    expect(written.stderr).toContain('accepted with --allow NOT_TRIED: sealed(user_id) -> users(id)');
    const files = readdirSync(place.path('migrations')).filter((file) => file.endsWith('.up.sql'));
    const up = readFileSync(place.path(`migrations/${files[0] ?? ''}`), 'utf8');
    expect(up).toContain('Allowed with --allow: NOT_TRIED');
    expect(up).not.toMatch(/Proven on|ondelete-receipt/);
  });
});

test('a key that is disproved is not accepted, and stands last with what was tried', async () => {
  const other = openProject(ondelete);
  try {
    other.sqlite(`CREATE TABLE users (id INTEGER PRIMARY KEY);
      CREATE TABLE fine (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id));
      CREATE TABLE either (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id), guest TEXT,
        CHECK ((user_id IS NULL) <> (guest IS NULL)));`);
    other.write('ondelete.config.yaml', config('* -> users'));
    const { code, stdout } = await other.run(['verify', '--allow', 'NOT_TRIED']);
    const lines = stdout.trimEnd().split('\n');
    expect([code, lines.includes('1 key proven, 1 disproved, 0 could not be tried.')]).toEqual([1, true]);
    const disproved = lines.slice(lines.indexOf('Disproved'));
    expect(disproved[2]).toBe('  either(user_id) -> users(id)  NO ACTION → SET NULL');
    expect(disproved[3]).toContain('✗ parents one by one: the delete fails: CHECK constraint failed');
  } finally {
    other.remove();
  }
});
