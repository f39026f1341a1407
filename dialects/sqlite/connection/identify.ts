/** Which library reads the file, and whether Cloudflare D1 keeps it. */
import type { Session } from '../../sql/session.ts';
import { OndeleteError } from '../../../src/core/errors.ts';
import type { Server } from '../../../src/core/model.ts';

/** As a URL names it: a local database of D1 is a file of SQLite that nobody but D1 may change. */
export type Asked = 'a file' | 'Cloudflare D1' | 'libSQL' | 'Turso';

/** The version is the library's that reads the file; the file itself has none, and D1 tells nobody its own. */
export async function identify(session: Session, asked: Asked): Promise<Server> {
  const found = await session.query("SELECT 1 AS here FROM main.sqlite_master WHERE name = '_cf_METADATA'");
  const isD1 = found.length > 0;
  if (isD1 !== (asked === 'Cloudflare D1')) throw notAsAsked(isD1);
  if (isD1)
    return {
      flavor: 'sqlite',
      product: 'Cloudflare D1, local state',
      version: [],
      settings: { service: 'd1' },
    };
  const [row] = await session.query('SELECT sqlite_version() AS version');
  const version = String(row?.['version']);
  const [mode] = await session.query('PRAGMA journal_mode');
  const journal = { journal_mode: String(mode?.['journal_mode']) };
  // A file of libSQL or Turso is one of SQLite: only its name says who will run the migration.
  if (asked === 'libSQL' || asked === 'Turso')
    return {
      flavor: 'sqlite',
      product: `${asked}, local file`,
      version: [],
      settings: { ...journal, service: asked.toLowerCase() },
    };
  return {
    flavor: 'sqlite',
    product: `SQLite ${version}`,
    version: version.split('.').map(Number),
    // What else decides about keys belongs to a connection; a reader sees of the journal only whether it is WAL.
    settings: journal,
  };
}

/** D1 runs neither what is written for SQLite (a file may neither edit the stored schema nor name main; measured) nor the other way round. */
function notAsAsked(isD1: boolean): OndeleteError {
  return isD1
    ? new OndeleteError(
        'UNSUPPORTED_SERVER',
        'this file is a local database of Cloudflare D1, which does not run what is written for SQLite',
        'Name it as d1:DATABASE in the folder of the worker, or as d1:FILE, and write for --tool d1.',
      )
    : new OndeleteError(
        'NOT_A_DATABASE',
        'this file is not a local database of Cloudflare D1: the table _cf_METADATA is missing',
        'Name a plain SQLite file as sqlite:FILE.',
      );
}
