/** What is to be changed, and what is said of it: the rule that asks, findings, hazards, refusals. */
import type { DeleteClause, ForeignKey } from './snapshot.ts';

/** A place in a file; line and column count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The rule behind a change, as reports and migrations name it. */
export interface RuleReference {
  /** The pattern that matched, as written; `default` for the policy's default. */
  readonly match: string;
  readonly reason: string | null;
  /** Of the pattern. */
  readonly position: Position;
  /** Of the rule, which may have several patterns. */
  readonly rulePosition: Position;
}

/**
 * A difference between policy and database.
 * `change-on-delete` replaces one clause by another; `finish` completes an unfinished change.
 */
export interface Change {
  readonly kind: 'change-on-delete' | 'finish';
  readonly foreignKey: ForeignKey;
  readonly from: DeleteClause;
  readonly to: DeleteClause;
  readonly rule: RuleReference;
}

/** A problem of the database or the policy. The catalogue explains the code. */
export interface Finding {
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'info';
  /** The key or rule that it is about. */
  readonly subject: string;
  /** What is special about this case, in one sentence. */
  readonly detail: string;
  readonly position: Position | null;
  /** SQL that fixes it, for people to run; absent where no single statement does. */
  readonly statement?: string;
}

/** A problem of a change. The catalogue's grade says whether it refuses the change, needs --allow, or is a notice. */
export interface Hazard {
  readonly code: string;
  readonly subject: string;
  readonly detail: string;
}

/** A change that cannot be made as things are. */
export interface Refusal {
  readonly change: Change;
  readonly hazards: readonly Hazard[];
}
