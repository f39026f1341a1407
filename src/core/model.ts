/**
 * The domain: plain, readonly, JSON-serialisable data. References between tables are names, never pointers.
 * Nothing here touches a database; the few functions below only name and order what the types describe.
 */

/** The actions of the SQL standard, spelled as information_schema spells them. */
export const referentialActions = ['NO ACTION', 'RESTRICT', 'CASCADE', 'SET NULL', 'SET DEFAULT'] as const;
export type ReferentialAction = (typeof referentialActions)[number];

/** The servers that ondelete writes migrations for. */
export const flavors = ['postgres', 'mysql', 'mariadb', 'sqlite'] as const;
export type Flavor = (typeof flavors)[number];

/** A table by name. `schema` is PostgreSQL's schema, MySQL's and MariaDB's database, SQLite's `main`. */
export interface TableName {
  readonly schema: string;
  readonly name: string;
}

/** What an ON DELETE clause says. `onDeleteColumns` is PostgreSQL 15's `SET NULL (a, b)`; null means all columns. */
export interface DeleteClause {
  readonly onDelete: ReferentialAction;
  readonly onDeleteColumns: readonly string[] | null;
}

/** `origin` fires in ordinary sessions (the default), `replica` only under session_replication_role = replica. */
export type TriggerEnabled = 'origin' | 'disabled' | 'replica' | 'always';

/** The state of one internal trigger that enforces a key on PostgreSQL, told only where it is not the default. */
export interface TriggerState {
  readonly on: 'child' | 'parent';
  /** The trigger's function, such as `RI_FKey_cascade_del`; it changes with the action, so `event` names the trigger. */
  readonly event: 'insert' | 'update' | 'delete';
  readonly enabled: TriggerEnabled;
}

/**
 * A change of this key that was begun and not finished, recognised from the mark that the first step left in the catalog.
 * The key is enforced with its new action all the same.
 */
export interface HalfDone {
  /** The clause before the change; null where the mark cannot hold it (MySQL, MariaDB). */
  readonly from: DeleteClause | null;
  /** The clause the change leads to. */
  readonly to: DeleteClause;
  /** The name under which the server holds the key in the meantime, where that is not `name` (MySQL, MariaDB). */
  readonly temporaryName: string | null;
  /** PostgreSQL, partitioned child before 18: how many leaves hold their twin key already. */
  readonly twins: number;
}

/** A foreign key with every attribute that dropping and adding it again would lose. */
export interface ForeignKey extends DeleteClause {
  /** The constraint's name; null for an unnamed key of SQLite, and where a temporary name hides it. */
  readonly name: string | null;
  readonly child: TableName;
  readonly columns: readonly string[];
  readonly parent: TableName;
  /** In the order of `columns`; empty where the parent is missing or has no primary key (SQLite). */
  readonly parentColumns: readonly string[];
  /** SQLite: the stored text says `REFERENCES parent` without columns. */
  readonly parentColumnsImplied: boolean;
  readonly onUpdate: ReferentialAction;
  readonly match: 'SIMPLE' | 'FULL' | 'PARTIAL';
  readonly deferrability: 'NOT DEFERRABLE' | 'INITIALLY IMMEDIATE' | 'INITIALLY DEFERRED';
  /** False for NOT VALID: enforced for new rows, existing rows never checked. */
  readonly validated: boolean;
  /** False for PostgreSQL 18's NOT ENFORCED. */
  readonly enforced: boolean;
  /** True for PostgreSQL 18's temporal PERIOD keys. */
  readonly period: boolean;
  /** The comment on the constraint without ondelete's own mark; null where there is none. */
  readonly comment: string | null;
  /** The unique index of the parent that the key rests on; null where the engine does not say. */
  readonly referencedIndex: string | null;
  /** The index the server would take if the key were dropped and added again as it stands; equal to `referencedIndex` where it stays. */
  readonly recreatedIndex: string | null;
  readonly triggers: readonly TriggerState[];
  /** The child is the root of a partitioned table (PostgreSQL). */
  readonly childPartitioned: boolean;
  readonly parentPartitioned: boolean;
  readonly halfDone: HalfDone | null;
}

