/** A scratch database of PGlite, in memory. */
import type * as Driver from '@electric-sql/pglite';
import type { Session } from '../../sql/session.ts';
import { codeOf } from '../../../src/core/errors.ts';
import { missingPackage } from '../../../src/core/packages.ts';
import { type PgliteSessions, sessionsOn } from '../connection/pglite.ts';

/**
 * An empty database in memory, with those of the target's extensions, and of others that are asked for, that PGlite brings.
 * Throws SCRATCH_MISSING where PGlite is not installed.
 */
export async function openPglite(target: Session | null, others: readonly string[]): Promise<PgliteSessions> {
  const { PGlite: Database } = await driver();
  const rows = await target?.query(
    `SELECT extname AS name FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY extname`,
  );
  const names = new Set([...(rows ?? []).map((row) => String(row['name'])), ...others]);
  const found = await Promise.all([...names].map(extensionNamed));
  const database = new Database({
    extensions: Object.assign({}, ...found) as Record<string, Driver.Extension>,
  });
  await database.waitReady;
  return sessionsOn(database);
}

async function driver(): Promise<typeof Driver> {
  try {
    return await import('@electric-sql/pglite');
  } catch (error) {
    throw missingPackage(
      '@electric-sql/pglite',
      'no scratch database is named, and PGlite',
      ', or name a server with --scratch postgres://…',
      error,
      'SCRATCH_MISSING',
    );
  }
}

/** ERR_MODULE_NOT_FOUND, ERR_PACKAGE_PATH_NOT_EXPORTED, MODULE_NOT_FOUND. */
function isMissing(error: unknown): boolean {
  return /NOT_FOUND|NOT_EXPORTED/.test(codeOf(error));
}

/** By its name; nothing where PGlite does not bring it. */
async function extensionNamed(name: string): Promise<Readonly<Record<string, Driver.Extension>>> {
  // the name comes from a catalog, and becomes part of a path
  if (!/^[a-z0-9_-]+$/.test(name)) return {};
  try {
    const file = name.replaceAll('-', '_');
    const module = (await import(`@electric-sql/pglite/contrib/${file}`)) as Record<
      string,
      Driver.Extension | undefined
    >;
    const extension = module[file];
    return extension === undefined ? {} : { [name]: extension };
  } catch (error) {
    if (isMissing(error)) return {};
    throw error;
  }
}
