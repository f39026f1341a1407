// `generate` of every key beside `snapshot`, which only reads, as whole commands.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sideBySide } from './measure.mjs';
import { ROOT } from './processes.mjs';

/** @param {string} database for the table @param {string} url @param {number} rounds @returns {Promise<import('./measure.mjs').Row>} */
export async function benchGenerate(database, url, rounds) {
  const folder = mkdtempSync(join(tmpdir(), 'ondelete-bench-'));
  const run = (/** @type {readonly string[]} */ ...words) => {
    const { status, stderr } = spawnSync(
      process.execPath,
      [join(ROOT, 'dist/bundle/main.js'), ...words, '-d', url],
      { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    if (status !== 0) throw new Error(`ondelete ${words.join(' ')} failed: ${String(stderr)}`);
  };
  try {
    writeFileSync(join(folder, 'ondelete.config.yaml'), 'policy:\n  default: cascade\n');
    let runs = 0;
    const works = {
      snapshot: () => run('snapshot'),
      generate: () => run('generate', 'bench', '--out', `out${++runs}`),
    };
    const { snapshot = NaN, generate = NaN } = await sideBySide(works, rounds);
    return {
      what: `${database}: generate, whole command`,
      ours: generate,
      against: 'snapshot, whole command',
      reference: snapshot,
      bound: 2,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
