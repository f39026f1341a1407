/** What an engine has to answer. Types only: a dialect is a plain object, so a forgotten answer does not compile. */
import type { SchemaReader } from './sql-reader.ts';
import type { Code } from '../codes/index.ts';
import type {
  Change,
  Finding,
  Flavor,
  ForeignKey,
  Hazard,
  Introspection,
  KeyStatistics,
  ReferentialAction,
  Server,
  Snapshot,
  Step,
  TableName,
  TableStatistics,
} from '../model.ts';

/** A session that can only read. `query` runs one statement and returns its rows as objects. */
export interface Session {
  query(sql: string, parameters?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
  close(): Promise<void>;
}

export interface ConnectOptions {
  /** How long to wait for the server to answer, in milliseconds. */
  readonly timeoutMilliseconds: number;
}

/** Which part of the database to read. `schemas` decides by name; null stands for the engine's default. */
export interface Scope {
  readonly schemas: ((schema: string) => boolean) | null;
}

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

/** A limit that the server has or has not, with the vendor's page or the test that proves it. */
export interface Capability {
  readonly has: boolean;
  readonly source: string;
}
export type Capabilities = Readonly<Record<string, Capability>>;

/** How names in a policy compare with names in the catalog. */
export interface NameMatching {
  readonly tablesIgnoreCase: boolean;
  readonly columnsIgnoreCase: boolean;
}

/** A hazard of the moment. `key` where it is about one key, which its subject may share with another over the same columns. */
export interface PreflightHazard extends Hazard {
  readonly key?: ForeignKey;
}

/** What to count: the rows of `start` that `where` picks, and those that these keys lead to from there. */
export interface CountRequest {
  readonly snapshot: Snapshot;
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

/** Live questions outside introspection: read-only, bounded in time, answered as data. */
export interface Probe {
  orphans(session: Session, key: ForeignKey, timeoutMilliseconds: number): Promise<Probed<Orphans>>;
  /** Estimated or exact rows of tables about to be scanned. */
  rows(session: Session, table: TableName, timeoutMilliseconds: number): Promise<Probed<number>>;
  /** Children per parent by the server's statistics, for the keys of which it has any. */
  children(
    session: Session,
    snapshot: Snapshot,
    tables: readonly TableStatistics[],
  ): Promise<readonly KeyStatistics[]>;
  /**
   * Counts what deleting the rows that an expression picks would touch, each row once, in one statement.
   * Throws USAGE where the server does not understand the expression, or it is more than one.
   */
  count(session: Session, request: CountRequest, timeoutMilliseconds: number): Promise<Probed<CountedRows>>;
  /** Standbys, replicas, Galera, long transactions, missing rights: what stands in the way of these changes right now. */
  preflight(
    session: Session,
    changes: readonly Change[],
    snapshot: Snapshot,
  ): Promise<readonly PreflightHazard[]>;
}

/** How the target tool runs a file, as far as it decides which statements can work. */
export interface Runner {
  /** The tool can run code, so retries and fallbacks need not be plain SQL. */
  readonly runsCode: boolean;
  /** The engine's own command-line client reads the file. */
  readonly commandLineClient: boolean;
}

export interface EmitContext {
  readonly snapshot: Snapshot;
  readonly capabilities: Capabilities;
  readonly runner: Runner;
  /** Codes given with --allow for all of the changes, for what only the migration can decide when it runs. */
  readonly allowed?: readonly string[];
}

/** Pure: the steps that make these changes, each with its reverse. Changes arrive sorted and judged. */
export type Emit = (changes: readonly Change[], context: EmitContext) => readonly Step[];

/** How a delete travels over keys on an engine, beyond what their clauses say. */
export interface Cascading {
  /**
   * When a key that refuses looks for children:
   * `at the end`: rows that the same delete takes over another path do not stop it;
   * `level by level`: rows that are gone when the next level begins do not;
   * `at once`: with the row of the parent, so that for rows on another path the order of keys decides.
   */
  refusalTiming(key: ForeignKey): 'at the end' | 'level by level' | 'at once';
  /** How many keys in a row a delete can follow; null for no limit. */
  readonly mostLevels: number | null;
  /** False where SET DEFAULT refuses, as RESTRICT does. */
  readonly writesDefaults: boolean;
  /** Why every delete in the key's child and in its parent fails, rows or none; null where it does not. */
  invalidReason(key: ForeignKey, snapshot: Snapshot): string | null;
  /** What goes wrong on this engine when a delete goes over the keys as they are, by key. */
  cascadeHazards(
    snapshot: Snapshot,
  ): ReadonlyMap<ForeignKey, readonly { readonly code: Code; readonly detail: string }[]>;
}

export interface Engine {
  readonly flavor: Flavor;
  /** Opens a read-only session. Throws OndeleteError with a code of its own for every way this fails; never prints a password. */
  connect(url: string, options: ConnectOptions): Promise<Session>;
  /** Which server this is. Throws UNSUPPORTED_SERVER by name for servers that merely speak the protocol, or are too old. */
  identify(session: Session): Promise<Server>;
  /** Every key in scope, or an error: never a shorter list. A constant number of round trips. */
  introspect(session: Session, server: Server, scope: Scope): Promise<Introspection>;
  readonly probe: Probe;
  capabilities(server: Server): Capabilities;
  names(server: Server): NameMatching;
  /** Whether two actions are one on this engine. */
  sameAction(a: ReferentialAction, b: ReferentialAction): boolean;
  cascading(server: Server): Cascading;
  /** What speaks against a change on this engine, beyond what holds on all of them. Pure. */
  checkChange(change: Change, snapshot: Snapshot, capabilities: Capabilities): readonly Hazard[];
  /** What speaks against changes taken together, such as a circle that only all of them close. Pure. */
  checkChanges?(
    changes: readonly Change[],
    snapshot: Snapshot,
    capabilities: Capabilities,
  ): ReadonlyMap<Change, Hazard>;
  /** What is worth knowing of the keys as they are, beyond what holds on all engines. Pure. */
  findings(snapshot: Snapshot): readonly Finding[];
  /** What only `lint` asks; loaded when it does. */
  lint(): Promise<Lint>;
  /** Loaded when it is needed, because it brings kysely with it. */
  emitter(): Promise<Emit>;
  /** Scratch databases for rehearsals; loaded when one is needed. */
  scratch(): Promise<Scratch>;
  /** Reads files of SQL that make a schema; loaded when there is one. */
  schemaReader(): Promise<SchemaReader>;
}

/** What `lint` wants to know of an engine beyond the findings that `diff` tells as well. */
export interface Lint {
  /** The statement that gives a key the index it lacks. */
  createIndex(key: ForeignKey): string;
  /** Whether a child's column of one declared type holds what a parent's of the other does, without a cast or a conversion. */
  sameType(child: string, parent: string): boolean;
  /** What no snapshot holds: asked of the live server, read-only, within the time or not at all. */
  liveFindings(
    session: Session,
    snapshot: Snapshot,
    timeoutMilliseconds: number,
  ): Promise<readonly Finding[]>;
}

/** Makes databases of its own to rehearse a plan on, and drops no other. */
export interface Scratch {
  /**
   * How the tables of `part` are made again, empty, in order: asked of the engine's own catalog, so that no row is read.
   * User triggers, rules, privileges and row security are not copied.
   */
  copySchema(session: Session, part: Snapshot): Promise<readonly CopyStatement[]>;
  /**
   * Opens an empty database of random name.
   * Throws SCRATCH_MISSING where the engine needs a server and none is named, SCRATCH_IS_TARGET where scratch and target are one database,
   * and what `connect` throws.
   */
  open(request: ScratchRequest): Promise<ScratchDatabase>;
}

export interface CopyStatement {
  readonly sql: string;
  /** What the copy lacks if the server refuses the statement, such as `check positive of shop.orders`; null where it cannot do without. */
  readonly without: string | null;
}

export interface ScratchRequest {
  /** A database of the server on which the scratch database is made beside it; null for the engine's own default. */
  readonly url: string | null;
  /** The database to be changed, which is never taken for the scratch; null where there is none. */
  readonly target: Session | null;
  readonly server: Pick<Server, 'flavor' | 'product'>;
  readonly timeoutMilliseconds: number;
  /** SQLite: the runner may write the stored schema, as the engine's own client does; kysely's driver may not by default. */
  readonly commandLineClient: boolean;
  /** The server itself takes no more than one statement at a time: for text that is not ours. */
  readonly oneByOne?: boolean;
  /** PostgreSQL: extensions to have at hand beside the target's. */
  readonly extensions?: readonly string[];
  /** Called as soon as there is a database to drop, with its `label`, so that nothing stays behind if the user gives up before `open` is done. */
  readonly onMade: (label: string, drop: () => Promise<void>) => void;
}

export interface ScratchDatabase {
  /** For people: `SQLite 3.53.2 in memory`, `postgres://localhost:5432/ondelete_scratch_1a2b3c4d`. */
  readonly label: string;
  readonly server: Server;
  /** For `introspect`. */
  readonly session: Session;
  /** What MySQL and MariaDB call the source's database here; null where names stay as they are. */
  readonly schema: string | null;
  /** One or several statements, as a client sends a file. */
  run(sql: string): Promise<void>;
  /** One statement on the one connection. */
  query(sql: string, parameters?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Puts rows in, deletes some, looks at the rest, and takes everything back. */
  tryDelete(experiment: DeleteTrial): Promise<TrialResult>;
  /** Drops the database that `open` made, and closes. */
  drop(): Promise<void>;
}

/** A row of our own making. A cell holds the number of a made-up value (equal numbers are equal values), or null for NULL; columns left out take their default. */
export interface ScratchRow {
  readonly table: TableName;
  readonly cells: Readonly<Record<string, number | null>>;
}

export interface DeleteTrial {
  /** May point to each other in a circle. */
  readonly rows: readonly ScratchRow[];
  /** Rows to delete, by their place in `rows`, all of one table; in one statement, or one statement each. */
  readonly deleteRows: readonly number[];
  readonly bulk: boolean;
  /** Rows to count afterwards: those of a table with these cells, all of them where no cell is named. */
  readonly expect: readonly ScratchRow[];
}

export type TrialResult =
  /** `refused` by a foreign key, at once or at the end of the transaction; `counts` belong to `look`. */
  | { readonly kind: 'deleted' | 'refused'; readonly counts: readonly number[] }
  /** Something else than a foreign key stopped the delete. */
  | { readonly kind: 'failed'; readonly why: string }
  /** The rows could not be made. */
  | { readonly kind: 'impossible'; readonly why: string };

/** An entry of the one list of dialects: known by URL scheme before anything is loaded. */
export interface EngineEntry {
  readonly flavor: Flavor;
  readonly schemes: readonly string[];
  load(): Promise<Engine>;
}
