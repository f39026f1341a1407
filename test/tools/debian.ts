// Ruby's and PHP's tools: packages of a Debian suite with all that they need, unpacked into the cache. Their programs run with the
// libraries of that suite, whatever this machine has; nothing is installed.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ownSources } from '../orm/python-packages.ts';
import { cacheFolder, isRoot, once, retried, run, say, which } from '../servers/cache.ts';

/** A program and what comes before its arguments. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const suite = 'trixie';
const triplets: Readonly<Record<string, string>> = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };

/** @returns the folder that they are unpacked into @throws Error where there is no apt-get, or the suite cannot be reached */
async function unpacked(packages: readonly string[]): Promise<string> {
  const apt = which('apt-get');
  if (apt === undefined) throw new Error('there is no apt-get to fetch Debian’s packages with');
  const hash = createHash('sha256').update(packages.join(' ')).digest('hex').slice(0, 8);
  const name = `${suite}-${packages[0] ?? ''}-${hash}`;
  const draft = join(cacheFolder(), 'tools', `draft-${process.pid}-${name}`);
  const folder = await once(join(cacheFolder(), 'tools', name), join(draft, 'root'), async (root) => {
    say(`fetching ${packages.join(', ')} of Debian ${suite}`);
    const options = ['-o', `APT::Sandbox::User=${isRoot ? 'root' : ''}`, '-o', 'Debug::NoLocking=1'];
    const install = ['install', '--download-only', '--yes', '--no-install-recommends', ...packages];
    await retried(
      async () => {
        const own = [...options, ...ownSources(suite, draft)];
        await run(apt, [...own, 'update']);
        await run(apt, [...own, ...install]);
      },
      () => rmSync(draft, { recursive: true, force: true }),
    );
    mkdirSync(root, { recursive: true });
    const debs = join(draft, 'cache/archives');
    for (const deb of readdirSync(debs).filter((one) => one.endsWith('.deb')))
      await run('dpkg-deb', ['-x', join(debs, deb), root]);
  });
  rmSync(draft, { recursive: true, force: true });
  return folder;
}

/** The loader of the suite starts its program with the suite's libraries. */
function program(
  root: string,
  path: string,
): Pick<Program, 'command' | 'args'> & { readonly libraries: string } {
  const libraries = join(root, 'usr/lib', triplets[process.arch] ?? '');
  const loader = readdirSync(libraries).find((name) => /^ld-linux.*\.so/.test(name));
  if (loader === undefined) throw new Error(`no program of Debian ${suite} runs on ${process.arch}`);
  return {
    command: join(libraries, loader),
    args: ['--library-path', libraries, join(root, path)],
    libraries,
  };
}

export async function ruby(...packages: readonly string[]): Promise<Program> {
  const root = await unpacked(['ruby', ...packages]);
  const { libraries, ...start } = program(root, 'usr/bin/ruby3.3');
  const both = (path: string): readonly string[] => [join(root, 'usr/lib', path), join(libraries, path)];
  const gems = [join(root, 'usr/share'), libraries].flatMap((one) =>
    ['all', '3.3.0'].map((version) => join(one, 'rubygems-integration', version)),
  );
  return {
    ...start,
    env: {
      RUBYLIB: [...both('ruby/vendor_ruby'), ...both('ruby/vendor_ruby/3.3.0'), ...both('ruby/3.3.0')].join(
        ':',
      ),
      GEM_PATH: gems.join(':'),
      MARIADB_PLUGIN_DIR: join(libraries, 'libmariadb3/plugin'),
    },
  };
}

export async function php(extensions: readonly string[], ...packages: readonly string[]): Promise<Program> {
  const root = await unpacked(['php-cli', ...packages]);
  const { args, command } = program(root, 'usr/bin/php8.4');
  const [api = ''] = readdirSync(join(root, 'usr/lib/php')).filter((name) => /^\d{8}$/.test(name));
  const settings = [
    `extension_dir=${join(root, 'usr/lib/php', api)}`,
    `include_path=${join(root, 'usr/share/php')}`,
    ...extensions.map((name) => `extension=${name}`),
  ];
  return { command, args: [...args, '-n', ...settings.flatMap((one) => ['-d', one])], env: {} };
}
