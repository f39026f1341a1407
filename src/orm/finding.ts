/** What the lens on models finds: what each way of deleting does, and the edits that bring model and database together. Types only. */
import type { Finding } from '../core/model.ts';
import type { Place } from './facts.ts';

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
export interface ByWayOfDelete<T> {
  readonly unloaded: T;
  readonly loaded: T;
  readonly bulk: T;
}

export type DeleteOutcomes = ByWayOfDelete<DeleteOutcome>;

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
      /** What the model writes it in. */
      readonly at: 'key' | 'relationship' | 'backref' | 'class';
      /** What to edit: `Parent.children`, or the key's column. */
      readonly target: string;
      readonly place: Place | null;
      /** Arguments to set, as the language writes them, and arguments to remove. */
      readonly set: Readonly<Record<string, string>>;
      readonly remove: readonly string[];
      readonly text: string;
    }
  /** Of the application, beside its models. */
  | { readonly kind: 'application'; readonly text: string };

/** One of several ways to make model and database agree, with what it costs. */
export interface Choice {
  /** `delete the children: the database does`. */
  readonly title: string;
  /** What the models show to be wanted. */
  readonly recommended: boolean;
  /** None where it is so already. */
  readonly edits: readonly Edit[];
  readonly costs: {
    readonly portability: string;
    readonly speed: string;
    readonly bulkDeletes: string;
    readonly listeners: string;
  };
}

/** Where the delete of one relationship's children belongs: to the database, or to the ORM, and why. */
export interface Advice {
  readonly subject: string;
  readonly position: Finding['position'];
  readonly key: string;
  readonly live: string | null;
  readonly level: 'database' | 'orm';
  readonly because: readonly string[];
  readonly choices: readonly Choice[];
}

export type ModelEdit = Extract<Edit, { readonly kind: 'model' }>;

/** A finding about models. `subject` is the relationship or the key; `position` its file and line. */
export interface OrmFinding extends Finding {
  /** The live key as people read it; null where the finding is about none. */
  readonly key: string | null;
  /** `CASCADE, NOT NULL`: what the database does today. */
  readonly live: string | null;
  readonly outcomes: DeleteOutcomes | null;
  /** Those of the recommended choice, where there are several. */
  readonly edits: readonly Edit[];
  /** Empty where there is one way, or none. */
  readonly choices: readonly Choice[];
}
