/** Which library reads the file. */
import type { Session } from '../../sql/session.ts';
import { OndeleteError } from '../../../src/core/errors.ts';
import type { Server } from '../../../src/core/model.ts';

/** Cloudflare D1 keeps its local databases in files of SQLite; its migrations may neither write the stored schema nor name main (measured). */
async function refuseD1(session: Session): Promise<void> {
  const found = await session.query("SELECT 1 AS here FROM main.sqlite_master WHERE name = '_cf_METADATA'");
  if (found.length === 0) return;
  throw new OndeleteError(
    'UNSUPPORTED_SERVER',
    'this file is a local database of Cloudflare D1, which does not run what is written for SQLite',
    'Nothing was read or written.',
  );
}

/** The version is the library's that reads the file; the file itself has none. */
export async function identify(session: Session): Promise<Server> {
  await refuseD1(session);
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
