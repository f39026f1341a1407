/** The keys that models declare beside the keys that are there: matched by tables and columns, never by name. Pure. */
import { parseAction } from '../policy/actions.ts';
import type { NameMatching } from '../core/contracts/engine.ts';
import type { DeleteClause, Flavor, ForeignKey, Snapshot, Table } from '../core/model.ts';
import { keysOn, tableNamed } from '../core/schema-index.ts';
import { foldName } from '../policy/pattern/match.ts';
import type { Facts, KeyReference, ModelKey, ModelTable } from './facts.ts';

/** Where a table without a schema stands, as far as an engine decides that by itself. */
const defaultSchemas: Readonly<Partial<Record<Flavor, string>>> = { postgres: 'public', sqlite: 'main' };

export type LiveMatch =
  | { readonly kind: 'found'; readonly key: ForeignKey }
  | { readonly kind: 'missing' }
  /** The table's name is in several schemas and the model names none. */
  | { readonly kind: 'ambiguous'; readonly tables: readonly Table[] };

export interface Lookup {
  live(reference: KeyReference): LiveMatch;
  declared(reference: KeyReference): ModelKey | null;
  modelTable(name: KeyReference['child']): ModelTable | null;
  liveTable(name: KeyReference['child']): Table | null;
}

/** Answers questions about keys and tables of models, as names compare on this server. */
export function lookup(facts: Facts, snapshot: Snapshot, names: NameMatching): Lookup {
  const foldTable = (name: string): string => foldName(name, names.tablesIgnoreCase);
  const foldColumn = (name: string): string => foldName(name, names.columnsIgnoreCase);
  const byName = grouped(snapshot.tables, (table) => foldTable(table.name));
  const fallback = defaultSchemas[snapshot.server.flavor] ?? onlySchema(snapshot);
  const tablesOf = ({ schema, name }: KeyReference['child']): readonly Table[] => {
    const all = byName.get(foldTable(name)) ?? [];
    const within = all.filter((table) => foldTable(table.schema) === foldTable(schema ?? fallback ?? ''));
    if (within.length > 0 || schema !== null) return within;
    return all;
  };
  const sameColumns = (a: readonly string[], b: readonly string[]): boolean =>
    a.length === b.length &&
    [...a].map(foldColumn).sort().join('\0') === [...b].map(foldColumn).sort().join('\0');
  const isThatParent = (key: ForeignKey, { parent }: KeyReference): boolean =>
    tablesOf(parent).some((table) => table.schema === key.parent.schema && table.name === key.parent.name);

  const live = (reference: KeyReference): LiveMatch => {
    const tables = tablesOf(reference.child);
    const keys = tables
      .flatMap((table) => keysOn(snapshot, table))
      .filter(
        (key) =>
          sameColumns(key.columns, reference.columns) &&
          isThatParent(key, reference) &&
          (reference.parentColumns.length === 0 || sameColumns(key.parentColumns, reference.parentColumns)),
      );
    if (new Set(keys.map((key) => key.child.schema)).size > 1) return { kind: 'ambiguous', tables };
    // of two keys over the same columns the one that refuses has the last word
    const key = keys.find(({ onDelete }) => onDelete === 'NO ACTION' || onDelete === 'RESTRICT') ?? keys[0];
    return key === undefined ? { kind: 'missing' } : { kind: 'found', key };
  };
  // the database names the schema that a model leaves out
  const idOf = ({ schema, name }: KeyReference['child']): string =>
    `${foldTable(schema ?? fallback ?? '')}\0${foldTable(name)}`;
  const modelTables = new Map(facts.tables.map((table) => [idOf(table), table]));
  const declaredKeys = grouped(facts.foreignKeys, (key) => idOf(key.child));
  return {
    live,
    declared: (reference) =>
      (declaredKeys.get(idOf(reference.child)) ?? []).find(
        (key) =>
          sameColumns(key.columns, reference.columns) &&
          foldTable(key.parent.name) === foldTable(reference.parent.name),
      ) ?? null,
    modelTable: (name) => modelTables.get(idOf(name)) ?? null,
    liveTable: (name) => {
      const [table] = tablesOf(name);
      return table === undefined ? null : tableNamed(snapshot, table);
    },
  };
}

/** MySQL and MariaDB: the database that is looked at. */
function onlySchema({ tables }: Snapshot): string | null {
  const schemas = new Set(tables.map(({ schema }) => schema));
  return schemas.size === 1 ? ([...schemas][0] ?? null) : null;
}

function grouped<T>(members: readonly T[], idOf: (member: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const member of members) {
    const group = groups.get(idOf(member));
    if (group === undefined) groups.set(idOf(member), [member]);
    else group.push(member);
  }
  return groups;
}

/** The clause that a model's words mean; null for words that are no action. */
export function clauseOf(onDelete: string): DeleteClause | null {
  const parsed = parseAction(onDelete);
  return parsed.ok && parsed.value.kind === 'clause' ? parsed.value.clause : null;
}
