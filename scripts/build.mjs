// Compiles to dist/ and copies what the compiler leaves behind: assets and *.runtime.ts files, 1:1 beside their module. Then bundles
// what the package ships (bundle.mjs).
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { withLock } from './lock.mjs';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const LOCK = join(ROOT, '.ondelete-setup.lock');
const DIST = join(ROOT, 'dist');
/** Lists what dist was built from; its time of change is when that build began. */
const STAMP = join(DIST, '.built');
const SOURCE_FOLDERS = ['src', 'dialects', 'migrations-templates'];

/** @param {string} path */
const isAsset = (path) => !path.endsWith('.ts') || path.endsWith('.runtime.ts');

function sourceFiles() {
  const files = [];
  for (const folder of SOURCE_FOLDERS) {
    const absolute = join(ROOT, folder);
    if (!existsSync(absolute)) continue;
    for (const entry of readdirSync(absolute, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) files.push(relative(ROOT, join(entry.parentPath, entry.name)));
    }
  }
  return files.sort();
}

/** True when every source is older than dist and none came or went. */
export function isBuilt() {
  if (!existsSync(STAMP)) return false;
  const files = sourceFiles();
  if (readFileSync(STAMP, 'utf8') !== files.join('\n')) return false;
  const builtAt = statSync(STAMP).mtimeMs;
  return [...files, 'tsconfig.json', 'scripts/build.mjs', 'scripts/bundle.mjs'].every(
    (file) => statSync(join(ROOT, file)).mtimeMs < builtAt,
  );
}

/** Builds dist/ from nothing; false when the compiler found errors (what it could emit is there all the same). */
export async function build() {
  const startedAt = new Date();
  const files = sourceFiles();
  // Built aside and swapped in, so that a CLI running meanwhile does not lose its files.
  const fresh = join(ROOT, `dist.new-${process.pid}`);
  rmSync(fresh, { recursive: true, force: true });
  const tsc = createRequire(join(ROOT, 'package.json')).resolve('typescript/bin/tsc');
  const args = [tsc, '-p', 'tsconfig.json', '--outDir', fresh];
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 2, 2] });
  for (const file of files.filter(isAsset)) {
    mkdirSync(dirname(join(fresh, file)), { recursive: true });
    cpSync(join(ROOT, file), join(fresh, file));
  }
  if (status === 0) {
    const { bundle } = await import('./bundle.mjs');
    await bundle(fresh);
    writeFileSync(join(fresh, '.built'), files.join('\n'));
    utimesSync(join(fresh, '.built'), startedAt, startedAt);
  }
  swapIn(fresh);
  return status === 0;
}

/** @param {string} fresh */
function swapIn(fresh) {
  const old = `${fresh}.old`;
  if (existsSync(DIST)) renameSync(DIST, old);
  renameSync(fresh, DIST);
  rmSync(old, { recursive: true, force: true });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.exitCode = (await withLock(LOCK, build)) ? 0 : 1;
}
