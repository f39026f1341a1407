/** Tables out of pragma table_xinfo, the pragmas about indexes and the stored texts. */
import { compareText, type Index, type Table, type TableName } from '../../src/model.ts';
import { foldName } from './capabilities.ts';
import type { IndexPart, InvolvedTable } from './catalog.ts';
import { definitionStart, readDefinition, type Definition } from './create-table.ts';
import { indexPredicate, triggerEvent } from './objects.ts';

/** A note of Table.notes: the clause cannot be found, so neither the key's name nor an edit can be had. */
export const notUnderstood = 'stored text not understood';
/** A note of Table.notes, before the name of an index that cannot serve as a parent key. */
export const otherCollation = 'collates unlike its columns: ';
/** A note of Table.notes, before the expression of a CHECK. */
export const checkNote = 'check: ';

/** The stored text behind the table's name, and what it says. */
export interface TableText {
  readonly text: string;
  readonly definition: Definition;
}

/** Null where the text is not understood. */
export function readText(sql: string): TableText | null {
  const start = definitionStart(sql);
  if (start === null) return null;
  const text = sql.slice(start);
  const definition = readDefinition(text);
  return definition === null ? null : { text, definition };
}

/** `text` is null where it is not understood, or does not say what the pragma says of the table's keys. */
export function tableOf({ schema, name }: TableName, facts: InvolvedTable, text: TableText | null): Table {
  const indexes = indexesOf(facts);
  const rowid = indexes.find((index) => index.method === 'rowid')?.columns[0];
  return {
    schema,
    name,
    engine: null,
    partitioned: false,
    // A primary key of a rowid table takes NULL (a bug kept for old files, https://sqlite.org/lang_createtable.html#the_primary_key),
    // unless it is the rowid; where NULL is refused, table_xinfo says NOT NULL.
    columns: facts.columns.map((column) => (column.name === rowid ? { ...column, nullable: false } : column)),
    indexes,
    triggers: triggersOf(facts),
    definition: text?.text ?? null,
    notes: notesOf(facts, text),
  };
}

function indexesOf(facts: InvolvedTable): readonly Index[] {
  const indexes = facts.plainIndexes === null ? askedIndexes(facts) : [...facts.plainIndexes];
  const rowid = facts.primaryKey[0];
  // A primary key without an index of its own is the rowid.
  if (
    rowid !== undefined &&
    facts.primaryKey.length === 1 &&
    !facts.withoutRowid &&
    !indexes.some((each) => each.primary)
  ) {
    indexes.push({
      name: 'rowid',
      unique: true,
      primary: true,
      predicate: null,
      method: 'rowid',
      columns: [rowid],
    });
  }
  return indexes.sort((a, b) => compareText(a.name, b.name));
}

function askedIndexes({ objects, indexParts }: InvolvedTable): Index[] {
  const byName = new Map<string, IndexPart[]>();
  for (const part of indexParts) {
    const known = byName.get(part[0]);
    if (known === undefined) byName.set(part[0], [part]);
    else known.push(part);
  }
  return [...byName].map(([name, parts]): Index => {
    const [, unique, origin, partial] = parts[0] ?? [];
    const text = objects.find((object) => object.type === 'index' && object.name === name)?.sql;
    return {
      name,
      columns: parts.map((part) => part[4]),
      unique: unique === 1,
      primary: origin === 'pk',
      predicate: partial === 1 ? indexPredicate(text ?? '') : null,
      method: 'btree',
    };
  });
}

function triggersOf({ objects }: InvolvedTable): readonly string[] {
  const names: string[] = [];
  for (const { type, name, sql } of objects) {
    if (type === 'trigger' && triggerEvent(sql ?? '') !== 'INSERT') names.push(name);
  }
  return names.sort(compareText);
}

function notesOf(facts: InvolvedTable, text: TableText | null): readonly string[] {
  const notes: string[] = [];
  if (text === null) notes.push(notUnderstood);
  if (facts.withoutRowid) notes.push('without rowid');
  if (facts.strict) notes.push('strict');
  if (text?.definition.autoincrement === true) notes.push('autoincrement');
  for (const check of text?.definition.checks ?? []) notes.push(`${checkNote}${check}`);
  if (facts.indexParts.length > 0) notes.push(...unlikeCollations(facts.indexParts, text));
  return notes;
}

/** A plain index is not unique, so that only the others are looked at. */
function unlikeCollations(parts: readonly IndexPart[], text: TableText | null): readonly string[] {
  const collations = text?.definition.collations ?? new Map<string, string>();
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
