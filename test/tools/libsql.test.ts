// Files for libSQL, run in libSQL itself: by its client as its users do, and tables at random.
import { createRequire } from 'node:module';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { emitterWith } from '../../dialects/sqlite/emitter/index.ts';
import { sqlite } from '../../dialects/sqlite/index.ts';
import { type Introspection, referentialActions } from '../../src/core/model.ts';
import { schemaIndex } from '../../src/core/schema-index.ts';
import { need } from '../servers/cache.ts';
import { changeOf, scriptOf } from '../sqlite/closed-loop.ts';
import { dice, tableText } from '../sqlite/random-table.ts';
import { run } from '../support/cli.ts';
import { ondelete } from '../support/shared-cli.ts';
import { describeTool } from './contract.ts';
import { npmTools } from './install.ts';

const version = 'libsql 0.5.29, @libsql/client 0.18.0';
let packages = '';
const install = async (): Promise<void> => {
  packages = await npmTools('libsql@0.5.29', '@libsql/client@0.18.0');
};

/** As docs/engines.md shows it. */
const moduleAround = (line: string, url: string): string => `import { createClient } from '@libsql/client';
import { readFileSync } from 'node:fs';
const client = createClient({ url: ${JSON.stringify(url)} });
try {
  ${line}
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
client.close();
`;

describeTool({
  tool: 'libsql',
  engines: ['sqlite'],
  version,
  service: {
    server: 'sqlite-libsql',
    async open(folder) {
      const sqlite3 = await need('sqlite3', 'sqlite3');
      const file = join(folder, 'shop.db');
      return {
        engine: 'sqlite',
        id: 'libsql',
        url: `libsql:${file}`,
        query: () => Promise.reject(new Error('not asked')),
        client: (sql) => run(sqlite3, [file], { cwd: folder, input: sql }),
        rows: () => Promise.reject(new Error('not asked')),
        drop: () => Promise.resolve(),
      };
    },
  },
  install,
  configure({ folder }) {
    symlinkSync(join(packages, 'node_modules'), join(folder, 'node_modules'));
    return 'migrations';
  },
  firstMigration({ folder }, statements) {
    writeFileSync(join(folder, 'migrations/20200101000000_base.up.sql'), `${statements.join(';\n')};\n`);
  },
  shell: ({ folder }) => ({ module: (line) => moduleAround(line, `file:${join(folder, 'shop.db')}`) }),
});

/** What the tests use of libsql's own Database, which has the form of better-sqlite3's. */
interface Database {
  exec(sql: string): void;
  prepare(sql: string): { all(...parameters: readonly unknown[]): readonly object[] };
  close(): void;
}

const files = (folder: string, ending: string): readonly string[] =>
  readdirSync(join(folder, 'migrations'))
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join('migrations', name));

