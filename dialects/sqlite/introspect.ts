/** Reads every foreign key of a SQLite file, with the tables that take part in one. */
import type { Scope, Session } from '../../src/dialect.ts';
import {
  compareKeys,
  compareTables,
  compareText,
  referentialActions,
  type Column,
  type ForeignKey,
  type Index,
  type Introspection,
  type ReferentialAction,
  type Server,
  type Table,
  type TableName,
  type TableStatistics,
} from '../../src/model.ts';
import { OndeleteError } from '../../src/errors.ts';
import { foldName } from './capabilities.ts';
import {
  readCatalog,
  type Catalog,
  type ColumnRow,
  type IndexRow,
  type KeyRow,
  type ObjectRow,
} from './catalog.ts';
import { definitionStart, readDefinition, type Definition, type KeyClause } from './create-table.ts';
import { indexPredicate, triggerEvent } from './objects.ts';

/** A note of Table.notes: the clause cannot be found, so neither the key's name nor an edit can be had. */
export const notUnderstood = 'stored text not understood';
/** A note of Table.notes, before the name of an index that cannot serve as a parent key. */
export const otherCollation = 'collates unlike its columns: ';
/** A note of Table.notes, before the expression of a CHECK. */
export const checkNote = 'check: ';

/** Throws QUERY_FAILED and INTERNAL, and returns every key or throws. */
export async function introspect(session: Session, server: Server, scope: Scope): Promise<Introspection> {
  const inScope = scope.schemas === null || scope.schemas('main');
  const catalog = await readCatalog(session, (keys, tables) => (inScope ? involvedTables(keys, tables) : []));
  const parents = parentsOf(catalog);
  const objectsOf = groupBy(catalog.objects, (row) => foldName(row.table));
  const tables: Table[] = [];
  const foreignKeys: ForeignKey[] = [];
  for (const [name, columns] of catalog.columns) {
    const objects = objectsOf.get(foldName(name)) ?? [];
    const facts = { name, objects, columns, indexes: catalog.indexes.get(name) ?? [] };
    const text = readText(objects, name);
    const keys = byId((inScope ? catalog.keys.get(name) : undefined) ?? []);
    const clauses = clausesOf(text?.definition ?? null, keys);
    foreignKeys.push(...keys.map((rows, k) => foreignKey(rows, clauses?.[k] ?? null, parents)));
    tables.push(tableOf(facts, catalog, text === null || clauses === null ? null : text));
  }
  const snapshot = {
    version: 1,
    server,
    tables: tables.sort(compareTables),
    foreignKeys: foreignKeys.sort(compareKeys),
  } as const;
  return { snapshot, statistics: statisticsOf(snapshot.tables, catalog) };
}

function groupBy<T, K>(rows: readonly T[], key: (row: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group === undefined) groups.set(key(row), [row]);
    else group.push(row);
  }
  return groups;
}

function involvedTables(keys: Catalog['keys'], tables: readonly string[]): readonly string[] {
  const stored = new Map(tables.map((name) => [foldName(name), name]));
  const involved = new Set(keys.keys());
  for (const row of [...keys.values()].flat()) {
    const parent = stored.get(foldName(row.parent));
    if (parent !== undefined) involved.add(parent);
  }
  return [...involved];
}

/** Tables by folded name, with their names and columns spelled as they are stored. */
type Parents = ReadonlyMap<string, { readonly name: string; readonly columns: readonly ColumnRow[] }>;

function parentsOf(catalog: Catalog): Parents {
  return new Map([...catalog.columns].map(([name, columns]) => [foldName(name), { name, columns }]));
}

function readText(
  objects: readonly ObjectRow[],
  name: string,
): { readonly text: string; readonly definition: Definition } | null {
  const sql = objects.find((object) => object.type === 'table' && object.name === name)?.sql ?? '';
  const start = definitionStart(sql);
  if (start === null) return null;
  const text = sql.slice(start);
  const definition = readDefinition(text);
  return definition === null ? null : { text, definition };
}

/** The rows of each key, in the order of the text: SQLite counts ids from the last one. */
function byId(rows: readonly KeyRow[]): readonly (readonly KeyRow[])[] {
  return [...groupBy(rows, (row) => row.id)].sort(([a], [b]) => b - a).map(([, group]) => group);
}

/** The clauses, one for each key; null unless text and pragma say the same of every one. */
function clausesOf(
  definition: Definition | null,
  keys: readonly (readonly KeyRow[])[],
): readonly KeyClause[] | null {
  if (definition?.keys.length !== keys.length) return null;
  const agrees = definition.keys.every((clause, k) => {
    const rows = keys[k] ?? [];
    return (
      clause.parent === rows[0]?.parent &&
      clause.onDelete === rows[0].onDelete &&
      clause.columns.length === rows.length &&
      rows.every((row, seq) => foldName(clause.columns[seq] ?? '') === foldName(row.from)) &&
      rows.every((row, seq) => (clause.parentColumns?.[seq] ?? null) === row.to)
    );
  });
  return agrees ? definition.keys : null;
}

function foreignKey(rows: readonly KeyRow[], clause: KeyClause | null, parents: Parents): ForeignKey {
  const [first] = rows;
  if (first === undefined) throw new OndeleteError('INTERNAL', 'a key without columns');
  const parent = parents.get(foldName(first.parent));
  const implied = first.to === null;
  return {
    name: clause?.name ?? null,
    child: main(first.child),
    columns: rows.map((row) => row.from),
    parent: main(parent?.name ?? first.parent),
    parentColumns: implied
      ? impliedColumns(parent?.columns ?? [], rows.length)
      : rows.map(({ to }) => spelled(to ?? '', parent)),
    parentColumnsImplied: implied,
    onDelete: actionOf(first.onDelete),
    onDeleteColumns: null,
    onUpdate: actionOf(first.onUpdate),
    match: clause?.match ?? 'SIMPLE',
    deferrability: clause?.deferrability ?? 'NOT DEFERRABLE',
    validated: true,
    enforced: true,
    period: false,
    comment: null,
    referencedIndex: null,
    recreatedIndex: null,
    triggers: [],
    childPartitioned: false,
    parentPartitioned: false,
    halfDone: null,
  };
}

