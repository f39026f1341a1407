// node test/chaos/run.mjs [--rounds N] [--servers postgres-14,sqlite,…] [--seed S] [--only WORDS OF A FAULT] [--replay SEED OF A ROUND]
// Kills, over and over, on servers that it starts itself. Prints what came of it; exits 1 on any broken promise.
//   --load [--seconds N]: no kills, but an application at full work beside the files, a minute per server (load/run.mjs)
import { parseArgs } from 'node:util';
import { createJiti } from 'jiti';
import { loadStart } from '../servers/load.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '100' },
    servers: { type: 'string', default: '' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    replay: { type: 'string' },
    load: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '60' },
  },
});
const names = values.servers.split(',').filter((name) => name !== '');
const ids = names.filter((name) => name !== 'sqlite');
const withSqlite = names.length === 0 || names.includes('sqlite');

const { startServers, missingBanner } = await loadStart();
const run = names.length > 0 && ids.length === 0 ? null : await startServers(ids.join(',') || undefined);
if (run !== null) {
  process.stderr.write(missingBanner(run));
  process.env.ONDELETE_TEST_RUN_FILE = run.file;
}
/** @type {typeof import('./chaos.ts')} */
const { playChaos, tableOf } = await createJiti(import.meta.url).import('./chaos.ts');
/** @type {import('./chaos.ts').Target[]} */
const targets = [
  ...(withSqlite
    ? [
        { kind: /** @type {const} */ ('sqlite'), journal: /** @type {const} */ ('delete') },
        { kind: /** @type {const} */ ('sqlite'), journal: /** @type {const} */ ('wal') },
      ]
    : []),
  ...(run?.servers ?? []).map((server) => ({ kind: /** @type {const} */ ('server'), server })),
];
/** @type {import('./round.ts').Round[]} */
const rounds = [];
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => {
    console.log(tableOf(rounds));
    void (run?.stop() ?? Promise.resolve()).finally(() => process.exit(130));
  });
if (values.load) {
  const { playLoads } = await import('./load/run.mjs');
  /** @type {typeof import('../support/database.ts')} */
  const { enginesUnderTest } = await createJiti(import.meta.url).import('../support/database.ts');
  const engines = enginesUnderTest().filter(({ id }) => withSqlite || id !== 'sqlite');
  const kept = await playLoads(engines, Number(values.seconds)).finally(() => run?.stop());
  process.exit(kept && (run?.missing.length ?? 0) === 0 ? 0 : 1);
}
try {
  for (const target of targets) {
    const mayKillServer = target.kind === 'server' && target.server.ownedByThisRun;
    if (target.kind === 'server' && !mayKillServer)
      console.error(`${target.server.id}: not killed, because ${target.server.origin} started it`);
    const options = {
      rounds: Number(values.rounds),
      seed: Number(values.seed),
      only: values.only,
      mayKillServer,
      ...(values.replay !== undefined && { replay: Number(values.replay) }),
    };
    await playChaos(target, { ...options, onRound: show });
  }
} finally {
  await run?.stop();
}
console.log(tableOf(rounds));
const broken = rounds.some(({ violations }) => violations.length > 0);
process.exitCode = broken || (run?.missing.length ?? 0) > 0 ? 1 : 0;

/** @param {import('./round.ts').Round} round @param {number} milliseconds */
function show(round, milliseconds) {
  rounds.push(round);
  const { place, fault, seed, ending, finish, violations } = round;
  console.error(
    `${place}: ${fault} (seed ${seed}): ended ${ending}, finished by ${finish}, ${Math.round(milliseconds)} ms`,
  );
  for (const violation of violations) console.error(`    BROKEN: ${violation.slice(0, 1000)}`);
}
