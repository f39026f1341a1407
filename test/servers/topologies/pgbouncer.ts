// PostgreSQL behind pgbouncer in transaction mode: one pooler with a single connection to the server, one with two.
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { need, run, serverUser } from '../cache.ts';
import type { ServerSpec } from '../matrix.ts';
import { startPrepared } from '../process.ts';
import { runFolder } from '../runs.ts';
import type { TestServer } from '../types.ts';
import type { StartNode } from './index.ts';

/** The server itself comes first. */
export async function startPgbouncer(
  start: StartNode,
  spec: ServerSpec,
  runId: string,
): Promise<readonly TestServer[]> {
  const program = await need('pgbouncer', 'pgbouncer');
  const server = await start('server');
  const poolers = [1, 2].map((connections) => startPooler(program, spec, server, connections, runId));
  return [server, ...(await Promise.all(poolers))];
}

async function startPooler(
  program: string,
  spec: ServerSpec,
  server: TestServer,
  connections: number,
  runId: string,
): Promise<TestServer> {
  const home = join(runFolder(runId), `${spec.id}-pooler-${connections}`);
  mkdirSync(home);
  const user = serverUser('postgres');
  if (user) chownSync(home, user.uid, user.gid);
  const settings = join(home, 'pgbouncer.ini');
  const users = join(home, 'users.txt');
  writeFileSync(users, '"postgres" ""\n');
  await run('chmod', ['-R', 'a+rX', home]);
  return startPrepared(
    { ...spec, id: `${spec.id}-pooler-${connections}` },
    {
      home,
      dataDir: home,
      origin: 'this run, Debian package pgbouncer',
      url: (port) => `postgres://postgres@127.0.0.1:${port}/postgres`,
      launch: (port) => {
        writeFileSync(settings, iniText(new URL(server.url).port, port, users, connections));
        return {
          command: program,
          args: [settings],
          ...(user && { uid: user.uid, gid: user.gid }),
          pidFile: join(home, 'pid'),
          logFile: join(home, 'log'),
        };
      },
    },
  );
}

/** As it is after installation, but for the mode. */
const iniText = (serverPort: string, port: number, users: string, connections: number): string => `[databases]
* = host=127.0.0.1 port=${serverPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${users}
pool_mode = transaction
default_pool_size = ${connections}
`;
