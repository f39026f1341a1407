/** SQLite, as any file that the driver can read. D1 and Turso's Rust engine are no files and cannot be reached here. */
import type { Engine } from '../../src/core/contracts/engine.ts';
import { capabilities, names } from './checks/capabilities.ts';
import { cascading } from './checks/cascades.ts';
import { connect } from './connection/connect.ts';
import { identify } from './connection/identify.ts';
import { introspect } from './introspector/index.ts';
import { findings, judge } from './checks/index.ts';

export const sqlite: Engine = {
  flavor: 'sqlite',
  connect,
  identify,
  introspect,
  probe: {
    orphans: async (...question) => (await import('./probe/index.ts')).probe.orphans(...question),
    rows: async (...question) => (await import('./probe/index.ts')).probe.rows(...question),
    children: async (session, snapshot) => (await import('./probe/fan-out.ts')).children(session, snapshot),
    count: async (...question) => (await import('./probe/count.ts')).count(...question),
    preflight: async (...question) => (await import('./probe/index.ts')).probe.preflight(...question),
  },
  capabilities: () => capabilities,
  names: () => names,
  /** RESTRICT is checked at once even on a deferred key: https://sqlite.org/foreignkeys.html#fk_actions */
  sameAction: (a, b) => a === b,
  cascading,
  checkChange: judge,
  findings,
  lint: async () => (await import('./probe/lint.ts')).lint,
  emitter: async () => (await import('./emitter/index.ts')).emit,
  scratch: async () => (await import('./scratch/index.ts')).scratch,
  schemaReader: async () => (await import('./schema-file/index.ts')).schemaReader,
};
