/** A policy as a program writes it: what stands below `policy:` in a configuration (docs/policy.md). schema.ts checks it. */

export interface PolicyInput {
  /** Source of extra rules, after those of `rules`: the name of an ORM, or files of SQL. */
  readonly from?: string | readonly string[] | undefined;
  /** With `from`: a key of a model without an action asks for NO ACTION. */
  readonly strictNone?: boolean | undefined;
  /** For a key that no rule matches: `error` (the default), or an action. */
  readonly default?: string | undefined;
  /** The first rule that matches a key decides it. */
  readonly rules?: readonly RuleInput[] | null | undefined;
  /** Paths that no delete may take: `users ~> billing.invoices`. */
  readonly never?: readonly string[] | undefined;
  /** The most rows that a delete may take, and the most keys that it may follow in a row. */
  readonly limits?: readonly LimitInput[] | undefined;
}

export interface RuleInput {
  /** `[schema.]child[(columns)] -> [schema.]parent[(columns)]`, with globs. */
  readonly match: string | readonly string[];
  readonly except?: string | readonly string[] | undefined;
  readonly constraint?: string | undefined;
  readonly when?: { readonly nullable?: boolean | undefined; readonly from?: string | undefined } | undefined;
  /** `cascade`, `set null`, `set null (column, …)`, `set default`, `restrict`, `no action`, `refuse` or `keep`. */
  readonly onDelete: string;
  readonly reason?: string | undefined;
  readonly optional?: boolean | undefined;
}

export interface LimitInput {
  readonly path: string;
  readonly rows?: number | undefined;
  readonly depth?: number | undefined;
}
