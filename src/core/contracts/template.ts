/** The contract for the file format of a migration tool. Types only. */
import type { Runner, Wraps } from './engine.ts';
import type { Change, EngineName, Step, TableName } from '../model.ts';

/** One migration of the tool: one file, or one per direction. */
export interface Migration {
  /** File name without extension. */
  readonly name: string;
  readonly flavor: EngineName;
  /** The file's head: what it does, and how to run it; lines without comment marks. */
  readonly head: readonly string[];
  /** The head of the down direction. */
  readonly downHead: readonly string[];
  readonly steps: readonly Step[];
  /** What the whole change does, for tools that keep the state of the schema beside their files. */
  readonly changes: readonly Change[];
  /** The apps whose tables it changes, as far as models tell them. */
  readonly apps: readonly AppMigrations[];
  /** The last line of the up direction, for `generate`; without a comment mark. */
  readonly record: string;
}

/** The migrations of one app, where an ORM keeps them apart. */
export interface AppMigrations {
  readonly app: string;
  /** Those that no other of the app comes after; empty for an app without migrations. */
  readonly newest: readonly string[];
}

export interface MigrationFile {
  /** Relative to the folder of the migrations. */
  readonly path: string;
  readonly content: string;
  /** A file of the tool's own bookkeeping, such as a journal, that is there already and gets this content instead. */
  readonly replaces?: boolean;
}

/** A file in the folder of the migrations that belongs to the tool. */
export interface ExistingFile {
  /** Relative to the folder of the migrations. */
  readonly path: string;
  readonly content: string;
}

/** One session on a scratch database, in which files are rehearsed. */
export interface Stage {
  readonly flavor: EngineName;
  /** One or several statements, as the engine's client sends them. */
  run(sql: string): Promise<void>;
  /** One statement and its rows. */
  query(sql: string, parameters?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

/** What the names of new migrations are made of. */
export interface NameRequest {
  /** What the migration is called: lower-case letters, digits and underscores, at most 60. */
  readonly slug: string;
  /** A word for each migration that is wanted, in the order of application: `swap`, `validate`; one empty word for a single one. */
  readonly parts: readonly string[];
  /** Names of the migrations that are there. */
  readonly existing: readonly string[];
  readonly now: Date;
}

/** What people have to know of a tool, in whole sentences; `ondelete tools NAME` and the docs print it. */
export interface ToolDescription {
  /** `versions/<revision>_<name>.py`. */
  readonly files: string;
  readonly order: string;
  /** Where it keeps what is applied. */
  readonly applied: string;
  /** What it puts into one transaction, and how our files opt out. */
  readonly transactions: string;
  readonly down: string;
  /** What a failure half way leaves, and whether the migration counts as applied. */
  readonly failure: string;
  /** What the user has to set up or to know before running a file; empty for nothing. */
  readonly notes: readonly string[];
  /** How to run the two files of a change where tables are not small, for tools that put all pending files into one transaction. */
  readonly oneTransaction?: string;
  /** What holds for one engine alone; `generate` says it beside the command. */
  readonly engineNotes?: Readonly<Partial<Record<EngineName, string>>>;
}

/** The migrations of one change, which commands apply or take back. */
export interface CommandTarget {
  /** In the order of application. */
  readonly names: readonly string[];
  /** The last migration before them; null where there is none. */
  readonly before: string | null;
  /** The folder of the migrations, as somebody in the project's folder writes it. */
  readonly folder: string;
  /** The project's file that shows that it uses the tool, such as `src/data-source.ts`; null where none was found. */
  readonly setup: string | null;
}

/** Lines to paste into a shell, or into the code of a project where the tool is a library; what cannot be pasted stands behind a `#` or `//`. */
export interface Commands {
  readonly up: string;
  readonly down: string;
}

/** How to ask the tool's own table what is applied. */
export interface History {
  /** One SELECT; the table may be missing, which means that nothing is applied. */
  query(flavor: EngineName): string;
  /** The names of applied migrations. @param existing the tool's files, for tools that keep only the last one */
  names(
    rows: readonly Readonly<Record<string, unknown>>[],
    existing: readonly ExistingFile[],
  ): readonly string[];
}

/** The file format of one migration tool. */
export interface Template {
  /** As it is given to --tool: `alembic`. */
  readonly name: string;
  /** As its makers write it: `Alembic`. */
  readonly title: string;
  readonly engines: readonly EngineName[];
  /** The hosted service that this tool alone serves, as it stands in the server's settings, such as `d1`; absent for tools of the engine itself. */
  readonly service?: string;
  readonly description: ToolDescription;
  /** Null where what is applied can only be told from the keys themselves. */
  readonly history: History | null;
  readonly runner: Runner;
  /** The transactions that the tool's runner opens around our files, as they are written, on this engine. */
  wraps(flavor: EngineName): Wraps;
  /** Whether the tool itself checks all keys of the database after each migration, so that one row without a parent fails it. */
  checksEveryKey?(flavor: EngineName): boolean;
  /** For people: how to apply the migrations and how to take them back. */
  commands(flavor: EngineName, target: CommandTarget): Commands;
  /** The migration's name if the file is one of the tool's, else null; the order of names is the order of application, without `inOrder`. */
  migrationName(path: string): string | null;
  /** The names of the migrations in the order of application, where the files say it themselves. Never throws. */
  inOrder?(existing: readonly ExistingFile[]): readonly string[];
  /**
   * What to do about tables of which no model says which app makes them; null where the folder's own app is certain to.
   * Absent where a file need not say so.
   */
  adviseOnTables?(tables: readonly TableName[], folder: string): string | null;
  /** Whether the file has the up direction, whose last line says what it does. */
  holdsUp(path: string): boolean;
  /** Files that are no migrations but have to be read to write one, such as a journal or a plan. */
  isBookkeeping?(path: string): boolean;
  /** Names of new migrations, one per part. @throws OndeleteError USAGE where none of the tool's form sorts after the last */
  names(request: NameRequest): readonly string[];
  /**
   * The files of all migrations of one `generate`, in order.
   * @param existing the tool's files in the folder, and its bookkeeping
   * @param folder the folder of the migrations, for tools whose files name it
   * @throws OndeleteError USAGE where these do not allow another migration (several heads, a journal that does not parse)
   */
  render(
    migrations: readonly Migration[],
    existing: readonly ExistingFile[],
    now: Date,
    folder: string,
  ): readonly MigrationFile[];
  /**
   * Runs the files like the tool's own runner: up in the order of names, down in reverse. Throws what the server or the file throws.
   * Null where the tool cannot run here: the statements are rehearsed as plain SQL files.
   */
  readonly replay: ((files: readonly MigrationFile[], stage: Stage) => Promise<Replay>) | null;
}

/** Runs one set of files. */
export interface Replay {
  up(): Promise<void>;
  down(): Promise<void>;
}

export interface TemplateEntry {
  readonly name: string;
  load(): Promise<Template>;
}
