/** Scratch databases: PGlite in this process, or a database of random name on a server that is named. */
import { requireSameEngine } from '../../sql/scratch-engine.ts';
import type { Scratch, ScratchDatabase } from '../../../src/core/contracts/scratch.ts';
import { connect, connectToWrite, type PostgresSession, type WritingSession } from '../connection/connect.ts';
import { OndeleteError } from '../../../src/core/errors.ts';
import { identify } from '../connection/identify.ts';
import { isPgliteUrl } from '../connection/pglite.ts';
import { introspect } from '../introspector/index.ts';
import { experimenter } from './trial.ts';
import { openPglite } from './pglite.ts';
import { createDatabase } from './server.ts';

export const scratch: Scratch = {
  open: async (request) => {
    if (request.url === null) {
      requireSameEngine(request.server, null);
      const { reader, writer } = await openPglite(request.target, request.extensions ?? []);
      return database(
        (product) => `PGlite (${product}) in this process`,
        reader,
        writer,
        () => writer.close(),
      );
    }
    refuseFolder(request.url);
    const options = { timeoutMilliseconds: request.timeoutMilliseconds };
    const created = await createDatabase(request.url, request.target, options, request);
    const open: { close(): Promise<void> }[] = [];
    const drop = async (): Promise<void> => {
      await Promise.all(open.map((session) => session.close()));
      await created.drop();
    };
    try {
      const reader = await connect(created.url, options);
      open.push(reader);
      const writer = await connectToWrite(created.url, options);
      open.push(writer);
      return await database(() => created.label, reader, writer, drop);
    } catch (error) {
      await drop().catch(() => undefined);
      throw error;
    }
  },
};

function refuseFolder(url: string): void {
  if (!isPgliteUrl(url)) return;
  throw new OndeleteError(
    'USAGE',
    'a folder of PGlite is no scratch database: ondelete rehearses in a PGlite of its own, in memory',
    'Leave --scratch out, or name a server: postgres://…',
  );
}

async function database(
  label: (product: string) => string,
  reader: PostgresSession,
  writer: WritingSession,
  drop: () => Promise<void>,
): Promise<ScratchDatabase> {
  const { server } = await identify(reader);
  const experiments = experimenter(reader, writer, server);
  const run = (sql: string): Promise<void> => {
    experiments.forget();
    return writer.run(sql);
  };
  return {
    label: label(server.product),
    server,
    introspect: (scope) => introspect(reader, server, scope),
    schema: null,
    building: (work) => work(run),
    run,
    query: (sql, parameters) => writer.query(sql, parameters),
    tryDelete: (experiment) => experiments.experiment(experiment),
    drop,
  };
}
