/** An opened PostgreSQL database. Its probes are loaded by the first question, because they bring kysely with them. */
import type { Connection, ConnectOptions } from '../../../src/core/contracts/connection.ts';
import { introspect } from '../introspector/index.ts';
import { connect as openSession, type PostgresSession } from './connect.ts';
import { identify, type Identity } from './identify.ts';
import { connectToFolder, isPgliteUrl } from './pglite.ts';

/** @throws OndeleteError with a code of its own for every way this fails */
export async function connect(url: string, options: ConnectOptions): Promise<Connection> {
  const session = await (isPgliteUrl(url) ? connectToFolder(url) : openSession(url, options));
  try {
    return connectionOn(session, await identify(session));
  } catch (error) {
    await session.close();
    throw error;
  }
}

function connectionOn(session: PostgresSession, { readOnly, server }: Identity): Connection {
  return {
    server,
    readOnly,
    query: (sql, parameters) => session.query(sql, parameters),
    introspect: (scope) => introspect(session, server, scope),
    probe: async () => (await import('../probe/index.ts')).probeOf(session),
    copySchema: async (part) => (await import('../scratch/copy-schema.ts')).copySchema(session, part),
    close: () => session.close(),
  };
}
