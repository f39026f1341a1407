/** An opened SQLite file. Its probes are loaded by the first question, because they bring kysely with them. */
import type { Connection, ConnectOptions } from '../../../src/core/contracts/connection.ts';
import type { Server } from '../../../src/core/model.ts';
import { introspect } from '../introspector/index.ts';
import { type CatalogSession, askedBy, connect as openSession } from './connect.ts';
import { identify } from './identify.ts';

/** @throws OndeleteError with a code of its own for every way this fails */
export async function connect(url: string, options: ConnectOptions): Promise<Connection> {
  const session = await openSession(url, options);
  try {
    return connectionOn(session, await identify(session, askedBy(url)));
  } catch (error) {
    await session.close();
    throw error;
  }
}

function connectionOn(session: CatalogSession, server: Server): Connection {
  return {
    server,
    readOnly: null,
    query: (sql, parameters) => session.query(sql, parameters),
    introspect: (scope) => introspect(session, server, scope),
    probe: async () => (await import('../probe/index.ts')).probeOf(session),
    copySchema: async (part) => (await import('../scratch/index.ts')).copySchema(session, part),
    close: () => session.close(),
  };
}
