// What a rehearsal tells of itself: triggers that it has not copied, settings that are not the target's, a database that could not be dropped.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type CliResult, ondelete } from '../support/shared-cli.ts';
import { type DatabaseUnderTest, enginesUnderTest, openScratch } from '../support/database.ts';
import { describeServers } from '../servers/describe.ts';
import { connect, type Session, testServers } from '../servers/index.ts';

const family = `CREATE TABLE parents (id INT NOT NULL PRIMARY KEY);
  CREATE TABLE children (id INT NOT NULL PRIMARY KEY, parent_id INT NOT NULL, FOREIGN KEY (parent_id) REFERENCES parents (id));`;
const policy = `policy: { rules: [{ match: 'children -> parents', onDelete: cascade }] }\n`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ondelete-notes-'));
  writeFileSync(join(folder, 'ondelete.config.yaml'), policy);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Another database of the server, because the target may not be the scratch. */
function besides(url: string, engine: string): readonly string[] {
  if (engine === 'sqlite') return [];
  const other = new URL(url);
  other.pathname = engine === 'postgres' ? '/postgres' : '/';
  return ['--scratch', other.href];
}

const flat = ({ stdout }: CliResult): string => stdout.replace(/\s+/g, ' ');

describe.each(enginesUnderTest())('$id', (under) => {
  const { engine } = under;
  let database: DatabaseUnderTest;
  beforeEach(async () => {
    database = await under.open();
    expect(await database.client(family)).toMatchObject({ code: 0 });
  });
  afterEach(() => database.drop());

  test('triggers are named, because they are not copied', async () => {
    const call = (words: readonly string[]): Promise<CliResult> =>
      ondelete([...words, '-d', database.url, ...besides(database.url, engine)], { cwd: folder });
    expect(flat(await call(['verify']))).not.toContain('note: triggers');
    expect(await database.client(swallowing[engine])).toMatchObject({ code: 0 });
    const told = /triggers are not copied, so .* update: (\w+\.)?parents \(swallow\)/;
    const verified = await call(['verify']);
    expect(verified).toMatchObject({ code: 0, stderr: '' });
    expect(flat(verified)).toMatch(told);
    const generated = await call(['generate', '--verify']);
    expect(generated).toMatchObject({ code: 0 });
    expect(generated.stderr).toMatch(told);
  });
});

const swallowing = {
  postgres: `CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
    CREATE TRIGGER swallow BEFORE DELETE ON parents FOR EACH ROW EXECUTE FUNCTION swallow();`,
  mysql: `CREATE TRIGGER swallow BEFORE DELETE ON parents FOR EACH ROW SET @swallowed = 1;`,
  mariadb: `CREATE TRIGGER swallow BEFORE DELETE ON parents FOR EACH ROW SET @swallowed = 1;`,
  sqlite: `CREATE TRIGGER swallow BEFORE DELETE ON parents BEGIN SELECT RAISE(IGNORE); END;`,
} as const;

const [ours, native] = ['mysql-9.7', 'mysql-9.7-native'].map((id) =>
  testServers().find((server) => server.id === id),
);
if (ours !== undefined && native !== undefined)
  test('the same version with other rules for keys is told', async () => {
    const database = await openScratch(ours);
    try {
      expect(await database.client(family)).toMatchObject({ code: 0 });
      const scratch = besides(native.url, 'mysql');
      const result = await ondelete(['verify', '-d', database.url, ...scratch], { cwd: folder });
      expect(flat(result)).toMatch(/note: innodb_native_foreign_keys is ON here and OFF on the target/);
      expect(flat(result)).not.toMatch(/note: database/);
    } finally {
      await database.drop();
    }
  });

/** How the dropping of a database is stopped: on PostgreSQL it fails, on the others it waits for a lock for longer than anybody is asked to. */
const stopping = {
  postgres: {
    list: `SELECT datname AS name FROM pg_database WHERE datname LIKE 'ondelete_scratch%'`,
    hold: `CREATE SUBSCRIPTION hold CONNECTION 'dbname=nowhere' PUBLICATION nothing WITH (connect = false, slot_name = NONE, enabled = false)`,
    release: 'DROP SUBSCRIPTION hold',
  },
  mysql: {
    list: `SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 'ondelete_scratch%'`,
    hold: 'CREATE TABLE hold (id INT); START TRANSACTION; SELECT * FROM hold',
    release: 'COMMIT',
  },
} as const;

describeServers(undefined, (server) => {
  const way = stopping[server.dialect === 'postgres' ? 'postgres' : 'mysql'];

  // One of each kind is enough.
  if (!['postgres-14', 'mysql-9.7'].includes(server.id)) return;

  test('an interrupt that cannot drop the scratch database names it', async () => {
    const database = await openScratch(server);
    const beside = await connect(server.dialect, server.url);
    let name = '';
    let holding: Session | undefined;
    try {
      expect(await database.client(family)).toMatchObject({ code: 0 });
      const names = async (): Promise<readonly string[]> =>
        (await beside.query(way.list)).map((row) => String(row['name']));
      const before = await names();
      const result = await ondelete(['verify', '-d', database.url, ...besides(server.url, server.dialect)], {
        cwd: folder,
        onStart: (child) => {
          void (async () => {
            while (name === '') {
              await sleep(20);
              name = (await names()).find((one) => !before.includes(one)) ?? '';
            }
            child.kill('SIGSTOP');
            const url = new URL(server.url);
            url.pathname = `/${name}`;
            holding = await connect(server.dialect, url.href);
            for (const sql of way.hold.split('; ')) await holding.query(sql);
            if (server.dialect === 'postgres') await holding.close();
            child.kill('SIGINT');
            child.kill('SIGCONT');
          })();
        },
      });
      expect(result).toMatchObject({ code: 2, stdout: '' });
      expect(result.stderr).toMatch(/^ondelete: interrupted; [^\n]*\n$/);
      expect(result.stderr).toMatch(
        new RegExp(`; the scratch database \\S+/${name} may still be there: drop it by hand\n$`),
      );
    } finally {
      if (name !== '') await release(name);
      await beside.close();
      await database.drop();
    }

    async function release(scratch: string): Promise<void> {
      const url = new URL(server.url);
      url.pathname = `/${scratch}`;
      const session =
        server.dialect === 'postgres' || holding === undefined
          ? await connect(server.dialect, url.href)
          : holding;
      await session.query(way.release);
      await session.close();
      await beside.query(`DROP DATABASE IF EXISTS ${scratch}`);
    }
  });
});
