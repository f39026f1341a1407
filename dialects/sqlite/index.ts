/** SQLite, as any file that the driver can read. D1 and Turso's Rust engine are no files and cannot be reached here. */
import type { Dialect, Session } from '../../src/dialect.ts';
import type { Server } from '../../src/model.ts';
import { capabilities, names } from './capabilities.ts';
import { connect } from './connect.ts';
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
    circumstances: async (...question) => (await import('./probe.ts')).probe.circumstances(...question),
  },
  capabilities: () => capabilities,
  names: () => names,
  /** RESTRICT is checked at once even on a deferred key: https://sqlite.org/foreignkeys.html#fk_actions */
  sameAction: (a, b) => a === b,
  judge,
  findings,
  emitter: async () => (await import('./emit.ts')).emit,
};

/** The version is the library's that reads the file; the file itself has none. */
async function identify(session: Session): Promise<Server> {
  const [row] = await session.query('SELECT sqlite_version() AS version');
  const version = String(row?.['version']);
  const [mode] = await session.query('PRAGMA journal_mode');
  return {
    flavor: 'sqlite',
    product: `SQLite ${version}`,
    version: version.split('.').map(Number),
    // What else decides about keys belongs to a connection; a reader sees of the journal only whether it is WAL.
    settings: { journal_mode: String(mode?.['journal_mode']) },
  };
}
