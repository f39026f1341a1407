/** A PostgreSQL URL read as libpq reads it, as far as the driver needs it. */
import { readFileSync } from 'node:fs';
import type { ClientConfig } from 'pg';
import { hostOf, serverUrl } from '../../../src/core/database-url.ts';
import { messageOf, OndeleteError } from '../../../src/core/errors.ts';

type Ssl = Exclude<ClientConfig['ssl'], undefined>;

/** What to try, and what to try when the server has no TLS. */
export interface Tls {
  readonly first: Ssl;
  readonly second: Ssl | null;
}

/** Driver settings from a URL. Throws USAGE for text that is no URL. */
export function configOf(url: string, timeoutMilliseconds: number): ClientConfig {
  const parsed = serverUrl(url);
  const given = parsed.searchParams;
  const text = (value: string): string | undefined => (value === '' ? undefined : decodeURIComponent(value));
  const host = given.get('host') ?? (hostOf(parsed) || undefined);
  const port = given.get('port') ?? parsed.port;
  return defined({
    host,
    port: port === '' ? undefined : Number(port),
    user: given.get('user') ?? text(parsed.username),
    password: given.get('password') ?? text(parsed.password),
    database: given.get('dbname') ?? text(parsed.pathname.slice(1)),
    options: given.get('options') ?? undefined,
    application_name: 'ondelete',
    connectionTimeoutMillis: timeoutMilliseconds,
    keepAlive: true,
  });
}

/** TLS by sslmode, with libpq's meanings: `require` encrypts without checking who answers, `verify-full` checks that as well. */
export function tlsOf(url: string): Tls {
  const given = serverUrl(url).searchParams;
  const mode = given.get('sslmode') ?? process.env['PGSSLMODE'] ?? 'prefer';
  const root = given.get('sslrootcert');
  const certificates = {
    ...(root === null || root === 'system' ? {} : { ca: fileText(root) }),
    ...file('cert', given.get('sslcert')),
    ...file('key', given.get('sslkey')),
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
  const database = config.database === undefined ? '' : `/${config.database}`;
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

function file(name: 'cert' | 'key', path: string | null): Readonly<Record<string, string>> {
  return path === null ? {} : { [name]: fileText(path) };
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
