/** What can go wrong with a session, told by SQLSTATE or by the system's error code, never by class and never with a password. */
import type { ClientConfig } from 'pg';
import { codeOf, messageOf, OndeleteError, withoutPasswords } from '../../../src/core/errors.ts';
import { serverName } from './url.ts';

const unreachable = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'EACCES',
  'EPIPE',
  '57P01', // the server is being shut down
  '57P02',
  '57P03', // it is starting up
  '53300', // too many connections
]);

/** The error of an attempt to connect. */
export function openError(error: unknown, config: ClientConfig): OndeleteError {
  const secret = typeof config.password === 'string' ? config.password : '';
  const text = withoutPasswords(reasonOf(error), [secret]);
  const server = serverName(config);
  const code = codeOf(error);
  if (wantsTls(code, text)) {
    return new OndeleteError('TLS_REQUIRED', `${server} does not agree on TLS: ${text}`, tlsWayOut(text));
  }
  if (secret === '' && isWithoutPassword(code, text)) {
    return new OndeleteError(
      'AUTHENTICATION_FAILED',
      `${server} asks for a password, and none is given`,
      'Give one in the URL (postgres://user:password@host/database), in PGPASSWORD, or in the password file ~/.pgpass.',
    );
  }
  if (code === '28P01' || code === '28000' || /password|SASL|SCRAM/.test(text)) {
    return new OndeleteError(
      'AUTHENTICATION_FAILED',
      `${server} refused the user: ${text}`,
      'Check user and password in the URL, and pg_hba.conf on the server.',
    );
  }
  if (code === '3D000') {
    return new OndeleteError(
      'DATABASE_NOT_FOUND',
      `${server}: ${text}`,
      'Check the database name at the end of the URL.',
    );
  }
  if (code === '42501') {
    return new OndeleteError(
      'INSUFFICIENT_PRIVILEGE',
      `${server}: ${text}`,
      'GRANT CONNECT ON DATABASE … to the user.',
    );
  }
  if (unreachable.has(code) || /timeout|terminated|ended/i.test(text)) {
    return new OndeleteError(
      'UNREACHABLE',
      `cannot reach ${server}: ${text}`,
      'Check host and port, and that the server is up and accepts connections from here.',
    );
  }
  return new OndeleteError(
    'UNREACHABLE',
    `cannot open a session on ${server}: ${text}`,
    'Check the database URL.',
  );
}

/** The driver stops at SCRAM without a password; with the older methods it sends an empty one. */
function isWithoutPassword(code: string, text: string): boolean {
  const known = process.env['PGPASSWORD'] ?? '';
  return /client password must be a string|empty password/i.test(text) || (code === '28P01' && known === '');
}

/** The error of a query in a session that was open. */
export function queryError(error: unknown, server: string, clean: (text: string) => string): unknown {
  const code = codeOf(error);
  if (typeof error === 'object' && error !== null && 'help' in error) return error;
  const text = clean(reasonOf(error));
  if (code === '42501') {
    return new OndeleteError(
      'INSUFFICIENT_PRIVILEGE',
      `${server}: ${text}`,
      'Use a user with the right to read it.',
      error,
    );
  }
  if (unreachable.has(code) || /Connection terminated|not queryable/.test(text)) {
    return new OndeleteError(
      'UNREACHABLE',
      `the connection to ${server} broke: ${text}`,
      'Run the command again.',
      error,
    );
  }
  return new OndeleteError('QUERY_FAILED', `${server}: ${text}`, '', error);
}

/** An AggregateError (one try per address of a host) has an empty message of its own. */
function reasonOf(error: unknown): string {
  const text = messageOf(error);
  return text === '' ? codeOf(error) : text;
}

/** pg_hba.conf says so in words: `no encryption` since 14, `SSL off` before (measured on 12, 14 and 18). */
function wantsTls(code: string, text: string): boolean {
  if (code === '28000' && /no encryption|SSL off/.test(text)) return true;
  if (/does not support SSL/.test(text)) return true;
  return /certificate|ERR_TLS|SELF_SIGNED|CERT_/.test(`${code} ${text}`);
}

function tlsWayOut(text: string): string {
  if (/does not support SSL/.test(text))
    return 'The server has no TLS: use sslmode=prefer, or turn TLS on there.';
  if (/no encryption|SSL off/.test(text)) return 'Add sslmode=require to the URL.';
  return 'Give the certificate authority with sslrootcert=FILE, or use sslmode=require.';
}
