/**
 * The match language of policies: `[schema.]child[(columns)] -> [schema.]parent[(columns)]`.
 * The data, what reads it from text and what writes it; src/pattern-matching.ts asks what a pattern matches.
 */
import { OndeleteError } from '../../core/errors.ts';
import {
  fail,
  failAt,
  missingArrow,
  missingWave,
  parseWith,
  readArrow,
  readWave,
  readColumns,
  readName,
  readSide,
  readTable,
  skipSpace,
} from './parse.ts';

export type NamePart =
  | { readonly kind: 'text'; readonly text: string }
  /** `*`: any characters, also none. */
  | { readonly kind: 'any' }
  /** `?`: one character. */
  | { readonly kind: 'one' }
  /** `{a,b}`: one of these; an option may be empty and holds no further braces. */
  | { readonly kind: 'choice'; readonly options: readonly NamePattern[] };

/** A glob on one name. Adjacent texts are merged, so equal patterns are equal data. */
export type NamePattern = readonly NamePart[];

export interface TablePattern {
  /** Null matches in every schema in scope. */
  readonly schema: NamePattern | null;
  readonly name: NamePattern;
}

export interface SidePattern extends TablePattern {
  /** Null matches whatever the columns are. */
  readonly columns: readonly NamePattern[] | null;
}

export interface Pattern {
  readonly child: SidePattern;
  /** Null only in a selector that names a child alone. */
  readonly parent: SidePattern | null;
}

/** What a text means, or what is wrong with it and where (`offset` counts UTF-16 units from 0). */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string; readonly offset: number };

/** Reads a full pattern. Throws nothing. */
export function parsePattern(text: string): Parsed<Pattern> {
  return parseWith(text, (cursor) => {
    const child = readSide(cursor);
    if (!readArrow(cursor)) fail(cursor, missingArrow(cursor));
    return { child, parent: readSide(cursor) };
  });
}

/** A path rule: from a table over any number of keys to another. */
export interface PathPattern {
  readonly from: TablePattern;
  readonly to: TablePattern;
}

/** Reads `[schema.]table ~> [schema.]table`. Throws nothing. */
export function parsePathPattern(text: string): Parsed<PathPattern> {
  return parseWith(text, (cursor) => {
    skipSpace(cursor);
    const from = readTable(cursor);
    if (!readWave(cursor)) fail(cursor, missingWave(cursor));
    skipSpace(cursor);
    return { from, to: readTable(cursor) };
  });
}

/** Reads what `--only` and `--allow CODE:` take: a full pattern, or the child alone. Throws nothing. */
export function parseSelector(text: string): Parsed<Pattern> {
  return parseWith(text, (cursor) => {
    const child = readSide(cursor);
    skipSpace(cursor);
    if (cursor.offset === text.length) return { child, parent: null };
    if (!readArrow(cursor)) fail(cursor, missingArrow(cursor));
    return { child, parent: readSide(cursor) };
  });
}

/** `parseSelector` for a command-line option; throws USAGE that names the option and the character. */
export function readSelector(text: string, option: string): Pattern {
  const parsed = parseSelector(text);
  if (parsed.ok) return parsed.value;
  throw new OndeleteError(
    'USAGE',
    `${option} '${text}': ${parsed.message}, at character ${parsed.offset + 1}`,
    "Write it as `child -> parent` or `child`, in single quotes, such as 'order_items -> orders'.",
  );
}

/** Reads `[schema.]table`, as in `exclude`. Throws nothing. */
export function parseTablePattern(text: string): Parsed<TablePattern> {
  return parseWith(text, (cursor) => {
    skipSpace(cursor);
    return readTable(cursor);
  });
}

/** Reads a glob on one name, as in `schemas`. Throws nothing. */
export function parseNamePattern(text: string): Parsed<NamePattern> {
  return parseWith(text, (cursor) => {
    skipSpace(cursor);
    return readName(cursor, false);
  });
}

/** Reads `(a, "b c")` behind an action: names without globs. Throws nothing. */
export function parseColumnList(text: string): Parsed<readonly string[]> {
  return parseWith(text, (cursor) => {
    const start = cursor.offset;
    const names = readColumns(cursor) ?? [];
    return names.map((name) => {
      const literal = literalOf(name);
      if (literal === null) failAt(cursor, start, 'a column list names columns, it holds no * ? {}');
      return literal ?? '';
    });
  });
}

/** The one name a pattern can match, or null when it holds a glob. */
export function literalOf(pattern: NamePattern): string | null {
  const [first, ...rest] = pattern;
  return first?.kind === 'text' && rest.length === 0 ? first.text : null;
}

/** A name as a pattern that matches it and nothing else. */
export function literalName(name: string): NamePattern {
  return [{ kind: 'text', text: name }];
}

/** A pattern as text; reading that text gives the same pattern again. */
export function patternText(pattern: Pattern): string {
  const child = sideText(pattern.child);
  return pattern.parent === null ? child : `${child} -> ${sideText(pattern.parent)}`;
}

export function sideText(side: SidePattern): string {
  const columns = side.columns === null ? '' : `(${side.columns.map(namePatternText).join(', ')})`;
  const schema = side.schema === null ? '' : `${namePatternText(side.schema)}.`;
  return `${schema}${namePatternText(side.name)}${columns}`;
}

export function namePatternText(pattern: NamePattern): string {
  return pattern.map(partText).join('');
}

function partText(part: NamePart): string {
  switch (part.kind) {
    case 'text':
      return nameText(part.text);
    case 'any':
      return '*';
    case 'one':
      return '?';
    case 'choice':
      return `{${part.options.map(namePatternText).join(',')}}`;
  }
}

/** A name as it stands in a pattern when it means itself: in double quotes unless every character is harmless. */
export function nameText(name: string): string {
  return /^[\p{L}\p{M}\p{N}_$-]+$/u.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
