// Starts the servers of a run and stops them. Used by jest's global set-up, by scripts/with-servers.mjs, and by tests
// that need a server of their own to kill. A server that runs already is used only when a variable names it.
import { writeFileSync } from 'node:fs';
import { say } from './cache.ts';
import { composeUp } from './docker.ts';
import { select, type ServerSpec, type TopologySpec, variableOf } from './matrix.ts';
import { prepare } from './prepare.ts';
import { startPrepared, versionAt } from './process.ts';
import { beginRun, endRun, reapDeadRuns, runFile } from './runs.ts';
import { dropLeftovers } from './scratch.ts';
import { startTopology } from './topologies/index.ts';
import type { MissingServer, Run, TestServer, Topology } from './types.ts';

export { variableOf };

/** A run whose servers are up. */
export interface StartedRun extends Run {
  /** Where other processes read the run; ONDELETE_TEST_RUN_FILE passes it on. */
  readonly file: string;
  stop(): Promise<void>;
  /** For the end of the process: kills and removes, and leaves databases on servers that others own. */
  stopNow(): void;
}

/**
 * @param ids comma-separated ids of matrix.ts, `all`; undefined: what ONDELETE_TEST_SERVERS says, else the required ones
 * @returns the run; servers that cannot be had are in `missing`
 */
export async function startServers(ids?: string): Promise<StartedRun> {
  const wanted = select(ids ?? process.env['ONDELETE_TEST_SERVERS']);
  const specs = wanted.servers;
  for (const dead of reapDeadRuns()) say(`removed what the run ${dead} had left behind`);
  const id = beginRun();
  const stopNow = (): void => endRun(id);
  process.once('exit', stopNow);
  const unnamed = specs.filter((spec) => !process.env[variableOf(spec.id)]);
  const composed = await composeUp(unnamed.map((spec) => spec.id));
  const results = await Promise.all([
    ...specs.map((spec) => startOne(spec, id, composed).catch(missing(spec, servedByDocker(spec)))),
    ...wanted.topologies.map((spec) =>
      startTopology(spec, id).catch(missing(spec, 'Debian, root and its packages')),
    ),
  ]);
  const servers = results.filter((result): result is TestServer => 'url' in result);
  const topologies = results.filter((result): result is Topology => 'nodes' in result);
  const run: Run = { id, servers, topologies, missing: results.filter((result) => 'why' in result) };
  const file = runFile(id);
  writeFileSync(file, JSON.stringify(run, null, 2));
  const stop = async (): Promise<void> => {
    await Promise.all(
      servers.filter((server) => !server.ownedByThisRun).map((server) => dropLeftovers(server, id)),
    );
    process.removeListener('exit', stopNow);
    stopNow();
  };
  return { ...run, file, stop, stopNow };
}

const servedByDocker = ({ id }: ServerSpec): string =>
  `start one (docker compose up -d ${id}) and name it: ${variableOf(id)}=URL`;

const missing =
  ({ id }: ServerSpec | TopologySpec, help: string) =>
  (error: unknown): MissingServer => ({ id, why: (error as { message: string }).message, help });

async function startOne(
  spec: ServerSpec,
  runId: string,
  composed: ReadonlyMap<string, string>,
): Promise<TestServer> {
  const named = process.env[variableOf(spec.id)];
  const url = named ?? composed.get(spec.id);
  if (url) {
    const version = await versionAt(spec.dialect, url);
    const origin = named ? variableOf(spec.id) : 'docker compose';
    return { id: spec.id, dialect: spec.dialect, version, url, origin, ownedByThisRun: false };
  }
  return startPrepared(spec, await prepare(spec, runId));
}

/** The banner for servers that are missing; '' when none is. */
export function missingBanner(run: Run): string {
  if (run.missing.length === 0) return '';
  const lines = run.missing.flatMap(({ id, why, help }) => [
    `  ${id}`,
    ...why
      .split('\n')
      .slice(-4)
      .map((line) => `    why:     ${line}`),
    `    way out: ${help}`,
  ]);
  const rule = '!'.repeat(100);
  return [rule, 'NOT TESTED: these servers cannot be had here', ...lines, rule, ''].join('\n');
}

/** True when this run must fail because a server is missing: in CI, or when it was asked for by name. */
export const mustFail = (run: Run): boolean =>
  run.missing.length > 0 && (process.env['CI'] === 'true' || Boolean(process.env['ONDELETE_TEST_REQUIRE']));
