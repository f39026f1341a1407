// Servers that belong together: a primary and its standby, the nodes of a cluster. They begin from the same empty data.
import { chownSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, say } from '../cache.ts';
import type { ServerSpec, TopologySpec } from '../matrix.ts';
import { prepare } from '../prepare.ts';
import { startPrepared } from '../process.ts';
import type { TestServer, Topology } from '../types.ts';
import { startGalera, startGroup, startReplica } from './mysql.ts';
import { startPgbouncer } from './pgbouncer.ts';
import { startStandby, startSubscriber } from './postgres.ts';

export interface NodeOptions {
  readonly flags?: readonly string[];
  /** Files in the data directory, by name, such as an empty `standby.signal`. */
  readonly files?: Readonly<Record<string, string>>;
  /** The data directory of a server that is down, to begin from. */
  readonly copyOf?: string;
}

/** Starts one more server of a topology. @param name tells it from the others */
export type StartNode = (name: string, options?: NodeOptions) => Promise<TestServer>;

const kinds: Readonly<
  Record<
    TopologySpec['kind'],
    (start: StartNode, server: ServerSpec, runId: string) => Promise<readonly TestServer[]>
  >
> = {
  standby: startStandby,
  subscriber: startSubscriber,
  pgbouncer: startPgbouncer,
  replica: startReplica,
  group: startGroup,
  galera: startGalera,
};

/**
 * Once more where it fails: a port that was free when it was looked for may be taken by then.
 * @returns the nodes of that topology, connected with each other @throws Error where it cannot be had
 */
export function startTopology(spec: TopologySpec, runId: string): Promise<Topology> {
  return startNodes(spec, runId, spec.id).catch((error: unknown) => {
    say(`${spec.id} did not start: ${(error as { message: string }).message}\nonce more`);
    return startNodes(spec, runId, `${spec.id}-again`);
  });
}

async function startNodes(
  { id, kind, server }: TopologySpec,
  runId: string,
  prefix: string,
): Promise<Topology> {
  const start: StartNode = async (name, { flags = [], files = {}, copyOf } = {}) => {
    const spec = { ...server, id: `${prefix}-${name}`, flags: [...(server.flags ?? []), ...flags] };
    const prepared = await prepare(spec, runId);
    if (copyOf !== undefined) {
      rmSync(prepared.dataDir, { recursive: true });
      await run('cp', ['-a', copyOf, prepared.dataDir]);
    }
    const { uid, gid } = statSync(prepared.dataDir);
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(prepared.dataDir, name), text);
      chownSync(join(prepared.dataDir, name), uid, gid);
    }
    return startPrepared(spec, prepared);
  };
  return { id, nodes: await kinds[kind](start, server, runId) };
}
