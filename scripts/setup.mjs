// Makes a checkout ready to run: dependencies, then dist/. Costs next to nothing when both are up to date.
// Builtins only: it runs on a fresh clone with nothing installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, isBuilt, LOCK, ROOT } from './build.mjs';
import { withLock } from './lock.mjs';

const INSTALLED = join(ROOT, 'node_modules/.package-lock.json');
const INSTALLED_FROM = join(ROOT, 'node_modules/.ondelete-installed-from');
const SOURCES = ['package.json', 'package-lock.json'].map((file) => join(ROOT, file));

/** A hash of what decides the content of node_modules, so that an edit to a script entry costs no reinstall. */
function dependencyHash() {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const relevant = ['dependencies', 'devDependencies', 'overrides', 'allowScripts'].map(
    (key) => manifest[key],
  );
  const lock = readFileSync(join(ROOT, 'package-lock.json'), 'utf8');
  return createHash('sha256')
    .update(JSON.stringify([relevant, lock, process.versions.modules]))
    .digest('hex');
}

function isInstalled() {
  if (!existsSync(INSTALLED)) return false;
  const installedAt = statSync(INSTALLED).mtimeMs;
  if (SOURCES.every((file) => statSync(file).mtimeMs <= installedAt)) return true;
  if (!existsSync(INSTALLED_FROM) || readFileSync(INSTALLED_FROM, 'utf8') !== dependencyHash()) return false;
  const now = new Date();
  utimesSync(INSTALLED, now, now);
  return true;
}

function install() {
  console.error(
    'ondelete: installing dependencies (npm ci); the first time compiles SQLite, about two minutes',
  );
  const { status, error } = spawnSync(
    'npm',
    ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: ROOT,
      stdio: ['ignore', 2, 2],
      shell: process.platform === 'win32',
    },
  );
  if (status !== 0) throw new Error(`npm ci failed${error ? `: ${error.message}` : ''}`);
  writeFileSync(INSTALLED_FROM, dependencyHash());
}

/** Installs and builds what is out of date; false when the sources do not compile. */
export async function setup() {
  if (isInstalled() && isBuilt()) return true;
  const onWait = () => console.error('ondelete: waiting for another set-up in this checkout');
  return withLock(
    LOCK,
    () => {
      if (!isInstalled()) install();
      return isBuilt() || build();
    },
    onWait,
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (!(await setup())) process.exitCode = 1;
}
