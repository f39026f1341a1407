/** Few and short patterns for given keys, which match those keys and no others. Pure. */
import type { NameMatching } from '../core/contracts/engine.ts';
import { groupBy } from '../core/group-by.ts';
import { compareText } from '../core/names.ts';
import type { ForeignKey, TableName } from '../core/model.ts';
import { literalName, type Pattern, type EndPattern } from '../policy/pattern/ast.ts';
import { foldName, keyFinder } from '../policy/pattern/match.ts';
import { columnsText, namePatternText, nameText, patternText } from '../policy/pattern/print.ts';

/** Keys are those of the list that the writer was made for. */
export interface PatternWriter {
  /** The shortest pattern for a key that matches only keys of `among`, or null when even the longest matches others. */
  exact(key: ForeignKey, among: ReadonlySet<ForeignKey>): string | null;
  /** The keys in classes: tables and columns do not distinguish the keys of one class. Nearly all classes have one key. */
  readonly classes: readonly (readonly ForeignKey[])[];
  /** The longest pattern for a key: it matches no key outside its class. */
  longest(key: ForeignKey): string;
  /** Few patterns that match exactly these keys, wrapped at about a hundred characters. Whole classes only. */
  cover(keys: readonly ForeignKey[]): readonly string[];
  /** Few patterns `* -> {a,b}` for all keys of these parents. */
  parents(tables: readonly TableName[]): readonly string[];
}

/** What fits into a line of the file beside the indent, the quotes and the arrow. */
const ROOM = 84;

export function patternWriter(keys: readonly ForeignKey[], names: NameMatching): PatternWriter {
  const findPlaces = keyFinder(keys, names);
  const find = (pattern: Pattern): readonly ForeignKey[] =>
    findPlaces(pattern).flatMap((place) => keys[place] ?? []);
  const refer = references(keys, names);
  const end = (table: TableName, columns: readonly string[] | null): EndPattern => {
    const { schema, name } = refer(table);
    return {
      schema: schema === null ? null : literalName(schema),
      name: literalName(name),
      columns: columns?.map(literalName) ?? null,
    };
  };
  const longest = ({ child, columns, parent, parentColumns }: ForeignKey): Pattern => ({
    child: end(child, columns),
    parent: end(parent, parentColumns.length === 0 ? null : parentColumns),
  });
  const exact = (key: ForeignKey, among: ReadonlySet<ForeignKey>): Pattern | undefined =>
    [
      { child: end(key.child, null), parent: end(key.parent, null) },
      { child: end(key.child, key.columns), parent: end(key.parent, null) },
      longest(key),
    ].find((pattern) => find(pattern).every((found) => among.has(found)));
  return {
    exact: (key, among) => {
      const pattern = exact(key, among);
      return pattern === undefined ? null : patternText(pattern);
    },
    classes: classesOf(keys, (key) => find(longest(key))),
    longest: (key) => patternText(longest(key)),
    cover: (covered) => {
      const among = new Set(covered);
      return coverPatterns([...among].flatMap((key) => exact(key, among) ?? []));
    },
    parents: (tables) =>
      [...groupBy(tables.map(refer), ({ schema }) => schema)].flatMap(([schema, members]) =>
        chunks(distinct(members.map(({ name }) => name)), ROOM).map(
          (chunk) => `* -> ${schema === null ? '' : `${nameText(schema)}.`}${braces(chunk.map(nameText))}`,
        ),
      ),
  };
}

/**
 * Joins what the longest patterns match. The relation is not symmetric: a key without parent columns (SQLite) has a pattern
 * that matches keys with them as well.
 */
function classesOf(
  keys: readonly ForeignKey[],
  alike: (key: ForeignKey) => readonly ForeignKey[],
): readonly (readonly ForeignKey[])[] {
  const classOf = new Map<ForeignKey, ReadonlySet<ForeignKey>>();
  for (const key of keys) {
    const joined = new Set([key, ...alike(key)].flatMap((each) => [...(classOf.get(each) ?? [each])]));
    for (const member of joined) classOf.set(member, joined);
  }
  return [...groupBy(keys, (key) => classOf.get(key)).values()];
}

