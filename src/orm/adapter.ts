/** What an ORM's adapter answers. Types only: an adapter is a plain object, one folder for each ORM and one line in index.ts. */
import type { EngineName, DeleteClause } from '../core/model.ts';
import type { Facts, ModelKey } from './facts.ts';
import type { Advice, ByWayOfDelete, OrmFinding } from './finding.ts';
import type { Views } from './lint/key-views.ts';
import type { ModelEditor } from './model-files/edits.ts';

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
  readonly flavor: EngineName | null;
  /** Called before any code of the application is run. */
  log(text: string): void;
}

/** How a model writes an action of a key: `ForeignKey(…, ondelete="CASCADE")`; null where it cannot. */
export type WriteAction = (
  key: ModelKey,
  target: DeleteClause,
) => { readonly set: Readonly<Record<string, string>>; readonly text: string } | null;

export interface OrmAdapter {
  readonly name: string;
  /** For people: `SQLAlchemy`. */
  readonly title: string;
  /** What people call the three ways to delete: `session.delete, not loaded`. Equal texts are one way. */
  readonly deletes: ByWayOfDelete<string>;
  /**
   * Reads the models; only this may run code of the application. What could be read is returned with `errors` beside it.
   * @throws OndeleteError MODELS_UNREADABLE where nothing could be read
   */
  read(request: ReadRequest): Promise<Facts>;
  /** Every finding about models and live keys, unsorted and with those that the models ignore. Pure. */
  lint(views: Views): readonly OrmFinding[];
  /** Where the delete of each relationship's children belongs; left out where the ORM leaves no choice. Pure. */
  readonly advise?: (views: Views) => readonly Advice[];
  /** How an edit is written into the models' files; null where none are edited. */
  readonly editor: ModelEditor | null;
}

export interface OrmEntry {
  readonly name: string;
  load(): Promise<OrmAdapter>;
}
