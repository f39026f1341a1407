// Files of SQL that must not be run, or cannot be read, as the policy.
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openProject, type Project } from '../support/project.ts';
import { ondelete } from '../support/shared-cli.ts';
import type { CliResult } from '../support/cli.ts';
import type { Engine } from '../support/database.ts';
import { hostile } from './ddl/hostile.ts';

const schemaOf = (engine: Engine): string =>
  `CREATE TABLE t (id ${engine === 'postgres' ? 'bigint' : 'int'} PRIMARY KEY);\n`;

describe.each(['postgres', 'mysql', 'mariadb', 'sqlite'] as const)('what reaches beyond: %s', (engine) => {
  let place: Project;
  beforeEach(() => {
    place = openProject(ondelete);
  });
  afterEach(() => place.remove());

  test('is refused with its line before a server is asked for anything', async () => {
    const { engineFor } = await import('../../src/registry.ts');
    const reader = await (await engineFor({ flavor: engine })).schemaReader();
    const server = {
      flavor: engine,
      product: engine,
      version: engine === 'mysql' ? [9, 7, 0] : [11, 8, 2],
      settings: {},
    };
    const statements = engine === 'mariadb' ? [...hostile.mysql, ...hostile.mariadb] : hostile[engine];
    const passed = statements.filter((sql) => {
      const text = `${schemaOf(engine)}${sql};\n`;
      return !reader.read(text, server).statements.some(({ treatment }) => treatment.kind === 'refuse');
    });
    expect(passed).toEqual([]);
    const [first = ''] = statements;
    place.write('schema.sql', `${schemaOf(engine)}${first};\nCREATE TABLE u (id int);\n`);
    // nobody listens there
    const nowhere = engine === 'sqlite' ? [] : ['--scratch', `${engine}://u:sesame@127.0.0.1:1/x`];
    const result = await place.run([
      'policy',
      'import',
      '--policy-from',
      'schema.sql',
      '--dialect',
      engine,
      ...nowhere,
    ]);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(
      /^ondelete: schema\.sql:2: .* is refused, because .*; nothing of the file was run\. .*\n$/,
    );
    expect(result.stderr).not.toContain('sesame');
  });
});

describe('what cannot be read', () => {
  let place: Project;
  beforeEach(() => {
    place = openProject(ondelete);
  });
  afterEach(() => place.remove());
  const read = (words: readonly string[]): Promise<CliResult> => place.run(['policy', 'import', ...words]);

  test('is one clear line', async () => {
    const pg = ['--dialect', 'postgres'];
    const lite = ['--dialect', 'sqlite'];
    place.write('none.sql', '-- nothing\n');
    place.write('custom.sql', 'PGDMP\0\u0001');
    place.write(
      'wrong.sql',
      'CREATE TABLE a (id int PRIMARY KEY);\n\nCREATE TABLE b (\n  id int,\n  a it REFERENCES a\n);\n',
    );
    place.write('vector.sql', 'CREATE EXTENSION pg_cron;\nCREATE TABLE a (\n  id int,\n  v cron.x\n);\n');
    place.write('lite.sql', 'CREATE TABLE a (id int);\nCREATE TABLE a (id int);\n');
    place.write('good.sql', 'CREATE TABLE a (id int);\n');
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [['--policy-from', 'gone.sql', ...pg], /^ondelete: cannot read gone\.sql: ENOENT/],
      [['--policy-from', 'none.sql', ...pg], /^ondelete: none\.sql makes no table\./],
      [
        ['--policy-from', 'custom.sql', ...pg],
        /^ondelete: custom\.sql is no text, but a dump in the custom format of pg_dump\. .*pg_restore/,
      ],
      [['--policy-from', 'wrong.sql', ...pg], /^ondelete: wrong\.sql:5: type "it" does not exist/],
      [
        ['--policy-from', 'vector.sql', ...pg],
        /^ondelete: vector\.sql:4: schema "cron" does not exist \(on PGlite .*; it is without the extension pg_cron\)\. .*--scratch/,
      ],
      [['--policy-from', 'lite.sql', ...lite], /^ondelete: lite\.sql:2: table a already exists/],
      [['--policy-from', 'good.sql'], /does not say which engine it is for/],
      [['--policy-from', 'good.sql', '--policy-from', 'sqlalchemy', ...pg], /cannot be the policy together/],
      [['--policy-from', 'good.sql', '--dialect', 'mysql'], /no server is named on which a scratch database/],
    ];
    for (const [words, expected] of cases) {
      const result = await read(words);
      expect([words, result.code, result.stdout]).toEqual([words, 2, '']);
      expect(result.stderr).toMatch(expected);
      expect(result.stderr.trim().split('\n')).toHaveLength(1);
    }
  });

  test('several files are loaded one after the other; a path in the config counts from its folder', async () => {
    place.write('1.sql', 'CREATE TABLE a (id INTEGER PRIMARY KEY);\n');
    // as PowerShell writes it
    writeFileSync(
      place.path('2.sql'),
      Buffer.from(
        '\ufeffCREATE TABLE b (id INTEGER PRIMARY KEY,\n  a REFERENCES a ON DELETE CASCADE);\n',
        'utf16le',
      ),
    );
    place.write('ondelete.config.yaml', 'database: shop.db\npolicy:\n  from: [1.sql, 2.sql]\n');
    expect((await read([])).stdout).toContain(
      `    # 2.sql:2  says CASCADE\n    - match: 'b(a) -> a'\n      onDelete: cascade`,
    );
  });

  test('lint takes it as the policy, and holds facts of a file against the keys', async () => {
    place.sqlite(
      'CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (id INTEGER PRIMARY KEY, a REFERENCES a)',
    );
    place.write(
      'schema.sql',
      'CREATE TABLE a (id INTEGER PRIMARY KEY);\nCREATE TABLE b (id INTEGER PRIMARY KEY, a REFERENCES a ON DELETE CASCADE);\n',
    );
    place.write(
      'stale.yaml',
      "policy:\n  from: schema.sql\n  rules:\n    - match: 'b -> nothing'\n      onDelete: cascade\n",
    );
    const lint = await place.run([
      'lint',
      '-d',
      'shop.db',
      '--policy-from',
      'schema.sql',
      '--config',
      'stale.yaml',
    ]);
    expect(lint).toMatchObject({ code: 1 });
    const written = await place.run([
      'facts',
      '--orm',
      'schema.sql',
      '--dialect',
      'sqlite',
      '--output',
      'facts.json',
    ]);
    expect(written.code).toBe(0);
    const facts = ['-d', 'shop.db', '--facts', 'facts.json'];
    const diff = await place.run(['diff', '--policy-from', 'sql', ...facts]);
    expect(diff.stdout).toContain('schema.sql:2:1');
    const both = await place.run(['diff', '--policy-from', 'schema.sql', ...facts]);
    expect(both).toMatchObject({ code: 2, stdout: '' });
    expect(both.stderr).toContain('the policy is a file of SQL, and --facts names facts beside it');
    const held = await place.run(['lint', '-d', 'shop.db', '--facts', 'facts.json']);
    expect(held.stdout).toContain('ORM_MODEL_DB_DRIFT');
    expect(held.stdout).toContain('schema.sql:2');
  });
});
