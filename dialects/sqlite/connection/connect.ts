/** A read-only session on a SQLite file. Nothing is written to the file; the one place that loads the driver. */
import type BetterSqlite3 from 'better-sqlite3';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { mayHoldPassword } from '../../../src/core/database-url.ts';
import { codeOf, messageOf, OndeleteError } from '../../../src/core/errors.ts';
import { packageFor } from '../../../src/core/packages.ts';
import type { Session } from '../../sql/session.ts';
import type { ConnectOptions } from '../../../src/core/contracts/connection.ts';
import { fileOfD1 } from './d1.ts';
import type { Asked } from './identify.ts';

export interface CatalogSession extends Session {
  /** As `query`, for a statement that calls `ondelete_in_time(anything)` for each row it looks at; null when the time was up. */
  queryInTime(
    milliseconds: number,
    sql: string,
  ): Promise<readonly Readonly<Record<string, unknown>>[] | null>;
}

/**
 * The driver waits without letting go of the process, so it waits in slices, and what wants to be heard in between is, such as Ctrl-C.
 */
const longestWait = 5000;
const slice = 100;

/**
 * Opens the file behind `sqlite:FILE`, `sqlite:///FILE`, `file:FILE` or `file:///FILE`, or the one in which wrangler keeps `d1:NAME`.
 * Throws PACKAGE_MISSING, USAGE for a database in memory, DATABASE_NOT_FOUND, NOT_A_DATABASE, DATABASE_LOCKED, INSUFFICIENT_PRIVILEGE,
 * and UNREACHABLE for a file that only a writing connection may open.
 */
export async function connect(url: string, options: ConnectOptions): Promise<CatalogSession> {
  const asked = askedBy(url);
  const file =
    asked === 'Cloudflare D1' ? fileOfD1(url) : asked === 'a file' ? fileOf(url) : localFileOf(url);
  checkFile(file);
  const Database = await driver();
  const patience = Math.max(0, Math.min(longestWait, options.timeoutMilliseconds));
  let database: BetterSqlite3.Database | null = null;
  try {
    const opened = new Database(file, {
      readonly: true,
      fileMustExist: true,
      timeout: Math.min(slice, patience),
    });
    database = opened;
    // Opening reads nothing: the first query finds out what the file is.
    await patiently(patience, () => opened.prepare('SELECT count(*) FROM sqlite_master').get());
    return sessionOf(opened, file, patience);
  } catch (error) {
    database?.close();
    throw failure(error, file);
  }
}

/** @throws OndeleteError PACKAGE_MISSING */
function driver(): Promise<typeof BetterSqlite3> {
  return packageFor('better-sqlite3', 'a SQLite file', async () => {
    const { default: Database } = await import('better-sqlite3');
    // Before version 13 its native part is looked for when a database is opened.
    new Database(':memory:').close();
    return Database;
  });
}

/** Who keeps the database, by the URL's scheme. */
export function askedBy(url: string): Asked {
  if (/^d1:/i.test(url)) return 'Cloudflare D1';
  if (/^libsql:/i.test(url)) return 'libSQL';
  return /^turso:/i.test(url) ? 'Turso' : 'a file';
}

/** `libsql:FILE` or `libsql:file:FILE`, and the same for `turso:`. @throws OndeleteError USAGE for a server */
function localFileOf(url: string): string {
  const [, scheme = '', path = ''] = /^([a-z]+):(?:file:)?(.*)$/is.exec(url) ?? [];
  if (/^\/\/[^/]|^(?:https?|wss?|libsql):/i.test(path))
    throw new OndeleteError(
      'USAGE',
      'a libSQL server (sqld, Turso) is not supported: only a local file is read',
      `Name a local copy as ${scheme}:FILE (docs/engines.md).`,
    );
  return fileOf(`sqlite:${path}`);
}

/** An empty database that lives as long as it is open. */
export async function openInMemory(): Promise<BetterSqlite3.Database> {
  const Database = await driver();
  return new Database(':memory:');
}

