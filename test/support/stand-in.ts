// A proxy in front of a server that rewrites what a client asks, so that PostgreSQL or MySQL stands in for an engine that speaks its protocol.
import { once } from 'node:events';
import { connect as open, createServer, type Socket } from 'node:net';

export interface StandIn {
  /** The URL of the same database, by way of the proxy, without TLS. */
  urlOf(databaseUrl: string): string;
  close(): Promise<void>;
}

type Rewrite = (sql: string) => string;

/** What a client has sent: the whole messages, rewritten, and the rest, which is not all here yet. */
type Messages = (sent: Buffer, isFirst: boolean) => { readonly whole: Buffer[]; readonly rest: Buffer };

/** @param rewrite sees every query of every client */
export async function standIn(serverUrl: string, rewrite: Rewrite): Promise<StandIn> {
  const target = new URL(serverUrl);
  const isPostgres = target.protocol.startsWith('postgres');
  const messagesIn = isPostgres ? postgresMessages(rewrite) : mysqlMessages(rewrite);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = open({ host: target.hostname, port: Number(target.port) });
    let waiting = Buffer.alloc(0);
    let isFirst = true;
    client.on('data', (data: Buffer) => {
      const { whole, rest } = messagesIn(Buffer.concat([waiting, data]), isFirst);
      waiting = Buffer.from(rest);
      for (const message of whole) upstream.write(message);
      if (whole.length > 0) isFirst = false;
    });
    client.on('end', () => upstream.end());
    upstream.pipe(client);
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
  return {
    urlOf(databaseUrl) {
      const url = new URL(databaseUrl);
      url.hostname = '127.0.0.1';
      url.port = String(address.port);
      url.searchParams.set(isPostgres ? 'sslmode' : 'ssl-mode', isPostgres ? 'disable' : 'disabled');
      return url.href;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A type of one byte but for the first, and a length that counts itself. Q is a query, P names a statement first. */
function postgresMessages(rewrite: Rewrite): Messages {
  return (sent, isFirst) => {
    const whole: Buffer[] = [];
    let at = 0;
    while (sent.length - at >= 5) {
      const head = isFirst && at === 0 ? 0 : 1;
      const end = at + head + sent.readInt32BE(at + head);
      if (sent.length < end) break;
      const message = sent.subarray(at, end);
      const type = head === 0 ? '' : String.fromCharCode(message[0] ?? 0);
      whole.push(type === 'Q' || type === 'P' ? rewritten(message, type) : message);
      at = end;
    }
    return { whole, rest: sent.subarray(at) };
  };
  function rewritten(message: Buffer, type: 'Q' | 'P'): Buffer {
    const from = type === 'Q' ? 5 : message.indexOf(0, 5) + 1;
    const to = message.indexOf(0, from);
    const sql = Buffer.from(rewrite(message.toString('utf8', from, to)));
    const made = Buffer.concat([message.subarray(0, from), sql, message.subarray(to)]);
    made.writeInt32BE(made.length - 1, 1);
    return made;
  }
}

/** A length of three bytes and a number; 3 begins a query where the number is 0, as in every first message of a command. */
function mysqlMessages(rewrite: Rewrite): Messages {
  return (sent) => {
    const whole: Buffer[] = [];
    let at = 0;
    while (sent.length - at >= 4) {
      const end = at + 4 + sent.readUIntLE(at, 3);
      if (sent.length < end) break;
      const message = sent.subarray(at, end);
      whole.push(message[3] === 0 && message[4] === 3 ? rewritten(message) : message);
      at = end;
    }
    return { whole, rest: sent.subarray(at) };
  };
  function rewritten(message: Buffer): Buffer {
    const made = Buffer.concat([message.subarray(0, 5), Buffer.from(rewrite(message.toString('utf8', 5)))]);
    made.writeUIntLE(made.length - 4, 0, 3);
    return made;
  }
}
