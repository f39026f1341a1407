/** A small shop with everything around a table that a change must not touch, and the key of `c` that the tests change. */
import type { ForeignKey, ReferentialAction } from '../../src/core/model.ts';
import { introspected, scratch, type Scratch, stepsFor } from './closed-loop.ts';

export const shop = `
  CREATE TABLE p(id INTEGER PRIMARY KEY);
  CREATE TABLE c(id INTEGER PRIMARY KEY, pid INT REFERENCES p(id), name TEXT COLLATE NOCASE);
  CREATE TABLE g(id INTEGER PRIMARY KEY, cid INT REFERENCES c(id) ON DELETE CASCADE);
  CREATE TABLE n(id INTEGER PRIMARY KEY, cid INT REFERENCES c(id) ON DELETE SET NULL);
  CREATE UNIQUE INDEX c_name ON c(name DESC, pid) WHERE pid IS NOT NULL;
  CREATE INDEX c_lower ON c(lower(name));
  CREATE TABLE log(what TEXT);
  CREATE TRIGGER c_deleted AFTER DELETE ON C BEGIN INSERT INTO log VALUES ('c ' || old.id); INSERT INTO log VALUES (';'); END;
  CREATE TRIGGER g_named BEFORE UPDATE ON g BEGIN SELECT count(*) FROM c; END;
  CREATE VIEW v AS SELECT c.id, p.id AS p FROM c JOIN p ON p.id = c.pid;
  CREATE TRIGGER v_insert INSTEAD OF INSERT ON v BEGIN INSERT INTO c(id) VALUES (new.id); END;
  CREATE VIEW broken AS SELECT nope FROM nowhere;
  CREATE VIRTUAL TABLE f USING fts5(name, content='c', content_rowid='id');
  INSERT INTO p VALUES (1), (2);
  INSERT INTO c VALUES (1, 1, 'one'), (5, 2, 'five'), (9, 77, 'an orphan');
  INSERT INTO g VALUES (1, 1), (2, 5); INSERT INTO n VALUES (1, 1), (2, 5);
  INSERT INTO f(rowid, name) SELECT id, name FROM c;
  ANALYZE;`;

export const isOfC = (key: ForeignKey) => key.child.name === 'c';
export const stepsOfC = (file: string, to: ReferentialAction = 'CASCADE', allowed: readonly string[] = []) =>
  stepsFor(file, to, isOfC, allowed);

export async function on(sql: string, work: (database: Scratch) => Promise<void>): Promise<void> {
  const database = scratch(sql);
  try {
    await work(database);
  } finally {
    database.remove();
  }
}

export async function actionOfC(database: Scratch): Promise<string | undefined> {
  return (await introspected(database.file)).snapshot.foreignKeys.find(isOfC)?.onDelete;
}
