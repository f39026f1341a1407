/** Tables out of the pragmas about columns and indexes, and the stored texts. */
import { compareText } from '../../../src/core/names.ts';
import type { Column, Index, StoredText, Table, TableOption } from '../../../src/core/model.ts';
import type { TableDefinition } from '../text/create-table.ts';
import { triggerEvent } from '../text/index-and-trigger-text.ts';
import { foldName } from '../text/names.ts';
import { none } from './none.ts';
import type { CatalogIndex, CatalogTable, StoredObject } from './catalog.ts';

/**
 * @param definition null where it is not understood, or says something else of the keys than the pragma
 * @param isMadeAnew whether a change of a key makes the table anew, with all that is stored about it
 * @param readBy views and triggers of other tables that name it, where that is asked for
 */
export function tableOf(
  table: CatalogTable,
  definition: TableDefinition | null,
  isMadeAnew: boolean,
  readBy: readonly string[],
): Table {
  const indexes = withRowidIndex(table);
  const rowid = indexes.find((index) => index.method === 'rowid')?.columns[0];
  return {
    schema: 'main',
    name: table.name,
    engine: null,
    partitioned: false,
    columns: withRowidNotNull(table.columns, rowid),
    indexes,
    triggers: triggersOf(table),
    definition: definition?.text ?? null,
    checks: checksOf(definition),
    insteadRules: none,
    storedColumns: none,
    indexesOfOtherCollation: otherCollations(table.indexes, definition),
    options: optionsOf(table, definition),
    ...(isMadeAnew ? { stored: table.stored.map(storedText) } : {}),
    ...(readBy.length === 0 ? {} : { readBy }),
  };
}

/**
 * A primary key of a rowid table takes NULL (a bug kept for old files, https://sqlite.org/lang_createtable.html#the_primary_key),
 * unless it is the rowid; where NULL is refused, table_xinfo says NOT NULL.
 */
function withRowidNotNull(columns: readonly Column[], rowid: string | null | undefined): readonly Column[] {
  return columns.map((column) => (column.name === rowid ? { ...column, nullable: false } : column));
}

function storedText({ name, sql, type }: StoredObject): StoredText {
  return { kind: type === 'index' ? 'index' : 'trigger', name, sql: sql ?? '' };
}

function withRowidIndex(table: CatalogTable): readonly Index[] {
  const indexes = table.indexes.map(({ index }) => index);
  const { primaryKey } = table;
  // A primary key without an index of its own is the rowid.
  const isRowid = primaryKey.length === 1 && !table.withoutRowid && !indexes.some((index) => index.primary);
  return (isRowid ? [...indexes, rowidIndex(primaryKey)] : indexes).sort((a, b) =>
    compareText(a.name, b.name),
  );
}

const rowidIndex = (columns: readonly string[]): Index => ({
  name: 'rowid',
  columns,
  unique: true,
  primary: true,
  predicate: null,
  method: 'rowid',
});

function checksOf(definition: TableDefinition | null): Table['checks'] {
  if (definition === null || definition.checks.length === 0) return none;
  return definition.checks.map((expression) => ({ expression, domainOf: null }));
}

function triggersOf({ triggers }: CatalogTable): readonly string[] {
  if (triggers.length === 0) return none;
  return triggers
    .filter(({ sql }) => triggerEvent(sql ?? '') !== 'INSERT')
    .map((trigger) => trigger.name)
    .sort(compareText);
}

function optionsOf(table: CatalogTable, definition: TableDefinition | null): readonly TableOption[] {
  const options: TableOption[] = [];
  if (definition?.autoincrement === true) options.push('autoincrement');
  if (table.strict) options.push('strict');
  if (table.withoutRowid) options.push('without rowid');
  return options;
}

/** Unique indexes that compare a column in another way than the column itself does: no key can rest on them. */
function otherCollations(
  indexes: readonly CatalogIndex[],
  definition: TableDefinition | null,
): readonly string[] {
  const unique = indexes.filter(({ index }) => index.unique);
  if (unique.length === 0) return none;
  const declared = new Map(
    [...(definition?.collations ?? [])].map(([column, collation]) => [foldName(column), foldName(collation)]),
  );
  const other = unique.filter(({ index, collations }) =>
    index.columns.some(
      (column, at) =>
        column !== null &&
        foldName(collations[at] ?? 'BINARY') !== (declared.get(foldName(column)) ?? 'binary'),
    ),
  );
  return other.map(({ index }) => index.name).sort(compareText);
}
