/** MariaDB 10.11 and later: MySQL's folder, but for how statements are written and bounded. */
import type { Engine } from '../../src/core/contracts/engine.ts';
import { capabilities } from '../mysql/checks/capabilities.ts';
import { cascading } from '../mysql/checks/cascades.ts';
import { connect } from '../mysql/connection/connect.ts';
import { names, sameAction } from '../mysql/index.ts';
import { introspect } from '../mysql/introspector/index.ts';
import { checkChange, checkChanges, findings } from '../mysql/checks/index.ts';
import { identify } from '../mysql/connection/identify.ts';

export const mariadb: Engine = {
  flavor: 'mariadb',
  connect,
  identify,
  introspect,
  probe: {
    orphans: async (...question) => (await import('./probe/index.ts')).probe.orphans(...question),
    rows: async (...question) => (await import('./probe/index.ts')).probe.rows(...question),
    children: async (...question) => (await import('../mysql/probe/fan-out.ts')).children(...question),
    count: async (...question) => (await import('./probe/index.ts')).probe.count(...question),
    preflight: async (...question) =>
      (await import('../mysql/probe/preflight.ts')).circumstances(...question),
  },
  capabilities,
  names,
  sameAction,
  cascading,
  checkChange,
  checkChanges,
  findings,
  lint: async () => (await import('./probe/lint.ts')).lint,
  emitter: async () => (await import('./emitter/index.ts')).emit,
  scratch: async () => (await import('../mysql/scratch/index.ts')).scratch,
  schemaReader: async () => (await import('../mysql/schema-file/index.ts')).schemaReaderFor('mariadb'),
};
