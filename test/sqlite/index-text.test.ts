/** What is read out of an index's text must be what the pragma says. */
import { describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { plainIndexColumns } from '../../dialects/sqlite/text/index-and-trigger-text.ts';

const columns = ['id', 'Name', 'a b', 'null', 'c'];
const table = 'CREATE TABLE t (id INTEGER PRIMARY KEY, Name TEXT, "a b" TEXT, "null" TEXT, c TEXT)';

/** The text that SQLite stores, its columns by the pragma, and those of the text. */
function read(index: string) {
  const database = new Database(':memory:');
  try {
    database.exec(`${table}; ${index}`);
    const [stored] = database
      .prepare<[], { name: string; sql: string }>("SELECT name, sql FROM sqlite_schema WHERE type = 'index'")
      .all();
    const byPragma = database
      .prepare<[string], { name: string | null }>('SELECT name FROM pragma_index_xinfo(?) WHERE key')
      .all(stored?.name ?? '');
    return {
      byPragma: byPragma.map(({ name }) => name),
      byText: plainIndexColumns(stored?.sql ?? '', columns),
    };
  } finally {
    database.close();
  }
}

describe('plainIndexColumns', () => {
  test.each([
    'CREATE INDEX i ON t (Name)',
    'create index if not exists main.i on t(name, id)',
    'CREATE INDEX "an index" ON "t" ("a b", `c` , NAME)',
    'CREATE INDEX i ON t ("null")',
  ])('%s: as the pragma says', (index) => {
    const { byPragma, byText } = read(index);
    expect(byText).toEqual(byPragma);
  });

  test.each([
    'CREATE UNIQUE INDEX i ON t (Name)',
    'CREATE INDEX i ON t (Name DESC)',
    'CREATE INDEX i ON t (Name COLLATE NOCASE)',
    'CREATE INDEX i ON t (lower(Name))',
    'CREATE INDEX i ON t (null)',
    "CREATE INDEX i ON t (Name, 'c' || id)",
    'CREATE INDEX i ON t (Name) WHERE id > 1',
    'CREATE INDEX i ON t (Name) -- a comment (c)',
    'CREATE INDEX i ON t (Name /* , id */)',
    'CREATE INDEX i ON t ([a b])',
  ])('%s: the pragma is asked', (index) => {
    expect(read(index).byText).toBeNull();
  });
});
