// Python packages for tests: Debian's, of a suite of our choice, unpacked into the cache and put on PYTHONPATH. They are
// pure Python, so any Python 3 runs them; nothing is installed.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, isRoot, once, retried, run, say, which } from '../servers/cache.ts';

/** A Debian suite by name; `host` is whatever this machine runs. */
export type Suite = 'bookworm' | 'sid' | 'host';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const INSIDE = 'usr/lib/python3/dist-packages';

/**
 * The folder for PYTHONPATH that holds these packages, fetched once.
 * @throws Error where there is no apt-get, or the suite cannot be reached
 */
export async function pythonPackages(suite: Suite, packages: readonly string[]): Promise<string> {
  const apt = which('apt-get');
  if (apt === undefined) throw new Error('there is no apt-get to fetch Debian’s Python packages with');
  const hash = hashOf(packages.join(' '));
  const folder = join(cacheFolder(), 'python', `${suite}-${hash}`);
  const draft = join(cacheFolder(), 'python', `draft-${process.pid}-${suite}-${hash}`);
  await once(folder, join(draft, 'root'), async (root) => {
    say(`fetching ${packages.join(', ')} of Debian ${suite}`);
    const debs = join(draft, 'debs');
    await retried(
      () => {
        mkdirSync(debs, { recursive: true });
        return fetchInto(debs, apt, suite, packages, draft);
      },
      () => rmSync(draft, { recursive: true, force: true }),
    );
    mkdirSync(root, { recursive: true });
    for (const deb of readdirSync(debs)) await run('dpkg-deb', ['-x', join(debs, deb), root]);
  });
  rmSync(draft, { recursive: true, force: true });
  return join(folder, INSIDE);
}

async function fetchInto(
  folder: string,
  apt: string,
  suite: Suite,
  packages: readonly string[],
  draft: string,
): Promise<void> {
  // apt's sandbox user may not write where the cache is
  const asOne = ['-o', `APT::Sandbox::User=${isRoot ? 'root' : ''}`];
  const download = (options: readonly string[]): Promise<void> =>
    run(apt, [...asOne, ...options, 'download', ...packages], { cwd: folder });
  if (suite === 'host') {
    await download([]).catch(async () => {
      await run(apt, ['update']);
      await download([]);
    });
    return;
  }
  const own = ownSources(suite, draft);
  await run(apt, [...asOne, ...own, 'update']);
  await download(own);
}

/** Options of apt for lists, sources and archives below a folder: the machine's are neither read nor changed. */
export function ownSources(suite: string, draft: string): readonly string[] {
  for (const path of ['state/lists/partial', 'cache/archives/partial'])
    mkdirSync(join(draft, path), { recursive: true });
  const sources = join(draft, 'sources.list');
  const signed = existsSync(KEYRING) ? `[signed-by=${KEYRING}] ` : '';
  writeFileSync(sources, `deb ${signed}${mirror()} ${suite} main\n`);
  return [
    `Dir::Etc::sourcelist=${sources}`,
    'Dir::Etc::sourceparts=/dev/null',
    `Dir::State=${join(draft, 'state')}`,
    'Dir::State::status=/dev/null',
    `Dir::Cache=${join(draft, 'cache')}`,
    'Acquire::Languages=none',
  ].flatMap((option) => ['-o', option]);
}

/** The archive that this machine uses. */
function mirror(): string {
  const lines = spawnSync('apt-get', ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages'], {
    encoding: 'utf8',
  }).stdout.split('\n');
  return lines.find((line) => /\/debian\/?$/.test(line)) ?? 'http://deb.debian.org/debian';
}

/**
 * A Python with sqlite3 that Debian's packages fit, in a virtual environment that holds nothing: what this machine has installed is not seen.
 * ONDELETE_TEST_PYTHON names the one that it is made of.
 */
export function python(): string {
  const named = process.env['ONDELETE_TEST_PYTHON'];
  for (const base of [...(named === undefined ? [] : [named]), '/usr/bin/python3', 'python3']) {
    const folder = join(cacheFolder(), 'python', `bare-${hashOf(base)}`);
    const program = join(folder, 'bin/python');
    if (existsSync(program) || makes(base, folder)) return program;
  }
  throw new Error('no Python 3.8 or newer with sqlite3 and venv (Debian: apt-get install python3)');
}

/** False where there is no such Python, or one that is too old. */
function makes(base: string, folder: string): boolean {
  const draft = `${folder}-${process.pid}`;
  try {
    const check = 'import sqlite3, sys; assert sys.version_info >= (3, 8)';
    execFileSync(base, ['-c', check], { stdio: 'ignore' });
    execFileSync(base, ['-m', 'venv', '--without-pip', draft], { stdio: 'ignore' });
    renameSync(draft, folder);
    return true;
  } catch {
    rmSync(draft, { recursive: true, force: true });
    // another process may have been faster
    return existsSync(join(folder, 'bin/python'));
  }
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);
