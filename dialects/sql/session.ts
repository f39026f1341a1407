/** The read-only session inside a connection; an engine adds what its driver can do beyond this. Types only. */
import type { Connection } from '../../src/core/contracts/connection.ts';

export type Session = Pick<Connection, 'query' | 'close'>;
