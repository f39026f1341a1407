/** Single values in files of settings (`name=value`, `name: value`), without reading the rest of their language. */

/** Undefined where the file has none, null where it is put together, or said twice and differently. */
export type Value = string | null | undefined;

/** Whether something is set, be it known what or not. */
export function put(value: Value): boolean {
  return value !== undefined && value !== '';
}

/** @param name as a regular expression */
export function valueIn(text: string, name: string): Value {
  const line = new RegExp(`^[ \\t]*(?:export[ \\t]+)?(?:${name})[ \\t]*[:=](.*)$`, 'gm');
  const values = new Set([...text.matchAll(line)].map(([, written = '']) => plain(written.trim())));
  const [one] = values;
  return values.size > 1 ? null : one;
}

/** A word, or a text in quotes, that stands for itself; `$`, `<%`, `%(`, `*` and their like stand for something else. */
function plain(written: string): string | null {
  const match = /^(?:"([^"\\]*)"|'([^'\\]*)'|((?![#&*!|>[{])[^\s"']*))?(?:\s*#.*)?$/.exec(written);
  if (match === null) return null;
  const value = match[1] ?? match[2] ?? match[3] ?? '';
  if (value === 'null' || value === '~') return '';
  return /\$|<%|%\(|^~/.test(value) ? null : value;
}

/**
 * A URL or a path, maybe with a password in it. Where there is none: the file sets DATABASE_URL, or it has a password, or it says
 * only a part (the rest is put together when the application runs, or would be a guess).
 */
export type Named =
  { readonly url: string } | { readonly url: null; readonly why: 'DATABASE_URL' | 'password' | 'in parts' };

export const inParts: Named = { url: null, why: 'in parts' };
export const withPassword: Named = { url: null, why: 'password' };

export interface ServerSettings {
  readonly host: Value;
  readonly port: Value;
  readonly database: Value;
  readonly user: Value;
  readonly password: Value;
}

/** What is left out must not lead to another server: a port without a host, or the socket of MySQL. */
export function serverIn(scheme: string, settings: ServerSettings): Named {
  const { host = '', port = '', database = '', user = '', password } = settings;
  if (put(password)) return withPassword;
  if (host === null || port === null || database === null || user === null || database === '') return inParts;
  const isWhole = host === '' ? port === '' && scheme === 'postgres' : /^[\w.-]+$/.test(host);
  if (!isWhole || !/^\d*$/.test(port)) return inParts;
  const [before, behind] = [user === '' ? '' : `${encodeURIComponent(user)}@`, port === '' ? '' : `:${port}`];
  return { url: `${scheme}://${before}${host}${behind}/${encodeURIComponent(database)}` };
}
