/** What an ORM's adapter answers. Types only: an adapter is a plain object, one folder for each ORM and one line in index.ts. */
import type { NameMatching } from '../core/contracts/engine.ts';
import type { DeleteClause, Finding, Flavor, Snapshot, TableName } from '../core/model.ts';
import type { Decision, SameAction } from '../policy/decide.ts';
import type { Facts, ModelKey, Place } from './facts.ts';
import type { Views } from './key-views.ts';

/** Where the models are and how to read them; an ORM ignores what it has no use for. */
export interface ReadRequest {
  /** The working directory: modules and files count from here. */
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** As the ORM names them: `pkg.module:Base`, `prisma/schema.prisma`. */
  readonly models: readonly string[];
  /** SQLAlchemy: an alembic.ini whose env.py names the models. */
  readonly alembic: string | null;
  /** The commands that start the application's interpreters, as one would type them; null: the adapter chooses. */
  readonly python: string | null;
  readonly node: string | null;
  /** Replace what opens a database while the application is imported. */
  readonly stubEngine: boolean;
  readonly timeLimitMilliseconds: number;
  /** The kind of database that the models are for, where it is known. */
  readonly flavor: Flavor | null;
  /** Called before any code of the application is run. */
  log(text: string): void;
}

export interface LintInput {
  readonly facts: Facts;
  readonly snapshot: Snapshot;
  readonly names: NameMatching;
  /** What the policy wants for each key; empty without a policy. */
  readonly decisions: readonly Decision[];
  readonly sameAction: SameAction;
  /** Tables that the configuration leaves out. */
  readonly excluded: (table: TableName) => boolean;
}

/** How a model writes an action of a key: `ForeignKey(…, ondelete="CASCADE")`; null where it cannot. */
export type WriteAction = (
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

/** The three ways to delete a parent: by the ORM with children it has not loaded, with loaded ones, and past the ORM. */
export interface ByDeletePath<T> {
  readonly unloaded: T;
  readonly loaded: T;
  readonly bulk: T;
}

export type DeleteOutcomes = ByDeletePath<DeleteOutcome>;

/** One step towards agreement, in the order in which the steps have to be made: the database first. */
export type Edit =
  | {
      readonly kind: 'database';
      /** The key as a pattern of the policy. */
      readonly match: string;
      /** As a policy writes it: `cascade`. */
      readonly onDelete: string;
      readonly text: string;
    }
  | {
      readonly kind: 'model';
      /** What to edit: `Parent.children`, or the key's column. */
      readonly target: string;
      readonly place: Place | null;
      /** Arguments to set, as the language writes them, and arguments to remove. */
      readonly set: Readonly<Record<string, string>>;
      readonly remove: readonly string[];
      readonly text: string;
    };

/** A finding about models. `subject` is the relationship or the key; `position` its file and line. */
export interface OrmFinding extends Finding {
  /** The live key as people read it; null where the finding is about none. */
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
  /** What people call the three ways to delete: `session.delete, not loaded`. Equal texts are one way. */
  readonly deletes: ByDeletePath<string>;
  /**
   * Reads the models; only this may run code of the application. What could be read is returned with `errors` beside it.
   * @throws OndeleteError MODELS_UNREADABLE where nothing could be read
   */
  read(request: ReadRequest): Promise<Facts>;
  /** Every finding about models and live keys, unsorted and with those that the models ignore. Pure. */
  lint(views: Views): readonly OrmFinding[];
}

export interface OrmEntry {
  readonly name: string;
  load(): Promise<OrmAdapter>;
}