export interface Column {
  readonly name: string;
  /** The declared type as the engine prints it. */
  readonly type: string;
  /** False when a NULL is refused, by NOT NULL, by a domain or by being part of a primary key. */
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

/** A table that takes part in a foreign key, as child or as parent. */
export interface Table extends TableName {
  /** MySQL and MariaDB: the storage engine; null elsewhere. */
  readonly engine: string | null;
  readonly partitioned: boolean;
  readonly columns: readonly Column[];
  readonly indexes: readonly Index[];
  /** Names of the table's own triggers that fire when a row is deleted or updated, for what a cascade does or does not fire. */
  readonly triggers: readonly string[];
  /** SQLite: the stored CREATE TABLE text behind the table's name, unchanged; null elsewhere. */
  readonly definition: string | null;
  readonly checks: readonly Check[];
  /** PostgreSQL: rules that run instead of a delete or an update of this table. */
  readonly insteadRules: readonly InsteadRule[];
  /** MySQL and MariaDB: the stored generated columns, with what they are computed from. */
  readonly storedColumns: readonly StoredColumn[];
  /** SQLite: unique indexes that compare by another collation than their columns, so that no key can rest on them. */
  readonly indexesOfOtherCollation: readonly string[];
  readonly options: readonly TableOption[];
}

export interface Check {
  /** As the engine prints it. */
  readonly expression: string;
  /** The column whose domain has the check, which calls the column VALUE; null for a check of the table. */
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

/** Which server, and those of its settings that decide how keys behave (sorted by name, all as text). */
export interface Server {
  readonly flavor: Flavor;
  /** As people say it: `PostgreSQL 14.23`. */
  readonly product: string;
  /** `[14, 23]`, `[10, 11, 19]`. */
  readonly version: readonly number[];
  readonly settings: Readonly<Record<string, string>>;
}

/** Everything ondelete knows of a database: sorted, deterministic, the same text for the same schema. */
export interface Snapshot {
  readonly version: 2;
  readonly server: Server;
  readonly tables: readonly Table[];
  readonly foreignKeys: readonly ForeignKey[];
}

/** A figure that moves by itself, so it stands apart from the Snapshot. Unknown is null, never 0. */
export interface TableStatistics extends TableName {
  readonly estimatedRows: number | null;
  readonly bytes: number | null;
}

/** Children per parent with children, by the server's statistics; as volatile as TableStatistics. Unknown is null, never 0. */
export interface KeyStatistics extends Pick<
  ForeignKey,
  'name' | 'child' | 'columns' | 'parent' | 'parentColumns'
> {
  /** Of a parent as most are. */
  readonly median: number | null;
  /** Of the parent with the most. */
  readonly worst: number | null;
}

export interface Introspection {
  readonly snapshot: Snapshot;
  readonly statistics: readonly TableStatistics[];
  /** Absent where nobody has asked for them: a saved snapshot has them with --stats, of a live server its probe tells. */
  readonly keyStatistics?: readonly KeyStatistics[];
}

/** Where in a file something stands; line and column count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The rule that asked for something, as far as a report or a migration has to name it. */
export interface RuleReference {
  /** The pattern that matched, as written; `default` for the policy's default. */
  readonly match: string;
  readonly reason: string | null;
  readonly position: Position;
}

/**
 * A difference between policy and database.
 * `change-on-delete` replaces one clause by another; `finish` completes a change that was left half done.
 */
export interface Change {
  readonly kind: 'change-on-delete' | 'finish';
  readonly foreignKey: ForeignKey;
  readonly from: DeleteClause;
  readonly to: DeleteClause;
  readonly rule: RuleReference;
}

/** Something worth knowing about the database or the policy. The prose of a code stands in the catalogue. */
export interface Finding {
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'info';
  /** The key or rule it is about, as people read it. */
  readonly subject: string;
  /** What is particular to this case, in one sentence. */
  readonly detail: string;
  readonly position: Position | null;
  /** What mends it, as SQL of the engine, for people to run; absent where no one statement does. */
  readonly statement?: string;
}

/** Something worth knowing about a statement or a change. The catalogue's grade says whether it refuses, wants --allow, or is told. */
export interface Hazard {
  readonly code: string;
  readonly subject: string;
  readonly detail: string;
}

/** A lock that a statement takes, in the engine's own words. */
export interface Lock {
  /** `ACCESS EXCLUSIVE`, `SHARE UPDATE EXCLUSIVE`, `metadata EXCLUSIVE`, `RESERVED` … */
  readonly mode: string;
  readonly table: TableName;
  /** Whether partitions of the table are locked like this: all of them `too`, them `only`, or only the `leaves`, which hold the rows; absent for none. */
  readonly partitions?: 'too' | 'only' | 'leaves';
  readonly blocks: 'nothing' | 'schema changes' | 'writes' | 'reads and writes';
  readonly held: 'for a moment' | 'while rows are scanned' | 'while rows are copied';
}

export interface Statement {
  /** The text without a closing semicolon; one statement. */
  readonly sql: string;
  /** Why it is there, one line, for the file and the preview. */
  readonly comment: string;
  /** The statement that does the work, where `sql` wraps it in guards and retries; the preview shows it instead. */
  readonly preview?: string;
  readonly locks: readonly Lock[];
  /** Tables whose rows it reads through. */
  readonly scans: readonly TableName[];
}

/** For runners that run code: the step is repeated on these errors. */
export interface Retry {
  /** Driver error codes as they stand in `error.code` or, as text, `error.errno`. */
  readonly codes: readonly string[];
  readonly attempts: number;
  readonly pauseMilliseconds: readonly [minimum: number, maximum: number];
}

/** What JSON can hold. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [name: string]: Plain };

/**
 * For runners that run code: a self-contained TypeScript function to use where the statements cannot work.
 * It is called as `name(execute, argument, cause)`, `execute(sql: string): Promise<readonly Record<string, unknown>[]>`
 * running on the step's one connection, outside any transaction of ours; `cause` is the error that `probe` met.
 */
export interface CodeFallback {
  /** Statements, run in order outside a transaction, of which one fails exactly where the fallback is needed; they change nothing. */
  readonly probe: readonly string[];
  readonly name: string;
  /** TypeScript source of the function, importing nothing. */
  readonly source: string;
  readonly argument: Readonly<Record<string, Plain>>;
}

/** One direction of a step: what to run, or why there is nothing to run. */
export type Side =
  | {
      readonly kind: 'run';
      readonly statements: readonly Statement[];
      /** Run at the end and after an error, outside the transaction; restores what a session must not keep. */
      readonly always: readonly Statement[];
      readonly retry: Retry | null;
      readonly fallback: readonly CodeFallback[];
    }
  | { readonly kind: 'nothing'; readonly reason: string };

/**
 * Statements that belong together, with their reverse beside them. Up runs steps first to last, down runs reverses last to first.
 * `transaction` gives the words that open and close the step's transaction; null when its statements commit by themselves.
 * `alone` says that nothing else may share that transaction, because its locks must not outlive the step.
 */
export interface Step {
  /** One word for file names: `check`, `swap`, `validate`. */
  readonly slug: string;
  /** One line for people. */
  readonly title: string;
  readonly keys: readonly ForeignKey[];
  readonly transaction: { readonly begin: string; readonly commit: string; readonly rollback: string } | null;
  readonly alone: boolean;
  readonly up: Side;
  readonly down: Side;
}

export interface Refusal {
  readonly change: Change;
  readonly hazards: readonly Hazard[];
}

/** What will be done, and what will not. */
export interface Plan {
  readonly server: Server;
  readonly changes: readonly Change[];
  readonly steps: readonly Step[];
  readonly hazards: readonly Hazard[];
  readonly refusals: readonly Refusal[];
  /** Codes that were allowed and are needed by this plan, for the file's head. */
  readonly allowed: readonly string[];
}

/** Orders text by code unit, the same on every machine and locale. */
export function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/**
 * Sorts in place, equal members in the order they had. What a catalog lists is mostly in order or short, and `sort` copies even such lists:
 * thousands of them left more garbage than all else about their tables.
 */
export function sortInPlace<T>(items: T[], compare: (a: T, b: T) => number): T[] {
  for (let at = 1; at < items.length; at++) {
    const [before, item] = [items[at - 1], items[at]];
    if (before === undefined || item === undefined || compare(before, item) <= 0) continue;
    if (items.length > 8) return items.sort(compare);
    let place = at;
    for (; place > 0; place--) {
      const earlier = items[place - 1];
      if (earlier === undefined || compare(earlier, item) <= 0) break;
      items[place] = earlier;
    }
    items[place] = item;
  }
  return items;
}

export function sameTable(a: TableName, b: TableName): boolean {
  return a.schema === b.schema && a.name === b.name;
}

/** A map key for a table; names may hold any character but NUL, so NUL parts them. */
export function tableId(table: TableName): string {
  return `${table.schema}\0${table.name}`;
}

/** `SET NULL (a, b)`, `CASCADE`: an ON DELETE clause as people write it, for messages, never for SQL. */
export function clauseText(clause: DeleteClause): string {
  return clause.onDeleteColumns === null
    ? clause.onDelete
    : `${clause.onDelete} (${clause.onDeleteColumns.join(', ')})`;
}

/** `shop.orders`, or `orders` for SQLite's one schema. For messages, never for SQL. */
export function tableText(table: TableName): string {
  return table.schema === 'main' || table.schema === '' ? table.name : `${table.schema}.${table.name}`;
}

/** `shop.order_items(order_id) -> shop.orders(id)`: a key as people read it. For messages, never for SQL. */
export function keyText(key: Pick<ForeignKey, 'child' | 'columns' | 'parent' | 'parentColumns'>): string {
  const parentColumns = key.parentColumns.length === 0 ? '' : `(${key.parentColumns.join(', ')})`;
  return `${tableText(key.child)}(${key.columns.join(', ')}) -> ${tableText(key.parent)}${parentColumns}`;
}

/** The order of keys in a Snapshot: by child, columns, parent, name. */
export function compareKeys(a: ForeignKey, b: ForeignKey): number {
  return (
    compareText(a.child.schema, b.child.schema) ||
    compareText(a.child.name, b.child.name) ||
    compareLists(a.columns, b.columns) ||
    compareText(a.parent.schema, b.parent.schema) ||
    compareText(a.parent.name, b.parent.name) ||
    compareLists(a.parentColumns, b.parentColumns) ||
    compareText(a.name ?? '', b.name ?? '')
  );
}

/** By the first entry that differs; a list comes before those that begin with it. */
function compareLists(a: readonly string[], b: readonly string[]): number {
  for (const [at, entry] of a.entries()) {
    const other = b[at];
    if (other === undefined) return 1;
    if (entry !== other) return compareText(entry, other);
  }
  return a.length - b.length;
}

export function compareTables(a: TableName, b: TableName): number {
  return compareText(a.schema, b.schema) || compareText(a.name, b.name);
}

/** `takes ACCESS EXCLUSIVE on shop.orders, shop.items for a moment: blocks reads and writes`: one line per kind of lock, for messages. */
export function locksInWords(locks: readonly Lock[]): readonly string[] {
  const groups = new Map<string, { readonly lock: Lock; readonly tables: string[] }>();
  for (const lock of locks) {
    const id = `${lock.mode}\0${lock.held}\0${lock.blocks}`;
    const group = groups.get(id) ?? { lock, tables: [] };
    group.tables.push(lockedText(lock));
    groups.set(id, group);
  }
  return [...groups.values()].map(
    ({ lock, tables }) => `takes ${lock.mode} on ${tables.join(', ')} ${lock.held}: blocks ${lock.blocks}`,
  );
}

function lockedText({ table, partitions }: Lock): string {
  const name = tableText(table);
  if (partitions === undefined) return name;
  if (partitions === 'too') return `${name} and its partitions`;
  return partitions === 'only' ? `the partitions of ${name}` : `the leaf partitions of ${name}`;
}
