// A local database of Cloudflare D1 as wrangler leaves it, without D1: the files run in SQLite as D1 runs them. The real one is in test/tools.
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { openProject, type Project } from '../support/project.ts';
import { ondelete } from '../support/shared-cli.ts';

/** What wrangler 4.86 called the file of the database with this id (measured). */
export const databaseId = '11111111-1111-1111-1111-111111111111';
const stateFile =
  '.wrangler/state/v3/d1/miniflare-D1DatabaseObject/c917712ba74c5102d69ecf1555a42fe4d03ba423fee62c633ac82b645ae953eb.sqlite';

export const wranglerToml = `name = "shop"
# the local state is named by the id
[[d1_databases]]
binding = "DB" # [brackets]
database_name = "shop"
database_id = "${databaseId}"
`;

export interface D1Project extends Project {
  readonly file: string;
  /** Runs a text as D1 runs a migration: in one transaction, with keys on. */
  migrate(sql: string): void;
  query(sql: string): readonly unknown[];
  rows(): string;
  /** The files that were generated, in order. */
  files(direction: 'up' | 'down'): readonly string[];
}

export function openD1(schema: string): D1Project {
  const place = openProject(ondelete);
  place.write('wrangler.toml', wranglerToml);
  const file = place.path(stateFile);
  mkdirSync(join(file, '..'), { recursive: true });
  const on = <T>(work: (database: Database.Database) => T): T => {
    const database = new Database(file);
    try {
      database.pragma('foreign_keys = ON');
      return work(database);
    } finally {
      database.close();
    }
  };
  const query = (sql: string): readonly unknown[] => on((database) => database.prepare(sql).all());
  on((database) =>
    database.exec(
      `CREATE TABLE _cf_METADATA (key INTEGER PRIMARY KEY, value BLOB); CREATE TABLE d1_migrations (name TEXT); ${schema}`,
    ),
  );
  return {
    ...place,
    file,
    query,
    migrate: (sql) =>
      on((database) => {
        database.exec(`BEGIN;\n${sql}`);
        database.exec('COMMIT');
      }),
    rows: () => rowsIn(file),
    files(direction) {
      const folder = place.path(direction === 'up' ? 'migrations' : 'migrations/down');
      return readdirSync(folder)
        .filter((name) => name.endsWith('.sql'))
        .sort()
        .map((name) => readFileSync(join(folder, name), 'utf8'));
    },
  };
}

/** The rows of every table but the tool's own with their rowids, as text. */
export function rowsIn(file: string): string {
  const database = new Database(file, { readonly: true });
  try {
    const query = (sql: string): readonly unknown[] => database.prepare(sql).all();
    const tables = query(
      "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT IN ('sqlite_schema', 'd1_migrations') AND name NOT LIKE '\\_cf%' ESCAPE '\\' ORDER BY name",
    ) as readonly { readonly name: string; readonly wr: number }[];
    return tables
      .map(({ name, wr }) => {
        const quoted = `"${name.replaceAll('"', '""')}"`;
        if (name === 'sqlite_sequence')
          return JSON.stringify(query(`SELECT * FROM ${quoted} WHERE name <> 'd1_migrations' ORDER BY name`));
        return `${name}: ${JSON.stringify(query(`SELECT ${wr === 1 ? '' : '_rowid_ AS ondelete_id, '}* FROM ${quoted}`))}`;
      })
      .join('\n');
  } finally {
    database.close();
  }
}

/** Circles, a self reference, AUTOINCREMENT, triggers, a view, a table without a rowid, rowids that are no column, odd names. */
export const tangled = `
  CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT);
  CREATE TABLE c (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    p_id INT NOT NULL REFERENCES p(id),
    self INT REFERENCES c(id) ON DELETE RESTRICT,
    note TEXT DEFAULT 'x;y' CHECK (note <> '--'), loud TEXT AS (upper(note)) STORED
  );
  CREATE INDEX c_p ON c (p_id);
  CREATE TABLE g (a TEXT, c_id INT REFERENCES c(id) ON DELETE CASCADE, h_id INT REFERENCES h(id) ON DELETE SET NULL);
  CREATE UNIQUE INDEX g_a ON g (a) WHERE a > '';
  CREATE TABLE h (id INTEGER PRIMARY KEY, g_c INT REFERENCES c(id), k REFERENCES i(a));
  CREATE TABLE i (a PRIMARY KEY, h_id INT REFERENCES h(id)) WITHOUT ROWID;
  CREATE TABLE "odd ""t's" ("the;key" INT CONSTRAINT "a 'name'" REFERENCES p, rowid TEXT, c INT REFERENCES c ON DELETE CASCADE);
  CREATE TABLE log (what);
  CREATE TRIGGER c_ins AFTER INSERT ON c BEGIN INSERT INTO log VALUES ('i'); END;
  CREATE TRIGGER c_del AFTER DELETE ON c BEGIN INSERT INTO log VALUES ('d'); END;
  CREATE TRIGGER c_upd AFTER UPDATE ON c BEGIN INSERT INTO log VALUES ('u'); END;
  CREATE TRIGGER g_upd AFTER UPDATE ON g BEGIN INSERT INTO log VALUES ('u'); END;
  CREATE VIEW v AS SELECT c.id, g.a FROM c JOIN g ON g.c_id = c.id;
  INSERT INTO p VALUES (1, 'a'), (2, 'b');
  INSERT INTO c (p_id, self) VALUES (1, NULL), (2, 1), (2, 2), (1, 3);
  DELETE FROM c WHERE id = 4;
  INSERT INTO h VALUES (1, 1, NULL);
  INSERT INTO i VALUES ('z', 1);
  UPDATE h SET k = 'z';
  INSERT INTO g (rowid, a, c_id, h_id) VALUES (7, 'g', 1, 1), (9, 'g2', 2, 1);
  INSERT INTO "odd ""t's" VALUES (1, 'r', 3), (NULL, 's', 1);
`;