interface Reference {
  /** Null where the name alone says which table is meant. */
  readonly schema: string | null;
  readonly name: string;
}

/** A table is named with its schema when its name occurs in several schemas. */
function references(keys: readonly ForeignKey[], names: NameMatching): (table: TableName) => Reference {
  const fold = (name: string): string => foldName(name, names.tablesIgnoreCase);
  const byName = groupBy(
    keys.flatMap((key) => [key.child, key.parent]),
    ({ name }) => fold(name),
  );
  const several = new Set(
    [...byName].flatMap(([name, tables]) =>
      new Set(tables.map(({ schema }) => fold(schema))).size > 1 ? [name] : [],
    ),
  );
  return ({ schema, name }) => ({ schema: several.has(fold(name)) ? schema : null, name });
}

/** The two names of a pattern, which are grouped, and the texts around them, which have to be equal for that. */
interface Row {
  readonly child: string;
  readonly parent: string;
  readonly around: readonly [
    childSchema: string,
    columns: string,
    parentSchema: string,
    parentColumns: string,
  ];
}

function rowOf({ child, parent }: Pattern): Row {
  const schemaText = (each: EndPattern | null): string =>
    each === null || each.schema === null ? '' : `${namePatternText(each.schema)}.`;
  return {
    child: namePatternText(child.name),
    parent: parent === null ? '' : namePatternText(parent.name),
    around: [
      schemaText(child),
      columnsText(child.columns),
      schemaText(parent),
      columnsText(parent?.columns ?? null),
    ],
  };
}

/**
 * `{a,b} -> {x,y}`: patterns that differ in one name only are gathered, first by one side and then by the other,
 * in whichever order needs fewer patterns. Every combination that a pattern stands for was a pattern of its own.
 */
function coverPatterns(patterns: readonly Pattern[]): readonly string[] {
  const alike = groupBy(patterns.map(rowOf), ({ around }) => around.join('\0'));
  return [...alike.values()].flatMap((rows) => {
    const byChild = gather(rows.map(({ child, parent }) => [child, parent]));
    const byParent = gather(rows.map(({ child, parent }) => [parent, child]));
    const gathered =
      byParent.length < byChild.length
        ? byParent.map(([parents, children]): Block => [children, parents])
        : byChild;
    return [...gathered]
      .sort((a, b) => compareText(a[1].join(), b[1].join()) || compareText(a[0].join(), b[0].join()))
      .flatMap((block) => blockTexts(block, rows[0]?.around ?? ['', '', '', '']));
  });
}

type Block = readonly [readonly string[], readonly string[]];

/** Pairs (a, b) → per distinct list of b's, the a's that have just these. */
function gather(pairs: readonly (readonly [string, string])[]): readonly Block[] {
  const lists = [...groupBy(pairs, ([a]) => a)].map(([a, same]): Block => [
    [a],
    distinct(same.map(([, b]) => b)),
  ]);
  return [...groupBy(lists, ([, list]) => list.join('\0')).values()].map((same): Block => [
    distinct(same.flatMap(([a]) => a)),
    same[0]?.[1] ?? [],
  ]);
}

function blockTexts([children, parents]: Block, around: Row['around']): readonly string[] {
  const [childSchema, columns, parentSchema, parentColumns] = around;
  const room = Math.max(20, ROOM - around.join('').length);
  // The shorter list keeps at most half the line, so that the longer one needs few lines.
  return chunks(parents, Math.max(room / 2, room - children.join(',').length)).flatMap((parentChunk) =>
    chunks(children, room - Math.min(room / 2, parentChunk.join(',').length)).map(
      (childChunk) =>
        `${childSchema}${braces(childChunk)}${columns} -> ${parentSchema}${braces(parentChunk)}${parentColumns}`,
    ),
  );
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
