// npm test: set-up, then jest; the test servers are started and stopped by jest's global set-up.
//   --quick   goldens, unit tests and SQLite only, in a minute    --long   the slow ones too    --update   rewrite golden files
//   --topologies   clusters, replicas and poolers (npm run topologies)
//   --tools   the real migration tools, on every engine (npm run tools), and the docs' table of what was proven
// Everything else goes to jest as it is.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './build.mjs';
import { setup } from './setup.mjs';

/** @type {Record<string, Record<string, string>>} */
const MODES = {
  '--quick': { ONDELETE_TEST_ONLY: 'sqlite' },
  '--long': { ONDELETE_TEST_LONG: '1' },
  '--update': { UPDATE: '1' },
  '--topologies': { ONDELETE_TEST_SERVERS: 'topologies' },
  '--tools': {
    ONDELETE_TOOLS_RUNS: join(ROOT, '.cache', 'tools-runs.jsonl'),
    // One of each engine: contract.ts names them.
    ONDELETE_TEST_SERVERS: 'postgres-18,mysql-9.7,mariadb-11.8',
  },
};

/** What starts a process or an ORM for each of its cases; named on the command line it runs in the quick mode too. */
const SLOW = ['/test/(orm|live|chaos|cli|random|servers|report)/', '/test/codes/examples'];

const args = process.argv.slice(2);
const isWhole = args.every((arg) => arg.startsWith('-'));
/** What has a command of its own. */
const OWN = ['tools', 'topologies'].map((name) => ({
  folder: `test/${name}/`,
  isMeant: args.includes(`--${name}`) || args.some((arg) => arg.includes(`test/${name}`)),
  isAlone: args.includes(`--${name}`) && isWhole,
}));
const skipped = [
  ...(args.includes('--quick') && isWhole ? SLOW : []),
  ...OWN.filter(({ isMeant }) => !isMeant).map(({ folder }) => `/${folder}`),
];
const only = OWN.filter(({ isAlone }) => isAlone).map(({ folder }) => folder);
const env = Object.assign({ ...process.env }, ...args.map((arg) => MODES[arg] ?? {}));
const built = await setup();
if (env.ONDELETE_TOOLS_RUNS) {
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  writeFileSync(env.ONDELETE_TOOLS_RUNS, '');
}

/** @type {import('node:child_process').ChildProcess | undefined} */
let jest;
// The terminal sends Ctrl-C to jest as well; leaving before it has stopped the servers would leave them running.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => jest?.kill('SIGTERM'));

let code = await runJest(
  [
    ...args.filter((arg) => !(arg in MODES)),
    ...only,
    ...skipped.map((pattern) => `--testPathIgnorePatterns=${pattern}`),
  ],
  env,
);
if (code === 0 && args.includes('--tools')) {
  const isRecorded = recordToolRuns(args.includes('--update'));
  // The page says what the record says.
  code = await runJest(['test/templates/docs.test'], { ...env, ...MODES['--quick'] });
  if (!isRecorded) code = 1;
}
if (!built) console.error('ondelete: the sources do not compile (see the errors above)');
process.exitCode = code === 0 && built ? 0 : code || 1;

/** @param {readonly string[]} words @param {NodeJS.ProcessEnv} environment @returns {Promise<number>} */
function runJest(words, environment) {
  const options = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const program = join(ROOT, 'node_modules/jest/bin/jest.js');
  const child = spawn(process.execPath, [...options, program, ...words], {
    cwd: ROOT,
    env: environment,
    stdio: 'inherit',
  });
  jest = child;
  return new Promise((resolve) => child.on('exit', (status) => resolve(status ?? 1)));
}

/**
 * What the tools' tests have seen, as the source that `ondelete tools` and the docs read. Of a run of some tools the others stay as they were.
 * @param {boolean} update write it @returns {boolean} whether it says what was seen
 */
function recordToolRuns(update) {
  const file = join(ROOT, 'migrations-templates/proven.ts');
  const old = readFileSync(file, 'utf8');
  const start = old.indexOf('export const provenRuns');
  const seen = readFileSync(env.ONDELETE_TOOLS_RUNS ?? '', 'utf8')
    .trim()
    .split('\n');
  const runs = seen.filter((line) => line !== '').map((line) => JSON.parse(line));
  const lines = runs.map(
    ({ tool, version, server, down, instead }) =>
      `  { tool: '${tool}', version: '${version}', server: '${server}', down: ${down}${instead === undefined ? '' : `, instead: '${instead}'`} },\n`,
  );
  const isSeen = (/** @type {string} */ line) =>
    runs.some(
      ({ tool, server }) => line.includes(`tool: '${tool}',`) && line.includes(`server: '${server}',`),
    );
  const kept = isWhole
    ? []
    : (old.slice(start).match(/^ {2}\{ tool: .*\n/gm) ?? []).filter((line) => !isSeen(line));
  const all = [...new Set([...lines, ...kept])].sort();
  const now = `${old.slice(0, start)}export const provenRuns: readonly ProvenRun[] = [\n${all.join('')}];\n`;
  if (update) writeFileSync(file, now);
  else if (now !== old)
    console.error('migrations-templates/proven.ts does not say what was seen: npm run tools -- --update');
  return update || now === old;
}
