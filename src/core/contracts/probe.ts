/** Live questions outside introspection: read-only, bounded in time, answered as data. Types only. */
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

/** A live answer, or why there is none: the time was up, a right is missing, the work is offline. */
export type Probed<T> =
  { readonly known: true; readonly value: T } | { readonly known: false; readonly why: string };

export interface Orphans {
  /** Rows of the child that point to no parent; exact unless `atLeast`. */
  readonly count: number;
  readonly atLeast: boolean;
  /** Up to three of them, as text such as `order_id=17`. */
  readonly sample: readonly string[];
}

/** A hazard of the moment. `key` where it is about one key, which its subject may share with another over the same columns. */
export interface PreflightHazard extends Hazard {
  readonly key?: ForeignKey;
}

/** What to count: the rows of `start` that `where` picks, and those that these keys lead to from there. */
export interface CountRequest {
  readonly schema: SchemaIndex;
  readonly start: TableName;
  /** One expression, as the user wrote it. */
  readonly where: string;
  /** What each key does to its child; only `deleted` leads on. */
  readonly edges: readonly {
    readonly key: ForeignKey;
    readonly effect: 'deleted' | 'nulled' | 'defaulted' | 'refused';
  }[];
}

/** Rows of one table: those that go, those that stay and are set, and those that would stop the delete. */
export interface TableCount extends TableName {
  readonly deleted: number;
  readonly nulled: number;
  readonly defaulted: number;
  readonly refused: number;
}

export interface CountedRows {
  /** Rows that the expression picks; they are not among `deleted`. */
  readonly picked: number;
  readonly tables: readonly TableCount[];
}

export interface Probe {
  orphans(key: ForeignKey, timeoutMilliseconds: number): Promise<Probed<Orphans>>;
  /** Estimated or exact rows of a table about to be scanned. */
  rows(table: TableName, timeoutMilliseconds: number): Promise<Probed<number>>;
  /** Children per parent by the server's statistics, for the keys of which it has any. */
  children(schema: SchemaIndex, tables: readonly TableStatistics[]): Promise<readonly KeyStatistics[]>;
  /**
   * Counts what deleting the rows that an expression picks would touch, each row once, in one statement.
   * Throws USAGE where the server does not understand the expression, or it is more than one.
   */
  count(request: CountRequest, timeoutMilliseconds: number): Promise<Probed<CountedRows>>;
  /** What stands in the way of these changes right now: standbys, replicas, Galera, long transactions, missing rights. */
  preflight(changes: readonly Change[], schema: SchemaIndex): Promise<readonly PreflightHazard[]>;
  /** Findings of `lint` that need a live query; a question that runs out of time finds nothing. */
  liveFindings(schema: SchemaIndex, timeoutMilliseconds: number): Promise<readonly Finding[]>;
}
