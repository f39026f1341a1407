/** Reads every foreign key of a SQLite file, with the tables that take part in one. */
import type { Scope, Session } from '../../../src/core/contracts/engine.ts';
import {
  compareKeys,
  compareText,
  sortInPlace,
  type ForeignKey,
  type Introspection,
  type Server,
  type Table,
} from '../../../src/core/model.ts';
import { readCatalog } from './queries.ts';
import { catalogSession } from '../connection/connect.ts';
import { foreignKey } from './keys.ts';
import { tableOf } from './tables.ts';

/** Throws QUERY_FAILED and INTERNAL, and returns every key or throws. */
export async function introspect(session: Session, server: Server, scope: Scope): Promise<Introspection> {
  const inScope = scope.schemas === null || scope.schemas('main');
  const catalog = await readCatalog(catalogSession(session), inScope);
  const parents = new Map(catalog.tables.map((table) => [table.folded, table]));
  const tables: Table[] = [];
  const foreignKeys: ForeignKey[] = [];
  for (const table of sortInPlace([...catalog.tables], (a, b) => compareText(a.name, b.name))) {
    const keys = table.keys.map((parts, k) =>
      foreignKey(table.tableName, parts, table.text?.clauses[k], parents),
    );
    for (const key of sortInPlace(keys, compareKeys)) foreignKeys.push(key);
    tables.push(tableOf(table));
  }
  const snapshot = { version: 1, server, tables, foreignKeys } as const;
  const statistics = snapshot.tables.map(({ schema, name }) => ({
    schema,
    name,
    estimatedRows: catalog.estimatedRows.get(name) ?? null,
    bytes: null,
  }));
  return { snapshot, statistics };
}
