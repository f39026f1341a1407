/** Which library reads the file. */
import type { Session } from '../../sql/session.ts';
import type { Server } from '../../../src/core/model.ts';

/** The version is the library's that reads the file; the file itself has none. */
export async function identify(session: Session): Promise<Server> {
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
