// A block for a topology of the run; skipped where nobody asked for it (npm run topologies does).
import { describe } from '@jest/globals';
import { testTopologies, type Topology } from '../servers/index.ts';

/** @param kind `standby`: every topology of this run whose id ends so */
export function describeTopology(kind: string, suite: (topology: Topology) => void): void {
  const found = testTopologies().filter(({ id }) => id.endsWith(`-${kind}`));
  for (const topology of found) describe(topology.id, () => suite(topology));
  if (found.length === 0) describe.skip(`no ${kind} in this run`, () => suite({ id: 'none', nodes: [] }));
}
