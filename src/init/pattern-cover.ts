/** Few and short patterns for given keys, each matching those keys and no others. Pure. */
import type { NameMatching } from '../core/contracts/engine.ts';
import { compareText, tableId } from '../core/model.ts';
import type { ForeignKey, TableName } from '../core/model.ts';
import { literalName } from '../policy/pattern/ast.ts';
import type { Pattern, SidePattern } from '../policy/pattern/ast.ts';
import { nameText, namePatternText, patternText } from '../policy/pattern/print.ts';
import { foldName, keyFinder } from '../policy/pattern/match.ts';

/** Keys are places in the list that the writer was made for. */
export interface PatternWriter {
  /** The shortest pattern for a key that matches only keys of `among`, or null when even the longest matches others. */
  exact(key: number, among: ReadonlySet<number>): string | null;
  /** The keys in classes: those in one class cannot all be told apart by tables and columns. Nearly all classes are of one. */
  readonly classes: readonly (readonly number[])[];
  /** The longest pattern for a key: it matches no key outside its class. */
  longest(key: number): string;
  /** Few patterns that match exactly these keys, wrapped at about a hundred characters. Whole classes only. */
  cover(keys: readonly number[]): readonly string[];
  /** Few patterns `* -> {a,b}` for all keys of these parents. */
  parents(tables: readonly TableName[]): readonly string[];
  /** The same for two spellings of one table. */
  table(table: TableName): string;
}

/** What fits into a line of the file beside the indent, the quotes and the arrow. */
const ROOM = 84;

export function patternWriter(keys: readonly ForeignKey[], names: NameMatching): PatternWriter {
  const find = keyFinder(keys, names);
  const refer = references(keys, names);
  const forms = (key: ForeignKey): readonly Pattern[] => {
    const child = side(refer(key.child), null);
    const parent = side(refer(key.parent), null);
    const withColumns = side(refer(key.child), key.columns);
    return [
      { child, parent },
      { child: withColumns, parent },
      ...(key.parentColumns.length === 0
        ? []
        : [{ child: withColumns, parent: side(refer(key.parent), key.parentColumns) }]),
    ];
  };
  const formsAt = (place: number): readonly Pattern[] => {
    const key = keys[place];
    return key === undefined ? [] : forms(key);
  };
  const exactForm = (place: number, among: ReadonlySet<number>): Pattern | null =>
    formsAt(place).find((form) => find(form).every((found) => among.has(found))) ?? null;
  const last = (place: number): readonly Pattern[] => formsAt(place).slice(-1);
  return {
    exact: (place, among) => {
      const form = exactForm(place, among);
      return form === null ? null : patternText(form);
    },
    classes: classesOf(keys.map((_, place) => last(place).flatMap(find))),
    longest: (place) => last(place).map(patternText).join(''),
    cover: (places) => {
      const among = new Set(places);
      return coverForms([...new Set(places)].flatMap((place) => exactForm(place, among) ?? []));
    },
    parents: (tables) => {
      const bySchema = group(tables.map(refer), (each) => each.schema ?? '');
      return bySchema.flatMap((group) =>
        chunks(distinct(group.map((each) => each.name)), ROOM).map(
          (chunk) => `* -> ${braced(group[0], chunk)}`,
        ),
      );
    },
    table: (table) => tableId(folded(table, names)),
  };
}

/**
 * Joins what the longest patterns match. The relation is not symmetric: a key without parent columns (SQLite) has a pattern
 * that matches keys with them as well.
 */
function classesOf(matches: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const classes = new Map<number, readonly number[]>();
  matches.forEach((matched, place) => {
    const joined = [...new Set([place, ...matched].flatMap((each) => classes.get(each) ?? [each]))].sort(
      (a, b) => a - b,
    );
    for (const member of joined) classes.set(member, joined);
  });
  return [...new Set(classes.values())].sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
}

interface Reference {
  /** Null where the name alone says which table is meant. */
  readonly schema: string | null;
  readonly name: string;
}

/** A table is named with its schema when its name occurs in several schemas. */
function references(keys: readonly ForeignKey[], names: NameMatching): (table: TableName) => Reference {
  const schemas = new Map<string, Set<string>>();
  for (const table of keys.flatMap((key) => [key.child, key.parent])) {
    const { schema, name } = folded(table, names);
    schemas.set(name, (schemas.get(name) ?? new Set()).add(schema));
  }
  return (table) => {
    const several = (schemas.get(folded(table, names).name)?.size ?? 0) > 1;
    return { schema: several ? table.schema : null, name: table.name };
  };
}

function folded(table: TableName, names: NameMatching): TableName {
  return {
    schema: foldName(table.schema, names.tablesIgnoreCase),
    name: foldName(table.name, names.tablesIgnoreCase),
  };
}

