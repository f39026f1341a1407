// Whole commands on schemas of hard shapes: seconds and memory of each process, against bounds that hold for every shape.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './processes.mjs';
import { shapes, snapshotOf, sqliteSql } from './shapes-schemas.mjs';

const bounds = { seconds: 10, megabytes: 500 };

/** `generate` last: the files that it leaves would be read by the others. */
const commands = {
  diff: ['diff'],
  lint: ['lint'],
  'reach --diff': ['reach', '--diff'],
  'generate --dry-run': ['generate', '--dry-run'],
  generate: ['generate'],
};

const policy = "policy:\n  rules:\n    - match: '* -> *'\n      onDelete: cascade\n";

/** @typedef {{ engine: string, shape: string, command: string, seconds: number, megabytes: number, failed: string | null }} Measured */

/** SQLite is read from a file, the others from saved snapshots. @param {(text: string) => void} say @returns {Promise<readonly Measured[]>} */
export async function benchShapes(say) {
  const measured = [];
  for (const [shape, make] of Object.entries(shapes)) {
    for (const engine of /** @type {const} */ (['sqlite', 'postgres', 'mysql'])) {
      const folder = mkdtempSync(join(tmpdir(), 'ondelete-shapes-'));
      try {
        writeFileSync(join(folder, 'ondelete.config.yaml'), policy);
        const source =
          engine === 'sqlite'
            ? database(folder, make())
            : snapshot(folder, snapshotOf(make(), engine, 'NO ACTION'));
        for (const [command, words] of Object.entries(commands)) {
          say(`${shape}, ${engine}: ${command}`);
          measured.push({ engine, shape, command, ...(await run([...words, ...source], folder)) });
        }
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
  }
  return measured;
}

/** @param {string} folder @param {import('./shapes-schemas.mjs').Shape} shape */
function database(folder, shape) {
  const Database = createRequire(import.meta.url)('better-sqlite3');
  const opened = new Database(join(folder, 'shape.db'));
  opened.exec(['BEGIN;', ...sqliteSql(shape, 'NO ACTION'), 'COMMIT;'].join('\n'));
  opened.close();
  return ['--database', 'shape.db'];
}

/** @param {string} folder @param {unknown} content */
function snapshot(folder, content) {
  writeFileSync(join(folder, 'snapshot.json'), JSON.stringify(content));
  return ['--snapshot', 'snapshot.json'];
}

/** Told by the process itself when it ends, because nothing else knows its greatest size. */
const usage =
  "import { writeSync } from 'node:fs'; process.on('exit', () => writeSync(3, String(process.resourceUsage().maxRSS)))";

/** @param {readonly string[]} words @param {string} cwd @returns {Promise<Pick<Measured, 'seconds' | 'megabytes' | 'failed'>>} */
function run(words, cwd) {
  const begin = performance.now();
  const preload = `data:text/javascript,${encodeURIComponent(usage)}`;
  const child = spawn(process.execPath, ['--import', preload, join(ROOT, 'dist/bundle/main.js'), ...words], {
    cwd,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  let kilobytes = '';
  child.stdio[3]?.on('data', (text) => (kilobytes += String(text)));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const isAnswer = code === 0 || code === 1;
      resolve({
        seconds: (performance.now() - begin) / 1000,
        megabytes: Number(kilobytes) / 1024,
        failed: isAnswer ? null : (signal ?? `exit ${code}`),
      });
    });
  });
}

/** @param {readonly Measured[]} measured */
export function shapesText(measured) {
  const lines = measured.map(({ command, engine, failed, megabytes, seconds, shape }) => {
    const isKept = failed === null && seconds <= bounds.seconds && megabytes <= bounds.megabytes;
    return `| ${[shape, engine, command, seconds.toFixed(1), megabytes.toFixed(0), failed ?? (isKept ? 'kept' : 'MISSED')].join(' | ')} |`;
  });
  return [
    `At most ${bounds.seconds} s and ${bounds.megabytes} MB each.`,
    '',
    '| shape | engine | command | s | MB | verdict |',
    '| --- | --- | --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
}
