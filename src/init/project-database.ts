/** The database that a project's own files name, for people who have named none: all of it, or no URL. Pure: the caller looks. */
import { usualSpelling } from '../core/url-spellings.ts';
import type { ProjectFolder } from './project.ts';
import { railsDatabase } from './rails-database.ts';
import { inParts, type Named, put, serverIn, type Value, valueIn, withPassword } from './settings.ts';

export type NamedDatabase = Named & {
  /** The file that names it. */
  readonly because: string;
};

type Reader = (text: string) => Named | null;

/** The surest first. */
const readers: readonly (readonly [string, Reader])[] = [
  ['.env', variable],
  ['.env.local', variable],
  ['alembic.ini', alembicDatabase],
  ['flyway.conf', flywayDatabase],
  ['flyway.toml', flywayDatabase],
  ['conf/flyway.conf', flywayDatabase],
  ['config/database.yml', railsDatabase],
  ['.env', laravelDatabase],
  ['.env', gooseDatabase],
];

export function databaseNamedIn(folder: ProjectFolder): NamedDatabase | null {
  const found = readers.flatMap(([because, reader]): readonly NamedDatabase[] => {
    const text = folder.read(because);
    const named = text === null ? null : reader(text);
    return named === null ? [] : [{ because, ...named }];
  });
  const isWhole = (one: NamedDatabase): boolean => one.url !== null || one.why === 'DATABASE_URL';
  return found.find(isWhole) ?? found[0] ?? djangoDatabase(folder);
}

function variable(text: string): Named | null {
  return /^\s*(?:export\s+)?DATABASE_URL\s*=\s*\S/m.test(text) ? { url: null, why: 'DATABASE_URL' } : null;
}

/** What `alembic init` writes names no database. */
function alembicDatabase(text: string): Named | null {
  const url = valueIn(text, 'sqlalchemy\\.url');
  if (url === undefined || url?.startsWith('driver:')) return null;
  return url === null ? inParts : { url: url.replaceAll('%%', '%') };
}

/** The parameters of a JDBC URL are those of its driver. */
function flywayDatabase(text: string): Named | null {
  const [url, user, password] = ['url', 'user', 'password'].map((name) =>
    valueIn(text, `(?:flyway\\.)?${name}`),
  );
  if (url === undefined) return null;
  if (put(password)) return withPassword;
  if (url === null || user === null || url.includes('?')) return inParts;
  const spelled = usualSpelling(url);
  if (user === undefined) return { url };
  const isServer = /^[a-z]+:\/\/[^@]*$/i.test(spelled);
  return isServer ? { url: spelled.replace('://', () => `://${encodeURIComponent(user)}@`) } : inParts;
}

function laravelDatabase(text: string): Named | null {
  const value = (name: string): Value => valueIn(text, `DB_${name}`);
  const connection = value('CONNECTION');
  if (connection === undefined) return null;
  if (connection === null || put(value('URL')) || put(value('SOCKET'))) return inParts;
  const database = value('DATABASE');
  if (connection === 'sqlite') return database?.startsWith('/') ? { url: database } : inParts;
  const scheme = { pgsql: 'postgres', mysql: 'mysql', mariadb: 'mariadb' }[connection];
  // its config/database.php says what holds for those that are left out
  if (scheme === undefined || !put(value('HOST')) || !put(value('PORT'))) return inParts;
  return serverIn(scheme, {
    host: value('HOST'),
    port: value('PORT'),
    database,
    user: value('USERNAME'),
    password: value('PASSWORD'),
  });
}

/** Other texts are those of Go's drivers. */
function gooseDatabase(text: string): Named | null {
  const [driver, place] = ['DRIVER', 'DBSTRING'].map((name) => valueIn(text, `GOOSE_${name}`));
  if (place === undefined) return null;
  const isWhole = driver?.startsWith('sqlite') ? /^[\w./-]+$/ : /^postgres(?:ql)?:\/\//;
  return place !== null && isWhole.test(place) ? { url: place } : inParts;
}

function djangoDatabase(folder: ProjectFolder): NamedDatabase | null {
  const isUsual = folder.has('manage.py') && folder.has('db.sqlite3');
  return isUsual ? { because: 'the folder of manage.py', url: 'db.sqlite3' } : null;
}
