/** A PostgreSQL URL read as libpq reads it, as far as the driver needs it. */
import { readFileSync } from 'node:fs';
import type { ClientConfig } from 'pg';
import { hostOf, serverUrl, severalHosts } from '../../../src/core/database-url.ts';
import { messageOf, OndeleteError } from '../../../src/core/errors.ts';
import { serviceSettings } from './service-file.ts';

type Ssl = Exclude<ClientConfig['ssl'], undefined>;

/** What to try, and what to try when the server has no TLS. */
export interface Tls {
  readonly first: Ssl;
  readonly second: Ssl | null;
}

/** What the URL says, else the service that it or PGSERVICE names; the driver itself knows the other variables and the password file. */
function settingsOf(url: string): ReadonlyMap<string, string> {
  const parsed = serverUrl(url);
  const parts = {
    host: hostOf(parsed),
    port: parsed.port,
    user: decodeURIComponent(parsed.username),
    password: decodeURIComponent(parsed.password),
    dbname: decodeURIComponent(parsed.pathname.slice(1)),
  };
  const said = [...Object.entries(parts).filter(([, value]) => value !== ''), ...parsed.searchParams];
  const service = parsed.searchParams.get('service') ?? process.env['PGSERVICE'];
  return new Map([
    ...(service === undefined ? [] : Object.entries(serviceSettings(service, process.env))),
    ...said,
  ]);
}

/** Driver settings from a URL. Throws USAGE for text that is no URL. */
export function configOf(url: string, timeoutMilliseconds: number): ClientConfig {
  const given = settingsOf(url);
  const port = given.get('port');
  if (given.get('host')?.includes(',') === true) throw severalHosts();
  return defined({
    host: given.get('host'),
    port: port === undefined ? undefined : Number(port),
    user: given.get('user'),
    password: given.get('password'),
    database: given.get('dbname'),
    options: given.get('options'),
    application_name: 'ondelete',
    connectionTimeoutMillis: timeoutMilliseconds,
    keepAlive: true,
  });
}

/** asyncpg and JDBC write `ssl`, with the modes of sslmode or a truth value. */
const truths: Readonly<Record<string, string>> = {
  true: 'require',
  '1': 'require',
  false: 'disable',
  '0': 'disable',
};

/** TLS by sslmode, with libpq's meanings: `require` encrypts without checking who answers, `verify-full` checks that as well. */
export function tlsOf(url: string): Tls {
  const given = settingsOf(url);
  const written = given.get('sslmode') ?? given.get('ssl') ?? process.env['PGSSLMODE'] ?? 'prefer';
  const mode = truths[written] ?? written;
  const path = (name: string): string | undefined =>
    given.get(name) ?? process.env[`PG${name.toUpperCase()}`];
  const root = path('sslrootcert');
  const certificates = {
    ...(root === undefined || root === 'system' ? {} : { ca: fileText(root) }),
    ...file('cert', path('sslcert')),
    ...file('key', path('sslkey')),
  };
  const unchecked: Ssl = { ...certificates, rejectUnauthorized: false };
  if (mode === 'disable' || isSocket(url)) return { first: false, second: null };
  if (mode === 'allow' || mode === 'prefer') return { first: unchecked, second: false };
  if (mode === 'require' || mode === 'no-verify') return { first: unchecked, second: null };
  if (mode === 'verify-ca') {
    return {
      first: { ...certificates, rejectUnauthorized: true, checkServerIdentity: () => undefined },
      second: null,
    };
  }
  if (mode === 'verify-full') return { first: { ...certificates, rejectUnauthorized: true }, second: null };
  throw new OndeleteError(
    'USAGE',
    `sslmode=${mode} is not known`,
    'Use disable, prefer, require, verify-ca or verify-full.',
  );
}

/** `localhost:5432/shop`, for messages. */
export function serverName(config: ClientConfig): string {
  const host = config.host ?? process.env['PGHOST'] ?? 'localhost';
  const port = config.port ?? Number(process.env['PGPORT'] ?? 5432);
  const name = config.database ?? process.env['PGDATABASE'];
  const database = name === undefined ? '' : `/${name}`;
  return `${host}:${port}${database}`;
}

/** The same server and user, another database. Throws USAGE for text that is no URL. */
export function urlOfDatabase(url: string, database: string): string {
  const parsed = serverUrl(url);
  parsed.searchParams.delete('dbname');
  parsed.pathname = `/${encodeURIComponent(database)}`;
  return parsed.href;
}

function isSocket(url: string): boolean {
  return (configOf(url, 0).host ?? process.env['PGHOST'] ?? '').startsWith('/');
}

function file(name: 'cert' | 'key', path: string | undefined): Readonly<Record<string, string>> {
  return path === undefined || path === '' ? {} : { [name]: fileText(path) };
}

function fileText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new OndeleteError(
      'USAGE',
      `cannot read ${path}: ${messageOf(error)}`,
      'Correct the path in the database URL.',
    );
  }
}

function defined(config: Readonly<Record<string, unknown>>): ClientConfig {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}
