/** Scratch databases on a server of MySQL or MariaDB that the user names. */
import { randomBytes } from 'node:crypto';
import type { Connection } from 'mysql2/promise';
import { requireSameEngine } from '../../sql/scratch-engine.ts';
import { refuseReadOnlyScratch } from '../../sql/read-only-scratch.ts';
import { inTurn, type Session } from '../../sql/session.ts';
import type { CopyStatement } from '../../../src/core/contracts/connection.ts';
import {
  type Scratch,
  scratchComment,
  type ScratchDatabase,
  type ScratchRequest,
} from '../../../src/core/contracts/scratch.ts';
import { OndeleteError } from '../../../src/core/errors.ts';
import type { Snapshot } from '../../../src/core/model.ts';
import { ddlFor } from '../../sql/ddl.ts';
import { runTrial } from '../../sql/delete-trial.ts';
import { connect, openToWrite } from '../connection/connect.ts';
import { queryFailure } from '../connection/errors.ts';
import { introspect } from '../introspector/index.ts';
import { inPlainSession } from './plain-session.ts';
import { makingRows } from './rows.ts';
import { identify } from '../connection/identify.ts';
import { clientOptions } from '../connection/option-file.ts';
import { parseUrl, type Target } from '../connection/url.ts';

const ddl = ddlFor('mysql');

export const scratch: Scratch = { open };

/** What SHOW CREATE TABLE prints makes a table again as it is, whatever order the keys would want. */
export async function copySchema(session: Session, part: Snapshot): Promise<readonly CopyStatement[]> {
  const statements: CopyStatement[] = [{ sql: 'SET SESSION foreign_key_checks = 0', without: null }];
  for (const table of part.tables) {
    const [row] = await session.query(ddl.text(ddl.sql`SHOW CREATE TABLE ${ddl.table(table)}`));
    statements.push({ sql: String(row?.['Create Table']), without: null });
  }
  return [...statements, { sql: 'SET SESSION foreign_key_checks = 1', without: null }];
}

async function open(request: ScratchRequest): Promise<ScratchDatabase> {
  const { url, server, timeoutMilliseconds } = request;
  if (url === null) {
    throw new OndeleteError(
      'SCRATCH_MISSING',
      `no server is named on which a scratch database of ${server.product} can be made`,
      'Name one with --scratch URL, as `scratch:` in the config, or in SCRATCH_DATABASE_URL; a server of your own machine will do.',
    );
  }
  const target = parseUrl(url, clientOptions());
  const options = { timeoutMilliseconds };
  const connection = await openToWrite(target, options, request.oneByOne !== true);
  const name = `ondelete_scratch_${randomBytes(8).toString('hex')}`;
  const label = `${new URL(url).protocol}//${target.host}:${target.port}/${name}`;
  const query = queryOn(connection, target);
  const drop = async (): Promise<void> => {
    await query(ddl.text(ddl.sql`DROP DATABASE IF EXISTS ${ddl.id(name)}`));
  };
  let made = false;
  try {
    await refuseTarget(query, request);
    await refuseOther(query, request);
    const found = await identify({ query, close: () => Promise.resolve() });
    requireSameEngine(server, found.server);
    refuseReadOnlyScratch(found.readOnly);
    const left = (await query(leftBehindQuery)).map((row) => String(row['name']));
    if (left.length > 0) request.onLeftBehind?.(left);
    const creation = await creationOf(request, name);
    // On one connection, so it comes after the CREATE whenever that is done.
    request.onMade(label, drop);
    made = true;
    await query(creation);
    await query(ddl.text(ddl.sql`USE ${ddl.id(name)}`));
    const session = await connect(urlOf(url, name), options);
    const { server: ofScratch } = await identify(session);
    const rows = await makingRows(query, name);
    return {
      label,
      server: ofScratch,
      introspect: (scope) =>
        introspect(
          { ...session, queryAll: inTurn((sql, values) => session.query(sql, values)) },
          ofScratch,
          scope,
        ),
      schema: name,
      building: (work) => inPlainSession(query, work),
      async run(text) {
        await query(text);
      },
      query,
      tryDelete: (experiment) =>
        rows.relaxing(
          experiment.rows.map(({ table }) => table),
          (hooks) => runTrial(experiment, hooks),
        ),
      async drop() {
        await session.close();
        await drop().finally(() => connection.end());
      },
    };
  } catch (error) {
    if (made) await drop().catch(() => undefined);
    connection.destroy();
    throw error;
  }
}

function queryOn(connection: Connection, target: Target): ScratchDatabase['query'] {
  return async (sql, values = []) => {
    try {
      const rows: unknown = (await connection.query({ sql, values: [...values] }))[0];
      return Array.isArray(rows) ? (rows as readonly Readonly<Record<string, unknown>>[]) : [];
    } catch (error) {
      throw queryFailure(error, target);
    }
  };
}

/** Host and port may have many names; what the server says of itself has one. */
const identity = `SELECT CONCAT_WS(' ', @@hostname, @@port, @@datadir, DATABASE()) AS same`;

async function refuseTarget(query: ScratchDatabase['query'], { target }: ScratchRequest): Promise<void> {
  if (target === null) return;
  const [[ours], [theirs]] = [await query(identity), await target.query(identity)];
  if (ours?.['same'] !== theirs?.['same']) return;
  throw new OndeleteError(
    'SCRATCH_IS_TARGET',
    'the scratch database that is named is the database to be changed',
    'Name another server, best one that holds nothing of value.',
  );
}

async function refuseOther(query: ScratchDatabase['query'], { server }: ScratchRequest): Promise<void> {
  const [row] = await query('SELECT CONCAT(VERSION(), @@version_comment) AS version');
  const isMariadb = /mariadb/i.test(String(row?.['version']));
  if (isMariadb === (server.flavor === 'mariadb')) return;
  throw new OndeleteError(
    'USAGE',
    `the scratch server is ${isMariadb ? 'MariaDB' : 'MySQL'}, and the database ${server.product}`,
    'Name a scratch server of the same kind.',
  );
}

/** A run has a session on its scratch database until it drops it; sessions of other users are seen with PROCESS only. */
const leftBehindQuery = `SELECT s.SCHEMA_NAME AS name FROM information_schema.SCHEMATA s
 WHERE s.SCHEMA_NAME REGEXP '^ondelete_scratch_[0-9a-f]{16}$'
   AND NOT EXISTS (SELECT 1 FROM information_schema.PROCESSLIST p WHERE p.DB = s.SCHEMA_NAME) ORDER BY 1`;

/** MariaDB has comments on databases, MySQL has none. */
async function creationOf({ server, target }: ScratchRequest, name: string): Promise<string> {
  const comment =
    server.flavor === 'mariadb' ? ddl.sql` COMMENT ${ddl.literal(scratchComment)}` : ddl.raw('');
  if (target === null)
    return ddl.text(ddl.sql`CREATE DATABASE ${ddl.id(name)} CHARACTER SET utf8mb4${comment}`);
  const [row] = await target.query(
    'SELECT @@character_set_database AS charset, @@collation_database AS collation',
  );
  const word = (value: unknown): string => String(value).replace(/[^a-z0-9_]/gi, '');
  return ddl.text(
    ddl.sql`CREATE DATABASE ${ddl.id(name)} CHARACTER SET ${ddl.raw(word(row?.['charset']))} COLLATE ${ddl.raw(word(row?.['collation']))}${comment}`,
  );
}

function urlOf(url: string, database: string): string {
  const parsed = new URL(url);
  parsed.pathname = `/${database}`;
  return parsed.href;
}
