// Bad input: exit 2, one clear line on stderr, nothing on stdout, nothing lost or half written, no password, no stack trace.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { run } from '../support/cli.ts';
import { openProject, type Project, shopConfig, shopSchema } from '../support/project.ts';
import { ondelete } from '../support/shared-cli.ts';
import { refused } from './refused.ts';

let place: Project;

beforeEach(() => {
  place = openProject(ondelete);
});

afterEach(() => place.remove());

describe('no config, no database', () => {
  test('diff without a config says where it looked and how to get one', async () => {
    refused(await place.run(['diff']), 'no ondelete.config.yaml', 'ondelete init');
  });

  test('a config file that is named and not there', async () => {
    refused(await place.run(['diff', '--config', 'missing.yaml']), 'missing.yaml');
  });

  test('no database named anywhere', async () => {
    place.write('ondelete.config.yaml', 'policy: { rules: [] }\n');
    refused(await place.run(['diff']), 'no database is named', 'DATABASE_URL');
    refused(await place.run(['snapshot']), 'no database is named');
  });

  test('a flag without its value', async () => {
    refused(await place.run(['generate', '--tool']), '--tool needs a value');
  });

  test('a file where the folder of the files should be', async () => {
    place.sqlite(shopSchema);
    place.write('ondelete.config.yaml', shopConfig);
    place.write('file', '');
    refused(await place.run(['generate', '--out', 'file']), 'cannot read', 'another folder with --out');
  });

  test('a flag that is given and empty is not taken for one that is not given', async () => {
    place.sqlite(shopSchema);
    place.write('ondelete.config.yaml', shopConfig);
    for (const words of [
      ['diff', '--database', ''],
      ['verify', '--scratch', ''],
      ['generate', '--out', ''],
    ])
      refused(await place.run(words), `${words[1]} is given and empty`);
    expect(existsSync(place.path('migrations'))).toBe(false);
  });

  test('flags of generate that mean nothing alone write nothing', async () => {
    place.sqlite(shopSchema);
    place.write('ondelete.config.yaml', shopConfig);
    refused(await place.run(['generate', '--dry-run', '--verify']), '`ondelete verify`');
    refused(await place.run(['generate', '--full']), 'Add --dry-run');
    refused(await place.run(['generate', '--scratch', 'postgres://localhost']), 'Add --verify');
    expect(existsSync(place.path('migrations'))).toBe(false);
  });

  test('a database file that is not there is not made', async () => {
    place.write('ondelete.config.yaml', shopConfig);
    refused(await place.run(['diff']), 'shop.db');
    expect(existsSync(place.path('shop.db'))).toBe(false);
  });

  test('a password that is not encoded: nothing of it is printed, and how to encode it is', async () => {
    const result = await place.run(['snapshot', '-d', 'postgres://u:s3cret@w0/rd:x@localhost/shop']);
    refused(result, 'postgres://user@host:port/database', '@ is %40, / is %2F');
    expect(result.stderr).not.toMatch(/s3cret|w0|rd:x/);
  });

  test('an unknown scheme, and a server that is refused by name', async () => {
    refused(await place.run(['snapshot', '-d', 'redis://localhost/1']), 'redis:', 'postgres:');
    refused(await place.run(['snapshot', '-d', 'postgre://localhost/1']), 'did you mean `postgres:`?');
    for (const url of [
      'libsql://shop.turso.io',
      'libsql:https://shop.turso.io',
      'libsql:ws://localhost:8080',
      'turso:libsql://shop.turso.io',
    ])
      refused(
        await place.run(['snapshot', '-d', url]),
        'a libSQL server',
        `${url.slice(0, url.indexOf(':'))}:FILE`,
      );
    for (const scheme of ['libsql', 'turso'])
      refused(await place.run(['snapshot', '-d', `${scheme}:missing.db`]), 'there is no file', 'missing.db');
  });
});

describe('folders of PGlite', () => {
  test.each([
    ['pglite:', 'names no folder'],
    ['pglite:memory://', 'names no folder'],
    ['pglite:missing', 'there is no folder'],
    ['pglite:.', 'is not a folder of PGlite'],
    ['pglite:shop.db', 'is not a folder of PGlite'],
  ])('%s: %s', async (url, message) => {
    place.sqlite(shopSchema);
    refused(await place.run(['snapshot', '-d', url]), message);
  });
});

