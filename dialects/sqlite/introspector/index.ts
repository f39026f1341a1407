/** Reads every foreign key of a SQLite file, with the tables that take part in one. */
import type { Session } from '../../sql/session.ts';
import type { Scope } from '../../../src/core/contracts/connection.ts';
import { compareKeys, compareText } from '../../../src/core/names.ts';
import type { Introspection, Server } from '../../../src/core/model.ts';
import {
  definitionText,
  type KeyClause,
  plainDefinitionText,
  readDefinition,
  type TableDefinition,
} from '../text/create-table.ts';
import { foldName, main } from '../text/names.ts';
import { type Catalog, type CatalogTable, readCatalog } from './catalog.ts';
import { agreesOnAll, foreignKey } from './keys.ts';
import { readReaders } from './readers.ts';
import { tableOf } from './tables.ts';

const empty: Catalog = { tables: [], estimatedRows: new Map() };

/** Throws QUERY_FAILED and INTERNAL, and returns every key or throws. */
export async function introspect(session: Session, server: Server, scope: Scope): Promise<Introspection> {
  const isInScope = scope.schemas === null || scope.schemas('main');
  const catalog = isInScope ? await readCatalog(session) : empty;
  // Where the stored text cannot be edited.
  const isMadeAnew = ['d1', 'turso'].includes(server.settings['service'] ?? '');
  // Where a column is changed in place or replaced.
  const isAltered = isInScope && ['d1', 'libsql'].includes(server.settings['service'] ?? '');
  const readers = isAltered ? await readReaders(session) : null;
  const isReplaced = server.settings['service'] === 'd1';
  const byName = new Map(catalog.tables.map((table) => [foldName(table.name), table]));
  const read = catalog.tables
    .toSorted((a, b) => compareText(a.name, b.name))
    .map((table) => {
      const { definition, clauses } = understood(table);
      const child = main(table.name);
      const keys = table.keys.map((key, k) => foreignKey(child, key, clauses[k] ?? null, byName));
      return {
        table: tableOf(table, definition, isMadeAnew, isReplaced ? (readers?.of(table.name) ?? []) : []),
        foreignKeys: keys.sort(compareKeys),
      };
    });
  return {
    snapshot: {
      version: 2,
      server,
      tables: read.map(({ table }) => table),
      foreignKeys: read.flatMap(({ foreignKeys }) => foreignKeys),
      ...(readers?.unreadable == null ? {} : { unreadable: readers.unreadable }),
    },
    statistics: read.map(({ table: { schema, name } }) => ({
      schema,
      name,
      estimatedRows: catalog.estimatedRows.get(name) ?? null,
      bytes: null,
    })),
  };
}

interface Understood {
  /** Null where the text is not understood, or does not say what the pragma says of the keys. */
  readonly definition: TableDefinition | null;
  /** In the order of the keys; none where the text says no more of them than the pragma. */
  readonly clauses: readonly KeyClause[];
}

const plainDefinition = (text: string): TableDefinition => ({
  text,
  checks: [],
  autoincrement: false,
  collations: new Map(),
});

function understood({ sql, keys }: CatalogTable): Understood {
  const plainText = plainDefinitionText(sql, keys.length);
  if (plainText !== null) return { definition: plainDefinition(plainText), clauses: [] };
  const text = definitionText(sql);
  const definition = text === null ? null : readDefinition(text);
  return definition !== null && agreesOnAll(definition.keys, keys)
    ? { definition, clauses: definition.keys }
    : { definition: null, clauses: [] };
}
