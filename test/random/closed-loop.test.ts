// Random schemas, rows and policies through the closed loop, on SQLite and on every server of this run.
// ONDELETE_TEST_LONG=1: thousands, from a new seed each time. ONDELETE_TEST_SEED=SEED repeats a run, SEED:PATH its smallest
// failing case, SEED:NUMBER (the first number of the path) that case as it was drawn, which takes less time to find.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { messageOf } from '../../src/core/errors.ts';
import { testServers } from '../servers/index.ts';
import { drawing, type Drawing } from './arbitraries.ts';
import { serverBench } from './live-servers.ts';
import { sqliteBench } from './live-sqlite.ts';
import type { Bench } from './live.ts';
import { closeLoop, emptyTally, type Tally } from './loop.ts';
import { schemaOf } from './schema.ts';

const long = process.env['ONDELETE_TEST_LONG'] === '1';
const [, seedText, pathText] = /^(-?\d+)(?::(.+))?$/.exec(process.env['ONDELETE_TEST_SEED'] ?? '') ?? [];
const seed = seedText === undefined ? (long ? Date.now() % 2 ** 31 : 20260101) : Number(seedText);

const benches: readonly {
  readonly id: string;
  readonly cases: number;
  readonly open: () => Promise<Bench>;
}[] = [
  { id: 'sqlite', cases: long ? 3000 : 150, open: () => Promise.resolve(sqliteBench()) },
  ...testServers().map((server) => ({
    id: server.id,
    cases: long ? 200 : server.dialect === 'postgres' ? 10 : 6,
    open: () => serverBench(server),
  })),
];

const searchMilliseconds = 60_000;

describe.each(benches)('$id', ({ cases, open }) => {
  const numRuns = pathText === undefined ? Number(process.env['ONDELETE_TEST_CASES'] ?? cases) : 1;
  test(`${numRuns} random cases close the loop`, async () => {
    const bench = await open();
    const tally = emptyTally();
    try {
      await everyCase(bench, numRuns, tally);
    } finally {
      await bench.close();
    }
    if (long) process.stderr.write(`${bench.id}: ${JSON.stringify(tally)}\n`);
    if (pathText !== undefined) return;
    // A run that changes nothing, or whose deletes are all uncertain, proves nothing.
    expect(tally.changed).toBeGreaterThan(numRuns / 2);
    expect(tally.deletes['rows']).toBeGreaterThan(numRuns);
    expect(tally.deletes['refused']).toBeGreaterThan(0);
  }, 7_200_000);
});

/** Throws what a person can paste: the seed, the statements and the policy of the smallest case that fails. */
async function everyCase(bench: Bench, numRuns: number, tally: Tally): Promise<void> {
  let told = { ddl: '', policy: '' };
  let failedAt = Infinity;
  const one = async (drawn: Drawing): Promise<void> => {
    told = { ddl: 'the schema did not load', policy: 'none yet' };
    const live = await bench.load(schemaOf(drawn, bench.target), drawn);
    try {
      told = { ...told, ddl: live.ddl };
      await closeLoop(live, drawn, tally, (policy) => (told = { ...told, policy }));
    } finally {
      await live.close();
    }
  };
  // A smaller case is looked for as long as a person would wait: later ones count as passed, which ends the search.
  const bounded = async (drawn: Drawing): Promise<void> => {
    if (Date.now() > failedAt + searchMilliseconds) return;
    try {
      await one(drawn);
    } catch (error) {
      failedAt = Math.min(failedAt, Date.now());
      throw error;
    }
  };
  const result = await fc.check(fc.asyncProperty(drawing, bounded), {
    seed,
    numRuns,
    ...(pathText === undefined ? {} : { path: pathText, endOnFailure: true }),
  });
  if (!result.failed || result.counterexample === null) return;
  const [smallest] = result.counterexample;
  const why = await one(smallest).then(() => 'it passes when it is run again', messageOf);
  throw new Error(
    [
      `ONDELETE_TEST_SEED=${result.seed}:${result.counterexamplePath} repeats it on ${bench.id}.`,
      why,
      told.ddl,
      told.policy,
    ].join('\n\n'),
  );
}
