/** What a driver's error means for the reader. */
import {
  codeOf,
  type ErrorCode,
  messageOf,
  OndeleteError,
  withoutPasswords,
} from '../../../src/core/errors.ts';
import type { Target } from './url.ts';

interface Meaning {
  readonly code: ErrorCode;
  readonly help: string;
}

const unreachable: Meaning = {
  code: 'UNREACHABLE',
  help: 'Check host, port and socket of the URL, that the server runs, and that nothing between here and there blocks it.',
};
const tooMany: Meaning = {
  code: 'UNREACHABLE',
  help: 'Wait until connections are free, or raise max_connections.',
};
const authentication: Meaning = {
  code: 'AUTHENTICATION_FAILED',
  help: 'Check user and password; an account that REQUIREs TLS is refused like this too: add ?ssl-mode=REQUIRED then.',
};
const tlsRequired: Meaning = { code: 'TLS_REQUIRED', help: 'Add ?ssl-mode=REQUIRED to the URL.' };
const tlsFailed: Meaning = {
  code: 'TLS_REQUIRED',
  help: 'ssl-mode=REQUIRED encrypts without checking the certificate; ssl-ca=FILE names the authority to trust; ssl-mode=DISABLED goes without TLS.',
};
const noDatabase: Meaning = {
  code: 'DATABASE_NOT_FOUND',
  help: 'Check the name behind the last / of the URL.',
};
const privilege: Meaning = {
  code: 'INSUFFICIENT_PRIVILEGE',
  help: 'Grant the right that is named, or use another user.',
};

/**
 * Driver codes and server error numbers, from
 * https://dev.mysql.com/doc/mysql-errors/9.7/en/server-error-reference.html and https://mariadb.com/docs/server/reference/error-codes
 */
const meanings: Readonly<Record<string, Meaning>> = {
  ECONNREFUSED: unreachable,
  ENOTFOUND: unreachable,
  EAI_AGAIN: unreachable,
  ETIMEDOUT: unreachable,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  ECONNRESET: unreachable,
  EPIPE: unreachable,
  ENOENT: unreachable,
  EACCES: unreachable,
  PROTOCOL_CONNECTION_LOST: unreachable,
  '1040': tooMany,
  '1203': tooMany,
  '1226': tooMany,
  '1129': unreachable,
  '1130': authentication,
  '1045': authentication,
  '1698': authentication,
  '1251': authentication,
  '1524': authentication,
  '1820': authentication,
  '1862': authentication,
  '3118': authentication,
  '4151': authentication,
  AUTH_SWITCH_PLUGIN_ERROR: authentication,
  '3159': tlsRequired,
  HANDSHAKE_NO_SSL_SUPPORT: tlsFailed,
  HANDSHAKE_SSL_ERROR: tlsFailed,
  '1049': noDatabase,
  '1044': privilege,
  '1142': privilege,
  '1143': privilege,
  '1227': privilege,
  '1370': privilege,
};

/** The server's error number, or 0: mysql2 puts it in `errno`, where system errors have theirs. */
function errnoOf(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('errno' in error)) return 0;
  return typeof error.errno === 'number' && error.errno > 0 ? error.errno : 0;
}

function meaningOf(error: unknown): Meaning | null {
  const code = codeOf(error);
  const meaning = meanings[code] ?? meanings[String(errnoOf(error))];
  if (meaning !== undefined) return meaning;
  if (/CERT|TLS|SSL/.test(code)) return tlsFailed;
  return /plugin/i.test(messageOf(error)) && code.startsWith('AUTH') ? authentication : null;
}

/** An error met while connecting. */
export function connectFailure(error: unknown, target: Target): OndeleteError {
  const where = target.socket ?? `${target.host}:${target.port}`;
  const meaning = meaningOf(error) ?? unreachable;
  if (target.password === '' && [1045, 1698].includes(errnoOf(error))) {
    const who = target.user === null ? 'a user without a name' : target.user;
    return new OndeleteError(
      meaning.code,
      `${where} refuses ${who} without a password, and none is given`,
      'Give one in the URL (mysql://user:password@host/database), in MYSQL_PWD, or in the [client] section of ~/.my.cnf.',
    );
  }
  const text = withoutPasswords(messageOf(error) || codeOf(error), [
    target.password,
    encodeURIComponent(target.password),
  ]);
  return new OndeleteError(meaning.code, `cannot connect to ${where}: ${text}`, meaning.help);
}

/** An error met by a query of an open session. */
export function queryFailure(error: unknown, target: Target): OndeleteError {
  const meaning = meaningOf(error) ?? { code: 'QUERY_FAILED' as const, help: '' };
  const text = withoutPasswords(messageOf(error), [target.password, encodeURIComponent(target.password)]);
  const number = errnoOf(error);
  // The cause keeps the number alone: the driver's own object holds the connection's settings.
  const cause = { code: codeOf(error), errno: number };
  return new OndeleteError(
    meaning.code,
    number === 0 ? text : `error ${number}: ${text}`,
    meaning.help,
    cause,
  );
}

/** The server's error number inside an OndeleteError of `queryFailure`, or 0. */
export function serverError(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('cause' in error)) return errnoOf(error);
  return errnoOf(error.cause);
}
