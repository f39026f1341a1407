/** SQLite, as any file that the driver can read. D1 and Turso's Rust engine are no files and cannot be reached here. */
import type { Dialect } from '../../src/dialect.ts';
import { capabilities, names } from './capabilities.ts';
import { cascading } from './cascades.ts';
import { connect } from './connect.ts';
import { identify } from './identify.ts';
import { introspect } from './introspect.ts';
import { findings, judge } from './judge.ts';

export const sqlite: Dialect = {
  flavor: 'sqlite',
  connect,
  identify,
  introspect,
  probe: {
    orphans: async (...question) => (await import('./probe.ts')).probe.orphans(...question),
    rows: async (...question) => (await import('./probe.ts')).probe.rows(...question),
    children: async (session, snapshot) => (await import('./children.ts')).children(session, snapshot),
    count: async (...question) => (await import('./count.ts')).count(...question),
    circumstances: async (...question) => (await import('./probe.ts')).probe.circumstances(...question),
  },
  capabilities: () => capabilities,
  names: () => names,
  /** RESTRICT is checked at once even on a deferred key: https://sqlite.org/foreignkeys.html#fk_actions */
  sameAction: (a, b) => a === b,
  cascading,
  judge,
  findings,
  lint: async () => (await import('./lint.ts')).lint,
  emitter: async () => (await import('./emit.ts')).emit,
  scratch: async () => (await import('./scratch.ts')).scratch,
  schemaReader: async () => (await import('./schema-file.ts')).schemaReader,
};
