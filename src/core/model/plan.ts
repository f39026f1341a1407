/** How changes are made: statements with their locks, steps with their reverse, the plan. */
import type { Change, Hazard, Refusal } from './change.ts';
import type { ForeignKey, Server, TableName } from './snapshot.ts';

/** The two directions of a migration. */
export type Direction = 'up' | 'down';

/** A lock that a statement takes, in the engine's own terms. */
export interface Lock {
  /** `ACCESS EXCLUSIVE`, `SHARE UPDATE EXCLUSIVE`, `metadata EXCLUSIVE`, `RESERVED` … */
  readonly mode: string;
  /** Null for the whole database file (SQLite). */
  readonly table: TableName | null;
  /** Which partitions are locked: `too`, with the table; `only`, without it; only the `leaves`, which hold the rows; absent for none. */
  readonly partitions?: 'too' | 'only' | 'leaves';
  readonly blocks: 'nothing' | 'schema changes' | 'writes' | 'reads and writes';
  readonly held: 'for a moment' | 'while rows are scanned' | 'while rows are copied';
}

/** One thing that a statement does, as a reader wants to see it: without the guards and retries around it. */
export interface Operation {
  /** One statement, without a closing semicolon. */
  readonly sql: string;
  /** Its purpose in one line, for reports. */
  readonly comment: string;
  readonly locks: readonly Lock[];
  /** Tables that it scans. */
  readonly scans: readonly TableName[];
}

export interface Statement {
  /** The text without a closing semicolon; one statement. */
  readonly sql: string;
  /** Its purpose in one line, for the file. */
  readonly comment: string;
  /** What it does to the keys, in order; empty for a guard or a setting, and where nobody asked for it. */
  readonly operations: readonly Operation[];
}

/** For runners that run code: the step is repeated on these errors. */
export interface Retry {
  /** Driver error codes: `error.code` or, as text, `error.errno`. */
  readonly codes: readonly string[];
  readonly attempts: number;
  readonly pauseMilliseconds: readonly [minimum: number, maximum: number];
}

/** A JSON value. */
export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue };

/**
 * For runners that run code: a self-contained TypeScript function to use where the statements cannot work.
 * It is called as `name(execute, argument, cause)`, `execute(sql: string): Promise<readonly Record<string, unknown>[]>`
 * running on the step's only connection, outside the step's transaction; `cause` is the error of `precheck`.
 */
export interface CodeFallback {
  /** Statements, run in order outside a transaction. They change nothing, and one fails if the fallback is needed. */
  readonly precheck: readonly string[];
  readonly name: string;
  /** TypeScript source of the function, importing nothing. */
  readonly code: string;
  readonly argument: Readonly<Record<string, JsonValue>>;
}

/** One direction of a step: the statements, or the reason why there are none. */
export type StepBody =
  | {
      readonly kind: 'run';
      readonly statements: readonly Statement[];
      /** Run at the end and after an error, outside the transaction; restores the session's settings. */
      readonly always: readonly Statement[];
      readonly retry: Retry | null;
      readonly fallback: readonly CodeFallback[];
    }
  | { readonly kind: 'nothing'; readonly reason: string };

/**
 * Statements that belong together, with their reverse. Up runs the steps first to last, down runs the reverses last to first.
 * `transaction` has the statements that open and close the step's transaction; null where each statement commits by itself.
 * `alone`: nothing else may be in that transaction, because its locks must end with the step.
 */
export interface Step {
  /** One word for file names: `check`, `swap`, `validate`. */
  readonly slug: string;
  /** One line for people. */
  readonly title: string;
  readonly keys: readonly ForeignKey[];
  readonly transaction: { readonly begin: string; readonly commit: string; readonly rollback: string } | null;
  readonly alone: boolean;
  /** What this step begins goes on by itself and has to come to its end before the next: so that is another file. Absent elsewhere. */
  readonly waits?: boolean;
  readonly up: StepBody;
  readonly down: StepBody;
  /** What the engine says of the way that the step takes; all of them notices. */
  readonly notices?: readonly Hazard[];
}

/** Changes that are run and reverted together: one migration, or more where the tool's own transactions demand it. */
export interface Batch {
  readonly changes: readonly Change[];
  readonly steps: readonly Step[];
}

/** The changes that will be made and those that are refused. */
export interface Plan {
  readonly server: Server;
  readonly changes: readonly Change[];
  /** One, unless the change is cut into several. */
  readonly batches: readonly Batch[];
  /** Those of all batches. */
  readonly steps: readonly Step[];
  readonly hazards: readonly Hazard[];
  readonly refusals: readonly Refusal[];
  /** Allowed codes that this plan needs, for the file's header. */
  readonly allowed: readonly string[];
}
