/** A read-only session over mysql2, for both MySQL and MariaDB. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Connection as Driver } from 'mysql2';
import type { Connection, ConnectionOptions } from 'mysql2/promise';
import type { Session } from '../../sql/session.ts';
import type { ConnectOptions } from '../../../src/core/contracts/connection.ts';
import { codeOf, messageOf, OndeleteError } from '../../../src/core/errors.ts';
import { packageFor } from '../../../src/core/packages.ts';
import { connectFailure, queryFailure, serverError } from './errors.ts';
import type { Results, RunMany } from './many.ts';
import { clientOptions } from './option-file.ts';
import { parseUrl, type Target } from './url.ts';

export type Row = Readonly<Record<string, unknown>>;

/**
 * Opens a session that cannot write.
 * @throws UNREACHABLE, AUTHENTICATION_FAILED, TLS_REQUIRED, DATABASE_NOT_FOUND, INSUFFICIENT_PRIVILEGE, USAGE
 */
export async function connect(url: string, options: ConnectOptions): Promise<Session> {
  const target = parseUrl(url, clientOptions());
  const connection = (await openReadOnly(target, options)).promise();
  return {
    async query(sql, parameters = []) {
      try {
        const rows: unknown = (await connection.query({ sql, values: [...parameters] }))[0];
        return Array.isArray(rows) ? (rows as readonly Row[]) : [];
      } catch (error) {
        throw queryFailure(error, target);
      }
    },
    async close() {
      // The server may be gone already; there is nothing to lose in a session that only read.
      await connection.end().catch(() => connection.destroy());
    },
  };
}

/** A session that cannot write and takes several statements at once, for texts of our own alone. @throws as `connect` */
export async function connectForMany(
  url: string,
  options: ConnectOptions,
): Promise<{ readonly run: RunMany; readonly close: () => Promise<void> }> {
  const target = parseUrl(url, clientOptions());
  const driver = await openReadOnly(target, options, true);
  const connection = driver.promise();
  return {
    async run(questions) {
      const text = questions.map(({ parameters = [], sql }) => connection.format(sql, [...parameters]));
      const results = await resultsOf(driver, text.join('; '));
      if (results.failure === null) return results;
      const error = queryFailure(results.failure.error, target);
      if (serverError(error) === 0) throw error;
      return { ...results, failure: { error } };
    },
    close: () => connection.end().catch(() => connection.destroy()),
  };
}

/** The promises of the driver forget what came before an error, so its events are heard. */
function resultsOf(driver: Driver, sql: string): Promise<Results> {
  return new Promise((resolve) => {
    const all: { readonly rows: Row[]; readonly isSetting: boolean }[] = [];
    const end = (failure: Results['failure'], some: typeof all): void =>
      resolve({ rows: some.map(({ rows }) => rows), failure });
    driver
      .query({ sql })
      .on('fields', (fields: unknown) => all.push({ rows: [], isSetting: fields === undefined }))
      .on('result', (row: Row) => {
        const last = all.at(-1);
        if (last?.isSetting === false) last.rows.push(row);
      })
      // A question may fail when it has named its columns already; a setting has nothing to name.
      .on('error', (error: unknown) =>
        end({ error }, all.at(-1)?.isSetting === false ? all.slice(0, -1) : all),
      )
      .on('end', () => end(null, all));
  });
}

async function openReadOnly(target: Target, options: ConnectOptions, several = false): Promise<Driver> {
  let driver: Driver | null = null;
  try {
    driver = await open(target, options, several);
    const connection = driver.promise();
    // sql_mode decides how names are quoted in SHOW GRANTS and how the driver's escapes are read. Under sql_select_limit the catalog ends
    // early and nothing says so, and DEFAULT would be the server's own limit; under max_join_size its joins fail (measured on 9.7 and 11.8).
    const settings = [
      "SET SESSION sql_mode = '', lock_wait_timeout = 10, sql_select_limit = 18446744073709551615, sql_big_selects = 1",
      'SET SESSION TRANSACTION READ ONLY',
    ];
    for (const sql of several ? [settings.join('; ')] : settings) await connection.query(sql);
    return driver;
  } catch (error) {
    driver?.destroy();
    throw error instanceof OndeleteError ? error : connectFailure(error, target);
  }
}

/**
 * A connection that may write: for databases of our own making, never for the target.
 * @param several it takes several statements at once
 * @throws as `connect`
 */
export async function openToWrite(
  target: Target,
  options: ConnectOptions,
  several = true,
): Promise<Connection> {
  try {
    return (await open(target, options, several)).promise();
  } catch (error) {
    throw error instanceof OndeleteError ? error : connectFailure(error, target);
  }
}

async function open(target: Target, options: ConnectOptions, several: boolean): Promise<Driver> {
  if (target.tls !== 'preferred') return openWith(target, options, target.tls !== 'disabled', several);
  try {
    return await openWith(target, options, true, several);
  } catch (error) {
    if (codeOf(error) !== 'HANDSHAKE_NO_SSL_SUPPORT') throw error;
    return openWith(target, options, false, several);
  }
}

async function openWith(
  target: Target,
  options: ConnectOptions,
  tls: boolean,
  several: boolean,
): Promise<Driver> {
  const { createConnection } = await packageFor(
    'mysql2',
    'MySQL and MariaDB',
    async () => (await import('mysql2')).default,
  );
  const connection = createConnection({
    ...(target.socket === null ? { host: target.host, port: target.port } : { socketPath: target.socket }),
    ...(target.user === null ? {} : { user: target.user }),
    ...(target.database === null ? {} : { database: target.database }),
    ...(tls ? { ssl: tlsOptions(target) } : {}),
    password: target.password,
    connectTimeout: options.timeoutMilliseconds,
    multipleStatements: several,
    // Names may hold any character of the basic plane, comments any at all.
    charset: 'utf8mb4_bin',
    supportBigNumbers: true,
    dateStrings: true,
  });
  await once(connection, 'connect');
  // Without a listener a connection lost between two queries would end the process.
  connection.on('error', () => undefined);
  return connection;
}

function tlsOptions(target: Target): NonNullable<Exclude<ConnectionOptions['ssl'], string>> {
  const verify = target.tls === 'verify ca' || target.tls === 'verify identity';
  return {
    rejectUnauthorized: verify,
    verifyIdentity: target.tls === 'verify identity',
    ...(target.caFile === null ? {} : { ca: certificate(target.caFile) }),
  };
}

function certificate(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new OndeleteError(
      'USAGE',
      `the certificate file of the URL cannot be read: ${messageOf(error)}`,
      'Correct ssl-ca.',
    );
  }
}
