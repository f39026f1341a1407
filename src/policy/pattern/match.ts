/** What a pattern matches: names, tables, keys. */
import type { NameMatching } from '../../core/contracts/engine.ts';
import { groupBy } from '../../core/group-by.ts';
import { lowerAscii } from '../../core/names.ts';
import type { ForeignKey, TableName } from '../../core/model.ts';
import { literalOf, type NamePart, type NamePattern, type Pattern, type TablePattern } from './ast.ts';

/** What of a key a pattern looks at. */
type KeyNames = Pick<ForeignKey, 'child' | 'columns' | 'parent' | 'parentColumns'>;

/**
 * Lower case for the ASCII letters alone. SQLite folds no others, so `Ä` and `ä` are two tables there;
 * on servers that do fold them, a policy has to spell them as the catalog does, or its rule matches nothing.
 */
export function foldName(name: string, ignoreCase: boolean): string {
  return ignoreCase ? lowerAscii(name) : name;
}

export function nameMatcher(pattern: NamePattern, ignoreCase: boolean): (name: string) => boolean {
  const literal = literalOf(pattern);
  if (literal !== null) {
    const wanted = foldName(literal, ignoreCase);
    return (name) => foldName(name, ignoreCase) === wanted;
  }
  if (pattern.length === 1 && pattern[0]?.kind === 'any') return () => true;
  const expression = new RegExp(`^${pattern.map((part) => source(part, ignoreCase)).join('')}$`, 'su');
  return (name) => expression.test(foldName(name, ignoreCase));
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

export function tableMatcher(pattern: TablePattern, names: NameMatching): (table: TableName) => boolean {
  const schema = pattern.schema === null ? null : nameMatcher(pattern.schema, names.tablesIgnoreCase);
  const name = nameMatcher(pattern.name, names.tablesIgnoreCase);
  return (table) => name(table.name) && (schema === null || schema(table.schema));
}

export function keyMatcher(pattern: Pattern, names: NameMatching): (key: KeyNames) => boolean {
  const child = tableMatcher(pattern.child, names);
  const parent = pattern.parent === null ? null : tableMatcher(pattern.parent, names);
  const columns = columnMatcher(pattern, names);
  return (key) => child(key.child) && (parent === null || parent(key.parent)) && columns(key);
}

/**
 * For many patterns over the same keys: gives the places, in order, of the keys that a pattern matches.
 * A literal table is looked up by its name; a glob is tried once per distinct child name, not once per key.
 */
export function keyFinder(
  keys: readonly KeyNames[],
  names: NameMatching,
): (pattern: Pattern) => readonly number[] {
  const fold = (name: string): string => foldName(name, names.tablesIgnoreCase);
  const byName = (side: 'child' | 'parent'): ReadonlyMap<string, readonly number[]> =>
    groupBy(keys.keys(), (place) => fold(keys[place]?.[side].name ?? ''));
  const [byChild, byParent] = [byName('child'), byName('parent')];
  const candidates = ({ child, parent }: Pattern): readonly number[] => {
    const childName = literalOf(child.name);
    if (childName !== null) return byChild.get(fold(childName)) ?? [];
    const parentName = parent === null ? null : literalOf(parent.name);
    if (parentName !== null) return byParent.get(fold(parentName)) ?? [];
    const matches = nameMatcher(child.name, names.tablesIgnoreCase);
    return [...byChild.keys()].filter(matches).flatMap((name) => byChild.get(name) ?? []);
  };
  return (pattern) => {
    const matches = keyMatcher(pattern, names);
    const isMatched = (place: number): boolean => {
      const key = keys[place];
      return key !== undefined && matches(key);
    };
    return candidates(pattern)
      .filter(isMatched)
      .sort((a, b) => a - b);
  };
}

/**
 * Columns match in the order written; where that fails and all of them are literal, in any order,
 * each child column keeping the parent column written at its place.
 */
function columnMatcher(pattern: Pattern, names: NameMatching): (key: KeyNames) => boolean {
  const child = pattern.child.columns;
  const parent = pattern.parent?.columns ?? null;
  if (child === null && parent === null) return () => true;
  const childInOrder = inOrder(child, names);
  const parentInOrder = inOrder(parent, names);
  const [childNames, parentNames] = [child, parent].map((end) => end?.map(literalOf) ?? null);
  const width = Math.max(child?.length ?? 0, parent?.length ?? 0);
  const anyOrder = width > 1 && ![...(childNames ?? []), ...(parentNames ?? [])].includes(null);
  const wanted = pairs(childNames, parentNames, names);
  return (key) =>
    (childInOrder(key.columns) && parentInOrder(key.parentColumns)) ||
    (anyOrder && pairs(child && key.columns, parent && key.parentColumns, names) === wanted);
}

function inOrder(
  patterns: readonly NamePattern[] | null,
  names: NameMatching,
): (columns: readonly string[]) => boolean {
  if (patterns === null) return () => true;
  const tests = patterns.map((each) => nameMatcher(each, names.columnsIgnoreCase));
  return (columns) =>
    columns.length === tests.length && tests.every((test, place) => test(columns[place] ?? ''));
}

type Columns = readonly (string | null)[] | null | undefined;

/** Child and parent columns in pairs, in an order of their own, as one text to compare. */
function pairs(child: Columns, parent: Columns, names: NameMatching): string {
  const width = Math.max(child?.length ?? 0, parent?.length ?? 0);
  const at = (end: Columns, place: number): string => foldName(end?.[place] ?? '', names.columnsIgnoreCase);
  return Array.from({ length: width }, (_, place) => `${at(child, place)}\0${at(parent, place)}`)
    .sort()
    .join('\0');
}