describe('the config', () => {
  const wrong: readonly (readonly [name: string, config: string, words: readonly string[]])[] = [
    ['is not YAML', 'policy:\n  rules: [\n', ['ondelete.config.yaml:']],
    ['has an unknown key', 'databse: x\npolicy: { rules: [] }\n', ['ondelete.config.yaml:1:1', 'databse']],
    ['has a wrong type', 'database: shop.db\npolicy:\n  rules: 5\n', ['ondelete.config.yaml:3:']],
    [
      'holds a rule that cannot be parsed',
      `policy:\n  rules:\n    - match: 'a -> '\n      onDelete: cascade\n`,
      ['ondelete.config.yaml:3:'],
    ],
    [
      'holds an unknown action',
      `policy:\n  rules:\n    - match: 'a -> b'\n      onDelete: explode\n`,
      ['ondelete.config.yaml:4:'],
    ],
    [
      'has a pattern that YAML eats',
      `policy:\n  rules:\n    - match: * -> b\n      onDelete: cascade\n`,
      ['ondelete.config.yaml:3:', 'single quotes'],
    ],
    [
      'names a variable that is not set',
      'database: ${NOT_SET_ANYWHERE}\npolicy: { rules: [] }\n',
      ['NOT_SET_ANYWHERE', 'ondelete.config.yaml:1:'],
    ],
  ];
  test.each(wrong)('%s', async (_name, config, words) => {
    place.write('ondelete.config.yaml', config);
    refused(await place.run(['diff']), ...words);
  });

  test('several mistakes are a line each; a misspelt key is one mistake', async () => {
    place.write(
      'ondelete.config.yaml',
      "policy:\n  rules:\n    - match: 'a -> b'\n      ondelete: cascade\n    - match: 'a -> c'\n      onDelete: explode\n",
    );
    const { code, stdout, stderr } = await place.run(['diff']);
    expect([code, stdout]).toEqual([2, '']);
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toEqual([
      expect.stringMatching(/^ondelete: ondelete\.config\.yaml:4:7: .*; did you mean `onDelete`\?/),
      expect.stringMatching(/^ {2}ondelete\.config\.yaml:6:17: .*`explode` is not an action/),
    ]);
  });

  test('an unknown tool is refused by every command, where it stands', async () => {
    place.sqlite(shopSchema);
    place.write('ondelete.config.yaml', `tool: railz\n${shopConfig}`);
    for (const words of [['diff'], ['lint'], ['generate']])
      refused(await place.run(words), 'ondelete.config.yaml:1:7: ', 'railz', 'did you mean `rails`?');
    refused(
      await place.run(['init', '-d', 'shop.db', '--tool', 'alembc', '--output', 'new.yaml']),
      '`alembic`',
    );
    expect(existsSync(place.path('new.yaml'))).toBe(false);
  });

  test('an unset variable does no harm where its value is not used', async () => {
    place.sqlite(shopSchema);
    place.write('ondelete.config.yaml', shopConfig.replace('shop.db', '${NOT_SET_ANYWHERE}'));
    expect((await place.run(['diff', '-d', 'shop.db'])).code).toBe(1);
  });
});

describe('output', () => {
  beforeEach(() => {
    place.sqlite(shopSchema);
    place.write('ondelete.config.yaml', shopConfig);
  });

  test('init does not overwrite a config', async () => {
    refused(await place.run(['init', '-d', 'shop.db']), 'ondelete.config.yaml', 'not overwritten');
    expect(readFileSync(place.path('ondelete.config.yaml'), 'utf8')).toBe(shopConfig);
  });

  test('snapshot --output does not overwrite a file', async () => {
    place.write('schema.json', 'precious');
    refused(await place.run(['snapshot', '--output', 'schema.json']), 'schema.json', 'not overwritten');
    expect(readFileSync(place.path('schema.json'), 'utf8')).toBe('precious');
  });

  test('what --output names is looked at before the database, and no folder is made', async () => {
    place.write('schema.json', 'precious');
    for (const words of ['snapshot -d none.db', 'facts --orm none', 'policy import --orm none']) {
      refused(await place.run([...words.split(' '), '--output', 'schema.json']), 'not overwritten');
      refused(await place.run([...words.split(' '), '--output', 'a/b']), 'the folder a does not exist');
    }
    expect(existsSync(place.path('a'))).toBe(false);
  });

  test('an output folder that cannot be written to: a file stands there', async () => {
    place.write('migrations', 'a file');
    refused(await place.run(['generate']), 'migrations');
    expect(readFileSync(place.path('migrations'), 'utf8')).toBe('a file');
  });

  test('a read-only output folder leaves nothing behind', async () => {
    mkdirSync(place.path('migrations'));
    chmodSync(place.path('migrations'), 0o555);
    const cli = `${import.meta.dirname}/../../dist/bundle/main.js`;
    const asNobody = process.getuid?.() === 0;
    if (asNobody) chmodSync(place.folder, 0o755);
    const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, cli];
    // as JSON too: a report that names files comes only after they are there
    for (const words of [['generate'], ['generate', '--format', 'json']]) {
      const result = asNobody
        ? await run('setpriv', [...nobody, ...words], { cwd: place.folder })
        : await place.run(words);
      refused(result, 'permission denied', '--out');
    }
    expect(readdirSync(place.path('migrations'))).toEqual([]);
  });

  test('a refused change writes nothing', async () => {
    place.write('ondelete.config.yaml', shopConfig.replace('cascade', 'set null'));
    const result = await place.run(['generate']);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('SET_NULL_ON_NOT_NULL');
    expect(existsSync(place.path('migrations'))).toBe(false);
  });

  test('unknown tool, unknown allowance, a selector that matches nothing', async () => {
    refused(await place.run(['generate', '--tool', 'punchcards']), 'punchcards', 'kysely');
    refused(await place.run(['generate', '--allow', 'NOPE']), 'NOPE');
    refused(await place.run(['generate', '--only', 'nothing -> nowhere']), 'matches no foreign key');
  });

  test('words of other tools answer with ours', async () => {
    refused(await place.run(['plan']), 'ondelete generate --dry-run');
    refused(await place.run(['check']), 'ondelete diff');
    for (const word of ['up', 'migrate']) refused(await place.run([word]), 'your migration tool runs them');
    for (const word of ['down', 'rollback']) refused(await place.run([word]), 'run the down migrations');
    refused(await place.run(['diff', '--databse', 'x']), 'no flag --databse', '`--database`');
    refused(await place.run(['generate', '--dryrun']), '`--dry-run`');
    refused(await place.run(['diff', '--formt', 'json']), 'no flag --formt', '`--format`');
    refused(await place.run(['dif']), 'dif');
    refused(await place.run(['diff', '--nope']), 'nope');
    refused(await place.run([]), 'command');
  });

  test('a broken snapshot file', async () => {
    place.write('broken.json', '{"version": 1}');
    refused(await place.run(['diff', '--snapshot', 'broken.json']), 'broken.json');
    refused(await place.run(['diff', '--snapshot', 'missing.json']), 'missing.json');
  });
});
