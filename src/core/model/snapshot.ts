/** What a database holds: foreign keys with every attribute, the tables at both ends, the server, and figures apart. */

/** The actions of the SQL standard, spelled as in information_schema. */
export const referentialActions = ['NO ACTION', 'RESTRICT', 'CASCADE', 'SET NULL', 'SET DEFAULT'] as const;
export type ReferentialAction = (typeof referentialActions)[number];

/** The servers that ondelete writes migrations for. */
export const engineNames = ['postgres', 'mysql', 'mariadb', 'sqlite'] as const;
export type EngineName = (typeof engineNames)[number];

/** A table by name. `schema` is PostgreSQL's schema, MySQL's and MariaDB's database, SQLite's `main`. */
export interface TableName {
  readonly schema: string;
  readonly name: string;
}

/** The two ends of a key. */
export type KeyEnd = 'child' | 'parent';

/** An ON DELETE clause. `onDeleteColumns` is PostgreSQL 15's `SET NULL (a, b)`; null means all columns. */
export interface DeleteClause {
  readonly onDelete: ReferentialAction;
  readonly onDeleteColumns: readonly string[] | null;
}

/** `origin` (the default) fires in ordinary sessions, `replica` only with session_replication_role = replica. */
export type TriggerEnabled = 'origin' | 'disabled' | 'replica' | 'always';

/** The state of an internal trigger that enforces a key on PostgreSQL; listed only where it is not the default. */
export interface TriggerState {
  readonly on: KeyEnd;
  /** The trigger's function, such as `RI_FKey_cascade_del`; it changes with the action, so `event` names the trigger. */
  readonly event: 'insert' | 'update' | 'delete';
  readonly enabled: TriggerEnabled;
}

/**
 * An unfinished change of this key, recognised by the mark that its first step left in the catalog.
 * The key is already enforced with its new action.
 */
export interface HalfDone {
  /** The clause before the change; null where it is not recorded (MySQL, MariaDB). */
  readonly from: DeleteClause | null;
  /** The clause after the change. */
  readonly to: DeleteClause;
  /** The key's name during the change, where that is not `name` (MySQL, MariaDB). */
  readonly temporaryName: string | null;
  /** PostgreSQL before 18, partitioned child: how many leaf partitions already have their second key. */
  readonly secondKeys: number;
}

/** A foreign key with every attribute that would be lost if it were dropped and added again. */
export interface ForeignKey extends DeleteClause {
  /** The constraint's name; null for an unnamed key of SQLite, and where a temporary name hides it. */
  readonly name: string | null;
  readonly child: TableName;
  readonly columns: readonly string[];
  readonly parent: TableName;
  /** In the order of `columns`; empty where the parent is missing or has no primary key (SQLite). */
  readonly parentColumns: readonly string[];
  /** SQLite: the stored text has `REFERENCES parent` without columns. */
  readonly parentColumnsImplied: boolean;
  readonly onUpdate: ReferentialAction;
  readonly match: 'SIMPLE' | 'FULL' | 'PARTIAL';
  readonly deferrability: 'NOT DEFERRABLE' | 'INITIALLY IMMEDIATE' | 'INITIALLY DEFERRED';
  /** False for NOT VALID: enforced for new rows, not checked for existing ones. */
  readonly validated: boolean;
  /** False for PostgreSQL 18's NOT ENFORCED. */
  readonly enforced: boolean;
  /** True for PostgreSQL 18's temporal PERIOD keys. */
  readonly period: boolean;
  /** The comment on the constraint without ondelete's own mark; null where there is none. */
  readonly comment: string | null;
  /** The unique index of the parent that the key uses; null where the engine does not say. */
  readonly referencedIndex: string | null;
  /** The index that the key would use if it were dropped and added again; usually the same as `referencedIndex`. */
  readonly recreatedIndex: string | null;
  readonly triggers: readonly TriggerState[];
  /** The child is the root of a partitioned table (PostgreSQL). */
  readonly childPartitioned: boolean;
  readonly parentPartitioned: boolean;
  /** PostgreSQL, partitioned child: what its partitions lose for good when the key is dropped and added; absent for nothing. */
  readonly lostOnPartitions?: readonly PartitionLoss[] | undefined;
  readonly halfDone: HalfDone | null;
}

/**
 * Of a partition: a key of its own over the same columns to the same parent, which a new key above takes for its copy, or its copy of a key
 * that is NOT VALID, validated by itself.
 */
export interface PartitionLoss {
  readonly what: 'own key' | 'validated copy';
  readonly partition: TableName;
  /** Of the key or the copy. */
  readonly name: string;
}

