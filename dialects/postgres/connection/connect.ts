/** A read-only session over node-postgres. The only file that knows the driver. */
import type { Client, ClientConfig, Query, QueryArrayConfig, QueryConfig } from 'pg';
import type { ConnectOptions, Session } from '../../../src/core/contracts/engine.ts';
import { messageOf, OndeleteError, withoutPasswords } from '../../../src/core/errors.ts';
import { configOf, serverName, tlsOf, type Tls } from './url.ts';
import { openError, queryError } from './errors.ts';

/** Rows as arrays of the server's own text: the fast way to read a catalog. */
export type Row = readonly (string | null)[];
export type Rows = readonly Row[];

/** Several queries in one round trip: the server works on the next one while the client takes in the rows of the one before. */
export type ReadRows = <Queries extends readonly string[]>(
  ...queries: Queries
) => Promise<{ readonly [Place in keyof Queries]: Rows }>;

/** A query that calls its first field by the name it is given here, and what looks at each of its rows. */
export interface Visit {
  readonly sql: string;
  readonly row: (row: Row) => void;
}

/** As ReadRows, each row looked at when it comes, while the server finds the next ones, and then let go. */
export type VisitRows = (queries: Readonly<Record<string, Visit>>) => Promise<void>;

export interface PostgresSession extends Session {
  /** What the server says of itself; asked without any setting, because servers of other kinds refuse ours. */
  version(): Promise<string>;
  /** A query that may take so long and no longer. */
  queryWithin(
    milliseconds: number,
    sql: string,
    parameters?: readonly unknown[],
  ): ReturnType<Session['query']>;
  /** Runs reads on one consistent view of the catalog, with names printed in full and in the server's C locale order. */
  consistently<T>(work: (read: ReadRows, visit: VisitRows) => Promise<T>): Promise<T>;
}

type ExtendedQuery = QueryConfig & { readonly queryMode: 'extended' };

/** No question that ondelete asks of a live server takes longer. */
const longestQuery = 60_000;

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
  const { Client: Driver, Query: DriverQuery } = (await import('pg')).default;
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
      `BEGIN READ ONLY; SET LOCAL row_security = off; SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = ${Math.max(1, Math.floor(milliseconds))}`,
      async () => {
        // the extended protocol takes one statement only, so no input can end the transaction and begin another
        const query: ExtendedQuery = { text: sql, values: [...parameters], queryMode: 'extended' };
        return (await client.query<Record<string, unknown>>(query)).rows;
      },
    );
  return {
    query: (sql, parameters) => queryWithin(longestQuery, sql, parameters),
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
        `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path = ''; SET LOCAL jit = off; SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = 0`,
        () =>
          work(
            (...queries) => readRows(client, queries),
            (queries) => visitRows(client, DriverQuery, queries),
          ),
      ),
    close: () => client.end().catch(() => undefined),
  };
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
  const { Client: Driver } = (await import('pg')).default;
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

const asText = { getTypeParser: () => (value: unknown) => value };

async function readRows<Queries extends readonly string[]>(
  client: Client,
  queries: Queries,
): Promise<{ readonly [Place in keyof Queries]: Rows }> {
  const query: QueryArrayConfig = { text: queries.join(';\n'), rowMode: 'array', types: asText };
  const answer = await client.query<(string | null)[]>(query);
  // The driver gives a list where there are several statements, which its types do not say.
  const results: readonly { readonly rows: Rows }[] = Array.isArray(answer) ? answer : [answer];
  return results.map(({ rows }) => rows) as { readonly [Place in keyof Queries]: Rows };
}

function visitRows(
  client: Client,
  DriverQuery: typeof Query,
  queries: Readonly<Record<string, Visit>>,
): Promise<void> {
  const config: QueryArrayConfig = {
    text: Object.values(queries)
      .map(({ sql }) => sql)
      .join(';\n'),
    rowMode: 'array',
    types: asText,
  };
  const query = new DriverQuery<Row>(config);
  return new Promise((resolve, reject) => {
    let answer: unknown = null;
    let visit: Visit['row'] = () => undefined;
    let failure: OndeleteError | null = null;
    // The driver keeps no row that somebody listens for.
    query.on('row', (row, result) => {
      // An error here would end the process, not the query.
      try {
        if (result !== answer) {
          answer = result;
          visit = named(queries, result?.fields[0]?.name ?? '').row;
        }
        if (failure === null) visit(row);
      } catch (error) {
        failure ??= new OndeleteError('INTERNAL', `a row of the catalog: ${messageOf(error)}`, '', error);
      }
    });
    query.on('error', reject);
    query.on('end', () => (failure === null ? resolve() : reject(failure)));
    client.query(query);
  });
}

function named(queries: Readonly<Record<string, Visit>>, name: string): Visit {
  const query = queries[name];
  if (query === undefined) throw new OndeleteError('INTERNAL', `no query calls its first field ${name}`);
  return query;
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
  const client = new Driver(config);
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

/** The richer session that introspection needs; a session from elsewhere is a mistake in the program. */
export function postgresSession(session: Session): PostgresSession {
  if ('consistently' in session) return session as PostgresSession;
  throw new OndeleteError('INTERNAL', 'this session was not opened by the PostgreSQL dialect');
}
