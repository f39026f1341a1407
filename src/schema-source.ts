/** A database or a saved snapshot, opened: its tables and keys, and the engine that they belong to. */
import { readFile } from 'node:fs/promises';
import type { Connection, Scope } from './core/contracts/connection.ts';
import type { Engine, NameMatching } from './core/contracts/engine.ts';
import { hostOf, serverUrl } from './core/database-url.ts';
import { codeOf, messageOf, OndeleteError } from './core/errors.ts';
import type { Introspection } from './core/model.ts';
import { schemaIndex, type SchemaIndex } from './core/schema-index.ts';
import { engineFor, engineOfScheme, normalUrl } from './registry.ts';

/** Where the tables and keys come from: a live database, or a saved snapshot without a connection. */
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
  const { engine, connection } = await connect(scheme, normal);
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
  scheme: string,
  url: string,
): Promise<{ readonly engine: Engine; readonly connection: Connection }> {
  const options = { timeoutMilliseconds: connectTimeoutMilliseconds };
  const engine = await engineOfScheme(scheme);
  const connection = await engine.connect(url, options);
  if (connection.server.flavor === engine.flavor) return { engine, connection };
  await connection.close();
  const other = await engineFor(connection.server);
  return { engine: other, connection: await other.connect(url, options) };
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

/** A path as it is; of a server the host, port and database, put together anew so that nothing else can slip in. */
function displayUrl(url: string, scheme: string): string {
  if (scheme === 'sqlite' || scheme === 'file')
    return url.replace(/^(sqlite|file):(\/\/)?/i, '').replace(/\?.*$/, '');
  if (['d1', 'libsql', 'turso', 'pglite'].includes(scheme)) return url.replace(/:?\?.*$|:$/, '');
  const parsed = serverUrl(url);
  const { pathname } = parsed;
  const host = hostOf(parsed) === '' ? '' : parsed.host;
  return host === '' && pathname.length < 2 ? `${scheme} database` : `${scheme}://${host}${pathname}`;
}
