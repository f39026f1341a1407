// Compiles to dist/ and copies what the compiler leaves behind: assets and *.runtime.ts files, 1:1 beside their module.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const SOURCE_FOLDERS = ['src', 'dialects', 'migrations-templates'];
/** Its time of change says when dist was last complete; a build cut short leaves none. */
export const STAMP = join(ROOT, 'dist', '.built');

/** @param {string} path relative to the root; true for files that go to dist as they are */
export const isAsset = (path) => !path.endsWith('.ts') || path.endsWith('.runtime.ts');

/** Every file below the source folders, as paths relative to the root. */
export function sourceFiles() {
  const files = [];
  for (const folder of SOURCE_FOLDERS) {
    const absolute = join(ROOT, folder);
    if (!existsSync(absolute)) continue;
    for (const entry of readdirSync(absolute, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) files.push(relative(ROOT, join(entry.parentPath, entry.name)));
    }
  }
  return files;
}

/** Builds dist/ from nothing; false when the compiler found errors (what it could emit is there all the same). */
export function build() {
  const startedAt = new Date();
  rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
  const tsc = createRequire(join(ROOT, 'package.json')).resolve('typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.json'], { cwd: ROOT, stdio: 'inherit' });
  for (const file of sourceFiles().filter(isAsset)) {
    const target = join(ROOT, 'dist', file);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(ROOT, file), target);
  }
  const main = join(ROOT, 'dist/src/main.js');
  if (existsSync(main)) chmodSync(main, 0o755);
  if (status !== 0) return false;
  writeFileSync(STAMP, `${startedAt.toISOString()}\n`);
  return true;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = build() ? 0 : 1;
