// The quick start of each server, and of SQLite. Only the lines that say which database are those of the test; test/tools runs the others.
import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { need } from '../servers/cache.ts';
import { testServers } from '../servers/index.ts';
import { openScratch } from '../support/database.ts';
import { clientPrograms, writePrograms } from '../support/paste.ts';
import { openProject, type Project } from '../support/project.ts';
import { followQuickStart } from '../support/quick-start.ts';

let place: Project;
beforeAll(() => {
  place = openProject();
});
afterAll(() => place.remove());

test('SQLite', async () => {
  writePrograms(place.path('bin'), { sqlite3: { command: [await need('sqlite3', 'sqlite3')] } });
  await followQuickStart('SQLite', place, 'sqlite');
}, 60_000);

const titles = { postgres: 'PostgreSQL', mysql: 'MySQL', mariadb: 'MariaDB' } as const;

const servers = testServers();
(servers.length === 0 ? describe.skip : describe)('on servers', () => {
  test.each(servers.length === 0 ? [] : servers.map((server) => [server.id, server] as const))(
    '%s',
    async (id, server) => {
      const scratch = await openScratch(server);
      try {
        writePrograms(place.path('bin'), await clientPrograms(server, scratch.url));
        const env = {
          DATABASE: new URL(scratch.url).pathname.slice(1),
          DATABASE_URL: scratch.url,
          ...(server.dialect === 'postgres' ? {} : { SCRATCH_DATABASE_URL: server.url }),
        };
        await followQuickStart(titles[server.dialect], place, id, env);
      } finally {
        await scratch.drop();
      }
    },
    120_000,
  );
});
