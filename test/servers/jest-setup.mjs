// jest's global set-up: the servers of this run, unless scripts/with-servers.mjs has started them already.
import { loadStart } from './load.mjs';

export default async function setUp() {
  const { env } = process;
  if (env.ONDELETE_TEST_ONLY === 'sqlite' || env.ONDELETE_TEST_RUN_FILE) return;
  const { startServers, missingBanner, mustFail } = await loadStart();
  const run = await startServers();
  for (const [signal, code] of /** @type {const} */ ([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])) {
    process.once(signal, () => {
      run.stopNow();
      process.exit(code);
    });
  }
  process.stderr.write(missingBanner(run));
  if (mustFail(run)) {
    await run.stop();
    throw new Error(`servers are missing: ${run.missing.map(({ id }) => id).join(', ')}`);
  }
  env.ONDELETE_TEST_RUN_FILE = run.file;
  Object.assign(globalThis, { ondeleteTestRun: run });
}
