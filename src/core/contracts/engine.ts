/** The contract of an engine. Types only: an engine is a plain object, so a missing member does not compile. */
import type { Code } from '../codes/index.ts';
import type {
  Change,
  DeleteClause,
  Finding,
  EngineName,
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

/** Whether the server has a feature, with the vendor's page or the test that proves it. */
export interface Capability {
  readonly has: boolean;
  readonly evidence: string;
}
export type Capabilities = Readonly<Record<string, Capability>>;

/** How names in a policy are compared with names in the catalog. */
export interface NameMatching {
  readonly tablesIgnoreCase: boolean;
  readonly columnsIgnoreCase: boolean;
}

/** How the target tool runs a file, as far as it decides which statements work. */
export interface Runner {
  /** The tool runs code, so retries and fallbacks need not be plain SQL. */
  readonly runsCode: boolean;
  /** The engine's own command-line client reads the file. */
  readonly commandLineClient: boolean;
  /** The file is sent as one message; on PostgreSQL the statements of one message are one transaction, so there must be one only. */
  readonly oneMessage?: boolean;
}

/** What a tool puts into one transaction. */
export type Wraps = 'nothing' | 'each file' | 'all pending files';

export interface EmitContext {
  readonly schema: SchemaIndex;
  readonly capabilities: Capabilities;
  readonly runner: Runner;
  /** The transactions that the tool opens around files; with `nothing`, statements may commit by themselves. */
  readonly wraps: Wraps;
  /** --plain: the statements alone, with a bounded wait for locks; no states, retries or orphan counts, except for keys that need them. */
  readonly plain: boolean;
  /** Whether statements come with what they do to the keys, which reports print and files do not: it is more text than the files themselves. */
  readonly withOperations: boolean;
  /** Codes of --allow that cover all changes, for decisions that the migration makes at run time. */
  readonly allowed?: readonly string[];
}

/** Pure: the steps that make these changes, each with its reverse. The changes are sorted and checked. */
export type Emit = (changes: readonly Change[], context: EmitContext) => readonly Step[];

/** How deletes follow keys on an engine, beyond what the clauses say. */
export interface Cascading {
  /**
   * When a refusing key checks for children:
   * `at the end`: rows that the same delete removes over another path do not stop it;
   * `level by level`: rows that were removed before the next level begins do not stop it;
   * `at once`: when the parent's row is deleted, so for rows on another path the order of keys decides.
   */
  refusalTiming(key: ForeignKey): 'at the end' | 'level by level' | 'at once';
  /** How many keys in a row a delete can follow; null without a limit. */
  readonly mostLevels: number | null;
  /** False where SET DEFAULT refuses like RESTRICT. */
  readonly writesDefaults: boolean;
  /** Why every delete in the key's child and parent fails, even without rows; null where it does not. */
  invalidReason(key: ForeignKey, schema: SchemaIndex): string | null;
  /** By key: what goes wrong on this engine when a delete follows it. */
  cascadeHazards(
    schema: SchemaIndex,
  ): ReadonlyMap<ForeignKey, readonly { readonly code: Code; readonly detail: string }[]>;
}

/** What plans and reports have to know of an engine's catalog and files. */
export interface EngineTraits {
  /** A key holds for all rows unless the catalog says otherwise; elsewhere checks can be switched off without a trace. */
  readonly catalogTellsOrphans: boolean;
  /** Files validate the keys that were valid, so a row without a parent stops them. */
  readonly filesStopAtOrphans: boolean;
  /** Files stop where the key has another name than when they were written. */
  readonly filesExpectNames: boolean;
  /** How many keys may stay locked until the transaction of a tool ends; null where files hold no lock that long. */
  readonly mostKeysLocked: number | null;
}

/** The part of an engine that writes no SQL: names, checks, and `connect`, the only member that is not pure. */
export interface EngineCore {
  readonly flavor: EngineName;
  readonly traits: EngineTraits;
  /**
   * Opens a read-only connection and identifies the server. Throws an OndeleteError with its own code for every kind of failure,
   * UNSUPPORTED_SERVER for servers that only speak the protocol or are too old, NOT_IN_SYNC; never prints a password.
   */
  connect(url: string, options: ConnectOptions): Promise<Connection>;
  capabilities(server: Server): Capabilities;
  names(server: Server): NameMatching;
  /** Whether two actions are the same on this engine. */
  sameAction(a: ReferentialAction, b: ReferentialAction): boolean;
  /** Whether two declared column types have the same values, without a cast or a conversion. */
  sameType(child: string, parent: string): boolean;
  cascading(server: Server): Cascading;
  /** Hazards of giving a key this clause, beyond those of every engine. */
  checkChange(
    key: ForeignKey,
    clause: DeleteClause,
    schema: SchemaIndex,
    capabilities: Capabilities,
  ): readonly Hazard[];
  /** Hazards of changes in combination, such as a circle that only all of them close. */
  checkChanges?(
    changes: readonly Change[],
    schema: SchemaIndex,
    capabilities: Capabilities,
  ): ReadonlyMap<Change, Hazard>;
  /** Findings about the current keys, beyond those of every engine. */
  findings(schema: SchemaIndex): readonly Finding[];
}

/** The statements of an engine. Pure. */
export interface Emitter {
  readonly emit: Emit;
  /** Whether the files count rows that point to no parent, where whoever runs them sees the number. */
  readonly countsOrphans: (context: Pick<EmitContext, 'plain' | 'runner' | 'wraps'>) => boolean;
  /** The statements of what is wanted and nothing around them, for people to run (PRINTED_ONLY). */
  readonly printed?: (changes: readonly Change[], schema: SchemaIndex) => readonly string[];
  /** The statement that gives a key the index it lacks. */
  readonly createIndex: (key: ForeignKey) => string;
}

/** The parts that are loaded on demand, because they import kysely. */
export interface EngineParts {
  readonly emitter: () => Promise<Emitter>;
  readonly scratch: () => Promise<Scratch>;
  /** Reads SQL files that create a schema. */
  readonly schemaReader: () => Promise<SchemaReader>;
}

export type Engine = EngineCore & EngineParts;

/** An entry of the list of engines, with what is known before an engine is loaded. */
export interface EngineEntry extends EngineParts {
  readonly flavor: EngineName;
  readonly schemes: readonly string[];
  readonly core: () => Promise<EngineCore>;
}