describe('libSQL itself', () => {
  let folder = '';
  let file = '';
  beforeAll(install);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function open(): Database {
    const Opened = createRequire(join(packages, 'package.json'))('libsql') as new (path: string) => Database;
    return new Opened(file);
  }
  function make(sql: string): void {
    folder = mkdtempSync(join(tmpdir(), 'ondelete-libsql-'));
    file = join(folder, 'shop.db');
    on((database) => database.exec(sql));
  }
  const on = <T>(work: (database: Database) => T): T => {
    const database = open();
    try {
      return work(database);
    } finally {
      database.close();
    }
  };
  const call = async (...words: readonly string[]): Promise<string> => {
    const { code, stderr, stdout } = await ondelete([...words, '-d', `libsql:${file}`], { cwd: folder });
    expect(`${stdout}${stderr}${code}`).toMatch(/0$/);
    return stdout;
  };
  const text = (ending: string): string => {
    const [path = ''] = files(folder, ending);
    return readFileSync(join(folder, path), 'utf8');
  };
  const introspected = async (): Promise<Introspection> => {
    const session = await sqlite.connect(`libsql:${file}`, { timeoutMilliseconds: 1000 });
    try {
      return await session.introspect({ schemas: null });
    } finally {
      await session.close();
    }
  };
  const configure = (): void =>
    writeFileSync(
      join(folder, 'ondelete.config.yaml'),
      "tool: libsql\npolicy:\n  default: keep\n  rules:\n    - { match: '* -> p', onDelete: cascade }\n",
    );

  const schema = `CREATE TABLE p (id INTEGER PRIMARY KEY);
CREATE TABLE c(
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- hello, world
  p_id   INT NOT NULL  DEFAULT 1 CONSTRAINT "fk a" REFERENCES p ( id ) /* x */ ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED CHECK (p_id > 0 ), -- note
  "q;id" INT UNIQUE REFERENCES p, note TEXT COLLATE NOCASE,
  [r] INT REFERENCES p -- tail
  );
CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, b INT REFERENCES p, FOREIGN KEY (a) REFERENCES p (id));
CREATE INDEX ci ON c (p_id); CREATE VIEW v AS SELECT p_id FROM c;
CREATE TRIGGER tr AFTER UPDATE OF p_id ON c BEGIN SELECT 1; END;
INSERT INTO p VALUES (1), (2); INSERT INTO c (p_id, "q;id") VALUES (1, 1), (2, NULL); INSERT INTO t VALUES (1, 1, 2);`;

  test('changes columns in place and other keys by their text, in one file, and back byte for byte', async () => {
    make(schema);
    configure();
    const before = await call('snapshot');
    await call('verify');
    await call('generate', '--verify');
    const up = text('.up.sql');
    expect(up.match(/^ALTER TABLE "c" ALTER COLUMN /gm)).toHaveLength(3);
    expect(up).toContain('UPDATE main.sqlite_master');
    const other = open();
    on((database) => database.exec(up));
    await call('diff');
    // another connection, opened before, acts on the new keys
    expect(other.prepare('SELECT count(*) AS n FROM c').all()).toMatchObject([{ n: 2 }]);
    other.exec('BEGIN; DELETE FROM p WHERE id = 1');
    expect(other.prepare('SELECT count(*) AS n FROM c').all()).toMatchObject([{ n: 1 }]);
    other.exec('ROLLBACK');
    other.close();
    on((database) => database.exec(up));
    on((database) => database.exec(text('.down.sql')));
    expect(await call('snapshot')).toBe(before);
    // plain SQLite reads what libSQL wrote
    const plain = await run(await need('sqlite3', 'sqlite3'), [file, 'PRAGMA integrity_check'], {
      cwd: folder,
    });
    expect(plain.stdout).toBe('ok\n');
  });

  test('a file of columns alone sets nothing that a connection keeps, and needs no edit of the stored schema', async () => {
    make(
      'CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (id INTEGER PRIMARY KEY, p_id INT REFERENCES p)',
    );
    configure();
    await call('generate');
    expect(text('.up.sql')).not.toContain('writable_schema');
    on((database) => database.exec(text('.up.sql')));
    await call('diff');
  });

  test('beside a broken view, at which ALTER TABLE stops, columns are changed by their text, and back', async () => {
    make(
      'CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (id INTEGER PRIMARY KEY, p_id INT REFERENCES p); CREATE VIEW broken AS SELECT x FROM nowhere',
    );
    configure();
    const before = await call('snapshot');
    expect(() =>
      on((database) => database.exec('ALTER TABLE c ALTER COLUMN p_id TO p_id INT REFERENCES p')),
    ).toThrow(/error in view broken/);
    await call('generate', '--verify');
    on((database) => database.exec(text('.up.sql')));
    await call('diff');
    on((database) => database.exec(text('.down.sql')));
    expect(await call('snapshot')).toBe(before);
  });

  test.each([
    ['a CHECK behind the key', 'p_id INT REFERENCES p CHECK (p_id > 0)'],
    ['another type', 'p_id TEXT REFERENCES p'],
    ['NOT NULL', 'p_id INT REFERENCES p NOT NULL'],
  ])('%s that this environment alone has stops the file: it would be lost', async (_, column) => {
    make(
      'CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (id INTEGER PRIMARY KEY, p_id INT REFERENCES p)',
    );
    configure();
    await call('generate');
    on((database) => database.exec(`DROP TABLE c; CREATE TABLE c (id INTEGER PRIMARY KEY, ${column})`));
    const before = await call('snapshot');
    expect(() => on((database) => database.exec(text('.up.sql')))).toThrow(/ondelete: nothing was changed/);
    expect(await call('snapshot')).toBe(before);
  });

  test('a file with a syntax of its own is not called damaged', async () => {
    make('CREATE TABLE t (a) RANDOM ROWID');
    const { code, stderr } = await ondelete(['snapshot', '-d', `libsql:${file}`], { cwd: folder });
    expect({ code, lines: stderr.trimEnd().split('\n').length }).toEqual({ code: 2, lines: 1 });
    expect(stderr).toContain('does not know the syntax of t: near "ROWID"');
    expect(stderr).not.toContain('backup');
  });

  test('a column that came later does not stop it', async () => {
    make(
      'CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (id INTEGER PRIMARY KEY, p_id INT REFERENCES p\n)',
    );
    configure();
    await call('generate');
    on((database) => database.exec('ALTER TABLE c ADD COLUMN late TEXT'));
    on((database) => database.exec(text('.up.sql')));
    await call('diff');
  });

  test('tables at random: keys change as asked and no others, and the texts come back', async () => {
    let changed = 0;
    for (let seed = 1; seed <= 250; seed++) {
      const roll = dice(seed);
      make('');
      try {
        on((database) => database.exec(`CREATE TABLE "the table"${tableText(roll)}`));
      } catch {
        continue;
      }
      const { snapshot } = await introspected();
      const stored = (): unknown =>
        on((database) =>
          database
            .prepare('SELECT sql FROM sqlite_master')
            .all()
            .map((row) => ({ ...row, _metadata: null })),
        );
      const to = roll.pick(referentialActions);
      const others = snapshot.foreignKeys.filter(({ onDelete }) => onDelete !== to);
      const changes = roll.pick([others, ...others.map((key) => [key])]).map((key) => changeOf(key, to));
      if (snapshot.tables[0]?.definition == null || changes.length === 0) continue;
      const [step] = emitterWith('').emit(changes, {
        schema: schemaIndex(snapshot),
        capabilities: sqlite.capabilities(snapshot.server),
        runner: { runsCode: false, commandLineClient: false },
        wraps: 'nothing',
        plain: false,
        withOperations: true,
      });
      if (step === undefined) throw new Error('no step');
      const before = stored();
      on((database) => database.exec(scriptOf(step, step.up)));
      const { foreignKeys } = (await introspected()).snapshot;
      expect({ seed, keys: foreignKeys.map(({ onDelete }) => onDelete) }).toEqual({
        seed,
        keys: snapshot.foreignKeys.map((key) =>
          changes.some(({ foreignKey }) => foreignKey === key) ? to : key.onDelete,
        ),
      });
      on((database) => database.exec(scriptOf(step, step.down)));
      expect({ seed, stored: stored() }).toEqual({ seed, stored: before });
      changed += scriptOf(step, step.up).includes('ALTER COLUMN') ? 1 : 0;
      rmSync(folder, { recursive: true, force: true });
    }
    expect(changed).toBeGreaterThan(10);
  });
});
