/** The contract for the file format of a migration tool. Types only. */
import type { Runner, Wraps } from './engine.ts';
import type { Flavor, Step } from '../model.ts';

/** One migration of the tool: one file, or one per direction. */
export interface Migration {
  /** File name without extension; names sort in the order of application. */
  readonly name: string;
  readonly flavor: Flavor;
  /** The file's head: what it does, and how to run it; lines without comment marks. */
  readonly head: readonly string[];
  /** The head of the down direction. */
  readonly downHead: readonly string[];
  readonly steps: readonly Step[];
  /** The last line of the up direction, for `generate`; without a comment mark. */
  readonly record: string;
}

export interface MigrationFile {
  /** Relative to the output folder. */
  readonly path: string;
  readonly content: string;
}

/** One session on a scratch database, in which files are rehearsed. */
export interface Stage {
  readonly flavor: Flavor;
  /** One or several statements, as the engine's client sends them. */
  run(sql: string): Promise<void>;
  /** One statement and its rows. */
  query(sql: string, parameters?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

export interface Template {
  readonly name: string;
  readonly runner: Runner;
  /** How the tool's runner wraps files in transactions on this engine. */
  wraps(flavor: Flavor): Wraps;
  /** For people: how to apply a migration and how to take it back. @param migration its name, with the folder where it is known */
  commands(flavor: Flavor, migration: string): { readonly up: string; readonly down: string };
  /** The migration's name if the file is one of the tool's, else null; the order of names is the order of application. */
  migrationName(path: string): string | null;
  /** Whether the file has the up direction, whose last line says what it does. */
  holdsUp(path: string): boolean;
  render(migration: Migration): readonly MigrationFile[];
  /** Runs the files like the tool's own runner: up in the order of names, down in reverse. Throws what the server or the file throws. */
  replay(files: readonly MigrationFile[], stage: Stage): Promise<Replay>;
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
