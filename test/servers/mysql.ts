// MySQL and MariaDB servers: the system's own binary when it is of the wanted series, else a Debian suite that
// carries it, unpacked into a folder of the cache and run with chroot (root only; nothing is mounted).
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chownSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, isRoot, need, once, retried, run, say, serverUser, type User, which } from './cache.ts';
import type { DebianSource, ServerSpec } from './matrix.ts';
import type { Prepared } from './process.ts';
import { folderInRoot, removeMounted, rootsFolder, runFolder } from './runs.ts';

// flush_log_at_trx_commit=2: what is committed outlives a killed server, not a power cut.
const COMMON = [
  '--innodb-flush-log-at-trx-commit=2',
  '--innodb-buffer-pool-size=64M',
  '--skip-log-bin',
  '--performance-schema=ON',
  '--secure-file-priv=',
];
const ONLY = {
  mysql: ['--mysqlx=OFF', '--innodb-redo-log-capacity=64M', '--lc-messages-dir=/usr/share/mysql'],
  mariadb: ['--innodb-log-file-size=32M'],
};
// What an existing data directory must have been made with.
const INIT_MYSQL = [
  '--initialize-insecure',
  '--innodb-redo-log-capacity=64M',
  '--lc-messages-dir=/usr/share/mysql',
];
const INIT_MARIADB = [
  '--force',
  '--auth-root-authentication-method=normal',
  '--skip-test-db',
  '--innodb-log-file-size=32M',
];

/** Where a server's programs are: a folder to chroot into, or '' for this system. */
type Root = string;

function systemSeries(binary: string): string | undefined {
  if (!existsSync(binary)) return undefined;
  const text = execFileSync(binary, ['--no-defaults', '--version'], { encoding: 'utf8' });
  return /Ver (\d+\.\d+)/.exec(text)?.[1];
}

async function rootOf(spec: ServerSpec, source: DebianSource, runId: string): Promise<Root> {
  const { systemBinary, suite, packages } = source;
  if (systemBinary !== undefined && systemSeries(systemBinary) === spec.series) return '';
  if (!isRoot) throw new Error(`${spec.id} needs root here: it runs in a folder made by debootstrap`);
  const debootstrap = await need('debootstrap', 'debootstrap');
  const name = `${suite}-${packages.split(',')[0] ?? ''}`;
  return once(join(rootsFolder(), name), join(runFolder(runId), `root-${name}`), async (draft) => {
    say(`unpacking ${packages} of Debian ${suite} (debootstrap, about a minute)`);
    await retried(
      () => run(debootstrap, ['--variant=minbase', `--include=${packages}`, suite, draft]),
      () => removeMounted(draft),
    );
    await run('chroot', [draft, 'apt-get', 'clean']);
  });
}

/** A Debian root has no user `mysql`: the packages leave making it to the full server package. */
const userIn = (root: Root): User | undefined => serverUser(root === '' ? 'mysql' : 'nobody');

const inRoot = (
  root: Root,
  command: string,
  args: readonly string[],
): readonly [string, readonly string[]] =>
  root === '' ? [command, args] : [which('chroot') ?? 'chroot', [root, command, ...args]];

/** Brings a data directory for this run into being. @returns how to start the server on it */
export async function prepareMysql(spec: ServerSpec, source: DebianSource, runId: string): Promise<Prepared> {
  const flavor = spec.dialect === 'mysql' ? 'mysql' : 'mariadb';
  const root = await rootOf(spec, source, runId);
  const user = userIn(root);
  const template = await templateOf(flavor, spec, root, runId);
  const inside = root === '' ? join(runFolder(runId), spec.id) : `${folderInRoot(runId)}/${spec.id}`;
  const home = root + inside;
  makeOwned(home, user);
  makeOwned(`${home}/tmp`, user);
  await run('cp', ['-a', '--sparse=always', template, `${home}/data`]);
  // A copied auto.cnf would give two servers one server_uuid.
  await run('rm', ['-f', `${home}/data/auto.cnf`]);
  const launchArgs = (port: number): readonly string[] => [
    '--no-defaults',
    ...(user ? [`--user=${user.name}`] : []),
    `--datadir=${inside}/data`,
    // A MariaDB that starts deletes every #sql… file of its tmpdir, those of servers that run there as well (errno 6 in their queries).
    `--tmpdir=${inside}/tmp`,
    `--socket=${inside}/sock`,
    `--pid-file=${inside}/pid`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    ...COMMON,
    ...ONLY[flavor],
    ...(spec.flags ?? []),
  ];
  return {
    home,
    dataDir: `${home}/data`,
    origin: root === '' ? `this run, ${source.systemBinary ?? ''}` : `this run, Debian ${source.suite}`,
    clientRoot: root,
    url: (port) => `${flavor}://root@127.0.0.1:${port}`,
    launch: (port) => {
      const [command, args] = inRoot(
        root,
        flavor === 'mysql' ? '/usr/sbin/mysqld' : '/usr/sbin/mariadbd',
        launchArgs(port),
      );
      return { command, args, pidFile: `${home}/pid`, logFile: join(runFolder(runId), `${spec.id}.log`) };
    },
  };
}

function makeOwned(folder: string, user: User | undefined): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  if (user) chownSync(folder, user.uid, user.gid);
}

/** One initialised data directory per series: mysql-9.7 and mysql-9.7-native differ in flags only. */
async function templateOf(
  flavor: 'mysql' | 'mariadb',
  spec: ServerSpec,
  root: Root,
  runId: string,
): Promise<string> {
  const user = userIn(root);
  const init = flavor === 'mysql' ? INIT_MYSQL : INIT_MARIADB;
  const key = createHash('sha256')
    .update([...init, root, user?.name].join(' '))
    .digest('hex')
    .slice(0, 8);
  const folder = join(cacheFolder(), 'templates', `${flavor}-${spec.series}-${key}`);
  const inside = `${root === '' ? runFolder(runId) : folderInRoot(runId)}/draft-${spec.id}`;
  return once(folder, `${root}${inside}/${spec.id}`, async (draft) => {
    makeOwned(root + inside, user);
    makeOwned(draft, user);
    const program = flavor === 'mysql' ? 'mysqld' : 'mariadb-install-db';
    const args = [`--datadir=${inside}/${spec.id}`, ...(user ? [`--user=${user.name}`] : []), ...init];
    await run(...inRoot(root, program, ['--no-defaults', ...args]));
  });
}
