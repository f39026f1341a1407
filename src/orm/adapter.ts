/** What an ORM has to answer. Types only: an adapter is a plain object, one file for each ORM and one line in index.ts. */
import type { DeleteClause, Finding, Flavor, Snapshot, TableName } from '../core/model.ts';
import type { NameMatching } from '../core/contracts/engine.ts';
import type { Decision, SameAction } from '../policy/decide.ts';
import type { Facts, ModelKey, Place } from './facts.ts';

/** Where the models are and how to get at them; what an ORM has no use for it ignores. */
export interface ReadRequest {
  /** The working directory: modules and files count from here. */
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What holds the models, in the ORM's way of naming: `pkg.module:Base`, `prisma/schema.prisma`. */
  readonly models: readonly string[];
  /** SQLAlchemy: an alembic.ini whose env.py names the models. */
  readonly alembic: string | null;
  /** The commands that start the application's interpreters, as one would type them; null for the adapter's own choice. */
  readonly python: string | null;
  readonly node: string | null;
  /** Put a stand-in where the application opens its database while it is imported. */
  readonly stubEngine: boolean;
  readonly timeLimitMilliseconds: number;
  /** The kind of database that the models are for, where it is known. */
  readonly flavor: Flavor | null;
  /** Told before code of the application is run. */
  talk(text: string): void;
}

export interface LintInput {
  readonly facts: Facts;
  readonly snapshot: Snapshot;
  readonly names: NameMatching;
  /** What the policy wants for each key; empty where there is no policy. */
  readonly decisions: readonly Decision[];
  readonly sameAction: SameAction;
  /** Tables that the configuration leaves out. */
  readonly excluded: (table: TableName) => boolean;
}

/** How a model says an action of a key, as one edit: `ForeignKey(…, ondelete="CASCADE")`; null where it has no way to. */
export type Declaration = (
  key: ModelKey,
  target: DeleteClause,
) => { readonly set: Readonly<Record<string, string>>; readonly text: string } | null;

/** What happens to the children when a parent is deleted in one way. */
export type DeleteOutcome =
  | 'deleted'
  | 'nulled'
  | 'defaulted'
  | 'dangling'
  | 'foreign-key-violation'
  | 'not-null-violation'
  | 'primary-key-blanked'
  | 'mapper-error'
  /** The ORM looks for children and raises an error of its own. */
  | 'refused-by-orm';

/** One for each way of deleting a parent: by the ORM with children it has not loaded, with loaded ones, and past the ORM. */
export interface ByDeletePath<T> {
  readonly unloaded: T;
  readonly loaded: T;
  readonly bulk: T;
}

/** The row of the truth table: what the ORM does with children it has not loaded and with loaded ones, and what the database does alone. */
export type DeleteOutcomes = ByDeletePath<DeleteOutcome>;

/** One step of the cure, in the order in which they are to be made: the database first. */
export type Edit =
  | {
      readonly kind: 'database';
      /** The key as a pattern of the policy. */
      readonly match: string;
      /** As a policy says it: `cascade`. */
      readonly onDelete: string;
      readonly text: string;
    }
  | {
      readonly kind: 'model';
      /** What to edit: `Parent.children`, or the key's column. */
      readonly target: string;
      readonly place: Place | null;
      /** Arguments to set, as the language writes them, and arguments to take out. */
      readonly set: Readonly<Record<string, string>>;
      readonly remove: readonly string[];
      readonly text: string;
    };

/** A finding about models. `subject` is the relationship or the key; `position` its file and line. */
export interface OrmFinding extends Finding {
  /** The live key, as people read it; null where it is about none. */
  readonly key: string | null;
  /** `CASCADE, NOT NULL`: what the database does today. */
  readonly live: string | null;
  readonly outcomes: DeleteOutcomes | null;
  readonly edits: readonly Edit[];
}

export interface OrmAdapter {
  readonly name: string;
  /** For people: `SQLAlchemy`. */
  readonly title: string;
  /** How people call the three ways of deleting: `session.delete, not loaded`. Equal words stand for one way. */
  readonly deletes: ByDeletePath<string>;
  /**
   * Reads the models. Running the application's code is allowed only here, and is told through `talk` first.
   * What could be read comes back with `errors` beside it.
   * @throws OndeleteError MODELS_UNREADABLE where nothing could be read
   */
  read(request: ReadRequest): Promise<Facts>;
  /** Every finding about models and live keys, unsorted and before suppression. Pure. */
  lint(input: LintInput): readonly OrmFinding[];
}

export interface OrmEntry {
  readonly name: string;
  load(): Promise<OrmAdapter>;
}
