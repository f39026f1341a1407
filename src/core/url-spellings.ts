/** URLs as SQLAlchemy, Django, Rails, Laravel and JDBC spell them, in the spelling of ondelete; every other text stays as it is. */

const names: Readonly<Record<string, string>> = {
  pgsql: 'postgres',
  postgis: 'postgres',
  mysql2: 'mysql',
  mysqlgis: 'mysql',
  trilogy: 'mysql',
  sqlite3: 'sqlite',
  spatialite: 'sqlite',
};

const servers = ['postgres', 'postgresql', 'mysql', 'mariadb'];

export function usualSpelling(url: string): string {
  const [, jdbc = '', written = '', driver = '', rest = ''] =
    /^(jdbc:)?([a-z][a-z0-9]*)(\+[a-z0-9_]+)?:(.*)$/is.exec(url) ?? [];
  const lower = written.toLowerCase();
  const scheme = Object.hasOwn(names, lower) ? (names[lower] ?? lower) : lower;
  if (jdbc === '' && driver === '' && scheme === lower) return url;
  if (scheme === 'sqlite') return `sqlite:${driver === '' ? rest : pathOfSqlalchemy(rest)}`;
  if (!servers.includes(scheme)) return url;
  // JDBC may leave out the server: jdbc:postgresql:shop.
  return `${scheme}:${jdbc !== '' && !rest.startsWith('//') ? `///${rest.replace(/^\/+/, '')}` : rest}`;
}

/** With three slashes the path is relative, with four it is absolute: https://docs.sqlalchemy.org/en/20/core/engines.html#sqlite */
function pathOfSqlalchemy(rest: string): string {
  return rest.replace(/^\/\/\//, '');
}
