/** A loaded schema as facts about models: what a file of SQL says of each key, and where. Pure. */
import type { Engine } from '../../core/contracts/engine.ts';
import { clauseText } from '../../core/names.ts';
import type { ForeignKey, Server, Snapshot, TableName } from '../../core/model.ts';
import type { Facts } from '../facts.ts';
import { type DeclaredKey, placeOf } from './places.ts';

/** What is known of a schema that was loaded. */
interface LoadedSchema {
  /** The files, for people. */
  readonly source: string;
  readonly snapshot: Snapshot;
  readonly declared: readonly DeclaredKey[];
  /** The files say which schema a table is in, or choose one. */
  readonly namesSchemas: boolean;
  readonly notes: readonly string[];
}

/**
 * An action that is what the engine does without a clause says nothing: a loaded schema cannot tell whether it was written.
 * @param live the server whose keys they are held against; null where there is none
 */
export function factsOf(
  loaded: LoadedSchema,
  engine: Pick<Engine, 'names' | 'sameAction'>,
  live: Server | null,
): Facts {
  const { snapshot, declared } = loaded;
  const names = engine.names(snapshot.server);
  const nameOf = (table: TableName): Facts['foreignKeys'][number]['child'] => ({
    schema: schemaOf(table, loaded, live),
    name: table.name,
  });
  const keyOf = (key: ForeignKey): Facts['foreignKeys'][number] => {
    const place = placeOf(key, declared, snapshot, names);
    return {
      child: nameOf(key.child),
      columns: [...key.columns],
      parent: nameOf(key.parent),
      parentColumns: key.parentColumnsImplied ? [] : [...key.parentColumns],
      group: null,
      name: key.name,
      onDelete: engine.sameAction(key.onDelete, 'NO ACTION') ? null : clauseText(key),
      onDeleteWritten: true,
      onUpdate: null,
      constrained: true,
      application: null,
      place: place === null ? null : { file: place.file, line: place.line },
      within: [],
      mark: null,
    };
  };
  return {
    version: 1,
    orm: 'sql',
    ormVersion: null,
    source: loaded.source,
    comparesActions: true,
    takesBack: 'nothing',
    tables: snapshot.tables.map((table) => ({
      ...nameOf(table),
      group: null,
      deleteEvents: [],
      columns: table.columns.map(({ name, nullable }) => ({
        name,
        nullable,
        primaryKey: table.indexes.some((index) => index.primary && index.columns.includes(name)),
      })),
      place: null,
    })),
    foreignKeys: snapshot.foreignKeys.map(keyOf),
    relationships: [],
    inheritance: [],
    newestMigrations: {},
    sqliteForeignKeys: null,
    errors: [],
    notes: [...loaded.notes],
  };
}

/** The scratch database has a name of its own, and a file that names no schema means whichever the tables are in. */
function schemaOf(table: TableName, loaded: LoadedSchema, live: Server | null): string | null {
  switch (loaded.snapshot.server.flavor) {
    case 'sqlite':
      return null;
    case 'mysql':
    case 'mariadb':
      return live?.settings['database'] ?? null;
    case 'postgres':
      return table.schema === 'public' && !loaded.namesSchemas ? null : table.schema;
  }
}
