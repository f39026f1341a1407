/** An opened MariaDB database: MySQL's connection with MariaDB's probes. */
import type { Connection, ConnectOptions } from '../../../src/core/contracts/connection.ts';
import { connectWith } from '../../mysql/connection/index.ts';

/** @throws OndeleteError with a code of its own for every way this fails */
export function connect(url: string, options: ConnectOptions): Promise<Connection> {
  return connectWith(async () => (await import('../probe/index.ts')).probeOf, url, options);
}
