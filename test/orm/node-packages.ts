// npm packages for tests of models: exact versions from a lock file of ours, installed into the cache once, without scripts.
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cacheFolder, once, retried, run, say, which } from '../servers/cache.ts';

const repository = join(import.meta.dirname, '../..');

/** Native, and so built by this repository's own installation. */
const drivers = ['better-sqlite3', 'bindings', 'file-uri-to-path'];

/**
 * The folder that holds `node_modules` with what test/orm/packages/NAME asks for, and this repository's better-sqlite3.
 * @throws Error where there is no npm, or a package cannot be had
 */
export async function nodePackages(name: string): Promise<string> {
  const wanted = join(import.meta.dirname, 'packages', name);
  const hash = createHash('sha256').update(process.versions.modules);
  for (const file of [...locks(wanted), join(repository, 'node_modules/better-sqlite3/package.json')])
    hash.update(readFileSync(file));
  const id = `${name}-${hash.digest('hex').slice(0, 8)}`;
  const folder = join(cacheFolder(), 'node', id);
  return once(folder, join(cacheFolder(), 'node', `draft-${process.pid}-${id}`), async (draft) => {
    const npm = which('npm');
    if (npm === undefined) throw new Error('there is no npm to fetch packages with');
    say(`fetching the packages of test/orm/packages/${name} (npm)`);
    await retried(
      () => {
        mkdirSync(draft, { recursive: true });
        for (const file of locks(wanted)) cpSync(file, join(draft, basename(file)));
        return run(npm, ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: draft });
      },
      () => rmSync(draft, { recursive: true }),
    );
    const isNeeded = (path: string): boolean => !/[/\\](deps|obj|obj\.target)$/.test(path);
    for (const driver of drivers) {
      const target = join(draft, 'node_modules', driver);
      // what npm has put there is not built
      rmSync(target, { recursive: true, force: true });
      cpSync(join(repository, 'node_modules', driver), target, { recursive: true, filter: isNeeded });
    }
  });
}

const locks = (folder: string): readonly string[] =>
  ['package.json', 'package-lock.json'].map((file) => join(folder, file));

/** Puts these packages where a project's imports find them. */
export async function linkPackages(name: string, project: string): Promise<void> {
  symlinkSync(join(await nodePackages(name), 'node_modules'), join(project, 'node_modules'));
}
