/** What an engine has to answer. Types only: an engine is a plain object, so a forgotten answer does not compile. */
import type { Code } from '../codes/index.ts';
import type {
  Change,
  DeleteClause,
  Finding,
  Flavor,
  ForeignKey,
  Hazard,
  ReferentialAction,
  Server,
  Step,
} from '../model.ts';
import type { SchemaIndex } from '../schema-index.ts';
import type { Connection, ConnectOptions } from './connection.ts';
import type { Scratch } from './scratch.ts';
import type { SchemaReader } from './sql-reader.ts';

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

/** How the target tool runs a file, as far as it decides which statements can work. */
export interface Runner {
  /** The tool can run code, so retries and fallbacks need not be plain SQL. */
  readonly runsCode: boolean;
  /** The engine's own command-line client reads the file. */
  readonly commandLineClient: boolean;
}

export interface EmitContext {
  readonly schema: SchemaIndex;
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
  invalidReason(key: ForeignKey, schema: SchemaIndex): string | null;
  /** What goes wrong on this engine when a delete goes over the keys as they are, by key. */
  cascadeHazards(
    schema: SchemaIndex,
  ): ReadonlyMap<ForeignKey, readonly { readonly code: Code; readonly detail: string }[]>;
}

/** The side of an engine that quotes nothing: names, checks, and the way in. Everything but `connect` is pure. */
export interface EngineCore {
  readonly flavor: Flavor;
  /**
   * Opens a read-only connection and finds out which server it is. Throws an OndeleteError with a code of its own for every way this
   * fails, UNSUPPORTED_SERVER for servers that merely speak the protocol or are too old; never prints a password.
   */
  connect(url: string, options: ConnectOptions): Promise<Connection>;
  capabilities(server: Server): Capabilities;
  names(server: Server): NameMatching;
  /** Whether two actions are one on this engine. */
  sameAction(a: ReferentialAction, b: ReferentialAction): boolean;
  /** Whether a child's column of one declared type holds what a parent's of the other does, without a cast or a conversion. */
  sameType(child: string, parent: string): boolean;
  cascading(server: Server): Cascading;
  /** Hazards of giving a key this clause on this engine, beyond those of every engine. */
  checkChange(
    key: ForeignKey,
    clause: DeleteClause,
    schema: SchemaIndex,
    capabilities: Capabilities,
  ): readonly Hazard[];
  /** Hazards of changes taken together, such as a circle that only all of them close. */
  checkChanges?(
    changes: readonly Change[],
    schema: SchemaIndex,
    capabilities: Capabilities,
  ): ReadonlyMap<Change, Hazard>;
  /** Findings about the keys as they are, beyond those of every engine. */
  findings(schema: SchemaIndex): readonly Finding[];
}

/** The statements of an engine. Pure. */
export interface Emitter {
  readonly emit: Emit;
  /** The statement that gives a key the index it lacks. */
  readonly createIndex: (key: ForeignKey) => string;
}

/** The parts that are loaded when they are needed, because they bring kysely with them. */
export interface EngineParts {
  readonly emitter: () => Promise<Emitter>;
  readonly scratch: () => Promise<Scratch>;
  /** Reads files of SQL that make a schema. */
  readonly schemaReader: () => Promise<SchemaReader>;
}

export type Engine = EngineCore & EngineParts;

/** An entry of the one list of engines: known by URL scheme before anything is loaded. */
export interface EngineEntry extends EngineParts {
  readonly flavor: Flavor;
  readonly schemes: readonly string[];
  readonly core: () => Promise<EngineCore>;
}
