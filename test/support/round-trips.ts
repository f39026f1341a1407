// A proxy in front of a server that counts how often a client had to wait for it, and can make every wait longer.
import { once } from 'node:events';
import { connect as open, createServer, type Socket } from 'node:net';

export interface CountingProxy {
  /** The server's URL, by way of the proxy. */
  readonly url: string;
  /** How often a client waited for the network: for each connection, and for each answer to what it had sent in one go. */
  roundTrips(): number;
  close(): Promise<void>;
}

const ports: Readonly<Record<string, number>> = { 'postgres:': 5432, 'mysql:': 3306, 'mariadb:': 3306 };

/** @param delay milliseconds that an answer takes on its way; what a client sends meanwhile has not waited for it */
export async function countingProxy(serverUrl: string, delay = 25): Promise<CountingProxy> {
  const target = new URL(serverUrl);
  const port = Number(target.port || ports[target.protocol]);
  const sockets = new Set<Socket>();
  let trips = 0;
  const server = createServer((client) => {
    const upstream = open({ host: target.hostname, port, noDelay: true });
    const answers: Buffer[] = [];
    let isAsked = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    trips += 1;
    const deliverLater = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (isAsked && answers.length > 0) trips += 1;
        isAsked = false;
        for (const answer of answers.splice(0)) client.write(answer);
        if (upstream.readableEnded) client.end();
      }, delay);
    };
    client.setNoDelay(true);
    client.on('data', (data) => {
      isAsked = true;
      upstream.write(data);
      if (answers.length > 0) deliverLater();
    });
    upstream.on('data', (data) => {
      answers.push(data);
      deliverLater();
    });
    client.on('end', () => upstream.end());
    upstream.on('end', deliverLater);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  const url = new URL(serverUrl);
  url.hostname = '127.0.0.1';
  url.port = String(address.port);
  return {
    url: url.href,
    roundTrips: () => trips,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