export interface Column {
  readonly name: string;
  /** The declared type as the engine prints it. */
  readonly type: string;
  /** MySQL and MariaDB: of a column that holds text; it names the character set too. */
  readonly collation?: string | undefined;
  /** False where NULL is not allowed, because of NOT NULL, a domain or a primary key. */
  readonly nullable: boolean;
  readonly hasDefault: boolean;
  readonly generated: 'stored' | 'virtual' | null;
  readonly identity: 'always' | 'by default' | null;
}

export interface Index {
  readonly name: string;
  /** Key columns in index order; null stands for an expression. */
  readonly columns: readonly (string | null)[];
  readonly unique: boolean;
  readonly primary: boolean;
  /** The WHERE of a partial index as the engine prints it, else null. */
  readonly predicate: string | null;
  /** `btree`, `hash` …, as the engine names it. */
  readonly method: string;
}

/** A table that is child or parent of a foreign key. */
export interface Table extends TableName {
  /** MySQL and MariaDB: the storage engine; null elsewhere. */
  readonly engine: string | null;
  readonly partitioned: boolean;
  readonly columns: readonly Column[];
  readonly indexes: readonly Index[];
  /** Names of the table's triggers on delete or update, which a cascade may or may not fire. */
  readonly triggers: readonly string[];
  /** SQLite: the stored CREATE TABLE text behind the table's name, unchanged; null elsewhere. */
  readonly definition: string | null;
  readonly checks: readonly Check[];
  /** PostgreSQL: rules that run instead of a delete or an update of this table. */
  readonly insteadRules: readonly InsteadRule[];
  /** MySQL and MariaDB: the stored generated columns with their expressions. */
  readonly storedColumns: readonly StoredColumn[];
  /** SQLite: unique indexes with another collation than their columns, so that no key can use them. */
  readonly indexesOfOtherCollation: readonly string[];
  readonly options: readonly TableOption[];
  /** Where a table has to be made anew to change a key (Cloudflare D1): its indexes and triggers, in the order in which they were made; absent elsewhere. */
  readonly stored?: readonly StoredText[] | undefined;
  /** Cloudflare D1: views and triggers of other tables that name this one, by name; absent elsewhere and where there are none. */
  readonly readBy?: readonly string[] | undefined;
}

/** What CREATE INDEX or CREATE TRIGGER was given. */
export interface StoredText {
  readonly kind: 'index' | 'trigger';
  readonly name: string;
  readonly sql: string;
}

export interface Check {
  /** As the engine prints it. */
  readonly expression: string;
  /** The column whose domain has the check (there the column is called VALUE); null for a check of the table. */
  readonly domainOf: string | null;
}

export interface InsteadRule {
  readonly event: 'DELETE' | 'UPDATE';
  readonly name: string;
}

export interface StoredColumn {
  readonly name: string;
  readonly expression: string;
}

export const tableOptions = [
  'without rowid',
  'strict',
  'autoincrement',
  'unlogged',
  'partition',
  'citus distributed',
  'citus reference or local',
  'system versioned',
] as const;
export type TableOption = (typeof tableOptions)[number];

/** The server, with the settings that decide how keys behave (sorted by name, all as text). */
export interface Server {
  readonly flavor: EngineName;
  /** `PostgreSQL 14.23`. */
  readonly product: string;
  /** `[14, 23]`, `[10, 11, 19]`. */
  readonly version: readonly number[];
  readonly settings: Readonly<Record<string, string>>;
}

/** Everything ondelete knows about a database: sorted, and the same text for the same schema. */
export interface Snapshot {
  readonly version: 2;
  readonly server: Server;
  readonly tables: readonly Table[];
  readonly foreignKeys: readonly ForeignKey[];
  /** Cloudflare D1 and libSQL: what ALTER TABLE says of a view or trigger that is broken; absent elsewhere and where none is. */
  readonly unreadable?: string | undefined;
}

/** Kept apart from the Snapshot because it changes with the rows. Unknown is null, never 0. */
export interface TableStatistics extends TableName {
  readonly estimatedRows: number | null;
  readonly bytes: number | null;
}

/** Children per parent that has children, from the server's statistics. Unknown is null, never 0. */
export interface KeyStatistics extends Pick<
  ForeignKey,
  'name' | 'child' | 'columns' | 'parent' | 'parentColumns'
> {
  /** Of a typical parent. */
  readonly median: number | null;
  /** Of the parent with the most. */
  readonly worst: number | null;
}

export interface Introspection {
  readonly snapshot: Snapshot;
  readonly statistics: readonly TableStatistics[];
  /** A saved snapshot has them with --stats; for a live server the probe asks. */
  readonly keyStatistics?: readonly KeyStatistics[];
}
