/** What a mysql:// or mariadb:// URL says. */
import { hostOf, serverUrl } from '../../../src/core/database-url.ts';
import { OndeleteError } from '../../../src/core/errors.ts';

/** How far TLS goes, in the words of MySQL's own clients (https://dev.mysql.com/doc/refman/9.7/en/connection-options.html, --ssl-mode). */
export type TlsMode = 'disabled' | 'preferred' | 'required' | 'verify ca' | 'verify identity';

export interface Target {
  readonly host: string;
  readonly port: number;
  /** A unix socket; host and port do not count then. */
  readonly socket: string | null;
  readonly user: string | null;
  readonly password: string;
  /** null where the URL names none. */
  readonly database: string | null;
  readonly tls: TlsMode;
  /** The file of the certificate authority to trust, where the URL names one. */
  readonly caFile: string | null;
}

const tlsModes: Readonly<Record<string, TlsMode>> = {
  disabled: 'disabled',
  disable: 'disabled',
  false: 'disabled',
  '0': 'disabled',
  preferred: 'preferred',
  prefer: 'preferred',
  required: 'required',
  require: 'required',
  true: 'required',
  '1': 'required',
  verify_ca: 'verify ca',
  'verify-ca': 'verify ca',
  verify_identity: 'verify identity',
  'verify-identity': 'verify identity',
  'verify-full': 'verify identity',
};

/**
 * Takes a URL apart. Parameters that say nothing about the connection (`charset`, `connection_limit` …) are other tools' business and ignored.
 * @throws USAGE where it cannot be read; the message never shows the URL, which holds the password
 */
export function parseUrl(text: string): Target {
  const url = serverUrl(text);
  const parameters = new Map(
    [...url.searchParams].map(([name, value]) => [name.toLowerCase().replaceAll('_', '-'), value]),
  );
  const first = (...names: readonly string[]): string | null => {
    for (const name of names) {
      const value = parameters.get(name);
      if (value !== undefined) return value;
    }
    return null;
  };
  const database = decodeURIComponent(url.pathname.replace(/^\//, ''));
  return {
    host: hostOf(url) || 'localhost',
    port: url.port === '' ? 3306 : Number(url.port),
    socket: first('socket', 'socketpath', 'unix-socket'),
    user: url.username === '' ? null : decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: database === '' ? null : database,
    tls: tlsOf(first('ssl-mode', 'sslmode', 'ssl', 'tls')),
    caFile: first('ssl-ca', 'sslca', 'sslrootcert'),
  };
}

function tlsOf(value: string | null): TlsMode {
  if (value === null) return 'disabled';
  const mode = tlsModes[value.toLowerCase()];
  if (mode !== undefined) return mode;
  // mysql2 takes a JSON object here, so URLs in the field hold one.
  if (value.startsWith('{'))
    return /"rejectUnauthorized"\s*:\s*false/.test(value) ? 'required' : 'verify identity';
  throw new OndeleteError(
    'USAGE',
    `the database URL asks for the TLS mode "${value}", which does not exist`,
    'Use ssl-mode=DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY.',
  );
}
