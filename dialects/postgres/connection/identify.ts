/** Which server answers, by its own words; servers that merely speak the protocol are refused by name. */
import { OndeleteError } from '../../../src/core/errors.ts';
import type { Server } from '../../../src/core/model.ts';
import { oldestSupported } from '../checks/capabilities.ts';
import type { UnprovenEngine } from '../../../src/core/unproven.ts';
import type { PostgresSession } from './connect.ts';

/** Servers of other kinds, by what `version()` says. */
const others: readonly (readonly [pattern: RegExp, name: string, why?: string])[] = [
  [/Redshift/i, 'Amazon Redshift'],
  [/Greenplum|Cloudberry/i, 'Greenplum'],
  [/Materialize/i, 'Materialize'],
  [/RisingWave/i, 'RisingWave'],
  [/QuestDB/i, 'QuestDB'],
  [/CrateDB/i, 'CrateDB'],
  [/openGauss|GaussDB/i, 'openGauss'],
  [/Vertica/i, 'Vertica'],
  [/\bH2\b/, 'H2'],
  [
    /Spanner/i,
    'Spanner',
    'its DDL is its own: DROP CONSTRAINT, then ADD CONSTRAINT … ON DELETE CASCADE or NO ACTION, by hand',
  ],
  [
    /DuckDB/i,
    'DuckDB',
    'it has no CASCADE, SET NULL or SET DEFAULT, and cannot add a constraint to a table (seen on 1.5.6)',
  ],
];

/** Read and written for by documentation: src/core/unproven.ts. */
const unproven: readonly (readonly [pattern: RegExp, name: UnprovenEngine, version: RegExp])[] = [
  [/CockroachDB/i, 'CockroachDB', /\bv(\d+\.\d+\.\d+)/],
  [/-YB-/i, 'YugabyteDB', /-YB-(\d+(?:\.\d+)*)/],
];

/** The server, and why nothing can be changed on it; null on a primary. */
export interface Identity {
  readonly server: Server;
  readonly readOnly: string | null;
}

/** Two queries. Throws UNSUPPORTED_SERVER for other kinds of servers and for versions before 12. */
export async function identify(session: PostgresSession): Promise<Identity> {
  const spoken = await session.version();
  refuseOthers(spoken);
  const rows = await session.query(
    `SELECT current_setting('server_version_num')::int AS number,
            (SELECT extversion FROM pg_catalog.pg_extension WHERE extname = 'citus') AS citus,
            pg_catalog.pg_is_in_recovery() AS standby,
            current_setting('default_transaction_read_only', true) = 'on' AS "readOnly",
            current_setting('server_encoding', true) AS encoding, to_regclass('sys.iam_pg_role_mappings') IS NOT NULL AS dsql`,
  );
  const { number, citus, dsql, encoding, readOnly, standby } = rows[0] ?? {};
  const version = typeof number === 'number' ? [Math.floor(number / 10_000), number % 10_000] : [0, 0];
  if ((version[0] ?? 0) < oldestSupported) {
    throw new OndeleteError(
      'UNSUPPORTED_SERVER',
      `PostgreSQL ${version.join('.')} is too old: ondelete needs ${oldestSupported} or later`,
      'Upgrade the server, or work on a copy restored into a newer one.',
    );
  }
  const engine = dsql === true ? { name: 'Aurora DSQL', own: '' } : unprovenIn(spoken);
  if (engine === null) refuseTerse(spoken);
  const settings: Readonly<Record<string, string>> = {
    ...(typeof citus === 'string' ? { citus } : {}),
    // The usual one is not told.
    ...(typeof encoding === 'string' && encoding !== 'UTF8' ? { server_encoding: encoding } : {}),
    ...(engine === null ? {} : { unproven: engine.name }),
  };
  const product =
    engine === null ? `PostgreSQL ${version.join('.')}` : `${engine.name} ${engine.own}`.trimEnd();
  return {
    server: { flavor: 'postgres', product, version, settings },
    readOnly: whyReadOnly(standby === true, readOnly === true),
  };
}

function whyReadOnly(standby: boolean, byDefault: boolean): string | null {
  if (standby) return 'this server is a standby';
  return byDefault ? 'default_transaction_read_only is on for this user and database' : null;
}

/** Throws for what `version()` says of a server that is not PostgreSQL. PostgreSQL itself says `PostgreSQL 14.23 on x86_64…`. */
export function refuseOthers(spoken: string): void {
  if (unprovenIn(spoken) !== null) return;
  const other = others.find(([pattern]) => pattern.test(spoken));
  if (other !== undefined) throw unsupported(other[1], spoken, other[2]);
  if (!terse.test(spoken) && !/^PostgreSQL \S+ .*\bon \S/.test(spoken))
    throw unsupported('this server', spoken);
}

/** All that Aurora DSQL says. */
const terse = /^PostgreSQL \d+$/;

function refuseTerse(spoken: string): void {
  if (terse.test(spoken)) throw unsupported('this server', spoken);
}

function unprovenIn(spoken: string): { readonly name: UnprovenEngine; readonly own: string } | null {
  const found = unproven.find(([pattern]) => pattern.test(spoken));
  return found === undefined ? null : { name: found[1], own: found[2].exec(spoken)?.[1] ?? '' };
}

function unsupported(
  name: string,
  spoken: string,
  why = 'it changes its foreign keys in other ways',
): OndeleteError {
  return new OndeleteError(
    'UNSUPPORTED_SERVER',
    `${name} speaks PostgreSQL’s protocol, but ${why} (it says: ${spoken.slice(0, 80)})`,
    'ondelete writes for PostgreSQL 12 and later.',
  );
}
