/** The contract for reading SQL files that create a schema. Types only. */
import type { Server } from '../model.ts';

/** One token of a SQL file. */
export interface SqlToken {
  /** `word`: unquoted; `name`: in the quotes of names; `sign`: one character; `unclosed`: a quote or comment that never ends. */
  readonly kind: 'word' | 'name' | 'string' | 'number' | 'sign' | 'unclosed';
  /** The name as the engine folds it, or the text without its quotes. */
  readonly value: string;
  /** Places in the file's text; lines count from 1. */
  readonly start: number;
  readonly end: number;
  readonly line: number;
}

/** What is done with a statement of a schema file. */
export type Treatment =
  /** Sent as `sql`; `optional`: if it fails, the schema is created without it, and `without` names what is missing (null: nothing worth reporting). */
  | {
      readonly kind: 'load';
      readonly sql: string;
      readonly optional: boolean;
      readonly without: string | null;
    }
  /** Not sent, because no key depends on it; `what` in the plural, null where it need not be reported. */
  | { readonly kind: 'leave out'; readonly what: string | null }
  /** Not sent, and nothing else of the file either: it affects more than the scratch database, or may do so. */
  | { readonly kind: 'refuse'; readonly why: string };

export interface SchemaStatement {
  readonly line: number;
  readonly tokens: readonly SqlToken[];
  readonly treatment: Treatment;
}

/** A SQL file split into statements; none has been sent. */
export interface SchemaFile {
  readonly statements: readonly SchemaStatement[];
  /** Extensions that it needs. */
  readonly extensions: readonly string[];
}

/** Reads SQL files like the engine's own client. Only statements that are known to affect nothing but the current database are ever sent. */
export interface SchemaReader {
  /** Pure. @param server whose version decides what is a comment; null where it is not known */
  read(text: string, server: Server | null): SchemaFile;
  /** Statements that prepare the session for a file. */
  readonly session: readonly string[];
  /** How to write a file that can be read. */
  readonly help: string;
}