function side(table: Reference, columns: readonly string[] | null): SidePattern {
  return {
    schema: table.schema === null ? null : literalName(table.schema),
    name: literalName(table.name),
    columns: columns === null ? null : columns.map(literalName),
  };
}

/** A form in the words that grouping compares: sides as text, the child's name apart. */
interface Row {
  readonly childSchema: string;
  readonly child: string;
  readonly columns: string;
  readonly parentSchema: string;
  readonly parent: string;
  readonly parentColumns: string;
}

function rowOf({ child, parent }: Pattern): Row {
  const columnsText = (each: SidePattern | null): string =>
    each === null || each.columns === null ? '' : `(${each.columns.map(namePatternText).join(', ')})`;
  const schemaText = (each: SidePattern | null): string =>
    each === null || each.schema === null ? '' : `${namePatternText(each.schema)}.`;
  return {
    childSchema: schemaText(child),
    child: namePatternText(child.name),
    columns: columnsText(child),
    parentSchema: schemaText(parent),
    parent: parent === null ? '' : namePatternText(parent.name),
    parentColumns: columnsText(parent),
  };
}

/**
 * `{a,b} -> {x,y}`: rows that differ in one name only are gathered, first by one side and then by the other,
 * in whichever order needs fewer patterns. Every combination that a pattern stands for was a row of its own.
 */
function coverForms(forms: readonly Pattern[]): readonly string[] {
  const rows = forms.map(rowOf);
  const byShape = group(rows, (row) =>
    [row.childSchema, row.columns, row.parentSchema, row.parentColumns].join('\0'),
  );
  return byShape.flatMap((shape) => {
    const pairs = shape.map((row): Pair => [row.child, row.parent]);
    const byParent = gather(pairs.map(([child, parent]) => [parent, child]));
    const byChild = gather(pairs);
    const gathered =
      byParent.length < byChild.length
        ? byParent.map(([parents, children]): Block => [children, parents])
        : byChild;
    const [first] = shape;
    if (first === undefined) return [];
    return [...gathered]
      .sort((a, b) => compareText(a[1].join(), b[1].join()) || compareText(a[0].join(), b[0].join()))
      .flatMap(([children, parents]) => blockTexts(first, children, parents));
  });
}

type Pair = readonly [string, string];
type Block = readonly [readonly string[], readonly string[]];

/** Pairs (a, b) → per distinct list of b's, the a's that have just these. */
function gather(pairs: readonly Pair[]): readonly Block[] {
  const lists = group(pairs, ([a]) => a).map((same): Block => [
    distinct(same.map(([a]) => a)),
    distinct(same.map(([, b]) => b)),
  ]);
  return group(lists, ([, list]) => list.join('\0')).map((same): Block => [
    distinct(same.flatMap(([a]) => a)),
    same[0]?.[1] ?? [],
  ]);
}

function blockTexts(row: Row, children: readonly string[], parents: readonly string[]): readonly string[] {
  const fixed =
    row.childSchema.length + row.columns.length + row.parentSchema.length + row.parentColumns.length;
  const room = Math.max(20, ROOM - fixed);
  // The shorter list keeps at most half the line, so that the longer one needs few lines.
  const parentChunks = chunks(parents, Math.max(room / 2, room - children.join(',').length));
  return parentChunks.flatMap((parentChunk) =>
    chunks(children, room - Math.min(room / 2, parentChunk.join(',').length)).map(
      (childChunk) =>
        `${row.childSchema}${braces(childChunk)}${row.columns} -> ${row.parentSchema}${braces(parentChunk)}${row.parentColumns}`,
    ),
  );
}

function braced(table: Reference | undefined, names: readonly string[]): string {
  const schema = table === undefined || table.schema === null ? '' : `${nameText(table.schema)}.`;
  return `${schema}${braces(names.map(nameText))}`;
}

function braces(texts: readonly string[]): string {
  return texts.length === 1 ? texts.join('') : `{${texts.join(',')}}`;
}

/** Cuts a list so that each piece, joined by commas, fits; a piece has one member at least. */
function chunks(texts: readonly string[], room: number): readonly (readonly string[])[] {
  const pieces: string[][] = [];
  let used = Infinity;
  for (const text of texts) {
    if (used + text.length + 1 > room) {
      pieces.push([]);
      used = 0;
    }
    pieces.at(-1)?.push(text);
    used += text.length + 1;
  }
  return pieces;
}

function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort(compareText);
}

/** Members with the same label together, in the order in which labels appear. */
export function group<T>(members: readonly T[], label: (member: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const member of members) {
    const there = groups.get(label(member));
    if (there === undefined) groups.set(label(member), [member]);
    else there.push(member);
  }
  return [...groups.values()];
}
