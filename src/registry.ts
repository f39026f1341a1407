/** The one place that knows which engines and migration tools there are: from a URL or a saved file to a Source. */
import { readFile } from 'node:fs/promises';
import { engines } from '../dialects/index.ts';
import { templates } from '../migrations-templates/index.ts';
export { type ProvenRun, provenRuns } from '../migrations-templates/index.ts';
import type { Connection, Scope } from './core/contracts/connection.ts';
import type { Engine, EngineEntry, NameMatching } from './core/contracts/engine.ts';
import { schemeOf, serverUrl } from './core/database-url.ts';
import { codeOf, messageOf, OndeleteError } from './core/errors.ts';
import { schemaIndex, type SchemaIndex } from './core/schema-index.ts';
import { didYouMean } from './core/suggest.ts';
import type { Introspection, Server } from './core/model.ts';
import { usualSpelling } from './core/url-spellings.ts';
import type { Template } from './core/contracts/template.ts';

/** Where the facts come from: a live database, or a saved snapshot without a connection. */
export interface SchemaSource extends Introspection {
  /** For people: the URL without its password, or the snapshot's path. */
  readonly label: string;
  readonly engine: Engine;
  /** The tables and keys of `snapshot`, by name. */
  readonly schema: SchemaIndex;
  /** Null when working from a snapshot. */
  readonly connection: Connection | null;
  close(): Promise<void>;
}

export const connectTimeoutMilliseconds = 10_000;

/** Servers that people may try and that ondelete refuses by name before a driver is loaded. */
const refusedSchemes: Readonly<Record<string, string>> = {
  duckdb: 'DuckDB',
  spanner: 'Spanner',
  planetscale: 'PlanetScale',
  vitess: 'Vitess',
  mssql: 'SQL Server',
  sqlserver: 'SQL Server',
  oracle: 'Oracle',
  mongodb: 'MongoDB',
};

/** Servers that are reached over the protocol that they speak. */
const spokenSchemes: Readonly<Record<string, string>> = {
  cockroachdb: 'postgres',
  cockroach: 'postgres',
  yugabytedb: 'postgres',
  tidb: 'mysql',
};

/**
 * Connects read-only and reads every key in scope.
 * @param scopeFor the scope, asked for once it is known how names compare on this server
 * @throws OndeleteError with a code for each way this fails; no message holds a password
 */
export async function openDatabase(
  url: string,
  scopeFor: (names: NameMatching) => Scope,
): Promise<SchemaSource> {
  const { normal, scheme } = normalUrl(url);
  const entry = engines.find((candidate) => candidate.schemes.includes(scheme));
  if (entry === undefined) throw unknownScheme(scheme);
  const { engine, connection } = await connect(entry, normal);
  try {
    const introspection = await connection.introspect(scopeFor(engine.names(connection.server)));
    return {
      ...introspection,
      label: displayUrl(normal, scheme),
      engine,
      schema: schemaIndex(introspection.snapshot),
      connection,
      close: () => connection.close(),
    };
  } catch (error) {
    await connection.close().catch(() => undefined);
    throw error;
  }
}

/** MySQL and MariaDB answer to each other's scheme: the engine that the server turns out to be opens it again. */
async function connect(
  entry: EngineEntry,
  url: string,
): Promise<{ readonly engine: Engine; readonly connection: Connection }> {
  const options = { timeoutMilliseconds: connectTimeoutMilliseconds };
  const engine = await loaded(entry);
  const connection = await engine.connect(url, options);
  if (connection.server.flavor === engine.flavor) return { engine, connection };
  await connection.close();
  const other = await engineFor(connection.server);
  return { engine: other, connection: await other.connect(url, options) };
}

async function loaded({ core, emitter, scratch, schemaReader }: EngineEntry): Promise<Engine> {
  return { ...(await core()), emitter, scratch, schemaReader };
}

/** Whether a URL names a server of this kind; MySQL and MariaDB answer to each other's scheme. @throws UNKNOWN_SCHEME */
export function namesServerOf(url: string, flavor: Server['flavor']): boolean {
  const { scheme } = normalUrl(url);
  if (!engines.some((entry) => entry.schemes.includes(scheme))) throw unknownScheme(scheme);
  const family = flavor === 'mysql' || flavor === 'mariadb' ? ['mysql', 'mariadb'] : [flavor];
  return engines.some((entry) => entry.schemes.includes(scheme) && family.includes(entry.flavor));
}

/** The kind of server that a URL's scheme names; null where none does. */
export function flavorNamedBy(url: string): Server['flavor'] | null {
  const { scheme } = normalUrl(url);
  return engines.find((entry) => entry.schemes.includes(scheme))?.flavor ?? null;
}

/** The engine that a server's flavor names. */
export async function engineFor(server: Pick<Server, 'flavor'>): Promise<Engine> {
  const entry = engines.find((candidate) => candidate.flavor === server.flavor);
  if (entry === undefined) throw new OndeleteError('INTERNAL', `no engine for ${server.flavor}`);
  return loaded(entry);
}

