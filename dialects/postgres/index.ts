/** PostgreSQL 12 to 18 and later. */
import type { Dialect } from '../../src/dialect.ts';
import { capabilities } from './capabilities.ts';
import { cascading } from './cascades.ts';
import { connect } from './connect.ts';
import { identify } from './identify.ts';
import { introspect } from './introspect.ts';
import { findings, judge } from './judge.ts';

export const postgres: Dialect = {
  flavor: 'postgres',
  connect,
  identify,
  introspect,
  // both bring kysely with them, which introspection does without
  probe: {
    orphans: async (...args) => (await import('./probe.ts')).probe.orphans(...args),
    rows: async (...args) => (await import('./probe.ts')).probe.rows(...args),
    children: async (...question) => (await import('./children.ts')).children(...question),
    count: async (...args) => (await import('./probe.ts')).probe.count(...args),
    circumstances: async (...args) => (await import('./probe.ts')).probe.circumstances(...args),
  },
  lint: async () => (await import('./lint.ts')).lint,
  emitter: async () => (await import('./emit.ts')).emit,
  scratch: async () => (await import('./scratch.ts')).scratch,
  schemaReader: async () => (await import('./schema-file.ts')).schemaReader,
  capabilities,
  names: () => ({ tablesIgnoreCase: false, columnsIgnoreCase: false }),
  sameAction: (a, b) => a === b,
  cascading,
  judge,
  findings,
};
