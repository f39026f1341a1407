/** What an engine has to answer. Types only: a dialect is a plain object, so a forgotten answer does not compile. */
import type {
  Change,
  Finding,
  Flavor,
  ForeignKey,
  Hazard,
  Introspection,
  ReferentialAction,
  Server,
  Snapshot,
  Step,
  TableName,
} from './model.ts';

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
export type Answer<T> =
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

/** Live questions outside introspection: read-only, bounded in time, answered as data. */
export interface Probe {
  orphans(session: Session, key: ForeignKey, timeoutMilliseconds: number): Promise<Answer<Orphans>>;
  /** Estimated or exact rows of tables about to be scanned. */
  rows(session: Session, table: TableName, timeoutMilliseconds: number): Promise<Answer<number>>;
  /** Standbys, replicas, Galera, long transactions, missing rights: what stands in the way of these changes right now. */
  circumstances(session: Session, changes: readonly Change[], snapshot: Snapshot): Promise<readonly Hazard[]>;
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

export interface Dialect {
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
  /** What speaks against a change on this engine, beyond what holds on all of them. Pure. */
  judge(change: Change, snapshot: Snapshot, capabilities: Capabilities): readonly Hazard[];
  /** What is worth knowing of the keys as they are, beyond what holds on all engines. Pure. */
  findings(snapshot: Snapshot): readonly Finding[];
  /** Loaded when it is needed, because it brings kysely with it. */
  emitter(): Promise<Emit>;
}

/** An entry of the one list of dialects: known by URL scheme before anything is loaded. */
export interface DialectEntry {
  readonly flavor: Flavor;
  readonly schemes: readonly string[];
  load(): Promise<Dialect>;
}
