/**
 * Views and triggers, which ALTER TABLE reads all of when it changes or drops a column: one that is broken, or that needs the column, is an
 * error, whatever table it belongs to (https://sqlite.org/lang_altertable.html#altertabdropcol; libSQL's ALTER COLUMN does the same, measured
 * on 0.5.29).
 */
import { messageOf } from '../../../src/core/errors.ts';
import type { Session } from '../../sql/session.ts';
import { openInMemory } from '../connection/connect.ts';
import { foldName } from '../text/names.ts';
import { tokenize } from '../text/tokens.ts';

export interface Readers {
  /** What ALTER TABLE says of the schema as it is; null where it reads all of it. */
  readonly unreadable: string | null;
  /** Views and triggers of other tables that name this one, by name. */
  of(table: string): readonly string[];
}

interface Reader {
  readonly name: string;
  readonly table: string;
  readonly words: ReadonlySet<string>;
}

const readersQuery = `SELECT name, tbl_name AS "table", sql FROM main.sqlite_schema WHERE type IN ('view', 'trigger') ORDER BY name`;

export async function readReaders(session: Session): Promise<Readers> {
  const rows = await session.query(readersQuery);
  const readers = rows.map(({ name, sql, table }): Reader => ({
    name: String(name),
    table: foldName(String(table)),
    words: new Set(tokenize(String(sql)).map(({ value }) => foldName(value))),
  }));
  return {
    unreadable: readers.length === 0 ? null : await problemOf(session),
    of(table) {
      const folded = foldName(table);
      return readers
        .filter((reader) => reader.table !== folded && reader.words.has(folded))
        .map(({ name }) => name);
    },
  };
}

/** SQLite itself is asked, about a table of ours beside a copy of the schema. */
async function problemOf(session: Session): Promise<string | null> {
  const texts = await session.query(
    `SELECT type, sql FROM main.sqlite_schema WHERE sql IS NOT NULL AND type <> 'index' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
      ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'view' THEN 1 ELSE 2 END, rowid`,
  );
  const database = await openInMemory();
  const run = (sql: string): unknown => database.prepare(sql).run();
  try {
    // a table may be there by then, as a virtual table makes its own; who misses one that is not there is found below
    const lost = texts.flatMap(({ sql, type }) => {
      const error = errorOf(() => run(String(sql)));
      return error === null || type === 'table' ? [] : [error];
    });
    run('CREATE TABLE ondelete_probe (a, b)');
    return errorOf(() => run('ALTER TABLE ondelete_probe DROP COLUMN b')) ?? lost[0] ?? null;
  } finally {
    database.close();
  }
}

function errorOf(work: () => unknown): string | null {
  try {
    work();
    return null;
  } catch (error) {
    return messageOf(error);
  }
}
