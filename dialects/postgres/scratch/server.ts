/** A database of random name on a server. Drops that one and no other. */
import { randomBytes } from 'node:crypto';
import { requireSameEngine } from '../../sql/scratch-engine.ts';
import { refuseReadOnlyScratch } from '../../sql/read-only-scratch.ts';
import type { Session } from '../../sql/session.ts';
import type { ConnectOptions } from '../../../src/core/contracts/connection.ts';
import { scratchComment, type ScratchRequest } from '../../../src/core/contracts/scratch.ts';
import { codeOf, messageOf, OndeleteError } from '../../../src/core/errors.ts';
import { ddl } from '../key-sql.ts';
import { connect, connectToWrite, type WritingSession } from '../connection/connect.ts';
import { identify } from '../connection/identify.ts';
import { configOf, serverName, urlOfDatabase } from '../connection/url.ts';

interface CreatedDatabase {
  readonly url: string;
  /** Without user and password. */
  readonly label: string;
  drop(): Promise<void>;
}

/**
 * Makes an empty database beside the one of the URL, sorted and encoded like the target's where the server can.
 * Throws SCRATCH_IS_TARGET, READ_ONLY_NODE, INSUFFICIENT_PRIVILEGE, UNSUPPORTED_SERVER, QUERY_FAILED and what `connect` throws.
 */
export async function createDatabase(
  url: string,
  target: Session | null,
  options: ConnectOptions,
  { onLeftBehind, onMade, server: wanted }: Pick<ScratchRequest, 'onLeftBehind' | 'onMade' | 'server'>,
): Promise<CreatedDatabase> {
  const beside = await connect(url, options);
  try {
    const { readOnly, server } = await identify(beside);
    requireSameEngine(wanted, server);
    if (target !== null) await refuseTarget(beside, target);
    refuseReadOnlyScratch(readOnly);
    const left = (await beside.query(leftBehindQuery)).map(({ name }) => String(name));
    if (left.length > 0) onLeftBehind?.(left);
  } finally {
    await beside.close();
  }
  const name = `ondelete_scratch_${randomBytes(8).toString('hex')}`;
  const place = configOf(url, options.timeoutMilliseconds);
  const label = `postgres://${serverName({ ...place, database: name })}`;
  const creating = withSession(url, options, async (session) => {
    await create(session, name, target === null ? '' : await localeOf(target)).catch((error: unknown) => {
      throw creationError(error, serverName(place));
    });
    await session.run(
      ddl.text(ddl.sql`COMMENT ON DATABASE ${ddl.id(name)} IS ${ddl.literal(scratchComment)}`),
    );
  });
  const dropIt = (): Promise<void> => withSession(url, options, (session) => drop(session, name));
  // A CREATE DATABASE under way is done in the end, whoever still waits for it.
  onMade(label, () => creating.catch(() => undefined).then(dropIt));
  await creating;
  return {
    url: urlOfDatabase(url, name),
    label,
    drop: dropIt,
  };
}

/** A run has a session on its scratch database until it drops it. */
const leftBehindQuery = `SELECT d.datname AS name FROM pg_catalog.pg_database d
 WHERE d.datname ~ '^ondelete_scratch_[0-9a-f]{16}$'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.datid = d.oid) ORDER BY 1`;

