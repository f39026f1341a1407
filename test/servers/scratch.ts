// Databases for one test: a random name under the run's prefix, and only those are ever dropped.
import { randomBytes } from 'node:crypto';
import { connect, type Row, type Session } from './sql.ts';
import type { ServerDialect, TestServer } from './types.ts';

export interface ScratchDatabase {
  readonly name: string;
  readonly url: string;
  /** Runs SQL as the administrator inside it; several statements when there are no params. @returns the last rows */
  query(sql: string, params?: readonly unknown[]): Promise<readonly Row[]>;
  drop(): Promise<void>;
}

const prefixOf = (runId: string): string => `ondelete_${runId}_`;

const quoted = (dialect: ServerDialect, name: string): string =>
  dialect === 'postgres' ? `"${name}"` : `\`${name}\``;

/** @returns the server's URL with another database in it */
export function urlOfDatabase(server: TestServer, name: string): string {
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  return url.href;
}

/** Makes an empty database on the server. @param runId the run whose prefix it gets */
export async function makeScratchDatabase(server: TestServer, runId: string): Promise<ScratchDatabase> {
  const name = `${prefixOf(runId)}${randomBytes(4).toString('hex')}`;
  const url = urlOfDatabase(server, name);
  await asAdmin(server, (admin) => admin.query(`CREATE DATABASE ${quoted(server.dialect, name)}`));
  let session: Promise<Session> | undefined;
  return {
    name,
    url,
    async query(sql, params) {
      session ??= connect(server.dialect, url);
      try {
        return await (await session).query(sql, params);
      } catch (error) {
        if (isGone(error)) session = undefined;
        throw error;
      }
    },
    async drop() {
      await (await session?.catch(() => undefined))?.close().catch(() => undefined);
      session = undefined;
      await asAdmin(server, (admin) => dropDatabase(admin, server.dialect, name));
    },
  };
}

const CONNECTION_CODES = new Set([
  '57P01',
  '57P02',
  'ECONNRESET',
  'ECONNREFUSED',
  'PROTOCOL_CONNECTION_LOST',
  'EPIPE',
]);

/** After a server was killed the next query must open a session anew. */
function isGone(error: unknown): boolean {
  const {
    code = '',
    message = '',
    fatal = false,
  } = error as { code?: string; message?: string; fatal?: boolean };
  return (
    CONNECTION_CODES.has(code) || fatal || /not queryable|Connection terminated|closed state/.test(message)
  );
}

async function asAdmin<T>(server: TestServer, work: (admin: Session) => Promise<T>): Promise<T> {
  const admin = await connect(server.dialect, server.url);
  try {
    return await work(admin);
  } finally {
    await admin.close();
  }
}

async function dropDatabase(admin: Session, dialect: ServerDialect, name: string): Promise<void> {
  // Sessions that a test left open would keep the database, or make the drop wait.
  if (dialect === 'postgres') {
    await admin.query(
      `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '${name}' AND pid <> pg_backend_pid()`,
    );
    await dropPrepared(admin, name);
  } else {
    const rows = await admin.query(
      `SELECT id AS id FROM information_schema.processlist WHERE db = '${name}'`,
    );
    for (const row of rows) await admin.query(`KILL ${String(row['id'])}`).catch(() => undefined);
  }
  await retry(() => admin.query(`DROP DATABASE IF EXISTS ${quoted(dialect, name)}`));
}

/** A prepared transaction keeps its database, and can be rolled back only from inside it. */
async function dropPrepared(admin: Session, name: string): Promise<void> {
  const rows = await admin.query(`SELECT 1 FROM pg_prepared_xacts WHERE database = '${name}'`);
  if (rows.length > 0) throw new Error(`${name} still holds a prepared transaction: end it in the test`);
}

/** A terminated backend needs a moment to leave. */
async function retry(work: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await work();
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== '55006' || tries === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Drops what the run's tests left on a server that outlives the run. */
export async function dropLeftovers(server: TestServer, runId: string): Promise<void> {
  const postgres = 'SELECT datname AS name FROM pg_database';
  const mysql = 'SELECT schema_name AS name FROM information_schema.schemata';
  await asAdmin(server, async (admin) => {
    const rows = await admin.query(server.dialect === 'postgres' ? postgres : mysql);
    const names = rows.map((row) => String(row['name'])).filter((name) => name.startsWith(prefixOf(runId)));
    for (const name of names) await dropDatabase(admin, server.dialect, name);
  });
}
