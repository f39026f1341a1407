/** PostgreSQL 12 to 18 and later. */
import type { Engine } from '../../src/core/contracts/engine.ts';
import { capabilities } from './checks/capabilities.ts';
import { cascading } from './checks/cascades.ts';
import { connect } from './connection/connect.ts';
import { identify } from './connection/identify.ts';
import { introspect } from './introspector/index.ts';
import { checkChange, findings } from './checks/index.ts';

export const postgres: Engine = {
  flavor: 'postgres',
  connect,
  identify,
  introspect,
  // both bring kysely with them, which introspection does without
  probe: {
    orphans: async (...args) => (await import('./probe/index.ts')).probe.orphans(...args),
    rows: async (...args) => (await import('./probe/index.ts')).probe.rows(...args),
    children: async (...question) => (await import('./probe/fan-out.ts')).children(...question),
    count: async (...args) => (await import('./probe/index.ts')).probe.count(...args),
    preflight: async (...args) => (await import('./probe/index.ts')).probe.preflight(...args),
  },
  lint: async () => (await import('./probe/lint.ts')).lint,
  emitter: async () => (await import('./emitter/index.ts')).emit,
  scratch: async () => (await import('./scratch/index.ts')).scratch,
  schemaReader: async () => (await import('./schema-file/index.ts')).schemaReader,
  capabilities,
  names: () => ({ tablesIgnoreCase: false, columnsIgnoreCase: false }),
  sameAction: (a, b) => a === b,
  cascading,
  checkChange,
  findings,
};