async function withSession<T>(
  url: string,
  options: ConnectOptions,
  work: (session: WritingSession) => Promise<T>,
): Promise<T> {
  const session = await connectToWrite(url, options);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

/**
 * The running server by the moment of its start, and its data, which a standby shares with its primary. Everybody may ask for both on
 * 12 to 18, but a hosted server may have taken the second right away.
 */
async function identityOf(session: Session): Promise<Readonly<Record<string, unknown>>> {
  const who = `SELECT current_database() AS name, pg_postmaster_start_time()::text AS started`;
  const rows = await session
    .query(`${who}, (SELECT system_identifier::text FROM pg_control_system()) AS data`)
    .catch(() => session.query(`${who}, NULL AS data`));
  return rows[0] ?? {};
}

async function refuseTarget(beside: Session, target: Session): Promise<void> {
  const [one, other] = [await identityOf(beside), await identityOf(target)];
  const sameData = one['data'] !== null && one['data'] === other['data'];
  if (one['name'] !== other['name'] || !(sameData || one['started'] === other['started'])) return;
  throw new OndeleteError(
    'SCRATCH_IS_TARGET',
    'the scratch database that is named is the database to be changed',
    'Name another server, best one that holds nothing of value, or at least another database of this one, such as /postgres.',
  );
}

/** The options of CREATE DATABASE; the columns' names differ from version to version, so they are read by name. */
async function localeOf(target: Session): Promise<string> {
  const [row] = await target.query(
    `SELECT to_jsonb(d) AS d, pg_encoding_to_char(encoding) AS encoding FROM pg_database d WHERE datname = current_database()`,
  );
  const all = typeof row?.['d'] === 'object' && row['d'] !== null ? Object.entries(row['d']) : [];
  const locale = new Map(all.map(([column, value]) => [column, typeof value === 'string' ? value : null]));
  const text = (column: string): string => ddl.text(ddl.literal(locale.get(column) ?? 'C'));
  const plain = `ENCODING ${ddl.text(ddl.literal(String(row?.['encoding'])))} LC_COLLATE ${text('datcollate')} LC_CTYPE ${text('datctype')}`;
  const provider = locale.get('datlocprovider');
  if (provider === 'i')
    return `${plain} LOCALE_PROVIDER icu ICU_LOCALE ${text(locale.has('datlocale') ? 'datlocale' : 'daticulocale')}`;
  if (provider === 'b') return `${plain} LOCALE_PROVIDER builtin BUILTIN_LOCALE ${text('datlocale')}`;
  return plain;
}

/** Without the target's locale where the server does not have it: names and keys do not hang on it. */
async function create(session: WritingSession, name: string, locale: string): Promise<void> {
  const sql = ddl.text(ddl.sql`CREATE DATABASE ${ddl.id(name)} TEMPLATE template0`);
  try {
    await session.run(`${sql} ${locale}`);
  } catch (error) {
    if (codeOf(error) === '42501') throw error;
    await session.run(sql);
  }
}

function creationError(error: unknown, server: string): OndeleteError {
  if (codeOf(error) === '42501') {
    return new OndeleteError(
      'INSUFFICIENT_PRIVILEGE',
      `${server}: ${messageOf(error)}`,
      'ALTER ROLE … CREATEDB for this user, or name a server with --scratch where the user may create databases.',
      error,
    );
  }
  return new OndeleteError(
    'QUERY_FAILED',
    `${server}: no scratch database could be made: ${messageOf(error)}`,
    '',
    error,
  );
}

/**
 * PostgreSQL 13 added FORCE. Before, the door is closed first: a rehearsal that was interrupted may be about to connect again, and a
 * session that comes after the others were ended would keep the database.
 */
async function drop(session: WritingSession, name: string): Promise<void> {
  const [row] = await session.query(
    `SELECT current_setting('server_version_num')::int AS number, version() AS version`,
  );
  // By its documentation it drops a database with sessions, and knows no FORCE.
  if (String(row?.['version']).startsWith('CockroachDB')) {
    await session.run(ddl.text(ddl.sql`DROP DATABASE IF EXISTS ${ddl.id(name)} CASCADE`));
    return;
  }
  if (Number(row?.['number']) >= 130_000) {
    await session.run(ddl.text(ddl.sql`DROP DATABASE IF EXISTS ${ddl.id(name)} WITH (FORCE)`));
    return;
  }
  // Fails where it is gone already, or somebody else is dropping it.
  await session
    .run(ddl.text(ddl.sql`ALTER DATABASE ${ddl.id(name)} ALLOW_CONNECTIONS false`))
    .catch(() => undefined);
  await session.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND usename = current_user',
    [name],
  );
  await session.run(ddl.text(ddl.sql`DROP DATABASE IF EXISTS ${ddl.id(name)}`));
}
