/** The database that a project's own files name, for people who have named none. Pure: the caller looks. */
import type { ProjectFolder } from './project.ts';

export interface NamedDatabase {
  /** The file, and what in it. */
  readonly because: string;
  /** A URL or a path, maybe with a password; null where the file is one of variables that sets DATABASE_URL. */
  readonly url: string | null;
}

const variableFiles = ['.env', '.env.local'];

export function databaseNamedIn(folder: ProjectFolder): NamedDatabase | null {
  const variables = variableFiles.find((file) =>
    /^\s*(?:export\s+)?DATABASE_URL\s*=\s*\S/m.test(folder.read(file) ?? ''),
  );
  if (variables !== undefined) return { because: variables, url: null };
  const alembic = /^\s*sqlalchemy\.url\s*=\s*(\S+)/m.exec(folder.read('alembic.ini') ?? '')?.[1];
  // what `alembic init` writes names no database, and neither does a value that is put together
  if (alembic !== undefined && !/^driver:|%\(/.test(alembic))
    return { because: 'alembic.ini', url: alembic.replaceAll('%%', '%') };
  const flyway = /^\s*(?:flyway\.)?url\s*=\s*["']?([^"'\s]+)/m.exec(
    folder.read('flyway.conf') ?? folder.read('flyway.toml') ?? '',
  )?.[1];
  if (flyway !== undefined && !flyway.includes('${')) return { because: 'flyway.conf', url: flyway };
  const rails = railsUrl(folder.read('config/database.yml') ?? '');
  return rails === null ? null : { because: 'config/database.yml', url: rails };
}

/** The database of `development:`, the settings of `default:` included; null where a value is put together. */
function railsUrl(text: string): string | null {
  const section = (name: string): string =>
    new RegExp(`^${name}:.*\\n((?:[ \\t].*\\n?|\\s*\\n|#.*\\n)*)`, 'm').exec(text)?.[1] ?? '';
  const settings = `${section('development')}\n${section('default')}`;
  const value = (name: string): string | null => {
    const written = new RegExp(`^\\s+${name}:\\s*(\\S.*?)\\s*$`, 'm').exec(settings)?.[1] ?? null;
    return written === null ? null : written.replace(/^(['"])(.*)\1$/, '$2');
  };
  const [url, adapter, database, host, user] = ['url', 'adapter', 'database', 'host', 'username'].map(value);
  if ([url, adapter, database, host, user].some((one) => one?.includes('<%'))) return null;
  if (url != null) return url;
  if (adapter == null || database == null) return null;
  if (adapter === 'sqlite3') return database;
  const scheme = { postgresql: 'postgres', postgis: 'postgres', mysql2: 'mysql', trilogy: 'mysql' }[adapter];
  if (scheme === undefined) return null;
  const place = host ?? (scheme === 'mysql' ? 'localhost' : '');
  return `${scheme}://${user == null ? '' : `${encodeURIComponent(user)}@`}${place}/${encodeURIComponent(database)}`;
}
