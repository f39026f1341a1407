/** MariaDB 10.11 and later: MySQL's folder, but for how statements are written and bounded. */
import type { Dialect } from '../../src/dialect.ts';
import { capabilities } from '../mysql/capabilities.ts';
import { cascading } from '../mysql/cascades.ts';
import { connect } from '../mysql/connect.ts';
import { names, sameAction } from '../mysql/index.ts';
import { introspect } from '../mysql/introspect.ts';
import { findings, judge, judgeTogether } from '../mysql/judge.ts';
import { identify } from '../mysql/server.ts';

export const mariadb: Dialect = {
  flavor: 'mariadb',
  connect,
  identify,
  introspect,
  probe: {
    orphans: async (...question) => (await import('./probe.ts')).probe.orphans(...question),
    rows: async (...question) => (await import('./probe.ts')).probe.rows(...question),
    children: async (...question) => (await import('../mysql/children.ts')).children(...question),
    count: async (...question) => (await import('./probe.ts')).probe.count(...question),
    circumstances: async (...question) =>
      (await import('../mysql/circumstances.ts')).circumstances(...question),
  },
  capabilities,
  names,
  sameAction,
  cascading,
  judge,
  judgeTogether,
  findings,
  lint: async () => (await import('./lint.ts')).lint,
  emitter: async () => (await import('./emit.ts')).emit,
  scratch: async () => (await import('../mysql/scratch.ts')).scratch,
  schemaReader: async () => (await import('../mysql/schema-file.ts')).schemaReaderFor('mariadb'),
};