/** Tries again while somebody else holds a lock. A query that met one has read nothing, so `work` starts anew. */
async function patiently<T>(patience: number, work: () => T): Promise<T> {
  const until = Date.now() + patience;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!codeOf(error).startsWith('SQLITE_BUSY') || Date.now() >= until) throw error;
      await setImmediate();
    }
  }
}

/** A session over an open database; `file` is what messages call it, `patience` how long a query waits for locks beyond the driver's own wait. */
export function sessionOf(database: BetterSqlite3.Database, file: string, patience = 0): CatalogSession {
  let heard = Date.now();
  const attempt = async <T>(work: () => T): Promise<T> => {
    // A driver that never waits would keep Ctrl-C waiting until the last of many queries.
    if (Date.now() - heard > slice) {
      await setImmediate();
      heard = Date.now();
    }
    try {
      return await patiently(patience, work);
    } catch (error) {
      throw error instanceof OndeleteError ? error : failure(error, file);
    }
  };
  return {
    query: (sql, parameters = []) =>
      attempt(() => {
        const statement = database.prepare<unknown[], Record<string, unknown>>(sql);
        if (statement.reader) return statement.all(...parameters);
        statement.run(...parameters);
        return [];
      }),
    queryInTime: (milliseconds, sql) =>
      attempt(() => {
        const until = Date.now() + milliseconds;
        const time = { isUp: false };
        // Nothing can stop a statement of this driver but an error inside it.
        database.function('ondelete_in_time', { varargs: true, deterministic: false }, () => {
          time.isUp ||= Date.now() > until;
          if (time.isUp) throw new OndeleteError('QUERY_FAILED', 'the time was up');
          return 1;
        });
        try {
          return database.prepare<unknown[], Record<string, unknown>>(sql).all();
        } catch (error) {
          if (time.isUp) return null;
          throw error;
        }
      }),
    // eslint-disable-next-line @typescript-eslint/require-await -- the driver is synchronous
    async close() {
      database.close();
    },
  };
}

/** The file that a URL names. A name that exists as it is written is taken so; else `?…` is cut off and %20 read. */
export function fileOf(url: string): string {
  const written = url.replace(/^(?:sqlite|file):/i, '');
  if (/^(?:\/\/)?(?::memory:|\?|$)|^:memory:|[?&]mode=memory\b/i.test(written)) {
    throw new OndeleteError(
      'USAGE',
      'the database URL names no file',
      'Name the file of a database; one in memory holds no keys yet.',
    );
  }
  const plain = written.replace(/^\/\/(?:localhost(?=\/))?/, '');
  const path = [plain, plain.replace(/\?.*$/s, '')].find((candidate) => existsSync(candidate));
  return resolve(path ?? decoded(url, plain.replace(/\?.*$/s, '')));
}

function decoded(url: string, path: string): string {
  try {
    return /^file:\/\/\//i.test(url) ? fileURLToPath(url.replace(/\?.*$/s, '')) : decodeURIComponent(path);
  } catch {
    return path;
  }
}

function checkFile(file: string): void {
  let isFile;
  try {
    const stats = statSync(file);
    isFile = stats.isFile();
    if (stats.isDirectory())
      throw new OndeleteError('NOT_A_DATABASE', `${file} is a folder`, 'Name the database file in it.');
    // Not by opening it: closing a file drops the locks that this process holds on it through SQLite (https://sqlite.org/howtocorrupt.html).
    accessSync(file, constants.R_OK);
  } catch (error) {
    if (error instanceof OndeleteError) throw error;
    if (mayHoldPassword(file))
      throw new OndeleteError(
        'USAGE',
        'the database is named by what is neither a URL nor a file',
        'Write postgres://user:password@host:port/database, or the path of a SQLite file that is there.',
      );
    if (codeOf(error) === 'EACCES' || codeOf(error) === 'EPERM') throw unreadable(file, error);
    const help = existsSync(file.slice(1))
      ? `A path with three slashes is absolute here; the file in the working directory is sqlite:${file.slice(1)}.`
      : 'Check the path; a relative one starts at the working directory.';
    throw new OndeleteError('DATABASE_NOT_FOUND', `there is no file ${file}`, help, error);
  }
  if (!isFile)
    throw new OndeleteError(
      'NOT_A_DATABASE',
      `${file} is not a regular file`,
      'Name the file of a SQLite database.',
    );
}

