/** A read-only session over node-postgres. The only file that knows the driver. */
import type { Client, ClientConfig, QueryConfig } from 'pg';
import type { ConnectOptions } from '../../../src/core/contracts/connection.ts';
import { longest, rowsOf as rowsOfAnswer, type ServerSession, type Session } from '../../sql/session.ts';
import { codeOf, messageOf, OndeleteError, withoutPasswords } from '../../../src/core/errors.ts';
import { packageFor } from '../../../src/core/packages.ts';
import { configOf, serverName, type Tls, tlsOf } from './url.ts';
import { openError, queryError } from './errors.ts';

/** Several queries in one round trip; their rows are objects by column name, with values as the driver parses them. */
export type ReadRows = <Answers extends object>(
  queries: Readonly<Record<keyof Answers, string>>,
) => Promise<Answers>;

export interface PostgresSession extends ServerSession {
  /** What the server says of itself; asked without any setting, because servers of other kinds refuse ours. */
  version(): Promise<string>;
  /** A query that may take so long and no longer. What a user has written is sent when the server has said that the transaction is READ ONLY. */
  queryWithin(
    milliseconds: number,
    sql: string,
    parameters?: readonly unknown[],
  ): ReturnType<Session['query']>;
  /** Runs reads on one consistent view of the catalog, with names printed in full and in the server's C locale order. */
  consistently<T>(work: (read: ReadRows) => Promise<T>): Promise<T>;
}

type ExtendedQuery = QueryConfig & { readonly queryMode: 'extended' };

const begin = `BEGIN READ ONLY; SET LOCAL row_security = off; SET LOCAL lock_timeout = '5s'`;

/** CockroachDB does not know the setting. */
const jitOff = "SELECT set_config(name, 'off', true) FROM pg_catalog.pg_settings WHERE name = 'jit'";

/** The extended protocol takes one statement only, so no input can end the transaction and begin another. */
function extended(text: string, values: readonly unknown[]): ExtendedQuery {
  return { text, values: [...values], queryMode: 'extended' };
}

/** The question behind it may take a tenth of what is left of the time, which began with the transaction; 0 would be without end. */
function nextWithin(milliseconds: number): string {
  const left = `${Math.floor(milliseconds)} - 1000 * extract(epoch FROM clock_timestamp() - transaction_timestamp())`;
  return `ROLLBACK TO SAVEPOINT question; SELECT set_config('statement_timeout', greatest(1, (${left}) / 10)::int::text, true)`;
}

/**
 * Takes a postgres:// or postgresql:// URL (sslmode, sslrootcert, options, ?host=/socket/folder) and gives a session in which nothing
 * can be written. Throws UNREACHABLE, AUTHENTICATION_FAILED, TLS_REQUIRED, DATABASE_NOT_FOUND, INSUFFICIENT_PRIVILEGE or USAGE.
 *
 * Every query runs in a transaction of its own that is READ ONLY: a SET would stay behind in a pooler's connection, and a pooler
 * refuses settings at start-up.
 */
