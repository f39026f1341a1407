// One database under test, whatever its engine: what the closed loop needs of it.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { runClient, scratchDatabase, type TestServer, testServers } from '../servers/index.ts';
import { need } from '../servers/cache.ts';
import { type CliResult, run } from './cli.ts';

export type Engine = 'postgres' | 'mysql' | 'mariadb' | 'sqlite';
export type Row = Readonly<Record<string, unknown>>;

export interface DatabaseUnderTest {
  readonly engine: Engine;
  /** `postgres-14`, `sqlite`. */
  readonly id: string;
  /** For `ondelete --database`. */
  readonly url: string;
  query(sql: string): Promise<readonly Row[]>;
  /** Runs a file's text with the engine's own client. */
  client(sql: string): Promise<CliResult>;
  /** A text that changes when any row of these tables does. */
  rows(tables: readonly { readonly schema: string; readonly name: string }[]): Promise<string>;
  drop(): Promise<void>;
}

/** Every server of this run, and SQLite. */
export function enginesUnderTest(): readonly {
  readonly id: string;
  readonly engine: Engine;
  open(): Promise<DatabaseUnderTest>;
}[] {
  return [
    { id: 'sqlite', engine: 'sqlite' as const, open: openSqlite },
    ...testServers().map((server) => ({
      id: server.id,
      engine: server.dialect,
      open: () => openScratch(server),
    })),
  ];
}

/** An empty SQLite file in a folder of its own. */
export async function openSqlite(): Promise<DatabaseUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'ondelete-test-'));
  const path = join(folder, 'test.db');
  const sqlite3 = await need('sqlite3', 'sqlite3');
  const with_ = <T>(work: (database: Database.Database) => T): T => {
    const database = new Database(path);
    try {
      database.pragma('foreign_keys = ON');
      return work(database);
    } finally {
      database.close();
    }
  };
  return {
    engine: 'sqlite',
    id: 'sqlite',
    url: path,
    query: (sql) =>
      Promise.resolve(
        with_((database) => {
          if (!/^\s*(select|pragma|with)/i.test(sql)) {
            database.exec(sql);
            return [];
          }
          return database.prepare(sql).all() as Row[];
        }),
      ),
    client: (sql) => run(sqlite3, [path], { cwd: folder, input: sql }),
    rows: (tables) =>
      Promise.resolve(
        with_((database) =>
          tables
            .map(({ name }) => {
              const quoted = `"${name.replaceAll('"', '""')}"`;
              const all = database
                .prepare(`SELECT * FROM ${quoted}`)
                .raw()
                .all()
                .map((row) =>
                  JSON.stringify(row, (_, value: unknown) =>
                    typeof value === 'bigint' ? String(value) : value,
                  ),
                );
              return `${name} ${all.length} ${digest(all.sort().join('\n'))}`;
            })
            .join('\n'),
        ),
      ),
    drop() {
      rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}

/** A database of a random name on a server. */
export async function openScratch(server: TestServer): Promise<DatabaseUnderTest> {
  const scratch = await scratchDatabase(server);
  return {
    engine: server.dialect,
    id: server.id,
    url: scratch.url,
    query: (sql) => scratch.query(sql),
    client: (sql) => runClient(server, scratch.url, sql),
    rows: async (tables) => {
      const lines: string[] = [];
      for (const table of tables) {
        const [row] = await scratch.query(
          server.dialect === 'postgres' ? postgresRows(table) : mysqlRows(table),
        );
        lines.push(`${table.name} ${JSON.stringify(Object.values(row ?? {}))}`);
      }
      return lines.join('\n');
    },
    drop: () => scratch.drop(),
  };
}

function postgresRows(table: { readonly schema: string; readonly name: string }): string {
  const quoted = [table.schema, table.name].map((name) => `"${name.replaceAll('"', '""')}"`).join('.');
  return `SELECT count(*) AS n, md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) AS digest FROM ${quoted} t`;
}

function mysqlRows(table: { readonly schema: string; readonly name: string }): string {
  const quoted = [table.schema, table.name].map((name) => `\`${name.replaceAll('`', '``')}\``).join('.');
  return `CHECKSUM TABLE ${quoted} EXTENDED`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
