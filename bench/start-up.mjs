// How long the commands take that need no database, against Node itself.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { sideBySide } from './measure.mjs';

const main = fileURLToPath(new URL('../dist/bundle/main.js', import.meta.url));

/** @param {readonly string[]} args */
function node(...args) {
  const { status, stderr } = spawnSync(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  if (status !== 0) throw new Error(`node ${args.join(' ')} failed: ${String(stderr)}`);
}

/** @param {number} rounds @returns {Promise<readonly import('./measure.mjs').Row[]>} */
export async function benchStartUp(rounds) {
  const times = await sideBySide(
    { bare: () => node('-e', '0'), version: () => node(main, '--version'), help: () => node(main, '--help') },
    rounds,
  );
  const { bare = NaN, version = NaN, help = NaN } = times;
  return [
    { what: 'ondelete --version', ours: version, against: 'node -e 0', reference: bare, bound: 1.5 },
    { what: 'ondelete --help', ours: help, against: 'node -e 0', reference: bare, bound: 2.5 },
  ];
}
