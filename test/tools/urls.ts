// A database's address as the tools of other languages want it.
import type { Project } from './contract.ts';

/** `postgres://…?sslmode=disable`, `mysql://…`, `sqlite:/path`. */
export function goUrl({ engine, url }: Project): string {
  if (engine === 'sqlite') return `sqlite:${url}`;
  if (engine === 'postgres') return `${url}?sslmode=disable`;
  return url.replace(/^mariadb:/, 'mysql:');
}

/** `root@tcp(127.0.0.1:3306)/name?parseTime=true&multiStatements=true`, as Go's MySQL driver wants it. */
export function goMysqlDsn({ url }: Project, options: string): string {
  const { host, password, pathname, username } = new URL(url);
  return `${username}${password === '' ? '' : `:${password}`}@tcp(${host})${pathname}?${options}`;
}

/** For Java: the address without the user. */
export function jdbc({ engine, url }: Project): { readonly url: string; readonly user: string } {
  if (engine === 'sqlite') return { url: `jdbc:sqlite:${url}`, user: '' };
  const { host, pathname, username } = new URL(url);
  const scheme = engine === 'postgres' ? 'postgresql' : engine;
  return { url: `jdbc:${scheme}://${host}${pathname}`, user: username };
}
