/** What a migration tool's file format has to answer. Types only. */
import type { Runner } from './engine.ts';
import type { Flavor, Step } from '../model.ts';

/** Steps that become one migration of the tool: one file, or one per direction. */
export interface Migration {
  /** File name without extension; names sort in the order of application. */
  readonly name: string;
  readonly flavor: Flavor;
  /** The head of the file: what it does, for whom, and the machine-readable lines; without comment marks. */
  readonly header: readonly string[];
  /** The head of the down direction. */
  readonly downHeader: readonly string[];
  readonly steps: readonly Step[];
}

export interface MigrationFile {
  /** Relative to the output folder. */
  readonly path: string;
  readonly content: string;
}

/** Where files are rehearsed: one connection to a scratch database, in one session. */
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
  wraps(flavor: Flavor): 'nothing' | 'each file' | 'all pending files';
  /** One sentence for people: how to run what was written, up and down. */
  howToRun(flavor: Flavor, out: string): string;
  /** The migration's name if this file of the output folder is one of the tool's, else null; the order of names is the order of application. */
  migrationName(path: string): string | null;
  /** Whether the file holds the up direction, whose head tells what it does. */
  holdsUp(path: string): boolean;
  render(migration: Migration): readonly MigrationFile[];
  /** Runs the files as the tool's own runner would: up in the order of their names, down in reverse. Throws what the server or the file throws. */
  replay(files: readonly MigrationFile[], stage: Stage): Promise<Replay>;
}

/** A runner at work on one set of files. */
export interface Replay {
  up(): Promise<void>;
  down(): Promise<void>;
}

export interface TemplateEntry {
  readonly name: string;
  load(): Promise<Template>;
}
