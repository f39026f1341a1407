/** What a pattern matches: names, tables, keys. */
import type { NameMatching } from '../../core/contracts/engine.ts';
import type { ForeignKey, TableName } from '../../core/model.ts';
import { literalOf } from './ast.ts';
import type { NamePart, NamePattern, Pattern, TablePattern } from './ast.ts';

/** What of a key a pattern looks at. */
export type KeyNames = Pick<ForeignKey, 'child' | 'columns' | 'parent' | 'parentColumns'>;

/**
 * Lower case for the ASCII letters alone. SQLite folds no others, so `Ä` and `ä` are two tables there;
 * on servers that do fold them, a policy spells them as the catalog does or is told that a rule matches nothing.
 */
export function foldName(name: string, ignoreCase: boolean): string {
  return ignoreCase && /[A-Z]/.test(name)
    ? name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
    : name;
}

/** A function that tells whether a name matches. */
export function nameMatcher(pattern: NamePattern, ignoreCase: boolean): (name: string) => boolean {
  const folded = foldedMatcher(pattern, ignoreCase);
  return (name) => folded(foldName(name, ignoreCase));
}

/** A function that tells whether a table matches. */
export function tableMatcher(pattern: TablePattern, names: NameMatching): (table: TableName) => boolean {
  const schema = pattern.schema === null ? null : nameMatcher(pattern.schema, names.tablesIgnoreCase);
  const name = nameMatcher(pattern.name, names.tablesIgnoreCase);
  return (table) => name(table.name) && (schema === null || schema(table.schema));
}

/** A function that tells whether a key matches. For many patterns over the same keys, `keyFinder` is faster. */
export function keyMatcher(pattern: Pattern, names: NameMatching): (key: KeyNames) => boolean {
  const child = tableMatcher(pattern.child, names);
  const parent = pattern.parent === null ? null : tableMatcher(pattern.parent, names);
  const columns = columnMatcher(pattern, names);
  return (key) => child(key.child) && (parent === null || parent(key.parent)) && columns(key);
}

/**
 * Indexes keys by their tables; the function returned gives the indexes, in order, of the keys that a pattern matches.
 * A literal name costs a look-up, a glob one test per distinct table name, whatever the number of keys.
 */
export function keyFinder(
  keys: readonly KeyNames[],
  names: NameMatching,
): (pattern: Pattern) => readonly number[] {
  const children = tableIndex(
    keys.map((key) => key.child),
    names,
  );
  const parents = tableIndex(
    keys.map((key) => key.parent),
    names,
  );
  const everywhere = [...keys.keys()];
  return (pattern) => {
    const found = meet(
      everywhere,
      { index: children, tables: children.find(pattern.child) },
      { index: parents, tables: pattern.parent === null ? null : parents.find(pattern.parent) },
    );
    if (pattern.child.columns === null && (pattern.parent?.columns ?? null) === null) return found;
    const columns = columnMatcher(pattern, names);
    return found.filter((place) => {
      const key = keys[place];
      return key !== undefined && columns(key);
    });
  };
}

interface IndexedTable {
  readonly table: TableName;
  /** Where the table stands in the list that was indexed. */
  readonly places: number[];
}

interface TableIndex {
  readonly at: readonly IndexedTable[];
  /** The tables that a pattern matches; null for all of them. */
  find(pattern: TablePattern): ReadonlySet<IndexedTable> | null;
}

function tableIndex(tables: readonly TableName[], names: NameMatching): TableIndex {
  const bySchema = new Map<string, Map<string, IndexedTable>>();
  const at = tables.map((table, place) => {
    const name = foldName(table.name, names.tablesIgnoreCase);
    const ofSchema = bySchema.get(table.schema) ?? new Map<string, IndexedTable>();
    if (ofSchema.size === 0) bySchema.set(table.schema, ofSchema);
    const entry = ofSchema.get(name) ?? { table, places: [] };
    if (entry.places.length === 0) ofSchema.set(name, entry);
    entry.places.push(place);
    return entry;
  });
  /** Those of a schema; the maps hold folded names. */
  const named = (
    pattern: NamePattern,
  ): ((ofSchema: ReadonlyMap<string, IndexedTable>) => readonly IndexedTable[]) => {
    const literals = literalsOf(pattern);
    if (literals !== null) {
      const wanted = [...new Set(literals)];
      return (ofSchema) => wanted.flatMap((name) => ofSchema.get(name) ?? []);
    }
    const matches = foldedMatcher(pattern, names.tablesIgnoreCase);
    return (ofSchema) => {
      const found: IndexedTable[] = [];
      for (const [name, entry] of ofSchema) if (matches(name)) found.push(entry);
      return found;
    };
  };
  const literalsOf = (pattern: NamePattern): readonly string[] | null =>
    alternatives(pattern)?.map((name) => foldName(name, names.tablesIgnoreCase)) ?? null;
  return {
    at,
    find: ({ schema, name }) => {
      if (schema === null && isAny(name)) return null;
      const inScope = schema === null ? null : nameMatcher(schema, names.tablesIgnoreCase);
      const find = named(name);
      const found = new Set<IndexedTable>();
      for (const [each, ofSchema] of bySchema)
        if (inScope === null || inScope(each)) for (const entry of find(ofSchema)) found.add(entry);
      return found;
    },
  };
}

