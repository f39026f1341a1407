/** MySQL 8.0 and later. MariaDB's folder takes over what is the same there. */
import type { Dialect, NameMatching } from '../../src/dialect.ts';
import type { ReferentialAction, Server } from '../../src/model.ts';
import { capabilities } from './capabilities.ts';
import { cascading } from './cascades.ts';
import { connect } from './connect.ts';
import { introspect } from './introspect.ts';
import { findings, judge, judgeTogether } from './judge.ts';
import { identify, tablesIgnoreCase } from './server.ts';

export const mysql: Dialect = {
  flavor: 'mysql',
  connect,
  identify,
  introspect,
  probe: {
    // The probe quotes names with kysely, so it is loaded by its first question only.
    orphans: async (...question) => (await import('./probe.ts')).probe.orphans(...question),
    rows: async (...question) => (await import('./probe.ts')).probe.rows(...question),
    children: async (...question) => (await import('./children.ts')).children(...question),
    count: async (...question) => (await import('./probe.ts')).probe.count(...question),
    circumstances: async (...question) => (await import('./circumstances.ts')).circumstances(...question),
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
  scratch: async () => (await import('./scratch.ts')).scratch,
  schemaReader: async () => (await import('./schema-file.ts')).schemaReaderFor('mysql'),
};

/** Tables as lower_case_table_names says, columns never by case. */
export function names(server: Server): NameMatching {
  return { tablesIgnoreCase: tablesIgnoreCase(server), columnsIgnoreCase: true };
}

/** InnoDB checks at once in both cases; SET DEFAULT acts like them too, but says something else. */
export function sameAction(a: ReferentialAction, b: ReferentialAction): boolean {
  const refuses = (action: ReferentialAction): boolean => action === 'NO ACTION' || action === 'RESTRICT';
  return a === b || (refuses(a) && refuses(b));
}
