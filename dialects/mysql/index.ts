/** MySQL 8.0 and later. MariaDB's folder takes over what is the same there. */
import type { Engine, NameMatching } from '../../src/core/contracts/engine.ts';
import type { ReferentialAction, Server } from '../../src/core/model.ts';
import { capabilities } from './checks/capabilities.ts';
import { cascading } from './checks/cascades.ts';
import { connect } from './connection/connect.ts';
import { introspect } from './introspector/index.ts';
import { checkChange, checkChanges, findings } from './checks/index.ts';
import { identify, tablesIgnoreCase } from './connection/identify.ts';

export const mysql: Engine = {
  flavor: 'mysql',
  connect,
  identify,
  introspect,
  probe: {
    // The probe quotes names with kysely, so it is loaded by its first question only.
    orphans: async (...question) => (await import('./probe/index.ts')).probe.orphans(...question),
    rows: async (...question) => (await import('./probe/index.ts')).probe.rows(...question),
    children: async (...question) => (await import('./probe/fan-out.ts')).children(...question),
    count: async (...question) => (await import('./probe/index.ts')).probe.count(...question),
    preflight: async (...question) => (await import('./probe/preflight.ts')).circumstances(...question),
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
  scratch: async () => (await import('./scratch/index.ts')).scratch,
  schemaReader: async () => (await import('./schema-file/index.ts')).schemaReaderFor('mysql'),
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