function unreadable(file: string, cause: unknown): OndeleteError {
  return new OndeleteError(
    'INSUFFICIENT_PRIVILEGE',
    `${file} may not be read by this user`,
    'Give this user the right to read it.',
    cause,
  );
}

/** What a driver's error means for somebody who named a file. Result codes: https://sqlite.org/rescode.html */
function failure(error: unknown, file: string): OndeleteError {
  const code = codeOf(error);
  const fail = (kind: OndeleteError['code'], message: string, help: string) =>
    new OndeleteError(kind, message, help, error);
  if (code === 'SQLITE_NOTADB') {
    return fail(
      'NOT_A_DATABASE',
      `${file} is not a SQLite database, or it is encrypted`,
      'Name a plain SQLite file; decrypt it into a copy first.',
    );
  }
  const unknown = unknownSyntax(messageOf(error));
  if (unknown !== null) {
    return fail(
      'UNSUPPORTED_SERVER',
      `the SQLite that reads ${file} does not know the syntax of ${unknown}`,
      'The file need not be damaged: a newer SQLite or libSQL (RANDOM ROWID) may have written this. A newer better-sqlite3 may know it; what libSQL alone knows cannot be read.',
    );
  }
  if (code.startsWith('SQLITE_CORRUPT')) {
    return fail(
      'NOT_A_DATABASE',
      `${file} is damaged: ${messageOf(error)}`,
      'Restore it from a backup, or try `.recover` of the sqlite3 client.',
    );
  }
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return fail(
      'DATABASE_LOCKED',
      `${file} is locked by another connection`,
      'Try again when its transaction is over, or close the program: some hold the file until they end.',
    );
  }
  if (hasHotJournal(code, file)) {
    const help = `Run: sqlite3 ${JSON.stringify(file)} "SELECT count(*) FROM sqlite_master" as a user who may write it; that rolls the write back.`;
    return fail(
      'UNREACHABLE',
      `${file} was left in the middle of a write, which a reader may not roll back`,
      help,
    );
  }
  if (
    code.startsWith('SQLITE_CANTOPEN') ||
    code.startsWith('SQLITE_READONLY') ||
    code === 'SQLITE_PERM' ||
    code === 'SQLITE_AUTH'
  ) {
    return cannotOpen(error, file);
  }
  return fail('QUERY_FAILED', `SQLite refused a query on ${file}: ${messageOf(error)}`, '');
}

/** What the stored text is of that has a word it cannot parse, and where; SQLite calls the whole file malformed then (prepare.c, corruptSchema). */
function unknownSyntax(message: string): string | null {
  const [, name, where] =
    /^malformed database schema \((.*)\) - ((?:near ".*": syntax error|unknown table option: .*|unrecognized token: .*))$/s.exec(
      message,
    ) ?? [];
  return name === undefined ? null : `${name}: ${where}`;
}

/** A journal that outlived its writer must be rolled back before anybody reads, and only a writer may: SQLITE_READONLY_ROLLBACK. */
function hasHotJournal(code: string, file: string): boolean {
  return (
    code === 'SQLITE_READONLY_ROLLBACK' ||
    (code.startsWith('SQLITE_CANTOPEN') && existsSync(`${file}-journal`))
  );
}

/** Reading a WAL database takes its -wal and -shm files, which SQLite makes in the folder: https://sqlite.org/wal.html#readonly */
function cannotOpen(error: unknown, file: string): OndeleteError {
  const message = `${file} cannot be opened by this user: ${messageOf(error)}`;
  const help =
    'Give this user the right to read the file. A database in WAL mode needs its -wal and -shm files beside it: let this user write to its folder, or read a copy made with `VACUUM INTO`.';
  return new OndeleteError('INSUFFICIENT_PRIVILEGE', message, help, error);
}
