/** What `config/database.yml` of Rails says of its development database. */
import { inParts, type Named, put, serverIn, type Value, valueIn } from './settings.ts';

const schemes: Readonly<Record<string, string>> = {
  postgresql: 'postgres',
  postgis: 'postgres',
  mysql2: 'mysql',
  trilogy: 'mysql',
};

export function railsDatabase(text: string): Named | null {
  const development = ownSettings(text, 'development:');
  if (development === '') return null;
  const merged = /<<:\s*\*(\w+)/.exec(development)?.[1];
  const shared = merged === undefined ? '' : ownSettings(text, `\\w+:[ \\t]*&${merged}\\b`);
  const value = (name: string): Value => {
    const own = valueIn(development, name);
    return own === undefined ? valueIn(shared, name) : own;
  };
  const [url, adapter, database] = ['url', 'adapter', 'database'].map(value);
  if (put(url)) return url == null ? inParts : { url };
  if (adapter === 'sqlite3') return database ? { url: database } : inParts;
  const scheme = schemes[adapter ?? ''];
  // of another adapter there is nothing to read
  if (scheme === undefined) return adapter == null ? inParts : null;
  if (scheme === 'mysql' && put(value('socket'))) return inParts;
  return serverIn(scheme, {
    host: value('host'),
    port: value('port'),
    database,
    user: value('username'),
    password: value('password'),
  });
}

/** The lines of a section of the file, without what is indented further: several databases, or `variables:`. */
function ownSettings(text: string, head: string): string {
  const body = new RegExp(`^${head}.*\\n((?:[ \\t].*\\n?|\\s*\\n|#.*\\n)*)`, 'm').exec(text)?.[1] ?? '';
  const lines = body.split('\n').filter((line) => /^\s+[^\s#]/.test(line));
  const indent = Math.min(...lines.map((line) => line.search(/\S/)));
  return lines.filter((line) => line.search(/\S/) === indent).join('\n');
}
