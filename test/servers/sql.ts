// A plain session for tests, straight on the drivers: what tests the product must not depend on it.
import mysql from 'mysql2/promise';
import pg from 'pg';
import type { ServerDialect } from './types.ts';

export type Row = Readonly<Record<string, unknown>>;

export interface Session {
  /** Runs one statement, or several without params. @returns the rows of the last one */
  query(sql: string, params?: readonly unknown[]): Promise<readonly Row[]>;
  close(): Promise<void>;
}

/** @param url postgres://, mysql:// or mariadb://; without a database for the latter two when none is meant */
export const connect = (dialect: ServerDialect, url: string): Promise<Session> =>
  dialect === 'postgres' ? connectPostgres(url) : connectMysql(url);

async function connectPostgres(url: string): Promise<Session> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  // A killed server is told by the next query; without a listener it would end the process.
  client.on('error', () => undefined);
  await client.connect();
  return {
    async query(sql, params) {
      const result: unknown = await client.query(sql, params && [...params]);
      const last = (Array.isArray(result) ? result.at(-1) : result) as { rows: readonly Row[] };
      return last.rows;
    },
    close: () => client.end(),
  };
}

async function connectMysql(url: string): Promise<Session> {
  const { hostname, port, username, password, pathname } = new URL(url);
  const connection = await mysql.createConnection({
    host: hostname,
    port: Number(port || 3306),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    ...(pathname.length > 1 && { database: decodeURIComponent(pathname.slice(1)) }),
    multipleStatements: true,
    connectTimeout: 10_000,
  });
  connection.on('error', () => undefined);
  return {
    async query(sql, params) {
      const [result] = (await connection.query(sql, params && [...params])) as [unknown, unknown];
      return lastRows(result);
    },
    close: () => connection.end(),
  };
}

/** mysql2 gives rows, a header without rows, or, for several statements, a list of either. */
function lastRows(result: unknown): readonly Row[] {
  if (!Array.isArray(result)) return [];
  const last: unknown = result.at(-1);
  const several =
    Array.isArray(last) || (last !== undefined && (last as object).constructor.name === 'ResultSetHeader');
  return several ? lastRows(last) : (result as readonly Row[]);
}
