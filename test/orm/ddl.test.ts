// Files of SQL as the policy: dumps in the style of the tools that write them, the corpus, and files that must not be run.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { engineFor } from '../../src/registry.ts';
import { openProject, type Project } from '../support/project.ts';
import { ondelete } from '../support/shared-cli.ts';
import { loadDump } from '../corpus/corpus.ts';
import type { CliResult } from '../support/cli.ts';
import { type DatabaseUnderTest, enginesUnderTest } from '../support/database.ts';
import { leftBehind } from '../support/left-behind.ts';

const FOLDER = join(import.meta.dirname, 'ddl');
const CORPUS = join(import.meta.dirname, '../../../shared/corpus');

interface Facts {
  readonly notes: readonly string[];
  readonly foreignKeys: readonly {
    readonly child: { readonly schema: string | null; readonly name: string };
    readonly columns: readonly string[];
    readonly onDelete: string | null;
    readonly place: { readonly file: string; readonly line: number } | null;
  }[];
}

/** `orders(customer_id) CASCADE 160`: what a file says of each key, and the line that says it. */
function told(stdout: string): readonly string[] {
  return (JSON.parse(stdout) as Facts).foreignKeys.map(({ child, columns, onDelete, place }) => {
    const name = child.schema === null ? child.name : `${child.schema}.${child.name}`;
    return `${name}(${columns.join(', ')}) ${onDelete ?? '-'} ${place?.line ?? 'nowhere'}`;
  });
}

const dumps: Readonly<Record<string, readonly string[]>> = {
  'pg_dump.postgres.sql': [
    'audit.entries(customer_id) RESTRICT 154',
    'audit.entries(order_id) SET NULL 157',
    'public.orders(customer_id) CASCADE 160',
  ],
  'rails.postgres.sql': ['public.comments(parent_id) - 41', 'public.comments(post_id) CASCADE 37'],
  'hibernate.postgres.sql': ['book(author_id) CASCADE 26', 'book_tag(book_id) - 32'],
  'mysqldump.mysql.sql': [
    'order_items(order_id) CASCADE 34',
    'order_items(parent_id) SET NULL 35',
    'orders(customer_id) - 45',
  ],
  'rails.mysql.sql': ['comments(post_id) CASCADE 10'],
  'mariadb-dump.mariadb.sql': ['folders(owner_id) - 11', 'folders(parent_id) CASCADE 10'],
  'dump.sqlite.sql': [
    'order items(order_id) CASCADE 8',
    'order items(parent) SET NULL 9',
    'order items(plain) - 11',
  ],
  'rails.sqlite.sql': ['comments(post_id) CASCADE 5'],
};

