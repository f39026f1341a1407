/** The match language of policies as data: `[schema.]child[(columns)] -> [schema.]parent[(columns)]`. */

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
  /** Null matches every schema in scope. */
  readonly schema: NamePattern | null;
  readonly name: NamePattern;
}

export interface EndPattern extends TablePattern {
  /** Null matches any columns. */
  readonly columns: readonly NamePattern[] | null;
}

export interface Pattern {
  readonly child: EndPattern;
  /** Null only in a selector that names a child alone. */
  readonly parent: EndPattern | null;
}

/** A path rule, `[schema.]table ~> [schema.]table`: from one table to another over any number of keys. */
export interface PathPattern {
  readonly from: TablePattern;
  readonly to: TablePattern;
}

/** The only name a pattern can match, or null when it holds a glob. */
export function literalOf(pattern: NamePattern): string | null {
  const [first, ...rest] = pattern;
  return first?.kind === 'text' && rest.length === 0 ? first.text : null;
}

/** The pattern that matches this name and no other. */
export function literalName(name: string): NamePattern {
  return [{ kind: 'text', text: name }];
}
