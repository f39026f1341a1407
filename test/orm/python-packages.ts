// Python packages for tests: Debian's, of a suite of our choice, unpacked into the cache and put on PYTHONPATH. They are
// pure Python, so any Python 3 runs them; nothing is installed.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, isRoot, once, run, say, which } from '../servers/cache.ts';

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
  const hash = createHash('sha256').update(packages.join(' ')).digest('hex').slice(0, 8);
  const folder = join(cacheFolder(), 'python', `${suite}-${hash}`);
  const draft = join(cacheFolder(), 'python', `draft-${process.pid}-${suite}-${hash}`);
  await once(folder, join(draft, 'root'), async (root) => {
    say(`fetching ${packages.join(', ')} of Debian ${suite}`);
    mkdirSync(root, { recursive: true });
    const debs = join(draft, 'debs');
    mkdirSync(debs);
    await fetchInto(debs, apt, suite, packages, draft);
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

/** A Python with sqlite3 that Debian's packages fit; ONDELETE_TEST_PYTHON names another. */
export function python(): string {
  const named = process.env['ONDELETE_TEST_PYTHON'];
  const candidates = [...(named === undefined ? [] : [named]), '/usr/bin/python3', 'python3'];
  const works = (program: string): boolean => {
    try {
      execFileSync(program, ['-c', 'import sqlite3, sys; assert sys.version_info >= (3, 8)'], {
        stdio: 'ignore',
      });
      return true;
    } catch {
      return false;
    }
  };
  const found = candidates.find(works);
  if (found === undefined)
    throw new Error('no Python 3.8 or newer with sqlite3 (Debian: apt-get install python3)');
  return found;
}
