/** The policy as data, and what it decides. Types only. */
import type {
  DeleteClause,
  Finding,
  ForeignKey,
  Position,
  ReferentialAction,
  RuleReference,
} from '../core/model.ts';
import type { WantedAction } from './actions.ts';
import type { PathPattern, Pattern } from './pattern/ast.ts';

export interface LocatedPattern<P = Pattern> {
  readonly pattern: P;
  /** As written, variables replaced. */
  readonly text: string;
  readonly position: Position;
}

export type PathRule = LocatedPattern<PathPattern>;

export interface Rule {
  /** A key matches when one of these does … */
  readonly match: readonly LocatedPattern[];
  /** … and none of these. */
  readonly except: readonly LocatedPattern[];
  readonly constraint: string | null;
  /** True: every column that the action would write accepts NULL; false: one does not; null: either. */
  readonly nullable: boolean | null;
  /** The actions that a key may have before the change; null: any. */
  readonly from: readonly ReferentialAction[] | null;
  readonly onDelete: WantedAction;
  readonly reason: string | null;
  /** Matching nothing is fine. */
  readonly optional: boolean;
  readonly position: Position;
  /** It was read from the application's models. */
  readonly ofModels?: true;
}

/** At least one of the two is not null. */
export interface LimitRule extends PathRule {
  /** The most rows that one delete may take in the tables on the right, by the statistics. */
  readonly rows: number | null;
  /** The most keys that one delete may follow in a row. */
  readonly depth: number | null;
}

export interface Policy {
  /** Source of extra rules, appended to the explicit ones: an ORM or SQL files; null if none. */
  readonly from: { readonly texts: readonly string[]; readonly position: Position } | null;
  /** True: a key of a model without an action asks for NO ACTION; false: it asks for nothing. */
  readonly strictNone: boolean;
  /** For a key that no rule matches; `error` leaves it undecided, with a finding. */
  readonly default: { readonly kind: 'error' } | WantedAction;
  readonly defaultPosition: Position;
  readonly rules: readonly Rule[];
  /** Paths that no delete may take, and paths with a limit; src/reach/rules.ts checks them. */
  readonly never: readonly PathRule[];
  readonly limits: readonly LimitRule[];
}

export interface Decision {
  readonly foreignKey: ForeignKey;
  /** The rule that decided, `default` where the policy's default did, null where nothing did. */
  readonly rule: RuleReference | null;
  /** `keep`: whatever is there. `undecided`: a finding says why. */
  readonly wanted: DeleteClause | 'keep' | 'undecided';
}

export interface Decisions {
  /** One for each key that is not excluded, in the Snapshot's order. */
  readonly decisions: readonly Decision[];
  /** About the policy, in the order of the file. */
  readonly findings: readonly Finding[];
}

/** What one rule matches; numbers are places in the list of keys. For findings.ts. */
export interface RuleOutcome {
  readonly rule: Rule;
  /** Per pattern of `match`, before anything is excluded. */
  readonly matched: readonly (readonly number[])[];
  /** Per pattern of `except`, those that `match` had matched. */
  readonly excepted: readonly (readonly number[])[];
  /** After `except`: each key with the first pattern that matches it. */
  readonly patterns: ReadonlyMap<number, LocatedPattern>;
  /** After `except`, `constraint` and `when`, in order. */
  readonly keys: readonly number[];
  /** Those of `keys` that no earlier rule had decided. */
  readonly decided: readonly number[];
}
