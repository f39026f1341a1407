/** Reads every foreign key of a SQLite file, with the tables that take part in one. */
import type { Scope, Session } from '../../src/dialect.ts';
import {
  compareKeys,
  compareTables,
  type ForeignKey,
  type Introspection,
  type Server,
  type Table,
} from '../../src/model.ts';
import { readCatalog } from './catalog.ts';
import { catalogSession } from './connect.ts';
import { clausesOf, foreignKey, main, parentsOf, partsOfKeys } from './keys.ts';
import { readText, tableOf } from './tables.ts';

/** Throws QUERY_FAILED and INTERNAL, and returns every key or throws. */
export async function introspect(session: Session, server: Server, scope: Scope): Promise<Introspection> {
  const inScope = scope.schemas === null || scope.schemas('main');
  const catalog = await readCatalog(catalogSession(session), inScope);
  const parents = parentsOf(catalog.tables);
  const tables: Table[] = [];
  const foreignKeys: ForeignKey[] = [];
  for (const facts of catalog.tables) {
    const name = parents.get(facts.folded)?.name ?? main(facts.name);
    const text = readText(facts.sql);
    const keys = partsOfKeys(facts.keyParts);
    const clauses = clausesOf(text?.definition ?? null, keys);
    for (const [k, parts] of keys.entries()) {
      foreignKeys.push(foreignKey(name, parts, clauses?.[k] ?? null, parents));
    }
    tables.push(tableOf(name, facts, clauses === null ? null : text));
  }
  const snapshot = {
    version: 1,
    server,
    tables: tables.sort(compareTables),
    foreignKeys: foreignKeys.sort(compareKeys),
  } as const;
  const statistics = snapshot.tables.map(({ schema, name }) => ({
    schema,
    name,
    estimatedRows: catalog.estimatedRows.get(name) ?? null,
    bytes: null,
  }));
  return { snapshot, statistics };
}
