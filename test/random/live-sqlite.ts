// SQLite: each case is a file, run by the client, by a runner that may edit stored texts, or by one that may not.
import Database from 'better-sqlite3';
import { openDatabase } from '../../src/schema-source.ts';
import { messageOf } from '../../src/core/errors.ts';
import type { DeleteClause, ForeignKey } from '../../src/core/model.ts';
import { allRows, client, run, scratch, storedTexts } from '../sqlite/closed-loop.ts';
import { type Bench, type Forced, formed, type Live, pairOf } from './live.ts';
import type { Key, Row, Schema, Table } from './schema.ts';
import { sqliteText } from './write-sqlite.ts';
import { insert, literal, quoted, tableSql } from './write.ts';

const runners = ['client', 'edit', 'rebuild'] as const;

export function sqliteBench(): Bench {
  return {
    id: 'sqlite',
    target: { engine: 'sqlite', major: 3, schemas: ['main'] },
    load: (schema, drawn) => Promise.resolve(liveSqlite(schema, runners[drawn.runner] ?? 'client')),
    close: () => Promise.resolve(),
  };
}

function liveSqlite(schema: Schema, runner: (typeof runners)[number]): Live {
  const ddl = sqliteText(schema);
  const database = scratch(ddl);
  return {
    schema,
    ddl: `-- by ${runner}\n${ddl}`,
    tool: runner === 'client' ? 'sql' : 'kysely',
    open: () => openDatabase(database.file, () => ({ schemas: null })),
    async apply(files, plan, direction) {
      if (runner !== 'client') return run(database.file, plan.steps, direction, runner);
      const wanted = files.filter((file) => file.path.endsWith(`.${direction}.sql`));
      for (const file of direction === 'up' ? wanted : wanted.toReversed()) {
        const { status, text } = client(database.file, file.content, '');
        if (status !== 0) throw new Error(`${file.path} failed with ${status}: ${text}`);
      }
    },
    contents: () => Promise.resolve([allRows(database), storedTextsBesideTables(database)]),
    afterDelete: (table, row) => {
      const copy = memoryCopy(database.file);
      try {
        copy.prepare(deleteText(schema, table, row)).run();
        return Promise.resolve({ rows: contentsOf(copy, schema) });
      } catch (error) {
        return Promise.resolve({ error: messageOf(error) });
      } finally {
        copy.close();
      }
    },
    formed: (contents) => formed(schema, contents),
    force: (key, clause) => Promise.resolve(force(schema, key, clause)),
    close: () => {
      database.remove();
      return Promise.resolve();
    },
  };
}

/** Indexes, triggers and views; the texts of tables hold the clauses. */
function storedTextsBesideTables(database: Parameters<typeof storedTexts>[0]): readonly unknown[] {
  return storedTexts(database).filter((row) => (row as { type: string }).type !== 'table');
}

function memoryCopy(file: string): Database.Database {
  const original = new Database(file, { readonly: true });
  try {
    const copy = new Database(original.serialize());
    copy.pragma('foreign_keys = ON');
    return copy;
  } finally {
    original.close();
  }
}

export function deleteText(schema: Schema, table: Table, row: Row): string {
  const conditions = table.primaryKey.map((name) => {
    const family = table.columns.find((column) => column.name === name)?.family;
    return `${quoted(schema, name)} = ${literal(row[name] ?? null, family)}`;
  });
  return `DELETE FROM ${tableSql(schema, table)} WHERE ${conditions.join(' AND ')}`;
}

function contentsOf(database: Database.Database, schema: Schema): readonly (readonly string[])[] {
  return schema.tables.map((table) => {
    const columns = table.columns.map((column) => `CAST(${quoted(schema, column.name)} AS TEXT)`).join(', ');
    return database
      .prepare(`SELECT ${columns} FROM ${tableSql(schema, table)}`)
      .raw()
      .all()
      .map((row) => JSON.stringify(row))
      .sort();
  });
}

/** The schema with this key alone, its clause changed, in a new database. */
function force(schema: Schema, found: ForeignKey, clause: DeleteClause): Forced {
  const own = schema.keys.find((key) => isKey(key, found));
  if (own === undefined) throw new Error(`no key for ${JSON.stringify(found)}`);
  const forced: Key = { ...own, onDelete: clause.onDelete, onDeleteColumns: clause.onDeleteColumns };
  const tables = schema.tables.map((table) => ({ ...table, rows: [] }));
  const again = (table: Table): Table => tables[schema.tables.indexOf(table)] ?? table;
  const key = { ...forced, child: again(own.child), parent: own.parent === null ? null : again(own.parent) };
  const database = new Database(':memory:');
  try {
    database.pragma('foreign_keys = OFF');
    try {
      database.exec(sqliteText({ ...schema, tables, keys: [key] }));
    } catch (error) {
      return { refused: messageOf(error), deleting: undefined, key: null };
    }
    for (const table of schema.tables)
      for (const row of table.rows) database.exec(insert(schema, table, row));
    database.pragma('foreign_keys = ON');
    return {
      refused: inserting(database, schema, key),
      deleting: deleting(database, schema, own, found),
      key: null,
    };
  } finally {
    database.close();
  }
}

/** A key without a parent key is found when a statement that needs it is prepared. */
function inserting(database: Database.Database, schema: Schema, key: Key): string | null {
  try {
    database.prepare(`INSERT INTO ${tableSql(schema, key.child)} DEFAULT VALUES`);
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

function deleting(
  database: Database.Database,
  schema: Schema,
  own: Key,
  found: ForeignKey,
): string | null | undefined {
  const pair = own.parent === null ? null : pairOf(found, own.child.rows, own.parent.rows);
  if (pair === null || own.parent === null) return undefined;
  try {
    database.exec(deleteText(schema, own.parent, pair.parent));
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

function isKey(key: Key, found: ForeignKey): boolean {
  return (
    key.child.name === found.child.name &&
    (key.parent?.name ?? found.parent.name) === found.parent.name &&
    JSON.stringify(key.columns) === JSON.stringify(found.columns) &&
    (key.parent === null || JSON.stringify(key.parentColumns) === JSON.stringify(found.parentColumns)) &&
    key.impliedColumns === found.parentColumnsImplied &&
    key.name === found.name
  );
}
