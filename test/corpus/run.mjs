// node test/corpus/run.mjs DIR: starts the test servers that the dumps need, runs the closed loop, stops them.
import { resolve } from 'node:path';
import { createJiti } from 'jiti';
import { loadStart } from '../servers/load.mjs';

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error(
    'usage: npm run corpus -- DIR   (a folder of dumps named NAME.postgres.sql, NAME.mysql.sql, NAME.mariadb.sql, NAME.sqlite.sql)',
  );
  process.exit(2);
}
const { startServers, missingBanner, mustFail } = await loadStart();
const run = await startServers();
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => void run.stop().then(() => process.exit(130)));
process.stderr.write(missingBanner(run));
process.env.ONDELETE_TEST_RUN_FILE = run.file;
try {
  /** @type {typeof import('./corpus.ts')} */
  const { runCorpus } = await createJiti(import.meta.url).import('./corpus.ts');
  const closed = await runCorpus(resolve(folder));
  process.exitCode = closed && !mustFail(run) ? 0 : 1;
} finally {
  await run.stop();
}
