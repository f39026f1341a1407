/** PGlite, PostgreSQL inside this process: its sessions, and a copy of a folder in which it keeps a database. */
import type * as Driver from '@electric-sql/pglite';
import { constants, existsSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { codeOf, messageOf, OndeleteError } from '../../../src/core/errors.ts';
import { packageFor } from '../../../src/core/packages.ts';
import { breathe } from '../../../src/core/pauses.ts';
import { inTurn, type Session } from '../../sql/session.ts';
import { type PostgresSession, readRows, type WritingSession } from './connect.ts';
import { queryError } from './errors.ts';

export const isPgliteUrl = (url: string): boolean => /^pglite:/i.test(url);

/**
 * Reads `pglite:FOLDER`. PGlite writes to a folder when it opens it, and two programs that have one open destroy it: a copy is read, which
 * is removed with the session.
 * @throws OndeleteError PACKAGE_MISSING, USAGE for a database in memory, DATABASE_NOT_FOUND, NOT_A_DATABASE
 */
export async function connectToFolder(url: string): Promise<PostgresSession> {
  const folder = folderOf(url);
  const { PGlite: Database } = await packageFor(
    '@electric-sql/pglite',
    'a PGlite folder',
    () => import('@electric-sql/pglite'),
  );
  const copy = await mkdtemp(join(tmpdir(), 'ondelete-pglite-'));
  const remove = (): Promise<void> => rm(copy, { recursive: true, force: true });
  try {
    await cp(folder, copy, { recursive: true, mode: constants.COPYFILE_FICLONE });
    // What the program that has it open holds it with.
    await rm(join(copy, 'postmaster.pid'), { force: true });
    const database = new Database(copy);
    await database.waitReady;
    const { reader } = sessionsOn(database, (error) => folderError(folder, error));
    return { ...reader, close: () => reader.close().finally(remove) };
  } catch (error) {
    await remove();
    throw cannotOpen(folder, error);
  }
}

function folderOf(url: string): string {
  const path = url.replace(/^pglite:(?:file:)?(?:\/\/(?=\/))?/i, '').replace(/\?.*$/s, '');
  if (path === '' || /^(?:memory|idb|opfs-ahp):|^\/\/[^/]/i.test(path))
    throw new OndeleteError(
      'USAGE',
      'the database URL names no folder',
      'Name the folder in which PGlite keeps the database: pglite:DIR.',
    );
  const folder = resolve(path);
  if (!existsSync(folder))
    throw new OndeleteError(
      'DATABASE_NOT_FOUND',
      `there is no folder ${folder}`,
      'Check the path; a relative one starts at the working directory.',
    );
  if (!existsSync(join(folder, 'PG_VERSION')))
    throw new OndeleteError(
      'NOT_A_DATABASE',
      `${folder} is not a folder of PGlite: it has no file PG_VERSION`,
      'Name the folder that the application gives to PGlite.',
    );
  return folder;
}

function cannotOpen(folder: string, error: unknown): OndeleteError {
  const major = readFileSync(join(folder, 'PG_VERSION'), 'utf8').trim();
  return new OndeleteError(
    'NOT_A_DATABASE',
    `PGlite cannot open a copy of ${folder}, which PostgreSQL ${major} has made: ${messageOf(error).split('\n')[0] ?? ''}`,
    'Install the version of @electric-sql/pglite that the application uses.',
    error,
  );
}

/** A type of an extension is read without it, but comparing its values needs its code, which PGlite loads only where it is named at the opening. */
function folderError(folder: string, error: unknown): unknown {
  const [, extension] = /^could not access file "(?:.*\/)?([^"/]+)"/.exec(messageOf(error)) ?? [];
  if (codeOf(error) !== undefinedFile || extension === undefined)
    return isSqlState.test(codeOf(error))
      ? queryError(error, `the copy of ${folder}`, (text) => text)
      : error;
  // without the driver's error as its cause, whose text a question among many would tell instead
  return new OndeleteError(
    'UNSUPPORTED_SERVER',
    `the database in ${folder} uses the extension ${extension}, which is not loaded into PGlite`,
    `Close the application, serve the folder with \`pglite-server --db=DIR --extensions=${extension}\` (all that it uses, with commas between), and name that server with --database: docs/engines.md#pglite.`,
  );
}

const undefinedFile = '58P01';
const isSqlState = /^[0-9A-Z]{5}$/;

export interface PgliteSessions {
  readonly reader: PostgresSession;
  readonly writer: WritingSession;
}

/**
 * A reading and a writing session on the one connection of a database.
 * @param told what the reader throws in place of an error of the driver
 */
export function sessionsOn(
  database: Driver.PGlite,
  told: (error: unknown) => unknown = (error) => error,
): PgliteSessions {
  const query: Session['query'] = async (sql, parameters = []) => {
    await breathe();
    return (await database.query<Record<string, unknown>>(sql, [...parameters])).rows;
  };
  async function transaction<T>(begin: string, work: () => Promise<T>): Promise<T> {
    try {
      await database.exec(begin);
      const result = await work();
      await database.exec('COMMIT');
      return result;
    } catch (error) {
      await database.exec('ROLLBACK').catch(() => undefined);
      throw told(error);
    }
  }
  const queryWithin: PostgresSession['queryWithin'] = (milliseconds, sql, parameters) =>
    transaction(
      `BEGIN READ ONLY; SET LOCAL statement_timeout = ${Math.max(1, Math.floor(milliseconds))}`,
      () => query(sql, parameters),
    );
  const inAMinute: PostgresSession['query'] = (sql, parameters) => queryWithin(60_000, sql, parameters);
  const close = (): Promise<void> => (database.closed ? Promise.resolve() : database.close());
  return {
    reader: {
      query: inAMinute,
      queryAll: inTurn(inAMinute),
      queryWithin,
      version: async () => String((await query('SELECT version() AS version'))[0]?.['version']),
      consistently: (work) =>
        transaction(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path = ''`, () =>
          work((queries) => readRows((sql) => database.exec(sql), queries)),
        ),
      close,
    },
    writer: {
      run: async (sql) => {
        await breathe();
        await database.exec(sql);
      },
      query,
      close,
    },
  };
}
