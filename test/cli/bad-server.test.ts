// Servers that do not answer as they should: nobody listens, wrong password, no such database. One clear line, exit 2.
import { existsSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openScratch } from '../support/database.ts';
import { describeServers } from '../servers/describe.ts';
import { openProject, type Project, shopConfig } from '../support/project.ts';
import { ondelete } from '../support/shared-cli.ts';
import { refused } from './refused.ts';

let place: Project;

beforeEach(() => {
  place = openProject(ondelete);
});

afterEach(() => place.remove());

describe('a server that does not answer as it should', () => {
  let silent: Server;
  let port = 0;
  const sockets = new Set<Socket>();
  beforeEach(async () => {
    silent = createServer((socket) => {
      socket.on('error', () => undefined);
      sockets.add(socket);
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    port = typeof address === 'object' && address !== null ? address.port : 0;
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
  });

  test.each(['postgres', 'mysql', 'mariadb'])('%s: nobody listens', async (scheme) => {
    const unused = port;
    await new Promise((resolve) => silent.close(resolve));
    const result = await place.run([
      'snapshot',
      '-d',
      `${scheme}://user:s3cret-w0rd@127.0.0.1:${unused}/shop`,
    ]);
    refused(result, '127.0.0.1');
    expect(result.stderr).not.toContain('s3cret-w0rd');
    silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  });

  test('Ctrl-C while it waits: one line, exit 2, nothing left', async () => {
    place.write(
      'ondelete.config.yaml',
      shopConfig.replace('shop.db', `postgres://u:s3cret-w0rd@127.0.0.1:${port}/shop`),
    );
    const result = await place.run(['generate'], {
      onStart: (child) => void silent.once('connection', () => child.kill('SIGINT')),
    });
    refused(result, 'interrupted');
    expect(existsSync(place.path('migrations'))).toBe(false);
  });
});

describeServers(undefined, (server) => {
  test('a wrong user or password is told, the password is not', async () => {
    const url = new URL(server.url);
    url.username = 'nobody_of_that_name';
    url.password = 's3cret%20w0rd';
    const result = await place.run(['snapshot', '-d', url.href]);
    refused(result);
    expect(result.stderr).not.toMatch(/s3cret/);
  });

  test('a database that is not there', async () => {
    const url = new URL(server.url);
    url.pathname = '/no_database_of_that_name';
    refused(await place.run(['snapshot', '-d', url.href]), 'no_database_of_that_name');
  });

  test('TLS demanded of a server that has none', async () => {
    const url = new URL(server.url);
    url.search = server.dialect === 'postgres' ? '?sslmode=require' : '?ssl-mode=REQUIRED';
    const result = await place.run(['snapshot', '-d', url.href]);
    if (server.dialect === 'postgres') refused(result, 'TLS');
    else if (result.code !== 0) refused(result);
  });

  test('an empty database says so', async () => {
    const database = await openScratch(server);
    try {
      place.write('ondelete.config.yaml', 'policy: { rules: [] }\n');
      const result = await place.run(['diff', '-d', database.url]);
      expect({ code: result.code, stderr: result.stderr }).toEqual({ code: 0, stderr: '' });
      expect(result.stdout).toContain('no foreign keys');
    } finally {
      await database.drop();
    }
  });
});
