/** An opened MySQL or MariaDB database. Its probes are loaded by the first question, because they bring kysely with them. */
import type { Connection, ConnectOptions } from '../../../src/core/contracts/connection.ts';
import type { Probe } from '../../../src/core/contracts/probe.ts';
import type { Server } from '../../../src/core/model.ts';
import { introspect } from '../introspector/index.ts';
import type { Session } from '../../sql/session.ts';
import { connect as openSession } from './connect.ts';
import { identify } from './identify.ts';

/** Loads the probes of one engine of the family. */
export type LoadProbe = () => Promise<(session: Session) => Probe>;

/** @throws OndeleteError with a code of its own for every way this fails */
export async function connectWith(
  loadProbe: LoadProbe,
  url: string,
  options: ConnectOptions,
): Promise<Connection> {
  const session = await openSession(url, options);
  try {
    return connectionOn(session, await identify(session), loadProbe, () =>
      openSession(url, options).catch(() => null),
    );
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** @param openAnother one more session like the first; null where the server lets none in */
function connectionOn(
  session: Session,
  server: Server,
  loadProbe: LoadProbe,
  openAnother: () => Promise<Session | null>,
): Connection {
  return {
    server,
    query: (sql, parameters) => session.query(sql, parameters),
    introspect: (scope) => introspect(session, server, scope, openAnother),
    probe: async () => (await loadProbe())(session),
    copySchema: async (part) => (await import('../scratch/index.ts')).copySchema(session, part),
    close: () => session.close(),
  };
}

export function connect(url: string, options: ConnectOptions): Promise<Connection> {
  return connectWith(async () => (await import('../probe/index.ts')).probeOf, url, options);
}
