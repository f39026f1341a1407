/** Tables out of pragma table_xinfo, the pragmas about indexes and the stored texts. */
import { compareText, sortInPlace, type Column, type Index, type Table } from '../../../src/core/model.ts';
import { foldName } from '../checks/capabilities.ts';
import type { IndexPart, InvolvedTable, KeyPart } from './queries.ts';
import { plainColumnReader, type Columns } from './columns.ts';
import { definitionAt, nameInCreateTable, type Definition } from '../text/create-table.ts';
import { agreesOnAll, factsOf, type ClauseFacts } from './keys.ts';
import { indexPredicate } from './index-and-trigger-text.ts';
import { endOf, tokenize } from '../text/tokens.ts';

/** A note of Table.notes: the clause cannot be found, so neither the key's name nor an edit can be had. */
export const notUnderstood = 'stored text not understood';
/** A note of Table.notes, before the name of an index that cannot serve as a parent key. */
export const otherCollation = 'collates unlike its columns: ';
/** A note of Table.notes, before the expression of a CHECK. */
export const checkNote = 'check: ';

/** The stored text behind the table's name, and what it says. */
export interface TableText extends Pick<Definition, 'checks' | 'autoincrement' | 'collations'> {
  readonly text: string;
  /** What the pragma does not say of each key, in the order of the text. */
  readonly clauses: readonly ClauseFacts[];
  /** Null where table_xinfo has to be asked; they hold for tables with a rowid that are not STRICT. */
  readonly columns: Columns | null;
}

/** Null where a text is not understood, or does not say what the pragma says of these keys. */
export type TextReader = (sql: string, keys: readonly (readonly KeyPart[])[]) => TableText | null;

/** A reader of one text after the other. */
export function textReader(): TextReader {
  const marks: number[] = [];
  const plainColumns = plainColumnReader();
  return (sql, keys) => {
    const tokens = tokenize(sql, Infinity, marks);
    const name = nameInCreateTable(tokens);
    if (name === null) return null;
    const { keys: clauses, checks, autoincrement, collations } = definitionAt(tokens, name + 1);
    if (!agreesOnAll(clauses, keys)) return null;
    return {
      text: sql.slice(endOf(tokens, name)),
      clauses: clauses.map(factsOf),
      checks,
      autoincrement,
      collations,
      columns: plainColumns(tokens, name + 1),
    };
  };
}

export function tableOf(facts: InvolvedTable): Table {
  const { schema, name } = facts.tableName;
  const { text, triggers } = facts;
  const indexes = indexesOf(facts);
  const rowid = indexes.find((index) => index.method === 'rowid')?.columns[0];
  return {
    schema,
    name,
    engine: null,
    partitioned: false,
    columns: rowid == null ? facts.columns : refusingNull(facts.columns, rowid),
    indexes,
    triggers: triggers.length === 0 ? none : [...triggers].sort(compareText),
    definition: text?.text ?? null,
    notes: notesOf(facts, text),
  };
}

/**
 * A primary key of a rowid table takes NULL (a bug kept for old files, https://sqlite.org/lang_createtable.html#the_primary_key),
 * unless it is the rowid; where NULL is refused, table_xinfo says NOT NULL.
 */
function refusingNull(columns: readonly Column[], rowid: string): readonly Column[] {
  return columns.map((column) =>
    column.name === rowid && column.nullable ? { ...column, nullable: false } : column,
  );
}

function indexesOf(facts: InvolvedTable): readonly Index[] {
  const indexes = facts.plainIndexes ?? askedIndexes(facts);
  const [rowid] = facts.primaryKey;
  // A primary key without an index of its own is the rowid.
  const isRowid =
    rowid !== undefined &&
    facts.primaryKey.length === 1 &&
    !facts.withoutRowid &&
    !indexes.some((each) => each.primary);
  return sortInPlace(isRowid ? [...indexes, rowidIndex([rowid])] : [...indexes], byName);
}

const rowidIndex = (columns: readonly string[]): Index => ({
  name: 'rowid',
  columns,
  unique: true,
  primary: true,
  predicate: null,
  method: 'rowid',
});

function askedIndexes({ indexTexts, indexParts }: InvolvedTable): readonly Index[] {
  const partsByName = new Map<string, IndexPart[]>();
  for (const part of indexParts) {
    const known = partsByName.get(part[0]);
    if (known === undefined) partsByName.set(part[0], [part]);
    else known.push(part);
  }
  return [...partsByName].map(([name, parts]): Index => {
    const [, unique, origin, partial] = parts[0] ?? [];
    return {
      name,
      columns: parts.map((part) => part[4]),
      unique: unique === 1,
      primary: origin === 'pk',
      predicate: partial === 1 ? indexPredicate(indexTexts.get(name) ?? '') : null,
      method: 'btree',
    };
  });
}

const byName = (a: Index, b: Index): number => compareText(a.name, b.name);

const none: readonly string[] = [];

function notesOf(facts: InvolvedTable, text: TableText | null): readonly string[] {
  const notes: string[] = [];
  if (text === null) notes.push(notUnderstood);
  if (facts.withoutRowid) notes.push('without rowid');
  if (facts.strict) notes.push('strict');
  if (text?.autoincrement === true) notes.push('autoincrement');
  for (const check of text?.checks ?? []) notes.push(`${checkNote}${check}`);
  if (facts.indexParts.length > 0) notes.push(...unlikeCollations(facts.indexParts, text));
  return notes.length === 0 ? none : notes;
}

/** A plain index is not unique, so that only the others are looked at. */
function unlikeCollations(parts: readonly IndexPart[], text: TableText | null): readonly string[] {
  const collations = text?.collations ?? new Map<string, string>();
  const declared = new Map(
    [...collations].map(([column, collation]) => [foldName(column), foldName(collation)]),
  );
  const unlike = parts.filter(
    ([, unique, , , column, collation]) =>
      unique === 1 &&
      column !== null &&
      foldName(collation ?? 'BINARY') !== (declared.get(foldName(column)) ?? 'binary'),
  );
  return [...new Set(unlike.map(([index]) => `${otherCollation}${index}`))].sort(compareText);
}
