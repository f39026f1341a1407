/** The URL of a server, taken apart once for every engine. No message of it shows what stands behind the scheme: that may be a password. */
import { OndeleteError } from './errors.ts';

/** WHATWG URLs have no place for a user without a host, those of libpq do: `postgres://user@/shop?host=/tmp`. */
const emptyHost = 'no.host.invalid';

/**
 * Reads `scheme://user:password@host:port/database?name=value` and nothing that could be meant otherwise: in a password that is not
 * encoded, `/`, `?` and `#` end the host too early, and the rest would be taken for the database.
 * @throws USAGE
 */
export function serverUrl(text: string): URL {
  const scheme = schemeOf(text) ?? '';
  const [, userAndHost = '', rest = ''] = /^[^/]+:\/\/([^/?#]*)(.*)$/s.exec(text) ?? [];
  if (!text.slice(scheme.length).startsWith('://')) throw unreadable(scheme, 'no // follows its scheme');
  const [beforeParameters = ''] = text.split('?', 1);
  const bare =
    /[\p{Cc}#]/u.exec(text)?.[0] ?? /[\s\\]/.exec(beforeParameters)?.[0] ?? (rest.includes('@') ? '@' : null);
  if (bare !== null)
    throw unreadable(scheme, `it holds ${shownAs[bare] ?? 'a character'} that is not encoded`);
  if (/%(?![0-9a-f]{2})/i.test(text))
    throw unreadable(scheme, 'a % in it is not followed by two hexadecimal digits');
  if (userAndHost.slice(userAndHost.lastIndexOf('@') + 1).includes(',')) throw severalHosts();
  const full = userAndHost.endsWith('@') ? text.replace(userAndHost, () => userAndHost + emptyHost) : text;
  try {
    decodeURIComponent(text);
    return new URL(full);
  } catch {
    throw unreadable(scheme, 'its parts cannot be told apart');
  }
}

/** libpq and MySQL's drivers take the first of several that answers; what is read and what is changed must be one and the same. */
export function severalHosts(): OndeleteError {
  return new OndeleteError('USAGE', 'the database URL names several hosts', 'Name one: the primary.');
}

/** What a URL calls a server; empty where it names none. */
export function hostOf({ hostname }: URL): string {
  return hostname === emptyHost ? '' : decodeURIComponent(hostname.replace(/^\[(.*)\]$/, '$1'));
}

/** Whether a server's URL holds a secret, so that it must not be written down. */
export function holdsPassword(url: URL): boolean {
  return url.password !== '' || [...url.searchParams.keys()].some((name) => /pass/i.test(name));
}

/** `postgres` of `postgres://…`, in small letters; null for a path, `C:\shop.db` among them. */
export function schemeOf(text: string): string | null {
  return /^([a-z][a-z0-9+.-]+):/i.exec(text)?.[1]?.toLowerCase() ?? null;
}

/** Whether a text that should be a path may be a URL with a password and a slip in it, such as `postgres//user:password@host/shop`. */
export function mayHoldPassword(text: string): boolean {
  return /:.*@|:\/\//s.test(text);
}

const shownAs: Readonly<Record<string, string>> = {
  '@': 'an @',
  '#': 'a #',
  '\\': 'a backslash',
  ' ': 'a space',
};

function unreadable(scheme: string, why: string): OndeleteError {
  return new OndeleteError(
    'USAGE',
    `the database URL cannot be read: ${why}`,
    `Write ${scheme || 'postgres'}://user@host:port/database with :password behind the user, and encode its special characters: @ is %40, / is %2F, # is %23, ? is %3F, : is %3A, % is %25, a space is %20.`,
  );
}
