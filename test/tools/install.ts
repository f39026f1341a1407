// Tools for the tests, pinned, fetched once into the cache: from npm, PyPI, the Go module proxy and Maven Central.
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder, once, retried, run, say, which } from '../servers/cache.ts';

const repository = join(import.meta.dirname, '../..');

function cached(
  kind: string,
  wanted: readonly string[],
  make: (draft: string) => Promise<void>,
): Promise<string> {
  const hash = createHash('sha256')
    .update(JSON.stringify(wanted))
    .update(process.versions.modules)
    .digest('hex')
    .slice(0, 10);
  const folder = join(cacheFolder(), 'tools', `${kind}-${hash}`);
  return once(folder, join(cacheFolder(), 'tools', `draft-${process.pid}-${kind}-${hash}`), async (draft) => {
    say(`fetching ${wanted.filter((one) => !one.includes('\n')).join(' ')} (${kind})`);
    const clear = (): void => rmSync(draft, { recursive: true, force: true });
    await retried(async () => {
      mkdirSync(draft, { recursive: true });
      await make(draft);
    }, clear);
  });
}

function need(program: string, why: string): string {
  const found = which(program);
  if (found === undefined) throw new Error(`there is no ${program}: ${why}`);
  return found;
}

/** The folder that holds `node_modules` with these packages, `name@version` each, and this repository's better-sqlite3. */
export async function npmTools(...packages: readonly string[]): Promise<string> {
  return cached('npm', packages, async (draft) => {
    writeFileSync(join(draft, 'package.json'), '{ "private": true, "type": "commonjs" }\n');
    await run(
      need('npm', 'it fetches migration tools'),
      [
        'install',
        '--save-exact',
        '--ignore-scripts',
        '--no-audit',
        '--no-fund',
        '--legacy-peer-deps',
        ...packages,
      ],
      { cwd: draft },
    );
    const sqlite3 = packages.find((name) => name.startsWith('sqlite3@'));
    if (sqlite3 !== undefined) {
      const binary = 'node_modules/sqlite3/build/Release/node_sqlite3.node';
      cpSync(join(await compiledSqlite3(sqlite3), binary), join(draft, binary));
    }
    for (const driver of ['better-sqlite3', 'bindings', 'file-uri-to-path'])
      cpSync(join(repository, 'node_modules', driver), join(draft, 'node_modules', driver), {
        recursive: true,
        force: true,
      });
  });
}

/** node-sqlite3 has a script that fetches or compiles it, which takes minutes. @returns the folder that holds `node_modules` */
async function compiledSqlite3(name: string): Promise<string> {
  return cached('compiled', [name], async (draft) => {
    writeFileSync(join(draft, 'package.json'), '{ "private": true }\n');
    const node = dirname(dirname(process.execPath));
    const headers = existsSync(join(node, 'include/node/node.h')) ? [`npm_config_nodedir=${node}`] : [];
    const npm = need('npm', 'it fetches migration tools');
    await run('/usr/bin/env', [...headers, npm, 'install', '--no-audit', '--no-fund', name], { cwd: draft });
  });
}

/** A virtual environment with these packages, `name==version` each. @returns its `bin/python`: it was moved, so its scripts do not start */
export async function pythonTools(...packages: readonly string[]): Promise<string> {
  const folder = await cached('python', packages, async (draft) => {
    await run(need('python3', 'it runs Python’s migration tools'), ['-m', 'venv', '--copies', draft]);
    await run(join(draft, 'bin/python'), [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      ...packages,
    ]);
  });
  return join(folder, 'bin/python');
}

/** A Go program, `module@version`, built with these tags. @returns the path of the program */
export async function goTool(module: string, tags = ''): Promise<string> {
  const folder = await cached('go', [module, tags], async (draft) => {
    const go = need('go', 'it builds Go’s migration tools');
    await run('/usr/bin/env', [`GOBIN=${draft}`, go, 'install', '-tags', tags, module]);
  });
  const [path = ''] = module.split('@');
  return join(folder, path.split('/').findLast((part) => !/^v\d+$/.test(part)) ?? '');
}

/** Java libraries, `group:artifact:version` each, and what they need, but for one with `:alone` behind it. @returns the class path */
export async function mavenTools(...artifacts: readonly string[]): Promise<string> {
  const folder = await cached('maven', artifacts, async (draft) => {
    const dependencies = artifacts.map((artifact) => {
      const [group, name, version, alone] = artifact.split(':');
      const without =
        alone === undefined
          ? ''
          : '<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>';
      return `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version>${without}</dependency>`;
    });
    writeFileSync(
      join(draft, 'pom.xml'),
      `<project><modelVersion>4.0.0</modelVersion><groupId>tools</groupId><artifactId>tools</artifactId><version>1</version><dependencies>${dependencies.join('')}</dependencies></project>\n`,
    );
    const maven = need('mvn', 'it fetches Java’s migration tools');
    await run(maven, ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=lib'], { cwd: draft });
  });
  return join(folder, 'lib/*');
}

/** A Go program of a folder of this repository, with its own go.mod, or one that its go.mod names. @returns the path of the program */
export async function goProgram(source: string, program = '.'): Promise<string> {
  const folder = join(repository, source);
  const names = ['go.mod', 'go.sum', ...(program === '.' ? ['main.go'] : [])];
  const texts = names.map((name) => readFileSync(join(folder, name), 'utf8'));
  const built = await cached('go', texts, async (draft) => {
    const go = need('go', 'it builds Go’s migration tools');
    await run(go, ['build', '-o', join(draft, 'program'), program], { cwd: folder });
  });
  return join(built, 'program');
}

/** For programs that live for a second. */
export const javaOptions = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'] as const;

export const jdbcDrivers = [
  'org.postgresql:postgresql:42.7.7',
  'com.mysql:mysql-connector-j:9.3.0',
  'org.mariadb.jdbc:mariadb-java-client:3.5.3',
  'org.xerial:sqlite-jdbc:3.50.1.0',
] as const;

/** A program of a Debian package, with others that it needs. @returns the path of the program */
export async function debianTool(program: string, ...packages: readonly string[]): Promise<string> {
  const missing = packages.filter((name) => !existsSync(join('/usr/share/doc', name)));
  if (which(program) === undefined || missing.length > 0) {
    const apt = need('apt-get', `it installs ${packages.join(', ')}`);
    say(`installing ${packages.join(' ')} (apt-get install)`);
    const install = (): Promise<void> => run(apt, ['install', '-y', '--no-install-recommends', ...packages]);
    await install().catch(async () => {
      await run(apt, ['update']);
      await retried(install, () => undefined);
    });
  }
  return need(program, `it is in ${packages.join(', ')}`);
}