const main = (name: string): TableName => ({ schema: 'main', name });

/** A primary key of another length is no parent key at all ("foreign key mismatch"). */
function impliedColumns(columns: readonly ColumnRow[], length: number): readonly string[] {
  const primaryKey = columns.filter((row) => row.primaryKey > 0).sort((a, b) => a.primaryKey - b.primaryKey);
  return primaryKey.length === length ? primaryKey.map((row) => row.name) : [];
}

function spelled(column: string, parent: { readonly columns: readonly ColumnRow[] } | undefined): string {
  return parent?.columns.find((row) => foldName(row.name) === foldName(column))?.name ?? column;
}

function actionOf(text: string): ReferentialAction {
  const action = referentialActions.find((known) => known === text);
  if (action === undefined) throw new OndeleteError('INTERNAL', `SQLite reports the unknown action ${text}`);
  return action;
}

interface TableFacts {
  readonly name: string;
  readonly objects: readonly ObjectRow[];
  readonly columns: readonly ColumnRow[];
  readonly indexes: readonly IndexRow[];
}

function tableOf(facts: TableFacts, catalog: Catalog, text: ReturnType<typeof readText>): Table {
  const kind = catalog.tables.get(facts.name);
  const indexes = indexesOf(facts, kind?.withoutRowid ?? false);
  const rowid = indexes.find((index) => index.method === 'rowid')?.columns[0];
  const triggers = facts.objects.filter(
    (object) => object.type === 'trigger' && triggerEvent(object.sql ?? '') !== 'INSERT',
  );
  return {
    ...main(facts.name),
    engine: null,
    partitioned: false,
    columns: facts.columns.map((row) => columnOf(row, rowid === row.name)),
    indexes,
    triggers: triggers.map((trigger) => trigger.name).sort(compareText),
    definition: text?.text ?? null,
    notes: [
      ...(text === null ? [notUnderstood] : []),
      ...(kind?.withoutRowid === true ? ['without rowid'] : []),
      ...(kind?.strict === true ? ['strict'] : []),
      ...(text?.definition.autoincrement === true ? ['autoincrement'] : []),
      ...(text?.definition.checks ?? []).map((check) => `${checkNote}${check}`),
      ...unlikeCollations(facts, text?.definition.collations ?? new Map()),
    ],
  };
}

/**
 * A primary key of a rowid table takes NULL (a bug kept for old files, https://sqlite.org/lang_createtable.html#the_primary_key),
 * unless it is the rowid; where NULL is refused, table_xinfo says NOT NULL.
 */
function columnOf(row: ColumnRow, isRowid: boolean): Column {
  return {
    name: row.name,
    type: row.type,
    nullable: !row.notNull && !isRowid,
    hasDefault: row.hasDefault,
    generated: row.hidden === 2 ? 'virtual' : row.hidden === 3 ? 'stored' : null,
    identity: null,
  };
}

function indexesOf(facts: TableFacts, withoutRowid: boolean): readonly Index[] {
  const texts = new Map(
    facts.objects.filter((object) => object.type === 'index').map((object) => [object.name, object.sql]),
  );
  const indexes = [...groupBy(facts.indexes, (row) => row.index)].map(([name, rows]): Index => {
    const first = rows[0];
    return {
      name,
      columns: rows.map((row) => row.column),
      unique: first?.unique === true,
      primary: first?.origin === 'pk',
      predicate: first?.partial === true ? indexPredicate(texts.get(name) ?? '') : null,
      method: 'btree',
    };
  });
  const primaryKey = facts.columns.filter((row) => row.primaryKey > 0);
  const [rowid] = primaryKey;
  // A primary key without an index of its own is the rowid.
  const isRowid =
    rowid !== undefined &&
    primaryKey.length === 1 &&
    !withoutRowid &&
    !indexes.some((index) => index.primary);
  const alias = { name: 'rowid', unique: true, primary: true, predicate: null, method: 'rowid' };
  const all = isRowid ? [...indexes, { ...alias, columns: [rowid.name] }] : indexes;
  return all.sort((a, b) => compareText(a.name, b.name));
}

function unlikeCollations(facts: TableFacts, collations: ReadonlyMap<string, string>): readonly string[] {
  const declared = new Map(
    [...collations].map(([column, collation]) => [foldName(column), foldName(collation)]),
  );
  const unlike = facts.indexes.filter(
    (row) =>
      row.unique &&
      row.column !== null &&
      foldName(row.collation) !== (declared.get(foldName(row.column)) ?? 'binary'),
  );
  return [...new Set(unlike.map((row) => `${otherCollation}${row.index}`))].sort(compareText);
}

/** The first number of sqlite_stat1.stat is the rows of the index, and so of the table unless the index is partial: the largest wins. */
function statisticsOf(tables: readonly Table[], catalog: Catalog): readonly TableStatistics[] {
  const rows = groupBy(catalog.statistics, (row) => row.table);
  return tables.map(({ schema, name }) => {
    const counts = (rows.get(name) ?? [])
      .map((row) => Number.parseInt(row.stat, 10))
      .filter((count) => Number.isFinite(count));
    return { schema, name, estimatedRows: counts.length === 0 ? null : Math.max(...counts), bytes: null };
  });
}
