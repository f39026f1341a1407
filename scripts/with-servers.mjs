// node scripts/with-servers.mjs [ids] [-- command args…]
// Starts the test servers, runs the command with ONDELETE_TEST_… naming them, and stops them.
// Without a command it prints the variables and stays up until Ctrl-C.
import { spawn } from 'node:child_process';
import { loadStart } from '../test/servers/load.mjs';

const argv = process.argv.slice(2);
const split = argv.indexOf('--');
const ids = (split === -1 ? argv : argv.slice(0, split)).join(',');
const [command, ...args] = split === -1 ? [] : argv.slice(split + 1);

const { startServers, missingBanner, mustFail, variableOf } = await loadStart();
/** @type {(() => void)[]} */
const atSignal = [];
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => {
    if (atSignal.length === 0) process.exit(130);
    for (const act of atSignal) act();
  });
}

const run = await startServers(ids || undefined);
process.stderr.write(missingBanner(run));
const servers = [...run.servers, ...run.topologies.flatMap(({ nodes }) => nodes)];
const variables = Object.fromEntries(servers.map(({ id, url }) => [variableOf(id), url]));
variables.ONDELETE_TEST_RUN_FILE = run.file;
process.exitCode = mustFail(run) ? 1 : command === undefined ? await stayUp() : await runCommand(command);
await run.stop();

async function stayUp() {
  for (const { id, version, origin } of servers) console.log(`# ${id}: ${version} (${origin})`);
  for (const [name, url] of Object.entries(variables)) console.log(`export ${name}='${url}'`);
  console.error('the servers stay up until Ctrl-C');
  const heartbeat = setInterval(() => {}, 1 << 30);
  await new Promise((resolve) => atSignal.push(() => resolve(undefined)));
  clearInterval(heartbeat);
  return 0;
}

/** @param {string} program @returns {Promise<number>} */
function runCommand(program) {
  const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, ...variables } });
  atSignal.push(() => child.kill('SIGTERM'));
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(error.message);
      resolve(127);
    });
    child.on('exit', (code) => resolve(code ?? 1));
  });
}
