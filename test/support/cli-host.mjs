// The built command line, called many times in one process: shared-cli.ts sends the calls. What a call must not leave behind, the next one
// does not find: signal handlers, variables, the folder; a connection that is left open is an error, for a process of its own would not end.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** @typedef {{ words: string[], cwd: string, env: Record<string, string> }} Call */

const root = new URL('../../', import.meta.url);
const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
const { main } = await import(new URL('dist/src/cli.js', root).href);
const patienceMilliseconds = 20_000;

process.on('message', (/** @type {Call} */ call) => {
  void answer(call).then((result) => process.send?.(result));
});
process.on('disconnect', () => process.exit());
process.send?.('ready');

/** @param {Call} call */
async function answer({ words, cwd, env }) {
  process.chdir(cwd);
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
  process.exitCode = undefined;
  const out = captured(process.stdout);
  const err = captured(process.stderr);
  try {
    await main(words, version);
    const open = await connectionsLeft();
    if (open > 0) throw new Error(`ondelete ${words.join(' ')} has left ${open} connections open`);
  } catch (error) {
    return { failure: String(error) };
  } finally {
    out.end();
    err.end();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(signal);
  }
  return { code: process.exitCode ?? 0, stdout: out.text(), stderr: err.text() };
}

/** @param {NodeJS.WriteStream} stream */
function captured(stream) {
  const { write } = stream;
  const listeners = new Set(stream.listeners('error'));
  let text = '';
  stream.write = (/** @type {string | Uint8Array} */ chunk, /** @type {unknown[]} */ ...more) => {
    text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    const done = more.find((one) => typeof one === 'function');
    if (typeof done === 'function') done();
    return true;
  };
  return {
    text: () => text,
    end() {
      stream.write = write;
      for (const listener of stream.listeners('error'))
        if (!listeners.has(listener)) stream.off('error', /** @type {() => void} */ (listener));
    },
  };
}

/** How many are still there when none closes any more. */
async function connectionsLeft() {
  const deadline = Date.now() + patienceMilliseconds;
  for (;;) {
    const open = process
      .getActiveResourcesInfo()
      .filter((kind) => /^(TCP|TLS)(Socket)?Wrap/.test(kind)).length;
    if (open === 0 || Date.now() > deadline) return open;
    await sleep(2);
  }
}