interface Side {
  readonly index: TableIndex;
  readonly tables: ReadonlySet<IndexedTable> | null;
}

/** The places where both sides match, in order: goes through those of the side with fewer and asks the other. */
function meet(everywhere: readonly number[], a: Side, b: Side): readonly number[] {
  const count = ({ tables }: Side): number =>
    tables === null ? everywhere.length : [...tables].reduce((sum, entry) => sum + entry.places.length, 0);
  const [fewer, more] = count(a) <= count(b) ? [a, b] : [b, a];
  const places =
    fewer.tables === null
      ? everywhere
      : [...fewer.tables].flatMap((entry) => entry.places).sort((x, y) => x - y);
  const { tables, index } = more;
  if (tables === null) return places;
  return places.filter((place) => {
    const entry = index.at[place];
    return entry !== undefined && tables.has(entry);
  });
}

/** A pattern as the list of names it stands for; null where that list is endless or long. */
function alternatives(pattern: NamePattern): readonly string[] | null {
  return pattern.reduce<readonly string[] | null>(
    (before, part) => {
      if (before === null || part.kind === 'any' || part.kind === 'one') return null;
      const here =
        part.kind === 'text'
          ? [part.text]
          : part.options.map((option) => (option.length === 0 ? '' : literalOf(option)));
      const known = here.filter((text) => text !== null);
      if (known.length < here.length || before.length * known.length > 1000) return null;
      return before.flatMap((start) => known.map((end) => start + end));
    },
    [''],
  );
}

function isAny(pattern: NamePattern): boolean {
  return pattern.length === 1 && pattern[0]?.kind === 'any';
}

/**
 * Columns match in the order written; where that fails and all of them are literal, in any order,
 * each child column keeping the parent column written at its place.
 */
function columnMatcher(pattern: Pattern, names: NameMatching): (key: KeyNames) => boolean {
  const child = pattern.child.columns;
  const parent = pattern.parent?.columns ?? null;
  if (child === null && parent === null) return () => true;
  const inOrder = (patterns: readonly NamePattern[] | null): ((columns: readonly string[]) => boolean) => {
    if (patterns === null) return () => true;
    const tests = patterns.map((each) => nameMatcher(each, names.columnsIgnoreCase));
    return (columns) =>
      columns.length === tests.length && columns.every((column, place) => tests[place]?.(column) === true);
  };
  const childInOrder = inOrder(child);
  const parentInOrder = inOrder(parent);
  const wanted = literalPairs(child, parent, names);
  return (key) => {
    if (childInOrder(key.columns) && parentInOrder(key.parentColumns)) return true;
    if (wanted === null) return false;
    const there = pairs(
      child === null ? null : key.columns,
      parent === null ? null : key.parentColumns,
      names,
    );
    return (
      there !== null && wanted.length === there.length && wanted.every((pair, place) => pair === there[place])
    );
  };
}

function literalPairs(
  child: readonly NamePattern[] | null,
  parent: readonly NamePattern[] | null,
  names: NameMatching,
): readonly string[] | null {
  const [childNames, parentNames] = [child, parent].map((side) => side?.map(literalOf) ?? null);
  const known = (side: readonly (string | null)[] | null | undefined): readonly string[] | null =>
    side?.filter((name) => name !== null) ?? null;
  if (childNames?.includes(null) === true || parentNames?.includes(null) === true) return null;
  return pairs(known(childNames), known(parentNames), names);
}

/** `child NUL parent` per column, sorted; null where the two sides differ in length. */
function pairs(
  child: readonly string[] | null,
  parent: readonly string[] | null,
  names: NameMatching,
): readonly string[] | null {
  const longer = child ?? parent ?? [];
  if (child !== null && parent !== null && child.length !== parent.length) return null;
  const at = (side: readonly string[] | null, place: number): string =>
    foldName(side?.[place] ?? '', names.columnsIgnoreCase);
  return longer.map((_, place) => `${at(child, place)}\0${at(parent, place)}`).sort();
}

function foldedMatcher(pattern: NamePattern, ignoreCase: boolean): (folded: string) => boolean {
  const literal = literalOf(pattern);
  if (literal !== null) {
    const wanted = foldName(literal, ignoreCase);
    return (name) => name === wanted;
  }
  if (isAny(pattern)) return () => true;
  const expression = new RegExp(`^${pattern.map((part) => source(part, ignoreCase)).join('')}$`, 'su');
  return (name) => expression.test(name);
}

function source(part: NamePart, ignoreCase: boolean): string {
  switch (part.kind) {
    case 'text':
      return foldName(part.text, ignoreCase).replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    case 'any':
      return '.*';
    case 'one':
      return '.';
    case 'choice':
      return `(?:${part.options.map((option) => option.map((each) => source(each, ignoreCase)).join('')).join('|')})`;
  }
}
