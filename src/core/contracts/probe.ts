/** Live queries outside introspection: read-only, limited in time, answered as data. Types only. */
import type {
  Change,
  Finding,
  ForeignKey,
  Hazard,
  KeyStatistics,
  TableName,
  TableStatistics,
} from '../model.ts';
import type { SchemaIndex } from '../schema-index.ts';

/** A live answer, or why there is none: the time was up, a privilege is missing, there is no server. */
export type Probed<T> =
  { readonly known: true; readonly value: T } | { readonly known: false; readonly why: string };

export interface Orphans {
  /** Rows of the child without a parent; exact unless `atLeast`. */
  readonly count: number;
  readonly atLeast: boolean;
  /** Up to three of them, as text such as `order_id=17`. */
  readonly sample: readonly string[];
}

/** A hazard of the current state of the server. `key` where it is about one key; several keys can have the same subject. */
export interface PreflightHazard extends Hazard {
  readonly key?: ForeignKey;
}

/** What to count: the rows of `start` that `where` selects, and those that these keys reach from there. */
export interface CountRequest {
  readonly schema: SchemaIndex;
  readonly start: TableName;
  /** One expression, as the user wrote it. */
  readonly where: string;
  /** What each key does to its child; only `deleted` is followed further. */
  readonly edges: readonly {
    readonly key: ForeignKey;
    readonly effect: 'deleted' | 'nulled' | 'defaulted' | 'refused';
  }[];
}

/** Rows of one table that are deleted, set, or would stop the delete. */
interface TableCount extends TableName {
  readonly deleted: number;
  readonly nulled: number;
  readonly defaulted: number;
  readonly refused: number;
}

export interface CountedRows {
  /** Rows that the expression selects; not included in `deleted`. */
  readonly picked: number;
  readonly tables: readonly TableCount[];
}

export interface Probe {
  /**
   * One answer for each key, in order: a few round trips, however many keys there are. No key takes more than a tenth of the time that is
   * left when its turn comes, so that a large table does not cost the others their answer.
   */
  orphans(keys: readonly ForeignKey[], timeoutMilliseconds: number): Promise<readonly Probed<Orphans>[]>;
  /** Estimated or exact numbers of rows, asked as `orphans` is. */
  rows(tables: readonly TableName[], timeoutMilliseconds: number): Promise<readonly Probed<number>[]>;
  /** Children per parent, for the keys with statistics. */
  children(schema: SchemaIndex, tables: readonly TableStatistics[]): Promise<readonly KeyStatistics[]>;
  /**
   * Counts the rows affected by deleting those that an expression selects, each once, in one statement.
   * Throws USAGE where the server does not understand the expression or it is not a single one, INSUFFICIENT_PRIVILEGE where the user
   * may not read a table on the way.
   */
  count(request: CountRequest, timeoutMilliseconds: number): Promise<Probed<CountedRows>>;
  /** Current obstacles to these changes: standbys, replicas, Galera, long transactions, missing privileges. */
  preflight(changes: readonly Change[], schema: SchemaIndex): Promise<readonly PreflightHazard[]>;
  /** Findings of `lint` that need a live query; skipped on timeout. */
  liveFindings(schema: SchemaIndex, timeoutMilliseconds: number): Promise<readonly Finding[]>;
}
