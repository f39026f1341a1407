// `ondelete verify` on every engine: what it proves of good files, that it finds what is wrong with bad ones, and that it leaves nothing behind.
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type CliOptions, type CliResult, ondelete } from '../support/shared-cli.ts';
import { type DatabaseUnderTest, enginesUnderTest } from '../support/database.ts';
import { leftBehind } from '../support/left-behind.ts';
import { shopPolicy, shopSql } from './shop.ts';
import {
  checkedShapes,
  halfDone,
  hardShapes,
  lookWhileRunning,
  type Report,
  scratchComments,
  scratchDatabases,
  scratchWords,
  upFileIn,
} from './verify-shapes.ts';

describe.each(enginesUnderTest())('$id', (under) => {
  const { engine } = under;
  let database: DatabaseUnderTest;
  let folder: string;
  beforeEach(async () => {
    database = await under.open();
    folder = mkdtempSync(join(tmpdir(), 'ondelete-verify-'));
    mkdirSync(join(folder, 'migrations'));
    expect(await database.client(shopSql(engine))).toMatchObject({ code: 0 });
    writeFileSync(join(folder, 'ondelete.config.yaml'), shopPolicy);
  });
  afterEach(async () => {
    expect(await leftBehind(database)).toEqual([]);
    rmSync(folder, { recursive: true, force: true });
    await database.drop();
  });

  const call = (words: readonly string[], options: Partial<CliOptions> = {}): Promise<CliResult> =>
    ondelete([...words, '-d', database.url], { cwd: folder, ...options });
  const scratch = (): readonly string[] => scratchWords(database);
  const report = async (words: readonly string[]): Promise<readonly [number | null, Report]> => {
    const result = await call(['verify', '--format', 'json', ...words]);
    expect([result.stderr, result.stdout.slice(0, 1)]).toEqual(['', '{']);
    return [result.code, JSON.parse(result.stdout) as Report];
  };
  const leftovers = (): Promise<readonly unknown[]> => scratchDatabases(database);
  const folderOf = (): readonly string[] => readdirSync(join(folder, 'migrations'));
  const readUp = (out = 'migrations'): string => upFileIn(join(folder, out));

  test.each(['sql', 'kysely'])('--tool %s: every key proven, the target untouched', async (tool) => {
    const before = await call(['snapshot']);
    const [code, found] = await report(['--tool', tool, ...scratch()]);
    expect([found.failures, found.keys.filter((key) => !key.proven), code]).toEqual([[], [], 0]);
    expect(found.keys.length).toBe(6);
    const trials = new Set(found.keys.flatMap((key) => key.trials.map((trial) => trial.what)));
    expect([...trials]).toEqual(
      expect.arrayContaining(['parents one by one', 'parents in bulk', 'whole chains below']),
    );
    const nulled = found.keys.find((key) => key.key.includes('billed_to'));
    expect(nulled?.trials[0]?.detail).toMatch(/2 of .*customers deleted, 4 of .*orders set to NULL/);
    expect((await call(['snapshot'])).stdout).toBe(before.stdout);
    expect(folderOf()).toEqual([]);
  });

  test('generate --verify leaves a receipt, and diff reads it', async () => {
    const generated = await call(['generate', 'shop', '--verify', ...scratch()]);
    expect(generated).toMatchObject({ code: 0 });
    expect(generated.stderr).toContain('Proven on');
    const files = folderOf();
    const up = readFileSync(
      join(folder, 'migrations', files.find((file) => file.includes('.up.')) ?? ''),
      'utf8',
    );
    expect(up).toMatch(/^-- Proven on .*, \d{4}-\d\d-\d\d: up works, deletes do as promised, down restores/m);
    expect((await call(['diff'])).stdout.replace(/\s+/g, ' ')).toContain('the keys have not changed since');
    // A run that came as far as one key: nothing that the proof of the others rests on has changed.
    await call(['generate', '--again', '--only', 'employees -> employees', '--out', 'one']);
    expect(await database.client(readUp('one'))).toMatchObject({ code: 0 });
    expect((await call(['diff'])).stdout.replace(/\s+/g, ' ')).toMatch(
      /: 5 keys; proven on .*; the keys have not changed since/,
    );
    // Another key of the same tables: what was proven is not what is here any more.
    const more =
      engine === 'sqlite'
        ? 'CREATE TABLE later (id INT PRIMARY KEY, p INT REFERENCES products (id))'
        : 'CREATE TABLE later (id INT PRIMARY KEY, p INT, CONSTRAINT later_p FOREIGN KEY (p) REFERENCES products (id))';
    await database.query(more);
    writeFileSync(
      join(folder, 'ondelete.config.yaml'),
      shopPolicy.replace('default: error', 'default: keep'),
    );
    expect((await call(['diff'])).stdout).toContain('warning PROOF_STALE');
    const [code, found] = await report(scratch());
    expect([code, found.failures]).toEqual([0, []]);
  });

  test('files that do not do what they say are found out, and not written by --verify', async () => {
    expect(await call(['generate', 'shop'])).toMatchObject({ code: 0 });
    const [up = '', down = ''] = ['.up.sql', '.down.sql'].map((end) =>
      join(folder, 'migrations', folderOf().find((file) => file.endsWith(end)) ?? ''),
    );
    const [good, goodDown] = [readFileSync(up, 'utf8'), readFileSync(down, 'utf8')];
    const head = (text: string): string =>
      text
        .split('\n')
        .filter((line) => line.startsWith('--'))
        .join('\n');
    writeFileSync(up, head(good));
    const [idle, first] = await report(scratch());
    expect(idle).toBe(1);
    expect(first.failures.join('\n')).toMatch(/after the up files instead of CASCADE/);
    expect(first.keys.every((key) => !key.proven)).toBe(true);
    writeFileSync(up, good);
    writeFileSync(down, head(goodDown));
    const [oneWay, second] = await report(scratch());
    expect([oneWay, second.failures]).toEqual([1, ['the down files do not restore the keys and tables']]);
    writeFileSync(down, goodDown);
    writeFileSync(up, `${good}\nSELECT 1 FROM nowhere;\n`);
    const [stopped, third] = await report(scratch());
    expect(stopped).toBe(1);
    expect(third.failures.join('\n')).toMatch(/^the up files failed: .*nowhere/);
  });

  test('the rest of a file that was interrupted is proven as well, and so is a part of a file', async () => {
    expect(await call(['generate', 'shop'])).toMatchObject({ code: 0 });
    const proven = async (words: readonly string[], keys: number): Promise<void> => {
      const [code, found] = await report([...words, ...scratch()]);
      expect([code, found.failures, found.keys.length]).toEqual([0, [], keys]);
    };
    // The file holds tables that this key has nothing to do with.
    await proven(['--only', 'employees -> employees'], 1);
    const begun = halfDone(engine, readUp());
    if (begun !== null) {
      expect(await database.client(begun)).toMatchObject({ code: 0 });
      const { stdout } = await call(['diff']);
      expect(stdout).toContain('error HALF_DONE');
      expect(stdout).toContain(', the last step has not run yet');
      expect(stdout).not.toMatch(/^ +(.+) → \1, the last step/m);
      await proven([], 6);
    }
    // One key done: its table is not among those of the others, and the way back changes it all the same.
    expect(await call(['generate', '--only', 'employees -> employees', '--out', 'one'])).toMatchObject({
      code: 0,
    });
    expect(await database.client(readUp('one'))).toMatchObject({ code: 0 });
    await proven([], 5);
  });

  test('refused changes are told and not proven', async () => {
    writeFileSync(
      join(folder, 'ondelete.config.yaml'),
      shopPolicy.replace(
        `'orders(customer_id) -> customers'\n      onDelete: refuse`,
        `'orders(customer_id) -> customers'\n      onDelete: set null`,
      ),
    );
    const [code, found] = await report(scratch());
    expect([code, found.notRehearsed.map((one) => one.why)]).toEqual([1, ['refused: SET_NULL_ON_NOT_NULL']]);
    expect(found.keys.every((key) => key.proven)).toBe(true);
  });

  test('diff does not mind a folder that cannot be read', async () => {
    writeFileSync(join(folder, 'a-file'), '');
    writeFileSync(join(folder, 'ondelete.config.yaml'), `out: a-file\n${shopPolicy}`);
    expect(await call(['diff'])).toMatchObject({ code: 1, stderr: '' });
  });

  test('nothing differs: nothing to rehearse, and no server is needed', async () => {
    writeFileSync(join(folder, 'ondelete.config.yaml'), 'policy: { default: keep }\n');
    expect(await call(['verify'])).toMatchObject({ code: 0, stderr: '' });
  });

  test('rows for shapes that are hard to fill: circles of NOT NULL keys, one to one, shared columns, many to many', async () => {
    expect(await database.client(hardShapes(engine))).toMatchObject({ code: 0 });
    writeFileSync(
      join(folder, 'ondelete.config.yaml'),
      `policy: { default: keep, rules: [{ match: ['h_* -> h_*'], onDelete: cascade }] }\n`,
    );
    const [code, found] = await report(scratch());
    expect([found.failures, found.keys.length]).toEqual([[], 9]);
    const trials = found.keys.flatMap((key) => key.trials);
    expect(trials.filter((trial) => trial.verdict === 'not tried')).toEqual([]);
    // This server forgets rows when a cascade goes over three keys, and a rehearsal is how one finds out.
    const forgets = under.id === 'mysql-9.7';
    expect([code, trials.some((trial) => trial.verdict === 'differs')]).toEqual([forgets ? 1 : 0, forgets]);
    if (!forgets) return;
    const { stdout } = await call(['verify', ...scratch()]);
    expect(stdout.replace(/\s+/g, ' ')).toContain('known hazards of this change: CASCADE_LEAVES_ROWS');
  });

  test('rows satisfy the CHECKs that people write, and columns may have capitals', async () => {
    expect(await database.client(checkedShapes(engine))).toMatchObject({ code: 0 });
    // MySQL and MariaDB have no CHECK on a column that a delete sets to NULL.
    const action = engine === 'postgres' || engine === 'sqlite' ? 'set null' : 'cascade';
    writeFileSync(
      join(folder, 'ondelete.config.yaml'),
      `policy:
  default: keep
  rules:
    - { match: ['c_{issues,notes,prices} -> *'], onDelete: ${action}, optional: true }
    - { match: 'c_labels(user_id) -> *', onDelete: cascade }
    - { match: 'c_{links,logs} -> *', onDelete: cascade }
`,
    );
    const [code, found] = await report(scratch());
    const trials = found.keys.flatMap(({ key, trials: tried }) => tried.map((one) => ({ key, ...one })));
    expect(trials.filter(({ verdict }) => verdict !== 'as promised')).toEqual([]);
    expect([found.failures, found.keys.length, code]).toEqual([[], engine === 'postgres' ? 6 : 5, 0]);
  });

  if (engine === 'sqlite') return;

  test('the target is never its own scratch database', async () => {
    const result = await call(['verify', '--scratch', database.url]);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toContain('is the database to be changed');
  });

  test('a scratch URL of another kind of server is refused, and its password not shown', async () => {
    const other = engine === 'postgres' ? 'mysql' : 'postgres';
    const result = await call(['verify', '--scratch', `${other}://root:open-sesame@127.0.0.1:9/x`]);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toContain('another kind of server');
    expect(result.stderr).not.toContain('sesame');
  });

  test('an interrupt drops the scratch database', async () => {
    const result = await call(['verify', ...scratch()], {
      onStart: (child) => {
        lookWhileRunning(child, (stop) => {
          void leftovers().then((found) => {
            if (found.length === 0) return;
            stop();
            child.kill('SIGINT');
            // the terminal is closed, and npx passes the Ctrl-C on
            child.kill('SIGHUP');
            setTimeout(() => child.kill('SIGINT'), 10);
          });
        });
      },
    });
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(/^ondelete: interrupted; .*\n$/);
    expect(result.stderr).not.toContain('may still be there');
  });

  test('a scratch database says what it is, and one that a killed run has left is named', async () => {
    const left = `ondelete_scratch_${randomBytes(8).toString('hex')}`;
    const said: unknown[] = [];
    await database.query(`CREATE DATABASE ${left}`);
    try {
      const result = await call(['verify', ...scratch()], {
        onStart: (child) => {
          lookWhileRunning(child, () => {
            void database
              .query(scratchComments[engine])
              .then((rows) => said.push(...rows.map((row) => row['said'])));
          });
        },
      });
      expect(result.stderr).toMatch(new RegExp(`killed has left [^.]*${left}[^.]*\\. Drop`));
    } finally {
      await database.query(`DROP DATABASE ${left}`);
    }
    expect(said).toContainEqual(expect.stringContaining('Scratch database of ondelete'));
  });

  if (engine === 'postgres') return;

  test('rights on databases of the scratch name are enough', async () => {
    const user = `od_${randomBytes(4).toString('hex')}`;
    const url = new URL(scratch()[1] ?? '');
    url.username = user;
    url.password = 'open-sesame';
    await database.query(`CREATE USER ${user} IDENTIFIED BY 'open-sesame'`);
    try {
      await database.query(`GRANT ALL ON \`ondelete\\_scratch\\_%\`.* TO ${user}`);
      const result = await call(['verify', '--only', 'employees -> employees', '--scratch', url.href]);
      expect(result).toMatchObject({ code: 0, stderr: '' });
    } finally {
      await database.query(`DROP USER ${user}`);
    }
  });

  test('without a server to rehearse on, it says which words name one', async () => {
    const result = await call(['verify']);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(/--scratch URL.*SCRATCH_DATABASE_URL/);
    const empty = await call(['verify'], { env: { SCRATCH_DATABASE_URL: '' } });
    expect(empty).toEqual(result);
    const hidden = await call(['verify', '--scratch', `${engine}://root:open-sesame@127.0.0.1:9/x`]);
    expect(hidden.code).toBe(2);
    expect(hidden.stderr).not.toContain('sesame');
  });
});
