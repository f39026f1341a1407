/** What a PostgreSQL version can and cannot do, each with where it is written or how it was seen. */
import type { Capabilities, Capability } from '../../../src/core/contracts/engine.ts';
import type { Server } from '../../../src/core/model.ts';

export const oldestSupported = 12;

/** The limits of one server. Pure. */
export function capabilities(server: Server): Capabilities {
  const major = server.version[0] ?? 0;
  const since = (version: number, evidence: string): Capability => ({ has: major >= version, evidence });
  return {
    setNullColumns: since(
      15,
      'https://www.postgresql.org/docs/15/release-15.html (ON DELETE SET NULL and SET DEFAULT with a column list)',
    ),
    notValidOnPartitioned: since(
      18,
      'https://www.postgresql.org/docs/18/release-18.html (NOT VALID foreign keys on partitioned tables); measured: 12 to 17 refuse it',
    ),
    notEnforced: since(18, 'https://www.postgresql.org/docs/18/release-18.html (NOT ENFORCED)'),
    alterAction: {
      has: false,
      evidence: 'measured: ALTER CONSTRAINT … ON DELETE is a syntax error on 12 to 18',
    },
  };
}
