/** What a mysql:// or mariadb:// URL says. */
import { hostOf, serverUrl } from '../../../src/core/database-url.ts';
import { OndeleteError } from '../../../src/core/errors.ts';
import type { ClientOptions } from './option-file.ts';

/** How far TLS goes, in the words of MySQL's own clients (https://dev.mysql.com/doc/refman/9.7/en/connection-options.html, --ssl-mode). */
type TlsMode = 'disabled' | 'preferred' | 'required' | 'verify ca' | 'verify identity';

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
 * Takes a URL apart; what it leaves out comes from the options of the user's own client. Parameters that say nothing about the connection (`charset`, `connection_limit` …) are other tools' business and ignored.
 * @throws USAGE where it cannot be read; the message never shows the URL, which holds the password
 */
export function parseUrl(text: string, options: ClientOptions = new Map()): Target {
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
  const host = hostOf(url);
  // Host, port and socket belong together.
  const elsewhere: ClientOptions = host === '' ? options : new Map();
  const optionUser = options.get('user') ?? null;
  const user = decodeURIComponent(url.username) || (first('user') ?? optionUser);
  const password = decodeURIComponent(url.password) || (first('password') ?? process.env['MYSQL_PWD'] ?? '');
  const database = decodeURIComponent(url.pathname.replace(/^\//, ''));
  return {
    host: host || (elsewhere.get('host') ?? 'localhost'),
    port: Number(url.port || (elsewhere.get('port') ?? 3306)),
    socket: first('socket', 'socketpath', 'unix-socket') ?? elsewhere.get('socket') ?? null,
    user,
    password: password || (user === optionUser ? (options.get('password') ?? '') : ''),
    database: database === '' ? null : database,
    tls: tlsOf(first('ssl-mode', 'sslmode', 'ssl', 'usessl', 'tls') ?? options.get('ssl-mode') ?? null),
    caFile: first('ssl-ca', 'sslca', 'sslrootcert') ?? options.get('ssl-ca') ?? null,
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
