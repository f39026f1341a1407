/** Which live key and table a model means: matched by tables and columns, never by name. Pure. */
import type { SchemaIndex } from '../../core/schema-index.ts';
import type { NameMatching } from '../../core/contracts/engine.ts';
import { groupBy } from '../../core/group-by.ts';
import { tableId } from '../../core/names.ts';
import type {
  DeleteClause,
  EngineName,
  ForeignKey,
  ReferentialAction,
  Snapshot,
  Table,
} from '../../core/model.ts';
import { isRefusing } from '../../core/referential-actions.ts';
import { parseAction } from '../../policy/actions.ts';
import { foldName } from '../../policy/pattern/match.ts';
import type { Facts, KeyReference, ModelKey, ModelTable } from '../facts.ts';

/** The schema of a table that a model names without one, where the engine itself decides it. */
const defaultSchemas: Readonly<Partial<Record<EngineName, string>>> = { postgres: 'public', sqlite: 'main' };

export type LiveMatch =
  | { readonly kind: 'found'; readonly key: ForeignKey }
  | { readonly kind: 'missing' }
  /** Several schemas hold a table of that name, and the model names none. */
  | { readonly kind: 'ambiguous'; readonly tables: readonly Table[] };

interface Lookup {
  liveKey(reference: KeyReference): LiveMatch;
  modelKey(reference: KeyReference): ModelKey | null;
  modelTable(name: KeyReference['child']): ModelTable | null;
  liveTable(name: KeyReference['child']): Table | null;
}

/** Finds keys and tables of the models and of the database, as names compare on this server. */
export function lookup(facts: Facts, schema: SchemaIndex, names: NameMatching): Lookup {
  const foldTable = (name: string): string => foldName(name, names.tablesIgnoreCase);
  const foldColumn = (name: string): string => foldName(name, names.columnsIgnoreCase);
  const fallback = defaultSchemas[schema.snapshot.server.flavor] ?? onlySchema(schema.snapshot) ?? '';
  // the database names the schema that a model leaves out
  const modelId = ({ schema, name }: KeyReference['child']): string =>
    `${foldTable(schema ?? fallback)}\0${foldTable(name)}`;
  const liveTables = groupBy(schema.snapshot.tables, ({ name }) => foldTable(name));
  const liveKeys = groupBy(schema.snapshot.foreignKeys, ({ child }) => tableId(child));
  const modelTables = new Map(facts.tables.map((table) => [modelId(table), table]));
  const modelKeys = groupBy(facts.foreignKeys, ({ child }) => modelId(child));

  const tablesNamed = (name: KeyReference['child']): readonly Table[] => {
    const all = liveTables.get(foldTable(name.name)) ?? [];
    const within = all.filter(({ schema }) => foldTable(schema) === foldTable(name.schema ?? fallback));
    return within.length > 0 || name.schema !== null ? within : all;
  };
  const columnsId = (columns: readonly string[]): string => columns.map(foldColumn).sort().join('\0');
  const liveKey = (reference: KeyReference): LiveMatch => {
    const tables = tablesNamed(reference.child);
    const parents = new Set(tablesNamed(reference.parent).map(tableId));
    const { columns, parentColumns } = reference;
    const keys = tables
      .flatMap((table) => liveKeys.get(tableId(table)) ?? [])
      .filter(
        (key) =>
          columnsId(key.columns) === columnsId(columns) &&
          parents.has(tableId(key.parent)) &&
          (parentColumns.length === 0 || columnsId(key.parentColumns) === columnsId(parentColumns)),
      );
    if (new Set(keys.map((key) => key.child.schema)).size > 1) return { kind: 'ambiguous', tables };
    // of two keys over the same columns the one that refuses decides
    const key = keys.find(({ onDelete }) => isRefusing(onDelete)) ?? keys[0];
    return key === undefined ? { kind: 'missing' } : { kind: 'found', key };
  };
  return {
    liveKey,
    modelKey: ({ child, columns, parent }) =>
      modelKeys
        .get(modelId(child))
        ?.find(
          (key) =>
            columnsId(key.columns) === columnsId(columns) &&
            foldTable(key.parent.name) === foldTable(parent.name),
        ) ?? null,
    modelTable: (name) => modelTables.get(modelId(name)) ?? null,
    liveTable: (name) => tablesNamed(name)[0] ?? null,
  };
}

/** MySQL and MariaDB: the database that is read. */
function onlySchema({ tables }: Snapshot): string | null {
  const [schema = null, ...others] = new Set(tables.map((table) => table.schema));
  return others.length === 0 ? schema : null;
}

/** The clause that a model's words mean; null for words that are no action. */
export function clauseOf(onDelete: string): DeleteClause | null {
  const parsed = parseAction(onDelete);
  return parsed.ok && parsed.value.kind === 'clause' ? parsed.value.clause : null;
}

/** The action over all columns of the key. */
export const clauseFor = (onDelete: ReferentialAction): DeleteClause => ({ onDelete, onDeleteColumns: null });
