// docs/quick-start.md, run from its first command to its last on each engine, as it is written: in bash, with `npx` as the built
// command line, and with the engine's own client. Only the lines that say which database are those of the test.
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { need } from '../servers/cache.ts';
import { clientCommand, type TestServer, testServers } from '../servers/index.ts';
import { openScratch } from '../support/database.ts';
import { run } from '../support/cli.ts';
import { openProject, type Project } from '../support/project.ts';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/quick-start.md'), 'utf8');
const fence = (language: string, text = page): readonly (readonly [mark: string, text: string])[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}(.*)\\n([^]*?)^\`\`\`$`, 'gm'))].map(
    ([, mark = '', block = '']) => [mark.trim(), block] as const,
  );
const [[, schema] = ['', '']] = fence('sql');
const [[, rules] = ['', '']] = fence('yaml');

/** The blocks of one engine, without those that install or say which database. */
function blocksOf(title: string): readonly (readonly [mark: string, text: string])[] {
  const [, section = ''] = page.split(`\n## ${title}\n`);
  return fence('sh', section.split('\n## ')[0] ?? '').filter(
    ([, text]) => !/^(export|npm install) /.test(text),
  );
}

let place: Project;
beforeAll(() => {
  place = openProject();
});
afterAll(() => place.remove());

/** A program of this name for the shell of the test. */
function program(
  name: string,
  command: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): void {
  const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  const set = Object.entries(env).map(([key, value]) => `export ${key}=${quoted(value ?? '')}\n`);
  place.write(`bin/${name}`, `#!/bin/sh\n${set.join('')}exec ${command.map(quoted).join(' ')} "$@"\n`);
  chmodSync(place.path(`bin/${name}`), 0o755);
}

async function follow(title: string, folder: string, env: Readonly<Record<string, string>>): Promise<void> {
  program('npx', ['node', join(root, 'test/support/npx.mjs')]);
  place.write(`${folder}/shop.sql`, schema);
  const blocks = blocksOf(title);
  expect(blocks).toHaveLength(5);
  const config = (): string => readFileSync(place.path(`${folder}/ondelete.config.yaml`), 'utf8');
  for (const [mark, text] of blocks) {
    if (mark === 'exit=1')
      place.write(`${folder}/ondelete.config.yaml`, config().replace(/^ {2}rules:\n(?: {4}.*\n)*/m, rules));
    const result = await run('bash', ['-ec', text], {
      cwd: place.path(folder),
      env: { ...env, PATH: `${place.path('bin')}:${process.env['PATH'] ?? ''}` },
    });
    // All of it, so that a failure shows what was printed.
    expect({ text, ...result }).toEqual({ text, ...result, code: mark === 'exit=1' ? 1 : 0 });
  }
  const after = await run('bash', ['-ec', 'npx ondelete diff'], {
    cwd: place.path(folder),
    env: { ...env, PATH: `${place.path('bin')}:${process.env['PATH'] ?? ''}` },
  });
  expect(after).toMatchObject({ code: 1 });
}

test('SQLite', async () => {
  program('sqlite3', [await need('sqlite3', 'sqlite3')]);
  await follow('SQLite', 'sqlite', { DATABASE_URL: 'shop.db' });
}, 60_000);

const titles = { postgres: 'PostgreSQL', mysql: 'MySQL', mariadb: 'MariaDB' } as const;

/** The client with the server's address in front, but for psql, which is given the URL. */
async function engineClient(server: TestServer, url: string): Promise<void> {
  const { command, args, env } = await clientCommand(server, url);
  const name = { postgres: 'psql', mysql: 'mysql', mariadb: 'mariadb' }[server.dialect];
  program(name, [command, ...(server.dialect === 'postgres' ? [] : args.slice(0, -1))], {
    ...(env['MYSQL_PWD'] === undefined ? {} : { MYSQL_PWD: env['MYSQL_PWD'] }),
  });
}

const servers = testServers();
(servers.length === 0 ? describe.skip : describe)('on servers', () => {
  test.each(servers.length === 0 ? [] : servers.map((server) => [server.id, server] as const))(
    '%s',
    async (id, server) => {
      const scratch = await openScratch(server);
      try {
        await engineClient(server, scratch.url);
        const env = {
          DATABASE: new URL(scratch.url).pathname.slice(1),
          DATABASE_URL: scratch.url,
          ...(server.dialect === 'postgres' ? {} : { SCRATCH_DATABASE_URL: server.url }),
        };
        await follow(titles[server.dialect], id, env);
      } finally {
        await scratch.drop();
      }
    },
    120_000,
  );
});