/**
 * Reads a snapshot that `ondelete snapshot` wrote.
 * @param shown the path as the user wrote it, for messages
 * @throws OndeleteError SNAPSHOT_INVALID when the file cannot be read or is something else
 */
export async function openSnapshot(path: string, shown: string): Promise<SchemaSource> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new OndeleteError(
      'SNAPSHOT_INVALID',
      `cannot read the snapshot ${shown}: ${codeOf(error) || messageOf(error)}`,
      'Name a file that `ondelete snapshot --output FILE` wrote.',
    );
  });
  const { parseSnapshot } = await import('./core/snapshot-parse.ts');
  const introspection = parseSnapshot(text, shown);
  return {
    ...introspection,
    label: shown,
    engine: await engineFor(introspection.snapshot.server),
    schema: schemaIndex(introspection.snapshot),
    connection: null,
    close: () => Promise.resolve(),
  };
}

/** @throws OndeleteError USAGE when there is no such tool */
export async function templateFor(name: string): Promise<Template> {
  const entry = templates.find((candidate) => candidate.name === name);
  if (entry === undefined) throw unknownTool(name);
  return entry.load();
}

export function unknownTool(name: string): OndeleteError {
  return new OndeleteError(
    'USAGE',
    `no migration tool is called ${JSON.stringify(name)}${didYouMean(name, toolNames)}`,
    `Known tools: ${toolNames.join(', ')}. A template of your own: --template FILE.`,
  );
}

/** What a template cannot do without; the rest of the contract is checked by its use. */
const templateParts = [
  'name',
  'title',
  'engines',
  'wraps',
  'commands',
  'migrationName',
  'names',
  'render',
] as const;

/**
 * A template of the user's own, the default export of a module. Runs its code.
 * @throws OndeleteError USAGE where the module cannot be loaded or is no template
 */
export async function templateFrom(file: string, shown: string): Promise<Template> {
  const loaded: unknown = await (
    await import('jiti')
  )
    .createJiti(import.meta.url)
    .import(file, { default: true })
    .catch((error: unknown) => {
      throw new OndeleteError(
        'USAGE',
        `--template ${shown} cannot be loaded: ${messageOf(error).split('\n')[0] ?? ''}`,
        'Run it by itself to see where it fails.',
        error,
      );
    });
  const missing = templateParts.filter((part) => !(isObject(loaded) && part in loaded));
  if (missing.length > 0)
    throw new OndeleteError(
      'USAGE',
      `--template ${shown} is no template: its default export has no ${missing.join(', ')}`,
      'docs/templates.md has a whole one.',
    );
  return loaded as Template;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

export const toolNames: readonly string[] = templates.map((entry) => entry.name);

/** A bare path is a SQLite file; `C:\x` is one too. */
function normalUrl(written: string): { readonly normal: string; readonly scheme: string } {
  const url = usualSpelling(written);
  const scheme = schemeOf(url);
  if (scheme === null && /(^|\s)(host|dbname|user|password|passwd)\s*=/i.test(url)) {
    throw new OndeleteError(
      'USAGE',
      'the database is named by keywords and values',
      'Write a URL: postgres://user@host:5432/database.',
    );
  }
  return scheme === null ? { normal: `sqlite:${url}`, scheme: 'sqlite' } : { normal: url, scheme };
}

/** A path as it is; of a server the host, port and database, put together anew so that nothing else can slip in. */
function displayUrl(url: string, scheme: string): string {
  if (scheme === 'sqlite' || scheme === 'file')
    return url.replace(/^(sqlite|file):(\/\/)?/i, '').replace(/\?.*$/, '');
  if (['d1', 'libsql', 'turso', 'pglite'].includes(scheme)) return url.replace(/:?\?.*$|:$/, '');
  const { host, pathname } = serverUrl(url);
  return host === '' && pathname.length < 2 ? `${scheme} database` : `${scheme}://${host}${pathname}`;
}

function unknownScheme(scheme: string): OndeleteError {
  const spoken = spokenSchemes[scheme];
  if (spoken !== undefined)
    return new OndeleteError(
      'UNKNOWN_SCHEME',
      `${scheme}: is no scheme of a driver here`,
      `Write ${spoken}://…, the protocol that it speaks; docs/engines.md says what is read and written there.`,
    );
  const refused = refusedSchemes[scheme];
  if (refused !== undefined) {
    return new OndeleteError(
      'UNSUPPORTED_SERVER',
      `this version of ondelete does not support ${refused}`,
      'Nothing was read or written.',
    );
  }
  const known = engines.flatMap((entry) => entry.schemes).map((one) => `${one}:`);
  return new OndeleteError(
    'UNKNOWN_SCHEME',
    `${scheme}: is no database URL that ondelete knows${didYouMean(`${scheme}:`, known)}`,
    `Known: ${known.join(' ')} or the path of a SQLite file.`,
  );
}