describe.each(enginesUnderTest())('$id', (under) => {
  const { engine } = under;
  const isFirst = enginesUnderTest().find((one) => one.engine === engine)?.id === under.id;
  let database: DatabaseUnderTest;
  let place: Project;
  beforeEach(async () => {
    database = await under.open();
    place = openProject(ondelete);
  });
  afterEach(async () => {
    place.remove();
    expect(await leftBehind(database)).toEqual([]);
    await database.drop();
  });

  /** On a server one more database of it; `null` for one in this process. */
  const scratchUrl = (): string | null => {
    if (engine === 'sqlite') return null;
    const url = new URL(database.url);
    url.pathname = engine === 'postgres' ? '/postgres' : '/';
    return url.href;
  };
  const scratch = (): readonly string[] => {
    const url = scratchUrl();
    return url === null ? [] : ['--scratch', url];
  };
  const call = (words: readonly string[]): Promise<CliResult> =>
    place.run([...words, '-d', database.url, ...scratch()]);
  test('what dumps say, and where', async () => {
    const own = readdirSync(FOLDER).filter((file) => {
      const [, dialect] = /\.(\w+)\.sql$/.exec(file) ?? [];
      return dialect === engine || (dialect === 'mysql' && engine === 'mariadb');
    });
    expect(own.length).toBeGreaterThan(0);
    for (const file of own) {
      writeFileSync(place.path(file), readFileSync(join(FOLDER, file)));
      const result = await place.run(['facts', '--orm', file, '--dialect', engine, ...scratch()]);
      expect([file, told(result.stdout || '{"foreignKeys":[]}'), result.code]).toEqual([
        file,
        dumps[file],
        0,
      ]);
      expect(result.stderr).toMatch(/^left out of \S+, as no key hangs on it: .*\n$/);
    }
  });

  if (!isFirst) return;

  test('the policy: an action written is wanted, none written wants nothing, and the rule names the line', async () => {
    const tables = (...clauses: readonly string[]): string => {
      const keys = clauses.map(
        (clause, at) => `CONSTRAINT k${at} FOREIGN KEY (c${at}) REFERENCES parents (id) ${clause}`,
      );
      return [
        'CREATE TABLE parents (id int NOT NULL PRIMARY KEY);',
        'CREATE TABLE children (id int NOT NULL PRIMARY KEY, c0 int, c1 int, c2 int,',
        `${keys.join(',\n')});`,
        ...clauses.map((_, at) => `CREATE INDEX i${at} ON children (c${at});`),
      ].join('\n');
    };
    const columns = async (words: readonly string[]): Promise<readonly string[]> => {
      const { stdout, code } = await call(['diff', '--format', 'json', ...words]);
      expect(code).toBe(1);
      const { changes } = JSON.parse(stdout) as { changes: { columns: string[] }[] };
      return changes.map((change) => change.columns.join());
    };
    const live = tables('', 'ON DELETE CASCADE', 'ON DELETE CASCADE');
    expect(await database.client(live)).toMatchObject({ code: 0 });
    place.write('schema.sql', tables('ON DELETE CASCADE', '', 'ON DELETE RESTRICT'));
    // what InnoDB does without a clause is what RESTRICT says, so it may not have been written
    const wanted = engine === 'mysql' || engine === 'mariadb' ? ['c0'] : ['c0', 'c2'];
    expect(await columns(['--policy-from', 'schema.sql'])).toEqual(wanted);
    place.write('strict.yaml', 'policy:\n  from: schema.sql\n  strictNone: true\n');
    expect(await columns(['--config', 'strict.yaml'])).toEqual(['c0', 'c1', 'c2']);
    place.write('ondelete.config.yaml', 'policy:\n  from: schema.sql\n');
    const generated = await call(['generate', '--only', 'children(c0) -> parents']);
    expect([generated.stderr, generated.code]).toMatchObject([expect.not.stringContaining('refused'), 0]);
    const file = readdirSync(place.path('migrations')).find((name) => name.endsWith('.up.sql')) ?? '';
    const text = readFileSync(place.path(join('migrations', file)), 'utf8');
    expect(text).toContain('schema.sql:3');
    expect(text.replace(/\n-- +/g, ' ')).toContain('schema.sql says CASCADE');
    const proven = await call(['verify', '--only', 'children(c0) -> parents']);
    expect([proven.stdout, proven.code]).toEqual([
      expect.stringMatching(/^1 key proven, 0 disproved, 0 could not be tried\.$[^]*→ CASCADE$/m),
      0,
    ]);
  });

  test('without a config the report calls the policy by the file’s name, and --scratch has something to do', async () => {
    expect(await database.client('CREATE TABLE parents (id int NOT NULL PRIMARY KEY);')).toMatchObject({
      code: 0,
    });
    place.write('schema.sql', 'CREATE TABLE parents (id int NOT NULL PRIMARY KEY);');
    const named = await call(['diff', '--policy-from', 'schema.sql']);
    expect(named.stdout).toMatch(/; policy:\s+schema\.sql/);
    for (const words of [
      ['diff', '--policy-from', 'sqlalchemy'],
      ['lint'],
      ['facts', '--orm', 'sqlalchemy'],
    ]) {
      const idle = await place.run([...words, '--scratch', 'postgres://nowhere/x']);
      expect([idle.stderr, idle.code]).toEqual([
        'ondelete: --scratch has no effect: no SQL file is loaded. Name one, such as --policy-from schema.sql, or leave --scratch out.\n',
        2,
      ]);
    }
  });

  test('the corpus against itself, and against a copy in which one key says something else', async () => {
    const files = existsSync(CORPUS) ? readdirSync(CORPUS) : [];
    const own = files.filter((file) => file.endsWith(`.${engine === 'mariadb' ? 'mysql' : engine}.sql`));
    for (const file of own) {
      const text = readFileSync(join(CORPUS, file), 'utf8');
      const loaded = await loadDump(() => under.open(), text);
      try {
        expect([file, loaded.failure]).toEqual([file, null]);
        place.write('schema.sql', text);
        const diff = [
          'diff',
          '--policy-from',
          'schema.sql',
          '--format',
          'json',
          '-d',
          loaded.database.url,
          ...scratch(),
        ];
        const same = await place.run(diff);
        expect([file, same.stderr.includes('error'), same.code]).toEqual([file, false, 0]);
        expect(JSON.parse(same.stdout)).toMatchObject({ changes: [] });
        // the first key of the file, whatever it said
        const changed = text.replace(
          /(REFERENCES [^(]*\([^)]*\))([^,;)]*)/i,
          (_, key: string, rest: string) =>
            `${key} ON DELETE CASCADE${rest.replace(/\s*ON DELETE (?:NO ACTION|RESTRICT|SET NULL|CASCADE)/i, '')}`,
        );
        place.write('schema.sql', changed);
        const other = JSON.parse((await place.run(diff)).stdout) as {
          changes: unknown[];
        };
        expect([file, other.changes]).toMatchObject([file, [{ to: { text: 'CASCADE' } }]]);
      } finally {
        await loaded.database.drop();
      }
    }
  });

  if (engine === 'sqlite') return;

  test('no other database is reached, and a server that was interrupted keeps nothing', async () => {
    const other = await under.open();
    try {
      await other.query('CREATE TABLE kept (id int PRIMARY KEY)');
      const name = new URL(other.url).pathname.slice(1);
      const evil =
        engine === 'postgres'
          ? [`DROP DATABASE ${name}`, `\\connect ${name}\nDROP TABLE kept`]
          : [`DROP DATABASE ${name}`, `USE ${name}; DROP TABLE kept`, `DROP TABLE ${name}.kept`];
      for (const statement of evil) {
        place.write('schema.sql', `CREATE TABLE t (id int PRIMARY KEY);\n${statement};\n`);
        const result = await call(['diff', '--policy-from', 'schema.sql']);
        expect(result).toMatchObject({ code: 2, stdout: '' });
        expect(result.stderr).toContain('schema.sql:2');
        expect(result.stderr).toContain('nothing of the file was run');
      }
      // whatever was overlooked: the server takes one statement at a time
      const dialect = await engineFor({ flavor: engine });
      const scratchDatabase = await (
        await dialect.scratch()
      ).open({
        url: scratchUrl(),
        target: null,
        server: { flavor: engine, product: engine, settings: {} },
        timeoutMilliseconds: 10_000,
        commandLineClient: false,
        oneByOne: true,
        onMade: () => undefined,
      });
      const both = `CREATE TABLE u (id int); DROP DATABASE ${name}`;
      await expect(scratchDatabase.query(both)).rejects.toThrow();
      await scratchDatabase.drop();
      expect(await other.query('SELECT count(*) AS n FROM kept')).toHaveLength(1);
    } finally {
      await other.drop();
    }
    const tables = Array.from(
      { length: 3000 },
      (_, at) => `CREATE TABLE to_be_stopped_${at} (id int PRIMARY KEY);`,
    );
    place.write('schema.sql', tables.join('\n'));
    const isLoading = async (): Promise<boolean> => {
      const rows = await database.query(
        engine === 'postgres'
          ? `SELECT 1 FROM pg_stat_activity WHERE datname LIKE 'ondelete_scratch%' AND query LIKE 'CREATE TABLE to_be_stopped%'`
          : `SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA LIKE 'ondelete_scratch%' AND TABLE_NAME = 'to_be_stopped_0'`,
      );
      return rows.length > 0;
    };
    const interrupted = await place.run(
      ['diff', '--policy-from', 'schema.sql', '-d', database.url, ...scratch()],
      {
        onStart: (child) => {
          void (async () => {
            while (child.exitCode === null && !(await isLoading())) await sleep(10);
            child.kill('SIGINT');
          })();
        },
      },
    );
    expect(interrupted).toMatchObject({ code: 2, stdout: '' });
    expect(interrupted.stderr).toMatch(/^ondelete: interrupted; .*\n$/);
    expect(interrupted.stderr).not.toContain('may still be there');
  });
});