export const tangledRules = `    - { match: 'c -> p', onDelete: cascade }
    - { match: 'c -> c', onDelete: set null }
    - { match: 'i -> h', onDelete: set null }
    - { match: '"odd ""t''s"("the;key") -> p', onDelete: set null }\n`;

/** Keys that act on rows of the same table or circle while it is dropped: a trigger that would tell, too many levels, refusals of NULL. */
export const turning = `
  CREATE TABLE owner (id INTEGER PRIMARY KEY);
  CREATE TABLE seen (what);
  CREATE TABLE cat (id INTEGER PRIMARY KEY, up INT REFERENCES cat(id) ON DELETE SET NULL, o INT REFERENCES owner(id));
  CREATE TRIGGER cat_moved AFTER UPDATE ON cat BEGIN INSERT INTO seen VALUES ('moved ' || new.id); END;
  CREATE TABLE deep (id INTEGER PRIMARY KEY, up INT REFERENCES deep(id) ON DELETE CASCADE, o INT REFERENCES owner(id));
  CREATE TRIGGER deep_gone AFTER DELETE ON deep BEGIN INSERT INTO seen VALUES ('gone ' || old.id); END;
  CREATE TABLE root (id INTEGER PRIMARY KEY, up INT REFERENCES root(id) ON DELETE SET NULL CHECK (up IS NOT NULL OR id = 1), o INT REFERENCES owner(id));
  CREATE UNIQUE INDEX root_one ON root (up) WHERE up IS NULL;
  CREATE TABLE ring (id INTEGER PRIMARY KEY REFERENCES ring_end(id) ON DELETE CASCADE, o INT REFERENCES owner(id));
  CREATE TABLE ring_end (id INTEGER PRIMARY KEY, ring INT NOT NULL REFERENCES ring(id) ON DELETE CASCADE);
  CREATE TRIGGER ring_gone AFTER DELETE ON ring BEGIN INSERT INTO seen VALUES ('ring ' || old.id); END;
  CREATE TRIGGER ring_end_gone AFTER DELETE ON ring_end BEGIN INSERT INTO seen VALUES ('end ' || old.id); END;
  CREATE TABLE said (id INTEGER PRIMARY KEY, up INT REFERENCES said(id) ON DELETE CASCADE, o INT REFERENCES owner(id), body TEXT);
  CREATE VIRTUAL TABLE search USING fts5(body, content='said', content_rowid='id');
  CREATE TRIGGER said_new AFTER INSERT ON said BEGIN INSERT INTO search(rowid, body) VALUES (new.id, new.body); END;
  CREATE TRIGGER said_gone AFTER DELETE ON said BEGIN INSERT INTO search(search, rowid, body) VALUES ('delete', old.id, old.body); END;
  INSERT INTO owner VALUES (1);
  INSERT INTO cat VALUES (1, NULL, 1), (2, 1, 1), (3, 1, 1);
  INSERT INTO deep WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500) SELECT i, nullif(i - 1, 0), 1 FROM n;
  INSERT INTO root VALUES (1, NULL, 1), (2, 1, 1), (3, 2, 1);
  PRAGMA defer_foreign_keys = ON;
  INSERT INTO ring VALUES (1, 1), (2, 1);
  INSERT INTO ring_end VALUES (1, 1), (2, 2);
  INSERT INTO said VALUES (1, NULL, 1, 'first'), (2, 1, 1, 'answer');
`;

export const turningRules = "    - { match: '* -> owner', onDelete: cascade }\n";

/** Keys to a column that a unique index of its own text makes a parent, as Prisma and Drizzle write it, and a circle whose tables reference themselves. */
export const resting = `
  CREATE TABLE firm (id INTEGER PRIMARY KEY);
  CREATE TABLE team (id INTEGER PRIMARY KEY, slug TEXT NOT NULL, firm INT REFERENCES firm(id), lead INT REFERENCES person(id), up INT REFERENCES team(id) ON DELETE CASCADE);
  CREATE INDEX team_firm ON team (firm);
  CREATE UNIQUE INDEX team_slug ON team (slug);
  CREATE TABLE person (id INTEGER PRIMARY KEY, team TEXT REFERENCES team(slug), boss INT REFERENCES person(id) ON DELETE CASCADE);
  CREATE INDEX person_team ON person (team) WHERE team IS NOT NULL;
  CREATE TRIGGER person_gone AFTER DELETE ON person BEGIN INSERT INTO firm VALUES (old.id + 10); END;
  INSERT INTO firm VALUES (1);
  INSERT INTO team VALUES (1, 'a', 1, NULL, NULL), (2, 'b', 1, NULL, 1);
  INSERT INTO person VALUES (1, 'a', NULL), (2, 'a', 1), (3, 'b', 2);
  UPDATE team SET lead = 3;
`;

export const restingRules =
  "    - { match: '* -> firm', onDelete: cascade }\n    - { match: 'person -> team', onDelete: set null }\n";