export async function connect(url: string, options: ConnectOptions): Promise<PostgresSession> {
  const config = configOf(url, options.timeoutMilliseconds);
  const secrets = [typeof config.password === 'string' ? config.password : ''];
  const Driver = await driver();
  const client = await open(Driver, config, tlsOf(url));
  const clean = (text: string): string => withoutPasswords(text, secrets);
  // Without a listener, a connection that breaks between two queries would end the process; the next query tells it.
  client.on('error', () => undefined);

  async function transaction<T>(begin: string, work: () => Promise<T>): Promise<T> {
    try {
      await client.query(begin);
      const result = await work();
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw queryError(error, serverName(config), clean);
    }
  }
  const queryWithin: PostgresSession['queryWithin'] = (milliseconds, sql, parameters = []) =>
    transaction(
      `${begin}; SET LOCAL statement_timeout = ${Math.max(1, Math.floor(milliseconds))}`,
      async () => (await client.query<Record<string, unknown>>(extended(sql, parameters))).rows,
    );
  /** Aurora DSQL has no SAVEPOINT (its documentation): there every question is a transaction. */
  let hasSavepoints = true;
  const oneByOne: PostgresSession['queryAll'] = async (questions, milliseconds) => {
    const answers: Awaited<ReturnType<PostgresSession['queryAll']>>[number][] = [];
    for (const { sql, parameters } of questions)
      answers.push(...(await Promise.allSettled([queryWithin(milliseconds / 10, sql, parameters)])));
    return answers;
  };
  /** The driver sends them one behind the other without waiting; a server, or a pooler in between, sees one transaction. */
  const queryAll: PostgresSession['queryAll'] = async (questions, milliseconds) => {
    if (questions.length === 0) return [];
    if (!hasSavepoints) return oneByOne(questions, milliseconds);
    const sent = [
      `${begin}; SAVEPOINT question`,
      ...questions.flatMap(({ sql, parameters = [] }) => [
        nextWithin(milliseconds),
        extended(sql, parameters),
      ]),
      'COMMIT',
    ].map((query) => client.query<Record<string, unknown>>(query));
    const failed = (error: unknown): unknown => queryError(error, serverName(config), clean);
    const settled = await Promise.allSettled(sent);
    const [opened] = settled;
    if (opened?.status === 'rejected' && codeOf(opened.reason) === '0A000') {
      hasSavepoints = false;
      return oneByOne(questions, milliseconds);
    }
    for (const frame of [settled.at(0), settled.at(-1)])
      if (frame?.status === 'rejected') throw failed(frame.reason);
    return questions.map((_, at) => {
      const answer = settled[2 * at + 2];
      return answer?.status === 'fulfilled'
        ? { status: 'fulfilled', value: answer.value.rows }
        : { status: 'rejected', reason: failed(answer?.reason) };
    });
  };
  return {
    query: async (sql, parameters = []) => rowsOfAnswer((await queryAll([{ sql, parameters }], longest))[0]),
    queryAll,
    queryWithin,
    version: async () => {
      const { rows } = await client
        .query<{ version: unknown }>('SELECT version() AS version')
        .catch((error: unknown) => {
          throw queryError(error, serverName(config), clean);
        });
      return String(rows[0]?.version);
    },
    consistently: (work) =>
      transaction(
        `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path = ''; ${jitOff}; SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = 0`,
        () => work((queries) => readRows((sql) => client.query(sql), queries)),
      ),
    close: () => client.end().catch(() => undefined),
  };
}

/** @throws OndeleteError PACKAGE_MISSING */
function driver(): Promise<typeof Client> {
  return packageFor('pg', 'PostgreSQL', async () => (await import('pg')).default.Client);
}

/** A session that may write, on a scratch database alone. Errors of queries come as the driver throws them, with their SQLSTATE. */
export interface WritingSession {
  /** One or several statements, as a client sends a file. */
  run(sql: string): Promise<void>;
  /** One statement. */
  query: Session['query'];
  close(): Promise<void>;
}

/** Throws what `connect` throws. */
export async function connectToWrite(url: string, options: ConnectOptions): Promise<WritingSession> {
  const Driver = await driver();
  const client = await open(Driver, configOf(url, options.timeoutMilliseconds), tlsOf(url));
  client.on('error', () => undefined);
  return {
    run: async (sql) => {
      await client.query(sql);
    },
    query: async (sql, parameters = []) => {
      // the extended protocol takes one statement only
      const query: ExtendedQuery = { text: sql, values: [...parameters], queryMode: 'extended' };
      return (await client.query<Record<string, unknown>>(query)).rows;
    },
    close: () => client.end().catch(() => undefined),
  };
}

/** The driver gives a list where there are several statements, which its types do not say. */
export async function readRows<Answers extends object>(
  run: (sql: string) => Promise<unknown>,
  queries: Readonly<Record<keyof Answers, string>>,
): Promise<Answers> {
  const names = Object.keys(queries);
  const answer = await run(Object.values<string>(queries).join(';\n'));
  const results: readonly unknown[] = Array.isArray(answer) ? answer : [answer];
  return Object.fromEntries(names.map((name, at) => [name, rowsOf(results[at])])) as Answers;
}

function rowsOf(result: unknown): unknown {
  if (typeof result === 'object' && result !== null && 'rows' in result) return result.rows;
  throw new OndeleteError('INTERNAL', 'a query of the catalog got no answer');
}

/** sslmode=prefer, the default as in libpq: TLS if the server offers it, else without. */
async function open(Driver: typeof Client, config: ClientConfig, tls: Tls): Promise<Client> {
  try {
    return await attempt(Driver, { ...config, ssl: tls.first });
  } catch (error) {
    if (tls.second === null || !messageOf(error).includes('does not support SSL'))
      throw openError(error, config);
  }
  try {
    return await attempt(Driver, { ...config, ssl: tls.second });
  } catch (error) {
    throw openError(error, config);
  }
}

async function attempt(Driver: typeof Client, config: ClientConfig): Promise<Client> {
  const client = new Driver({ ...config, pipeline: true });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}
