/** An opened MySQL or MariaDB database. Its probes are loaded by the first question, because they bring kysely with them. */
import type { Connection, ConnectOptions } from '../../../src/core/contracts/connection.ts';
import type { Probe } from '../../../src/core/contracts/probe.ts';
import type { Server } from '../../../src/core/model.ts';
import { introspect } from '../introspector/index.ts';
import type { ServerSession, Session } from '../../sql/session.ts';
import { connect as openSession, connectForMany } from './connect.ts';
import { identify, type Identity } from './identify.ts';
import { oneByOne, queryAllWith } from './many.ts';

/** Loads the probes of one engine of the family. */
type LoadProbe = () => Promise<(session: ServerSession) => Probe>;

/** @throws OndeleteError with a code of its own for every way this fails */
export async function connectWith(
  loadProbe: LoadProbe,
  url: string,
  options: ConnectOptions,
): Promise<Connection> {
  const session = await openSession(url, options);
  try {
    const identity = await identify(session);
    return connectionOn(withMany(session, identity.server, url, options), identity, loadProbe);
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** Beside the session, which takes one statement at a time, a second one for many, opened by the first of them. */
function withMany(session: Session, { flavor }: Server, url: string, options: ConnectOptions): ServerSession {
  let second: ReturnType<typeof connectForMany> | null = null;
  return {
    query: (sql, parameters) => session.query(sql, parameters),
    async queryAll(questions, milliseconds) {
      second ??= connectForMany(url, options);
      const run = await second.then(
        (many) => many.run,
        () => oneByOne(session),
      );
      return queryAllWith(run, flavor === 'mariadb' ? 'mariadb' : 'mysql')(questions, milliseconds);
    },
    async close() {
      await session.close();
      await second?.then(
        (many) => many.close(),
        () => undefined,
      );
    },
  };
}

function connectionOn(
  session: ServerSession,
  { readOnly, server }: Identity,
  loadProbe: LoadProbe,
): Connection {
  return {
    server,
    readOnly,
    query: (sql, parameters) => session.query(sql, parameters),
    introspect: (scope) => introspect(session, server, scope),
    probe: async () => (await loadProbe())(session),
    copySchema: async (part) => (await import('../scratch/index.ts')).copySchema(session, part),
    close: () => session.close(),
  };
}

export function connect(url: string, options: ConnectOptions): Promise<Connection> {
  return connectWith(async () => (await import('../probe/index.ts')).probeOf, url, options);
}
